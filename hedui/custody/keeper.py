"""What operations on keys need at hand, how they go on record, and the lock that lets one of them run at a time."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, select

from catalogue.problems import Problem
from hedui.access import audit
from hedui.access.entry import About
from hedui.access.gate import require
from hedui.access.roles import Action
from hedui.custody.lock import CustodyLock
from hedui.keys import installation
from hedui.keys.ring import Ring
from hedui.keys.vault import VaultFile
from hedui.registry import database
from hedui.registry.models import Run
from hedui.reports.store import ReportStore
from hedui.settings import Settings

Tell = Callable[[int, int], None]  # how many are done, of how many
Broken = list[tuple[str, Problem]]  # what could not be carried over, a path within the store, and why


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

    def alone(self) -> AbstractContextManager[None]:
        """Be the only one who works on this installation's keys; Stop `custody-busy`. Killed, one leaves no lock."""
        return self._lock.held()

    def still_alone(self) -> None:
        """Raise `CustodyLost` where the lock was taken and is held no more; asked before what cannot be taken back."""
        self._lock.check()

    @cached_property
    def _lock(self) -> CustodyLock:
        return CustodyLock(self.registry, self.folder("") / "lock")
