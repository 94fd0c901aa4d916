"""The steps of a run, each callable by itself with plain arguments: what the DAG's tasks and `hedui nightly` call.

Arguments and results are run ids, source ids, region codes and counts, so they may pass through Airflow.
Every step of a run that is published already does nothing.
"""

from datetime import date, datetime, timedelta

from catalogue.problems import Stop
from hedui.pipeline import sources
from hedui.pipeline.guard import guarded
from hedui.pipeline.night import Night, open_night
from hedui.pipeline.stages import assess as assessing
from hedui.pipeline.stages import match as matching
from hedui.pipeline.stages import publish as publishing
from hedui.pipeline.stages import report as reporting
from hedui.pipeline.stages import select as selecting
from hedui.registry import database, people, runs
from hedui.settings import SHANGHAI, Settings


def day_before(moment: datetime | None = None) -> date:
    """Return the business date of a run that starts at `moment` (now): the day that has just closed in Shanghai."""
    return ((moment or datetime.now(SHANGHAI)).astimezone(SHANGHAI) - timedelta(days=1)).date()


@guarded
def select(business_date: date) -> str:
    """Open or resume the run of a business date, choose its households, and return the run's id."""
    settings = Settings()
    engine = database.connect(settings)
    with database.session(engine) as session:
        if not people.any_open_case(session):
            raise Stop("no-households", date=business_date.isoformat())
        run_id = runs.open_run(session, business_date).id
    selecting.select(open_night(settings, run_id))
    return run_id


@guarded
def sources_to_ask(run_id: str) -> list[str]:
    """Name the sources that have not answered yet in this run."""
    return sources.to_ask(_night(run_id))


@guarded
def extract(run_id: str, source: str) -> int:
    """Fetch one source; return the attempt's number."""
    return sources.extract(_night(run_id), source)


@guarded
def land(run_id: str, source: str, attempt: int) -> int:
    """Decode one delivery."""
    return sources.land(_night(run_id), source, attempt)


@guarded
def validate(run_id: str, source: str, attempt: int) -> int:
    """Validate one delivery and record the source's answer."""
    return sources.validate(_night(run_id), source, attempt)


@guarded
def match(run_id: str) -> dict[str, int]:
    """Match all accepted records; return counts by grade."""
    return matching.match(_night(run_id))


@guarded
def assess(run_id: str) -> list[str]:
    """Assess all households; return the cities that have reports to write."""
    return assessing.assess_run(_night(run_id))


@guarded
def report(run_id: str, city: str) -> int:
    """Seal the reports of one city; return how many."""
    return reporting.report(_night(run_id), city)


@guarded
def publish(run_id: str) -> str:
    """Swap readers to this run; return `complete` or `degraded`."""
    return publishing.publish(_night(run_id))


@guarded
def missing_sources(run_id: str) -> list[str]:
    """Name the sources that gave no answer in this run."""
    night = _night(run_id)
    with database.session(night.database, readonly=True) as session:
        return [s.source for s in runs.source_states(session, run_id) if s.state != "accepted"]


def _night(run_id: str) -> Night:
    return open_night(Settings(), run_id)
