"""What every stage of one run needs at hand, opened once a process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Engine as Database

from connectors.manifest import Manifest, manifests
from connectors.values import Values
from hedui.keys import installation
from hedui.keys.ring import Ring
from hedui.keys.worker import Worker
from hedui.pipeline.workspace import Workspace
from hedui.registry import database, runs
from hedui.settings import Settings


@dataclass(frozen=True)
class Night:
    """One run: its settings, its business date, and the parts it works with."""

    settings: Settings
    run_id: str

    @property
    def business_date(self) -> date:
        """The day that is verified: a run id begins with it."""
        return date.fromisoformat(self.run_id.partition(".")[0])

    @cached_property
    def database(self) -> Database:
        """The registry."""
        return database.connect(self.settings)

    @cached_property
    def keyring(self) -> Ring:
        """The keyring. Only choosing the households needs it: their names and numbers are opened there, once.

        Raises Stop `key-not-here` on a worker: whoever holds the keyring chooses (`hedui nightly --select`).
        """
        return installation.ring(self.settings)

    @cached_property
    def worker(self) -> Worker:
        """What everything else seals with: public keys and the signing key, which open nothing."""
        return installation.worker(self.settings)

    @cached_property
    def workspace(self) -> Workspace:
        """The run's working area."""
        return Workspace.of(self.settings.home, self.run_id)

    @cached_property
    def values(self) -> Values:
        """Addresses and secrets of the sources."""
        return Values(self.settings.values)

    @cached_property
    def manifests(self) -> dict[str, Manifest]:
        """All sources by id, read once: a manifest that changes during a night counts from the next."""
        return manifests()

    def published(self) -> bool:
        """Whether readers already have this run."""
        with database.session(self.database, readonly=True) as session:
            return runs.is_published(session, self.run_id)

    def stage_done(self, stage: str) -> bool:
        """Whether a stage has finished in this run."""
        with database.session(self.database, readonly=True) as session:
            return any(s.stage == stage and s.finished_at for s in runs.stages(session, self.run_id))

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """Time a stage and record what it counts; call only where `stage_done` is false."""
        with database.session(self.database) as session:
            runs.stage_started(session, self.run_id, name)
        counts: dict[str, Any] = {}
        yield counts
        with database.session(self.database) as session:
            runs.stage_finished(session, self.run_id, name, counts)


@lru_cache(maxsize=4)
def open_night(settings: Settings, run_id: str) -> Night:
    """Return the night of a run, the same object for as long as this process works on it."""
    return Night(settings, run_id)
