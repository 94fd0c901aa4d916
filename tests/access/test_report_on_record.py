"""Opening a report goes on record first, with the case that is open; where it cannot, the store is not even touched."""

from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from hedui.access.entry import whole
from hedui.cli import hedui
from hedui.pipeline import published
from hedui.registry import database, people, runs
from hedui.registry.batches import BatchPlace
from hedui.registry.runs import ReportIndexRow
from hedui.reports.opening import Reader

DAY = date(2026, 6, 30)


@pytest.fixture
def show(engine, settings, keyring, rows, write, monkeypatch):
    """Publish the index of one report and show it; what is done to open it is told."""
    with database.session(engine) as session:
        assert people.import_file(session, keyring, write(rows)).taken_in
    with database.session(engine) as session:
        run = runs.open_run(session, DAY)
        index = ReportIndexRow("H000001", "320102", "C2026-000001", "shard", 0, 1, "within", 1, 0, 0, 0, 0)
        place = BatchPlace(run.id, "320102", "folder", 1, b"head", 1)
        runs.publish(session, run.id, degraded=False, reports=[index], batches=[place])
    opened = []
    monkeypatch.setattr(Reader, "document", lambda *_: opened.append("opened") or b'{"shown":true}')
    monkeypatch.setattr(Reader, "documents", lambda *_: iter([b"not one"]))
    monkeypatch.setattr(published, "_released", lambda document, *_: document)

    def call(*more):
        env = {"HEDUI_HOME": str(settings.home), "HEDUI_DATABASE_URL": settings.database_url, "HEDUI_LANGUAGE": "en"}
        return CliRunner().invoke(hedui, ["report", "show", "H000001", "--json", *more], env=env), opened

    return call


def test_the_entry_names_the_open_case_and_the_place(show, engine, entries, keyring):
    shown, opened = show("--purpose", "allowance")
    assert (shown.exit_code, shown.stdout) == (0, '{"shown":true}')
    assert opened == ["opened"]
    with engine.begin() as connection:
        connection.execute(text("UPDATE cases SET state = 'closed'"))
    show()
    first, second = (whole(stored) for stored in entries())
    assert (first.subject, first.purpose) == (keyring.pseudonym("H000001"), "allowance")
    assert (first.region, first.sources, first.outcome) == ("320102", ("*",), "allowed")
    assert first.detail == {"run": "2026-06-30.1"}
    assert (first.case, second.case) == (keyring.pseudonym("C2026-000001"), None)


def test_all_of_a_run_is_one_entry_with_its_count(show, engine, settings, entries, monkeypatch):
    monkeypatch.setenv("HEDUI_HOME", str(settings.home))
    monkeypatch.setenv("HEDUI_DATABASE_URL", settings.database_url)
    monkeypatch.setattr(published, "decode", lambda _: (_ for _ in ()).throw(KeyError))
    with pytest.raises(KeyError):
        published.matches(DAY)
    (said,) = (whole(stored) for stored in entries())
    assert (said.action, said.about, said.subject) == ("report.score", "run", "2026-06-30.1")
    assert said.detail == {"run": "2026-06-30.1", "households": 1}


@pytest.mark.parametrize("how", ["dropped", "refused", "purpose"])
def test_what_cannot_be_put_on_record_is_not_shown(show, engine, how, entries):
    with engine.begin() as connection:
        if how == "dropped":
            connection.execute(text("DROP TABLE audit_entries"))
        elif how == "refused" and engine.dialect.name == "sqlite":
            refuse = "CREATE TRIGGER full BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            connection.execute(text(refuse))
        elif how == "refused":
            connection.execute(text("ALTER TABLE audit_entries ADD CONSTRAINT full_ CHECK (false)"))
    shown, opened = show(*(("--purpose", "_") if how == "purpose" else ()))
    assert (shown.exit_code, shown.stdout, opened) == (4, "", [])
    assert "nothing is shown" in shown.stderr
    if how != "dropped":
        assert entries() == []


def test_a_trail_that_another_holds_locked_shows_nothing(show, engine, monkeypatch):
    """PostgreSQL waits for its turn only so long; SQLite's own limit is the same."""
    from hedui.access import audit

    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite's wait is the connection's, sixty seconds long")
    monkeypatch.setattr(audit, "_WAIT", "50ms")
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": audit._LOCK})
        shown, opened = show()
    assert (shown.exit_code, shown.stdout, opened) == (4, "", [])
