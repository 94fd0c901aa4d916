"""What operations on keys need at hand, how they go on record, and the lock that lets one of them run at a time."""

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, select, text

from catalogue.problems import Problem, Stop
from hedui.access import audit
from hedui.access.entry import About
from hedui.access.gate import require
from hedui.access.roles import Action
from hedui.keys import installation
from hedui.keys.ring import Ring
from hedui.keys.vault import VaultFile
from hedui.registry import database
from hedui.registry.models import Run
from hedui.reports.store import ReportStore
from hedui.settings import Settings

Tell = Callable[[int, int], None]  # how many are done, of how many
Broken = list[tuple[str, Problem]]  # what could not be carried over, a path within the store, and why

_LOCK = 0x4845_4455_4904  # the advisory lock under which PostgreSQL has one of these operations at a time


def untold(done: int, total: int) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True)
class Keeper:
    """An installation whose keys are worked on, its parts opened when they are first needed."""

    settings: Settings
    role: str = ""  # in which whoever is at work acts; it goes on record

    def admitted(self, action: Action) -> Self:
        """Return the same for an actor who may do this over the whole province; Stop `not-permitted`, on record."""
        with database.session(self.registry) as session:
            return replace(self, role=require(session, self.ring, action).role)

    @cached_property
    def registry(self) -> Engine:
        """The registry."""
        return database.connect(self.settings)

    @cached_property
    def ring(self) -> Ring:
        """The keyring, which must be there."""
        return installation.ring(self.settings)

    @cached_property
    def vault(self) -> VaultFile:
        """The vault, which must be there."""
        return installation.vault(self.settings)

    @cached_property
    def store(self) -> ReportStore:
        """The report store."""
        return ReportStore.at(self.settings.store)

    def open_runs(self) -> list[str]:
        """Return the runs that are not published: what they have sealed so far was not in our reach."""
        with database.session(self.registry, readonly=True) as session:
            return list(session.scalars(select(Run.id).where(Run.state == "open").order_by(Run.id)))

    def folder(self, name: str) -> Path:
        """Return a folder of our own under home, made where it is not there, for its owner only."""
        path = self.settings.home / "custody" / name
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def on_record(
        self,
        action: str,
        subject: str,
        purpose: str = "upkeep",
        detail: Mapping[str, str | int] | None = None,
        *,
        about: About = "trail",
    ) -> None:
        """Write to the audit trail what is about to be done, or was; before anything is, as nothing may be unseen."""
        with database.session(self.registry) as session:
            actor = audit.current_actor()
            audit.record(session, self.ring, actor, action, subject, purpose, detail or {}, about=about, role=self.role)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one who works on this installation's keys; Stop `custody-busy`. Killed, one leaves no lock."""
        held = self._on_postgresql if self.registry.dialect.name == "postgresql" else self._on_this_machine
        with held():
            yield

    @contextmanager
    def _on_this_machine(self) -> Iterator[None]:
        with (self.folder("") / "lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Stop("custody-busy") from None
            yield

    @contextmanager
    def _on_postgresql(self) -> Iterator[None]:
        # Of the session and not of a transaction: the work itself is many transactions on other connections.
        with self.registry.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}):
                raise Stop("custody-busy")
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
