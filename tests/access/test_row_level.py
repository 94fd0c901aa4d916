"""PostgreSQL's own wall: a reader's session shows what was granted to its actor and nothing else, whatever is asked."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import DBAPIError

from catalogue.problems import Stop
from hedui.access import audit
from hedui.registry import database, grants
from hedui.registry.grants import BreakGlassRow
from hedui.registry.models import Household
from hedui.settings import Settings
from tests.access.world import PLACES, fill, give

EVERYONE = sorted(PLACES)


@pytest.fixture
def settings(postgresql, tmp_path):
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return Settings(home=tmp_path / "home", database_url=postgresql)


@pytest.fixture
def engine(settings):
    opened = database.connect(settings)
    fill(opened)
    yield opened
    opened.dispose()


def _seen(engine, actor):
    with database.session(engine, readonly=True, actor=actor) as session:
        return sorted(session.scalars(select(Household.ref)))


def _glass(engine, actor, household, **times):
    now = datetime.now(UTC)
    row = {"actor": actor, "household_ref": household, "reason": "moved", "case_ref": "C1", "requested_at": now}
    row |= {"approved_by": "wang", "approved_at": now - timedelta(minutes=1), "expires_at": now + timedelta(hours=1)}
    with database.session(engine) as session:
        return session.scalar(insert(BreakGlassRow).values(row | times).returning(BreakGlassRow.id))


def test_in_the_demo_anyone_who_is_named_sees_all(engine):
    assert _seen(engine, "anyone") == EVERYONE
    assert _seen(engine, "") == []
    give(engine, "boss", "administrator", "32")
    assert _seen(engine, "anyone") == []


def test_a_reader_without_an_actor_sees_nothing(engine):
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL ROLE hedui_reader"))
        assert connection.scalars(select(Household.ref)).all() == []


def test_what_has_ended_shows_nothing(engine):
    give(engine, "boss", "administrator", "32")
    give(engine, "li.na", "caseworker", "320102")
    assert _seen(engine, "li.na") == ["HA", "HB", "HC"]
    with database.session(engine) as session:
        (held,) = grants.of_actor(session, "li.na")
        assert grants.end(session, held.id, "boss", datetime.now(UTC))
    assert _seen(engine, "li.na") == []


def test_broken_glass_shows_one_household_until_it_expires(engine):
    give(engine, "li.na", "caseworker", "320583")
    now = datetime.now(UTC)
    _glass(engine, "li.na", "HF")
    _glass(engine, "li.na", "HA", approved_by=None, approved_at=None, expires_at=None)
    _glass(engine, "li.na", "HB", expires_at=now - timedelta(seconds=1))
    _glass(engine, "li.na", "HC", ended_by="li.na", ended_at=now)
    _glass(engine, "li.na", "HD", approved_at=now + timedelta(hours=1), expires_at=now + timedelta(hours=2))
    _glass(engine, "wang", "HG")
    assert _seen(engine, "li.na") == ["HE", "HF"]
    # Of who reads nowhere it opens nothing: not of an auditor, not of who has lost the role.
    _glass(engine, "auditor", "HF")
    give(engine, "auditor", "auditor", "32")
    assert _seen(engine, "auditor") == []


def test_the_reader_reads_nothing_besides_and_writes_nothing(engine):
    for table in ("grants", "break_glass", "audit_entries", "imports", "shreddings", "alembic_version"):
        with (
            pytest.raises(DBAPIError, match="permission denied"),
            database.session(engine, readonly=True, actor="anyone") as session,
        ):
            session.execute(text(f"SELECT * FROM {table}"))
    for statement in ("DELETE FROM households", "UPDATE cases SET state = 'closed'", "CREATE TABLE t (i int)"):
        with engine.connect() as connection:
            connection.execute(text("SET LOCAL ROLE hedui_reader"))
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(statement))


def test_the_pool_hands_on_neither_role_nor_actor(settings, engine):
    give(engine, "li.na", "caseworker", "320583")
    one = create_engine(engine.url, pool_size=1, max_overflow=0)
    assert _seen(one, "li.na") == ["HE"]
    with one.connect() as connection:
        state = "SELECT current_user = session_user, coalesce(current_setting('hedui.actor', true), '')"
        assert connection.execute(text(state)).one() == (True, "")
        assert len(connection.scalars(select(Household.ref)).all()) == len(PLACES)  # the owner, as for the night
    with pytest.raises(DBAPIError), database.session(one, readonly=True, actor="li.na") as session:
        session.execute(text("SELECT 1 / 0"))
    with one.connect() as connection:
        assert connection.execute(text(state)).one() == (True, "")
    one.dispose()


def test_a_block_that_commits_in_between_stays_behind_the_wall(engine):
    give(engine, "li.na", "caseworker", "320583")
    with database.session(engine, readonly=True, actor="li.na") as session:
        session.commit()
        assert list(session.scalars(select(Household.ref))) == ["HE"]
        session.rollback()
        assert list(session.scalars(select(Household.ref))) == ["HE"]


def test_an_entry_is_written_while_a_reader_reads(engine, settings, keyring):
    with database.session(engine, readonly=True, actor="anyone") as reading:
        assert list(reading.scalars(select(Household.ref).order_by(Household.ref))) == EVERYONE
        with database.session(engine) as writing:
            assert audit.record(writing, keyring, "anyone", "report.show", "HA", "allowance") == 1
        assert list(reading.scalars(select(Household.ref).order_by(Household.ref))) == EVERYONE


def test_who_reads_as_an_actor_cannot_ask_to_write(engine):
    with pytest.raises(AssertionError), database.session(engine, actor="anyone"):
        pass


def test_the_migration_goes_down_and_up_with_the_role_there(engine, settings):
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = 'hedui_reader' AND NOT rolcanlogin")) == 1
        database.downgrade(connection, "0003")
    with engine.begin() as connection:
        held = "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'hedui_reader'"
        assert connection.scalar(text(held)) == 0
        assert connection.scalar(text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'hedui_%'")) == 0
        database.upgrade(connection)
    assert _seen(engine, "anyone") == EVERYONE


@pytest.fixture
def owned(postgresql):
    """Return a way to make a database that belongs to an account of few rights, and its URL as that account."""
    made = []

    def make(name: str, rights: str = "", before: str = "") -> str:
        with psycopg.connect(postgresql, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN {rights}")
            connection.execute(f"CREATE DATABASE {name} OWNER {name}")
            if before:
                connection.execute(before)
        made.append(name)
        url = psycopg.conninfo.conninfo_to_dict(postgresql)
        return f"postgresql://{name}@/{name}?host={url['host']}" + (f"&port={url['port']}" if "port" in url else "")

    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")  # nothing may hang on the role
        connection.execute("CREATE SCHEMA public")
        connection.execute("DROP ROLE IF EXISTS hedui_reader")
    yield make
    with psycopg.connect(postgresql, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            connection.execute(f"REVOKE ALL ON SCHEMA public FROM {name}")
        connection.execute("DROP ROLE IF EXISTS hedui_reader")
        for name in made:
            connection.execute(f"DROP ROLE {name}")


def _open(url, tmp_path):
    return database.connect(Settings(home=tmp_path / "home", database_url=url))


def test_an_owner_without_the_right_to_make_roles_is_told_what_to_ask_for(owned, tmp_path):
    url = owned("plain")
    with pytest.raises(Stop) as stopped:
        _open(url, tmp_path)
    assert stopped.value.code == "registry-no-reader"
    assert "CREATE ROLE hedui_reader NOLOGIN; GRANT hedui_reader TO plain" in stopped.value.hint("en")


def test_with_what_the_hint_says_it_works(owned, tmp_path):
    made = "CREATE ROLE hedui_reader NOLOGIN; GRANT hedui_reader TO plain"
    _holds(_open(owned("plain", before=made), tmp_path))


def test_an_owner_who_may_make_roles_makes_it(owned, tmp_path):
    _holds(_open(owned("maker", "CREATEROLE"), tmp_path))


def _holds(engine):
    fill(engine)
    give(engine, "li.na", "caseworker", "320583")
    assert _seen(engine, "li.na") == ["HE"]
    with engine.connect() as connection:
        assert len(connection.scalars(select(Household.ref)).all()) == len(PLACES)
    engine.dispose()
