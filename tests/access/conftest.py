"""The two databases of the registry's tests, entries in them, and an administrator who takes the guards away."""

import runpy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from hedui.access import audit
from hedui.access.entry import Stored
from hedui.access.trail import InRegistry
from hedui.registry import database

_registry = runpy.run_path(str(Path(__file__).parents[1] / "registry" / "conftest.py"))
settings, engine, keyring, id_number = (_registry[name] for name in ("settings", "engine", "keyring", "id_number"))
rows, write = _registry["rows"], _registry["write"]


@pytest.fixture
def look(engine, keyring) -> Callable[..., int]:
    """Put one look-up on record."""

    def record(household: str = "H000001", actor: str = "clerk", action: str = "report.show", **more: object) -> int:
        with database.session(engine) as session:
            return audit.record(session, keyring, actor, action, household, "allowance", **more)

    return record


@pytest.fixture
def looks(look) -> Callable[[int], None]:
    """Put many look-ups on record."""

    def record(count: int) -> None:
        for at in range(count):
            look(f"H{at + 1:06}", case=f"C2026-{at + 1:06}", sources=("bank_01",), region="320102")

    return record


@pytest.fixture
def entries(engine) -> Callable[[], list[Stored]]:
    def read() -> list[Stored]:
        with database.session(engine, readonly=True) as session:
            return list(InRegistry(session).entries())

    return read


@contextmanager
def _unguarded(engine: Engine) -> Iterator[Connection]:
    names = text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit_%'")
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for name, _ in connection.execute(names).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit_entries", "audit_checkpoints"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield connection


@pytest.fixture
def administrator(engine) -> Callable[[], object]:
    """Return a connection on which no trigger guards the trail, as whoever owns the database can have."""
    return lambda: _unguarded(engine)
