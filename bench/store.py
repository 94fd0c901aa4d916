"""A report opened from a store of 400,000: the registry's row, files, keys and both decryptions, in milliseconds.

`REPORTS=n` for another number. Documents of 4 KB are sealed as 380 batches (a province's counties on four dates) and
written, with their rows in a registry on SQLite. Then the system forgets the store's files, and reports drawn at random
are opened as a command does it, which reads keyring and vault and opens the batch first; then by a reader whose keys
are at hand, and by one whose batch is open already. Beside them: the row alone, and the floor, which is the bare range
read of the same bytes. Nothing is put on record here.
"""

import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from sqlalchemy import Engine

from bench import Figure
from bench.sealing import report_like
from catalogue.regions import lineage, regions
from hedui.keys import installation
from hedui.pipeline import published
from hedui.registry import batches, database, runs
from hedui.registry.batches import BatchPlace
from hedui.registry.models import ReportIndex
from hedui.reports.model import Summary
from hedui.reports.opening import Reader
from hedui.reports.store import ReportStore
from hedui.sealing.errors import Place
from hedui.sealing.suites import INTERNATIONAL
from hedui.settings import Settings

BAR_MS = 20.0
_DAY = date(2026, 6, 30)
_DATES = 4
_OPENED = 400
_Drawn = list[tuple[str, date]]


def main() -> Figure:
    """Build the store, open some of it, and say how long each took."""
    folder = Path(tempfile.mkdtemp(prefix="hedui-bench-"))
    try:
        return _measured(Settings(home=folder, database_url="", store_url=""))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(settings: Settings) -> Figure:
    many = int(os.environ.get("REPORTS", "400000"))
    installation.begin(settings)
    registry = database.connect(settings)
    began = time.monotonic()
    wanted, size = _build(settings, registry, many)
    print(f"{len(wanted):,} reports in {size} batches, sealed, written and indexed in {time.monotonic() - began:.0f} s")

    drawn = random.Random(20260630).sample(wanted, _OPENED)  # noqa: S311
    store = ReportStore.at(settings.store)
    ring = installation.ring(settings)
    kept = published.reader(settings, ring)

    def as_a_command(household: str, day: date) -> object:
        return published.reader(settings, installation.ring(settings)).document(*_located(registry, household, day))

    def with_keys(household: str, day: date) -> object:
        reader = Reader(store, ring.openers, installation.vault(settings), ring.signers())
        return reader.document(*_located(registry, household, day))

    _forget(settings.home / "store")
    cold = [_time(partial(as_a_command, *one)) for one in drawn]
    _say("as a command, files from the disk", cold)
    _say("the same again, files in memory", [_time(partial(as_a_command, *one)) for one in drawn])
    _say("keys at hand", [_time(partial(with_keys, *one)) for one in drawn])
    found = [_located(registry, *one) for one in drawn]
    _say("batch open already, row at hand", [_warm(kept, *one) for one in found])
    _say("the row alone", [_time(partial(_located, registry, *one)) for one in drawn])
    _forget(settings.home / "store")
    _say("the floor: range read from the disk", [_time(partial(store.read, row)) for _, row in found])
    _say("the floor: range read from memory", [_time(partial(store.read, row)) for _, row in found])
    median = statistics.median(cold)
    return Figure("store", round(median, 2), "ms at the median", BAR_MS, median <= BAR_MS)


def _build(settings: Settings, registry: Engine, many: int) -> tuple[_Drawn, int]:
    """Fill the store; return household and date of every report, and the number of batches."""
    counties = sorted(regions().counties)
    each = -(-many // (_DATES * len(counties)))
    documents = report_like(2000)
    wanted: _Drawn = []
    for number in range(_DATES):
        day = _DAY + timedelta(days=number)
        with database.session(registry) as session:
            run_id = runs.open_run(session, day).id
        rows, places = [], []
        for at, county in enumerate(counties):
            households = [f"H{at * each + n:07d}" for n in range(each)]
            place, written = _sealed(settings, Place(run_id, county), households, documents)
            rows += written
            places.append(place)
            wanted += [(household, day) for household in households]
        with database.session(registry) as session:
            runs.publish(session, run_id, False, rows, places)  # noqa: FBT003
    return wanted, _DATES * len(counties)


def _sealed(
    settings: Settings, place: Place, households: Sequence[str], documents: Sequence[bytes]
) -> tuple[BatchPlace, list[runs.ReportIndexRow]]:
    worker = installation.worker(settings)
    return ReportStore.at(settings.store).write_batch(
        place,
        {region: worker.recipient(region) for region in lineage(place.county)},
        worker.vault(),
        worker.signing_key(),
        INTERNATIONAL,
        _reports(place.county, households, documents),
        settings.home,
    )


def _reports(county: str, households: Sequence[str], documents: Sequence[bytes]) -> Iterator[tuple[Summary, bytes]]:
    for household, document in zip(households, islice(cycle(documents), len(households)), strict=True):
        yield Summary(household, county, f"C-{household}", "within", 20, 35, 0, 0, 0), document


def _warm(reader: Reader, place: BatchPlace, row: ReportIndex) -> float:
    reader.document(place, row)
    return _time(partial(reader.document, place, row))


def _time(work: Callable[[], object]) -> float:
    """Return the milliseconds that something takes which must bring something back."""
    began = time.perf_counter()
    content = work()
    took = (time.perf_counter() - began) * 1000
    if not content:
        raise SystemExit("error: a report did not come back")
    return took


def _forget(folder: Path) -> None:
    """Have the system drop the files of a folder from memory, where it knows how to."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _located(registry: Engine, household: str, day: date) -> tuple[BatchPlace, ReportIndex]:
    with database.session(registry, readonly=True) as session:
        row = runs.find_report(session, household, day)
        if row is None:
            raise SystemExit("error: a report is not in the index")
        return batches.batch_of(session, row.run_id, row.county), row


def _say(what: str, times: list[float]) -> None:
    p95 = statistics.quantiles(times, n=20)[-1]
    print(
        f"  {what:<40}{statistics.median(times):7.2f} ms at the median, {p95:7.2f} ms p95, {max(times):7.2f} ms at most"
    )
