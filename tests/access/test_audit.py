"""The trail: written before anything is shown, and only ever added to."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from catalogue.problems import Stop
from hedui.access import audit
from hedui.registry import database
from hedui.registry.models import AuditEntry


def _one_entry(engine):
    with database.session(engine) as session:
        audit.record(session, "clerk", "report.show", "H000001", "allowance", {"run": "2026-01-31.1"})


def _entries(engine):
    with database.session(engine, readonly=True) as session:
        return session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()


def test_an_entry_says_who_what_whom_when_and_why(engine):
    _one_entry(engine)
    (entry,) = _entries(engine)
    assert (entry.actor, entry.action, entry.subject) == ("clerk", "report.show", "H000001")
    assert (entry.purpose, entry.detail) == ("allowance", {"run": "2026-01-31.1"})
    assert entry.at.utcoffset() is not None


def test_an_entry_is_there_for_others_before_the_block_ends(engine):
    with database.session(engine) as session:
        audit.record(session, "clerk", "report.show", "H000001", "allowance")
        assert len(_entries(engine)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor = 'nobody'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE id = 1",
        "REPLACE INTO audit_entries SELECT id, at, 'nobody', action, subject, purpose, detail FROM audit_entries",
        "TRUNCATE audit_entries",
    ],
)
def test_an_entry_cannot_be_changed_or_removed(engine, statement):
    only = {"REPLACE": "sqlite", "TRUNCATE": "postgresql"}.get(statement.split()[0])
    if only not in {None, engine.dialect.name}:
        pytest.skip(f"{only} has this statement")
    _one_entry(engine)
    with pytest.raises(DBAPIError), database.session(engine) as session:
        session.execute(text(statement))
    assert [entry.actor for entry in _entries(engine)] == ["clerk"]


def test_where_it_cannot_be_written_the_caller_is_stopped(engine):
    with database.session(engine) as session:
        session.execute(text("DROP TABLE audit_entries"))
    with pytest.raises(Stop) as stopped:
        _one_entry(engine)
    assert stopped.value.code == "audit-unwritable"
    assert "H000001" not in str(stopped.value)
    assert stopped.value.__suppress_context__
