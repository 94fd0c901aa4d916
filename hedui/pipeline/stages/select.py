"""Select: choose the households of the night, and only members under a live authorisation."""

from dataclasses import asdict

from catalogue.problems import Stop
from hedui.pipeline.checkpoints import checkpoint
from hedui.pipeline.night import Night
from hedui.registry import database, people, runs


def select(night: Night) -> None:
    """Write `applicants.parquet` and `households.parquet`.

    An open run whose working area is gone (a cleaned disk, another machine) starts over: nothing was published of it.
    Raises `Stop` where no household is to be verified.
    """
    if night.published():
        night.workspace.delete()  # a run killed between publication and its last step left it behind
        return
    if night.stage_done("select"):
        if night.workspace.households.exists():
            return
        with database.session(night.database) as session:
            runs.start_over(session, night.run_id)
    with night.stage("select") as counts:
        checkpoint("select:begun")
        selected = people.select(night.database, night.keyring, night.business_date, night.workspace.root)
        if not selected.households:
            raise Stop("no-households", date=night.business_date.isoformat())
        counts.update(asdict(selected))
        checkpoint("select:written")
