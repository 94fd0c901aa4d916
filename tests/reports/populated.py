"""A registry, keys and a store with published reports of several runs and counties, made without a pipeline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine

from catalogue.regions import lineage
from hedui.keys import installation
from hedui.registry import batches, database, runs
from hedui.registry.batches import BatchPlace
from hedui.registry.models import Household, ReportIndex
from hedui.registry.runs import ReportIndexRow
from hedui.reports.model import Summary
from hedui.reports.opening import Reader
from hedui.reports.store import ReportStore
from hedui.sealing.errors import Place
from hedui.sealing.suites import named
from hedui.settings import Settings

DAY = date(2026, 6, 30)
COUNTIES = ("320102", "320583")
HOUSEHOLDS = ("H000001", "H000002", "H000003", "H000004")


def document(run_id: str, household: str) -> bytes:
    """Say whose report it is, so that no other can pass for it."""
    return f"{run_id} {household} ".encode() * 40


@dataclass
class Populated:
    """One installation with reports in it."""

    settings: Settings
    registry: Engine

    @classmethod
    def at(cls, settings: Settings) -> "Populated":
        installation.begin(settings)
        return cls(settings, database.connect(settings))

    @property
    def store(self) -> ReportStore:
        return ReportStore.at(self.settings.store)

    def seal(
        self, run_id: str, county: str, households: Sequence[str] = HOUSEHOLDS, **keys: object
    ) -> tuple[BatchPlace, list[ReportIndexRow]]:
        """Seal the reports of one county as a worker does; `signing` or `recipients` for other keys than its own."""
        worker = installation.worker(self.settings)
        reports = [
            (Summary(household, county, f"C-{household}", "within", 1, 54, 0, 0, 0), document(run_id, household))
            for household in households
        ]
        recipients = keys.get("recipients") or {region: worker.recipient(region) for region in lineage(county)}
        signing = keys.get("signing") or worker.signing_key()
        place, suite = Place(run_id, county), named(self.settings.suite)
        return self.store.write_batch(place, recipients, worker.vault(), signing, suite, reports, self.settings.home)

    def publish(self, day: date = DAY, counties: Mapping[str, Sequence[str]] | None = None, **how: bool) -> str:
        """Seal and publish a run; return its id."""
        with database.session(self.registry) as session:
            run_id = runs.open_run(session, day).id
        wanted = counties or {county: [f"{h}{county[-1]}" for h in HOUSEHOLDS] for county in COUNTIES}
        sealed = [self.seal(run_id, county, households) for county, households in wanted.items()]
        rows = [row for _, some in sealed for row in some]
        homes = [{"ref": row.household_ref, "county": row.county, "township": None, "fingerprint": b""} for row in rows]
        with database.session(self.registry) as session:
            database.upsert(session, Household, homes)
            assert runs.publish(session, run_id, how.get("degraded", False), rows, [place for place, _ in sealed])
        return run_id

    def find(self, run_id: str) -> list[tuple[BatchPlace, ReportIndex]]:
        """Return where every report of a run lies, as the registry says in one transaction."""
        with database.session(self.registry, readonly=True) as session:
            places = batches.of_run(session, run_id)
            return [(places[row.county], row) for row in runs.list_reports(session, run_id)]

    def reader(self, openers: Callable | None = None, store: ReportStore | None = None) -> Reader:
        """Return a reader with the keys as they are now."""
        ring = installation.ring(self.settings)
        vault = installation.vault(self.settings)
        return Reader(store or self.store, openers or ring.openers, vault, ring.signers())

    def read(self, run_id: str) -> dict[str, bytes]:
        """Open every report of a run."""
        reader = self.reader()
        return {row.household_ref: reader.document(place, row) for place, row in self.find(run_id)}
