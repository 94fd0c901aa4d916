"""The advisory locks of the registry on PostgreSQL: each a number of its own. SQLite has one writer and needs none."""

from enum import IntEnum

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session


class Lock(IntEnum):
    """What one transaction, or one command, does at a time."""

    MIGRATION = 0x4845_4455_4901
    IMPORT = 0x4845_4455_4902  # whatever writes personal values, or seals them anew
    AUDIT = 0x4845_4455_4903
    GRANTS = 0x4845_4455_4904
    CUSTODY = 0x4845_4455_4905


def take(within: Session | Connection, lock: Lock, *, wait: str = "0") -> None:
    """Hold a lock until the transaction ends; `wait` as PostgreSQL has it, `60s` (0: however long it takes).

    Raises `OperationalError` where it was not free in that time.
    """
    connection = within.connection() if isinstance(within, Session) else within
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": wait})
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": int(lock)})
