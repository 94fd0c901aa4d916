"""Publish: one transaction swaps the pointer, so that readers see a whole run, old or new."""

from collections.abc import Iterator

import pyarrow.parquet as pq

from catalogue.problems import Stop
from hedui.pipeline.checkpoints import checkpoint
from hedui.pipeline.night import Night
from hedui.registry import database, runs
from hedui.registry.runs import ReportIndexRow
from hedui.reports.store import ReportStore


def publish(night: Night) -> str:
    """Publish the run, delete its working area and the shards of killed attempts; return `complete` or `degraded`.

    Raises `Stop` where there is not exactly one report for each selected household.
    """
    with database.session(night.database, readonly=True) as session:
        degraded = any(s.state != "accepted" for s in runs.source_states(session, night.run_id))
    if not night.published():
        _require_all_cities(night)
        with night.stage("publish"):
            checkpoint("publish:begun")
        with database.session(night.database) as session:
            selected = runs.stage_detail(session, night.run_id, "select")["households"]
            runs.publish(session, night.run_id, degraded, _index(night), expected=selected)
            checkpoint("publish:uncommitted")
    checkpoint("publish:committed")
    night.workspace.delete()
    _collect_orphans(night)
    return "degraded" if degraded else "complete"


def _collect_orphans(night: Night) -> None:
    with database.session(night.database, readonly=True) as session:
        indexed = {entry.shard for entry in runs.list_reports(session, night.run_id)}
    ReportStore.at(night.settings.store).collect(night.run_id, indexed)


def _index(night: Night) -> Iterator[ReportIndexRow]:
    for path in sorted(night.workspace.reported.glob("city=*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches():
            for row in batch.to_pylist():
                yield ReportIndexRow(**row)


def _require_all_cities(night: Night) -> None:
    """Refuse to publish while the reports of a city are not written (a task of the DAG failed or was skipped)."""
    cities = {path.stem.partition("=")[2][:4] for path in night.workspace.assessed.glob("county=*.parquet")}
    missing = sorted(city for city in cities if not night.stage_done(f"report/{city}"))
    if missing or not cities:
        raise Stop("reports-missing", run=night.run_id, cities=", ".join(missing) or "–")
