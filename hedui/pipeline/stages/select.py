"""Select: choose the households of the night, and only members under a live authorisation."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from catalogue.problems import Stop
from hedui.pipeline import sources
from hedui.pipeline.checkpoints import checkpoint
from hedui.pipeline.night import Night
from hedui.pipeline.workspace import Workspace
from hedui.registry import database, people, runs
from hedui.settings import SHANGHAI


def select(night: Night) -> None:
    """Write `applicants.parquet` and `households.parquet`.

    An open run whose working area is gone or has holes (a cleaned disk, another machine) starts over: nothing was
    published of it. So does one whose households were chosen on an earlier day: who has revoked since is not asked
    about. Working areas of published and unknown runs are deleted: they hold plain personal data.
    Raises `Stop` where no household is to be verified.
    """
    _sweep(night)
    if night.published():
        return
    today = datetime.now(SHANGHAI).date()
    if night.stage_done("select"):
        if _chosen_on(night) == today.isoformat() and not _holes(night):
            return
        night.workspace.delete()
        with database.session(night.database) as session:
            runs.start_over(session, night.run_id)
    with night.stage("select") as counts:
        checkpoint("select:begun")
        into = Workspace.of(night.settings.home, night.run_id).root
        selected = people.select(night.database, night.keyring, night.business_date, into, today=today)
        if not selected.households:
            raise Stop("no-households", date=night.business_date.isoformat())
        counts.update(asdict(selected), chosen_on=today.isoformat())
        checkpoint("select:written")


def _holes(night: Night) -> list[Path]:
    """Name what finished stages have promised and the working area does not hold."""
    area = night.workspace
    promised = [area.applicants, area.households, *sources.accepted_files(night)]
    if night.stage_done("match"):
        promised += [area.answers, area.unusable, area.matches / "matches.parquet"]
    if night.stage_done("assess"):
        promised.append(area.assessed)
    with database.session(night.database, readonly=True) as session:
        finished = [s.stage for s in runs.stages(session, night.run_id) if s.finished_at]
    cities = [stage.partition("/")[2] for stage in finished if stage.startswith("report/")]
    promised += [area.reported / f"city={city}.parquet" for city in cities]
    return [path for path in promised if not path.exists()]


def _chosen_on(night: Night) -> str | None:
    with database.session(night.database, readonly=True) as session:
        day: str | None = runs.stage_detail(session, night.run_id, "select").get("chosen_on")
    return day


def _sweep(night: Night) -> None:
    """Delete the working areas of published runs and of unknown ones."""
    for root in (night.settings.home / "work").glob("run=*"):
        run_id = root.name.partition("=")[2]
        with database.session(night.database, readonly=True) as session:
            ended = runs.is_published(session, run_id) or not runs.is_known(session, run_id)
        if ended:
            Workspace(root).delete()
