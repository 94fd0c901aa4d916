"""Match: accepted records to members, on the engine that the settings name."""

from hedui.pipeline import sources
from hedui.pipeline.checkpoints import checkpoint
from hedui.pipeline.engines import open_engine
from hedui.pipeline.engines.match import match_records
from hedui.pipeline.night import Night


def match(night: Night) -> dict[str, int]:
    """End the asking, match everything that was accepted, and return the number of matches of each grade."""
    if night.published():
        return {}
    sources.close(night)
    if night.stage_done("match"):
        return {}
    with night.stage("match") as counts:
        checkpoint("match:begun")
        night.workspace.matches.mkdir(exist_ok=True)
        found = match_records(
            open_engine(night.settings.engine, night.workspace.root / "scratch"),
            night.workspace.applicants,
            sources.accepted_files(night),
            night.workspace.matches / "matches.parquet",
            applicant_id="member_ref",
            carry=("source", "category"),
        ).grades
        counts.update(found)
        checkpoint("match:written")
    return found
