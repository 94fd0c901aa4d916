"""Publish: one transaction swaps the pointer, so that readers see a whole run, old or new."""

from catalogue.problems import Stop
from hedui.pipeline import waiting
from hedui.pipeline.checkpoints import checkpoint
from hedui.pipeline.night import Night
from hedui.registry import batches, database, runs
from hedui.reports.store import ReportStore


def publish(night: Night) -> str:
    """Publish the run, delete its working area and what killed attempts left; return `complete` or `degraded`.

    Raises `Stop` where there is not exactly one report for each selected household; `batch-epoch-old` where the vault
    has begun another epoch since they were sealed, `batch-signer-revoked` where the key that signed them was revoked
    since: then the reports are to be written again.
    """
    with database.session(night.database, readonly=True) as session:
        degraded = any(s.state != "accepted" for s in runs.source_states(session, night.run_id))
    if not night.published():
        _require_all_cities(night)
        with night.stage("publish"):
            checkpoint("publish:begun")
        cities = sorted(night.workspace.reported.glob("city=*.parquet"))
        with database.session(night.database) as session:
            selected = runs.stage_detail(session, night.run_id, "select")["households"]
            rows = (row for city in cities for row in waiting.rows(city))
            places = [place for city in cities for place in waiting.places(city)]
            runs.publish(session, night.run_id, degraded, rows, places, expected=selected)
            checkpoint("publish:uncommitted")
    checkpoint("publish:committed")
    night.workspace.delete()
    _collect_orphans(night)
    return "degraded" if degraded else "complete"


def _collect_orphans(night: Night) -> None:
    with database.session(night.database, readonly=True) as session:
        published = runs.published_at(session, night.run_id)
        kept = [place.folder for place in batches.of_run(session, night.run_id).values()]
    # What is younger than the publication is no leftover: someone seals this run's reports anew.
    ReportStore.at(night.settings.store).collect(night.run_id, kept, published)


def _require_all_cities(night: Night) -> None:
    """Refuse to publish while the reports of a city are not written (a task of the DAG failed or was skipped)."""
    cities = {path.stem.partition("=")[2][:4] for path in night.workspace.assessed.glob("county=*.parquet")}
    missing = sorted(city for city in cities if not night.stage_done(f"report/{city}"))
    if missing or not cities:
        raise Stop("reports-missing", run=night.run_id, cities=", ".join(missing) or "–")
