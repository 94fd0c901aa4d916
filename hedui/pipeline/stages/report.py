"""Report: seal every household's document to its county, city and province, one batch a county."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from catalogue.problems import Stop
from catalogue.regions import lineage
from hedui.pipeline import waiting
from hedui.pipeline.checkpoints import checkpoint
from hedui.pipeline.night import Night
from hedui.registry import batches, database
from hedui.registry.batches import BatchPlace
from hedui.registry.runs import ReportIndexRow
from hedui.reports.model import Summary
from hedui.reports.store import AT_ONCE, ReportStore, Step
from hedui.sealing.errors import Place
from hedui.sealing.suites import named


def report(night: Night, city: str) -> int:
    """Seal and store the reports of one city; return how many.

    Index rows and batches wait in the working area until publication; what no row names is never read. A city whose
    batches are sealed to an epoch of the vault that has passed since, or signed with a key that was revoked since, is
    done again. Raises Stop where this worker's own keys are such: `batch-epoch-old`, `batch-signer-revoked`.
    """
    if night.published():
        return 0
    path = waiting.path_of(night.workspace.reported, city)
    if is_sealed(night, city):
        return waiting.count(path)
    with night.stage(f"report/{city}") as counts:
        checkpoint("report:begun")
        documents = sorted(night.workspace.assessed.glob(f"county={city}*.parquet"))
        if not documents:
            raise Stop("reports-missing", run=night.run_id, cities=city)
        rows: list[ReportIndexRow] = []
        places: list[BatchPlace] = []
        for county_file in documents:
            place, written = _seal(night, county_file)
            places.append(place)
            rows += written
            _require_publishable(night, places)
        waiting.write(path, rows, places)
        counts["reports"] = len(rows)
        checkpoint("report:written")
    return len(rows)


def is_sealed(night: Night, city: str) -> bool:
    """Whether the reports of a city are written, and with keys with which they can be published."""
    if not night.stage_done(f"report/{city}"):
        return False
    places = waiting.places(waiting.path_of(night.workspace.reported, city))
    try:
        _require_publishable(night, places)
    except Stop:
        return False
    return bool(places)


def _require_publishable(night: Night, places: Sequence[BatchPlace]) -> None:
    # As it is now: publication asks again, and holds it.
    with database.session(night.database, readonly=True) as session:
        batches.require_current(places, batches.vault_epoch(session))
        batches.require_trusted(places, batches.revoked_signers(session))


def _seal(night: Night, documents: Path) -> tuple[BatchPlace, list[ReportIndexRow]]:
    place = Place(night.run_id, documents.stem.partition("=")[2])
    worker = night.worker
    return ReportStore.at(night.settings.store).write_batch(
        place,
        {region: worker.recipient(region) for region in lineage(place.county)},
        worker.vault(),
        worker.signing_key(),
        named(night.settings.suite),
        _documents(documents),
        night.workspace.root,
        _done,
    )


def _documents(path: Path) -> Iterator[tuple[Summary, bytes]]:
    for some in pq.ParquetFile(path).iter_batches(batch_size=AT_ONCE):
        for row in some.to_pylist():
            document = row.pop("document")
            yield Summary(**row), document


def _done(step: Step) -> None:
    match step:
        case "cores":
            checkpoint("report:sealed")
        case "shard-draft":
            checkpoint("report:sharddraft")
        case "shard":
            checkpoint("report:shard")
        case "shares-draft":
            checkpoint("report:sharesdraft")
        case "shares":
            checkpoint("report:shares")
        case "batch-draft":
            checkpoint("report:batchdraft")
        case "batch":
            checkpoint("report:batch")
