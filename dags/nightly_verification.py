"""The nightly verification: every household under a live authorisation verified by morning.

One mapped task group per source, so that a slow bank delays no other; a report stage per city; publication last.
A run that misses a source is published, and the DAG run then ends *failed* at `conclude`, which says what is missing.
Tasks pass run ids, source ids and counts to each other: never a personal value.
"""

import os
from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import CronTriggerTimetable, Param, dag, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException

# The one task that opens names and numbers in the registry. A queue of its own lets it run where the keyring is, and
# everything else on workers that hold no private key (docs/keys.md).
_WITH_KEYS: dict[str, Any] = {"queue": queue} if (queue := os.environ.get("HEDUI_KEYS_QUEUE")) else {}


@dag(
    dag_id="nightly_verification",
    schedule=CronTriggerTimetable("0 1 * * *", timezone="Asia/Shanghai"),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=5),
    default_args={"retries": 1, "retry_delay": timedelta(minutes=1)},
    params={"business_date": Param(None, type=["null", "string"], format="date", description="else the day before")},
    doc_md=__doc__,
    tags=["hedui"],
)
def nightly_verification() -> None:  # noqa: C901  eleven tasks, one line each
    """Wire the stages; what each does lives in `hedui.pipeline`."""

    @task(**_WITH_KEYS)
    def select() -> str:
        from hedui.pipeline import steps

        context: Any = get_current_context()
        asked = context["params"]["business_date"]
        day = pendulum.parse(asked).date() if asked else steps.day_before(context["dag_run"].run_after)
        return steps.select(day)

    @task
    def sources(night: str) -> list[str]:
        from hedui.pipeline import steps

        return steps.sources_to_ask(night)

    @task_group
    def source(night: str, source_id: str) -> None:
        @task(map_index_template="{{ called }}")
        def extract(night: str, source_id: str) -> int:
            return _decided("extract", night, source_id)

        @task(map_index_template="{{ called }}")
        def land(night: str, source_id: str, attempt: int) -> int:
            return _decided("land", night, source_id, attempt)

        @task(map_index_template="{{ called }}")
        def validate(night: str, source_id: str, attempt: int) -> int:
            return _decided("validate", night, source_id, attempt)

        attempt = extract(night, source_id)
        validate(night, source_id, land(night, source_id, attempt))

    @task(trigger_rule="all_done")
    def match(night: str) -> dict[str, int]:
        from hedui.pipeline import steps

        return steps.match(night)

    @task
    def assess(night: str) -> list[str]:
        from hedui.pipeline import steps

        return steps.assess(night)

    @task(map_index_template="{{ called }}")
    def report(night: str, city: str) -> int:
        from hedui.pipeline import steps

        _call_this_task(city)
        return steps.report(night, city)

    @task
    def publish(night: str) -> str:
        from hedui.pipeline import steps

        return steps.publish(night)

    @task(retries=0)
    def conclude(night: str) -> None:
        from hedui.pipeline import steps

        missing = steps.missing_sources(night)
        if missing:
            raise AirflowFailException(f"published, but degraded: no answer from {', '.join(missing)}")

    night = select()
    asked = source.partial(night=night).expand(source_id=sources(night))
    matched = match(night)
    cities = assess(night)
    asked >> matched >> cities
    reported = report.partial(night=night).expand(city=cities)
    published = publish(night)
    reported >> published >> conclude(night)


def _decided(step: str, night: str, source_id: str, *args: int) -> int:
    """Run one step of one source; a problem is already on record, so Airflow need not try again."""
    from catalogue.problems import Problem
    from hedui.pipeline import steps

    _call_this_task(source_id)
    try:
        return getattr(steps, step)(night, source_id, *args)
    except Problem as problem:
        raise AirflowFailException(str(problem)) from None


def _call_this_task(name: str) -> None:
    """Show a mapped task under its source's or city's name in Airflow, not under a number."""
    context: Any = get_current_context()
    context["called"] = name


nightly_verification()
