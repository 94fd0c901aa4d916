"""Opening a report goes on record first, with the case that is open; where it cannot, the store is not even touched."""

import shutil
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from hedui.access.entry import whole
from hedui.cli import hedui
from hedui.pipeline import published
from hedui.registry import database, people
from hedui.registry.locks import Lock
from hedui.reports.model import encode
from tests.reports import populated
from tests.reports.conftest import Home

DAY = date(2026, 6, 30)
HOUSEHOLD, COUNTY, RUN = "H000001", "320102", "2026-06-30.1"


@pytest.fixture
def sealed(engine, settings, keyring, rows, write, monkeypatch):
    """Take in households and publish a sealed report of one of them: return what was sealed."""
    document = encode(Home().member().member().member().deposit(1, "1234.56", "A-ONE").report)
    monkeypatch.setattr(populated, "document", lambda *_: document)
    with database.session(engine) as session:
        assert people.import_file(session, keyring, write(rows)).taken_in
    assert populated.Populated(settings, engine).publish(DAY, {COUNTY: [HOUSEHOLD]}) == RUN
    return document


@pytest.fixture
def show(sealed, settings):
    """Show the report."""

    def call(*more, as_json=True):
        env = {"HEDUI_HOME": str(settings.home), "HEDUI_DATABASE_URL": settings.database_url, "HEDUI_LANGUAGE": "en"}
        return CliRunner().invoke(hedui, ["report", "show", HOUSEHOLD, *(["--json"] * as_json), *more], env=env)

    return call


@pytest.fixture
def no_store(sealed, settings):
    """Take the store away: whoever touched it would say that a report is missing."""
    return lambda: shutil.rmtree(settings.home / "store")


def test_the_entry_names_the_open_case_and_the_place(show, sealed, engine, entries, keyring):
    shown = show("--purpose", "allowance")
    assert (shown.exit_code, shown.stdout_bytes) == (0, sealed)
    with engine.begin() as connection:
        connection.execute(text("UPDATE cases SET state = 'closed'"))
    assert show().exit_code == 0
    first, second = (whole(stored) for stored in entries())
    assert (first.subject, first.purpose) == (keyring.pseudonym(HOUSEHOLD), "allowance")
    assert (first.region, first.sources, first.outcome) == (COUNTY, ("*",), "allowed")
    assert first.detail == {"run": RUN}
    assert (first.case, second.case) == (keyring.pseudonym("C2026-000001"), None)


def test_all_of_a_run_is_one_entry_with_its_count(sealed, engine, settings, entries, monkeypatch):
    monkeypatch.setenv("HEDUI_HOME", str(settings.home))
    monkeypatch.setenv("HEDUI_DATABASE_URL", settings.database_url)
    assert len(published.matches(DAY).matches) == 1
    (said,) = (whole(stored) for stored in entries())
    assert (said.action, said.about, said.subject) == ("report.score", "run", RUN)
    assert said.detail == {"run": RUN, "households": 1}


def test_what_does_not_open_has_been_put_on_record(show, no_store, entries):
    no_store()
    shown = show()
    assert (shown.exit_code, shown.stdout) == (4, "")
    assert "is gone from the report store" in shown.stderr
    (said,) = (whole(stored) for stored in entries())
    assert (said.action, said.outcome) == ("report.show", "allowed")


@pytest.mark.parametrize("how", ["dropped", "refused", "purpose"])
def test_what_cannot_be_put_on_record_is_not_shown(show, no_store, engine, how, entries):
    with engine.begin() as connection:
        if how == "dropped":
            connection.execute(text("DROP TABLE audit_entries"))
        elif how == "refused" and engine.dialect.name == "sqlite":
            refuse = "CREATE TRIGGER full BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            connection.execute(text(refuse))
        elif how == "refused":
            connection.execute(text("ALTER TABLE audit_entries ADD CONSTRAINT full_ CHECK (false)"))
    no_store()
    shown = show(*(("--purpose", f"x{9:9<15}") if how == "purpose" else ()))  # a code, that might be a number
    assert (shown.exit_code, shown.stdout) == (4, "")
    assert "nothing is shown" in shown.stderr  # and not that there is no store
    if how != "dropped":
        assert entries() == []


def test_a_trail_that_another_holds_locked_shows_nothing(show, no_store, engine, monkeypatch):
    """PostgreSQL waits for its turn only so long; SQLite's own limit is the same."""
    from hedui.access import audit

    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite's wait is the connection's, sixty seconds long")
    monkeypatch.setattr(audit, "_WAIT", "50ms")
    no_store()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": int(Lock.AUDIT)})
        shown = show()
    assert (shown.exit_code, shown.stdout) == (4, "")
    assert "nothing is shown" in shown.stderr
