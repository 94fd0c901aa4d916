"""Entries from before the chain become its first ones, under pseudonyms, in the order in which they were written."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import JSON, Column, DateTime, MetaData, String, Table, insert, select, text

from catalogue.problems import Stop
from hedui.access import audit
from hedui.access.entry import stamp, whole
from hedui.access.lookups import looked_at
from hedui.access.trail import InRegistry
from hedui.access.verify import verify
from hedui.registry import database

OLD = Table(
    "audit_entries", MetaData(),
    Column("at", DateTime(timezone=True)), Column("actor", String), Column("action", String),
    Column("subject", String), Column("purpose", String), Column("detail", JSON),
)  # fmt: skip
BEGAN = datetime(2026, 6, 30, 8, 0, 0, 123, tzinfo=UTC)


@pytest.fixture
def old(engine):
    """Go back to the table as it was, and write into it."""

    def write(count: int) -> None:
        with engine.begin() as connection:
            database.downgrade(connection, "0001")
            rows = [
                {"at": BEGAN + timedelta(minutes=at), "actor": "李娜", "action": "report.show", "purpose": "allowance",
                 "subject": f"H{at + 1:06}", "detail": {"run": "2026-06-30.1", "\u0001": '\x7f"\\'}}
                for at in range(count)
            ]  # fmt: skip
            rows.append(rows[0] | {"action": "report.score", "subject": "2026-06-30.1"})
            connection.execute(insert(OLD), rows)

    return write


def _entries(engine):
    with database.session(engine, readonly=True) as session:
        assert verify(InRegistry(session), [], {}).findings == ()
        return [whole(stored) for stored in InRegistry(session).entries()]


def test_what_was_written_is_carried_into_the_chain(engine, settings, keyring, old):
    old(3)
    database.connect(settings).dispose()
    said = _entries(engine)
    assert [one.seq for one in said] == [1, 2, 3, 4]
    assert [one.subject for one in said] == [*(keyring.pseudonym(f"H{at:06}") for at in (1, 2, 3)), "2026-06-30.1"]
    assert [one.about for one in said] == ["household"] * 3 + ["run"]
    assert (said[1].at, said[1].actor) == (stamp(BEGAN + timedelta(minutes=1)), "李娜")
    assert said[1].detail == {"run": "2026-06-30.1", "\u0001": '\x7f"\\', "carried": 2}
    with database.session(engine) as session:
        assert audit.record(session, keyring, "clerk", "report.show", "H000001", "allowance") == 5
    assert len(_entries(engine)) == 5
    assert [one.seq for one in looked_at(engine, keyring, "H000001", "oversight")] == [1, 5]


def test_an_empty_trail_needs_no_keyring(engine, settings):
    assert not settings.keyring.exists()
    with engine.begin() as connection:
        database.downgrade(connection, "0001")
    database.connect(settings).dispose()
    assert _entries(engine) == []


def test_without_the_keyring_nothing_is_carried_and_nothing_lost(engine, settings, old):
    old(2)
    with pytest.raises(Stop) as stopped:
        database.connect(settings)
    assert stopped.value.code == "keys-none-yet"
    with engine.connect() as connection:
        found = connection.execute(select(OLD.c.subject)).scalars().all()
    assert sorted(found) == ["2026-06-30.1", "H000001", "H000002"]


def test_the_guards_are_there_after_going_back_and_forth(engine, settings, keyring, look, old):
    look()
    with engine.begin() as connection:
        database.downgrade(connection, "0001")
        connection.execute(insert(OLD), {"at": BEGAN, "actor": "a", "action": "b", "subject": "H9", "purpose": "c",
                                         "detail": {}})  # fmt: skip
    for table in ("audit_entries",):
        with pytest.raises(Exception, match="only ever added"), engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {table}"))
    database.connect(settings).dispose()
    assert [one.actor for one in _entries(engine)] == ["clerk", "a"]
    with pytest.raises(Exception, match="only ever added"), engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_entries"))


def test_the_migration_writes_the_bytes_that_are_documented(engine, settings, keyring, old):
    old(1)
    database.connect(settings).dispose()
    with database.session(engine, readonly=True) as session:
        (content, *_) = [stored.content for stored in InRegistry(session).entries()]
    said = json.loads(content)
    assert content == json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert b"H000001" not in content
