"""The lock under which one operation on keys runs at a time, and how its holder learns that it was lost."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from catalogue.problems import Stop
from hedui.registry.locks import Lock

_TAKE = text("SELECT pg_try_advisory_lock(:lock)")
_GIVE = text("SELECT pg_advisory_unlock(:lock)")
# As pg_locks has a key of 64 bits: its halves apart, objsubid 1.
_HELD = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() "
    "AND classid::bigint = :lock >> 32 AND objid::bigint = :lock & 4294967295 AND objsubid = 1)"
)


class CustodyLost(Stop):
    """The lock was taken and is held no more, so another process may be at work: nothing is to be changed now."""


class CustodyLock:
    """Of PostgreSQL where the registry is, so that it holds for every machine; else of a file in this home."""

    def __init__(self, registry: Engine, file: Path) -> None:
        self._registry, self._file = registry, file
        self._holds: Callable[[], bool] | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it; Stop `custody-busy` where another process does. It goes with the process, however that ends."""
        on_postgresql = self._registry.dialect.name == "postgresql"
        with self._of_postgresql() if on_postgresql else self._of_a_file() as holds:
            self._holds = holds
            try:
                yield
            finally:
                self._holds = None

    def check(self) -> None:
        """Raise `CustodyLost` where it was taken and is held no more: its connection may have been cut."""
        if self._holds is not None and not self._holds():
            raise CustodyLost("custody-lost")

    @contextmanager
    def _of_a_file(self) -> Iterator[Callable[[], bool]]:
        with self._file.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Stop("custody-busy") from None
            yield lambda: _is_at(handle.fileno(), self._file)

    @contextmanager
    def _of_postgresql(self) -> Iterator[Callable[[], bool]]:
        # Of the session and not of a transaction: the work itself is many transactions on other connections.
        with self._registry.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            lock = {"lock": int(Lock.CUSTODY)}
            if not connection.scalar(_TAKE, lock):
                raise Stop("custody-busy")
            try:
                yield lambda: _answers(connection, lock)
            finally:
                with suppress(SQLAlchemyError):  # it was cut: then the lock went with it
                    connection.execute(_GIVE, lock)


def _is_at(handle: int, path: Path) -> bool:
    # A file that was deleted can be made and locked again by another process.
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _answers(connection: Connection, lock: dict[str, int]) -> bool:
    # Once cut, it answers no more; or another one answers in its place, which holds no lock.
    try:
        return bool(connection.scalar(_HELD, lock))
    except SQLAlchemyError:
        return False
