"""Connecting to the registry: SQLite by default, PostgreSQL in production, migrated when it is behind."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random

import sql
from catalogue.problems import Stop
from hedui.registry import grants as _tables  # noqa: F401  more tables of Base
from hedui.registry.locks import Lock, take
from hedui.registry.models import Base
from hedui.settings import Settings

_MIGRATIONS = Path(sql.__file__).parent / "migrations"
_BUSY_MS = 60_000  # how long a writer waits for another one on SQLite
_PRAGMAS = (
    f"busy_timeout = {_BUSY_MS}",
    "foreign_keys = ON",
    "cache_size = -65536",  # 64 MiB: the blind index is written all over
    "temp_store = MEMORY",
)
READER = "hedui_reader"  # the role that rows are hidden from by PostgreSQL; made by migration 0004


def connect(settings: Settings) -> Engine:
    """Return an engine on the registry, made or migrated first where it is behind.

    Processes that start at once wait for the one that migrates.
    Raises Stop: `registry-unreachable`, `registry-newer` (made by a later version of Hedui).
    """
    shown = "HEDUI_DATABASE_URL"  # what cannot be read as an address is not shown: it may hold a password
    try:
        url = make_url(settings.database)
        shown = url.set(query={}).render_as_string()
        engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
        _migrate(engine, settings)
    except (SQLAlchemyError, OSError, ImportError) as error:
        kind = type(error.orig if isinstance(error, DBAPIError) else error).__name__
        raise Stop("registry-unreachable", database=shown, kind=kind) from None
    return engine


@contextmanager
def session(engine: Engine, *, readonly: bool = False, actor: str | None = None) -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back where it raises.

    `readonly` sees one consistent state and, on SQLite, does not wait for writers. With `actor` as well, PostgreSQL
    itself shows only what was granted to that actor, whatever is asked (`docs/access.md`): for showing, never for
    deciding who may; of nobody (an empty name) nothing.
    """
    assert readonly or actor is None, "who reads as an actor changes nothing"
    options: dict[str, Any] = {"hedui_readonly": True} if readonly else {}
    if readonly and engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with Session(engine.execution_options(**options), expire_on_commit=False) as opened:
        if actor is not None and engine.dialect.name == "postgresql":
            _confine(opened, actor)
        yield opened
        opened.commit()


def upsert(
    session: Session, table: type[Base], rows: list[dict[str, Any]], besides: Mapping[str, Any] | None = None
) -> None:
    """Insert rows, or update those whose primary key is there already. All rows have the same columns.

    `besides` gives other values for columns of rows that are there already.
    """
    if not rows:
        return
    new = insert_into(session, table)
    key = [column.name for column in table.__table__.primary_key]
    changes = {name: new.excluded[name] for name in rows[0] if name not in key} | dict(besides or {})
    session.execute(new.on_conflict_do_update(index_elements=key, set_=changes), rows)


def insert_into(session: Session, table: type[Base]) -> Any:
    """Return an INSERT that knows ON CONFLICT: only the two dialects' own do, in the same words."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table.__table__)  # the table and not the class: many rows at once, without the ORM


def head() -> str:
    """Return the newest revision. Migrations are numbered files, so that Alembic loads only when it has work."""
    return max(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def upgrade(connection: Connection, revision: str = "head", pseudonym: Callable[[str], str] | None = None) -> None:
    """Bring the schema to a revision within the caller's transaction.

    `pseudonym` turns the references of older audit entries into pseudonyms; it is needed where there are any.
    """
    from alembic import command

    config = alembic_config(connection)
    config.attributes["pseudonym"] = pseudonym
    command.upgrade(config, revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Take the schema back to a revision (`base`: empty) within the caller's transaction."""
    from alembic import command

    command.downgrade(alembic_config(connection), revision)


def alembic_config(connection: Connection) -> Any:
    """Configure Alembic in code: there is no `alembic.ini` to keep in step."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes.update(connection=connection, metadata=Base.metadata)
    return config


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Stop("home-unusable", folder=str(path.parent), kind=type(error).__name__) from None
    # Made by us and not by SQLite, so that it and the files beside it are readable by their owner only.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver starts no transactions by itself: `_begin` does
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
        _write_ahead(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: one that read first and wrote later could be refused in the middle.
        readonly = connection.get_execution_options().get("hedui_readonly")
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    return engine


@retry(
    retry=retry_if_exception_type(sqlite3.OperationalError),
    wait=wait_random(0.01, 0.2),
    stop=stop_after_delay(_BUSY_MS / 1000),
    reraise=True,
)
def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have SQLite write ahead. The file remembers it; only the first switch takes a lock, one that does not wait."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL").close()


def _postgresql(url: URL) -> Engine:
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    return create_engine(url, pool_pre_ping=True, hide_parameters=True)


def _migrate(engine: Engine, settings: Settings) -> None:
    newest = head()
    with engine.execution_options(hedui_readonly=True).connect() as connection:
        found = _revision(connection)
    if found == newest:
        return
    with engine.begin() as connection:  # on SQLite this takes the one write lock
        take(connection, Lock.MIGRATION)
        found = _revision(connection)  # another process may have been faster
        if found is not None and found > newest:
            raise Stop("registry-newer", found=found, known=newest)
        if found != newest:
            upgrade(connection, pseudonym=_pseudonym(settings))


def _confine(opened: Session, actor: str) -> None:
    # At the begin of every transaction, should the block commit in between; both end with the transaction, so that the
    # pool hands on neither.
    @event.listens_for(opened, "after_begin")
    def _become_reader(_: Session, __: object, connection: Connection) -> None:
        connection.execute(text("SELECT set_config('hedui.actor', :actor, true)"), {"actor": actor})
        connection.execute(text(f"SET LOCAL ROLE {READER}"))


def _pseudonym(settings: Settings) -> Callable[[str], str]:
    @cache
    def keyring() -> Any:  # opened only where a migration asks: there may be none yet
        from hedui.keys import installation

        return installation.ring(settings)

    return lambda ref: str(keyring().pseudonym(ref))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT max(version_num) FROM alembic_version"))
    return found
