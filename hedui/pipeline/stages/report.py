"""Report: seal every household's document to its county, city and province, packed in shards."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalogue.problems import Stop
from hedui.pipeline.checkpoints import checkpoint
from hedui.pipeline.night import Night
from hedui.pipeline.workspace import whole
from hedui.registry.runs import ReportIndexRow
from hedui.reports.model import Summary
from hedui.reports.seal import Subject, recipients_of, seal
from hedui.reports.store import ReportStore


def report(night: Night, city: str) -> int:
    """Seal and store the reports of one city; return how many.

    The index rows wait in the working area until publication; sealed shards that no index names are never read.
    """
    if night.published():
        return 0
    name = f"report/{city}"
    waiting = night.workspace.reported / f"city={city}.parquet"
    if night.stage_done(name):
        return int(pq.read_metadata(waiting).num_rows)
    with night.stage(name) as counts:
        checkpoint("report:begun")
        store = ReportStore.at(night.settings.store)
        rows: list[ReportIndexRow] = []
        documents = sorted(night.workspace.assessed.glob(f"county={city}*.parquet"))
        if not documents:
            raise Stop("reports-missing", run=night.run_id, cities=city)
        for county_file in documents:
            county = county_file.stem.partition("=")[2]
            rows += store.write_shards(night.run_id, county, _sealed(night, county, county_file))
            checkpoint("report:shard")
        with whole(waiting) as draft:
            pq.write_table(pa.Table.from_pylist([asdict(row) for row in rows]), draft)
        counts["reports"] = len(rows)
        checkpoint("report:written")
    return len(rows)


def _sealed(night: Night, county: str, documents: Path) -> Iterator[tuple[Summary, bytes]]:
    recipients = recipients_of(county, night.keyring)
    for batch in pq.ParquetFile(documents).iter_batches(batch_size=512):
        for row in batch.to_pylist():
            document = row.pop("document")
            said = Summary(**row)
            yield said, seal(document, Subject(said.household_ref, county, night.run_id), recipients)
