"""Housekeeping, after the night: what has expired goes, the audit trail is signed, keys and look-ups are watched.

A step that fails keeps no other from being done. The DAG run ends *failed* at `conclude` where something needs a
person. Tasks pass counts to each other, and nothing else.
"""

import os
from datetime import date, timedelta
from typing import Any

import pendulum
from airflow.sdk import CronTriggerTimetable, Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

# Every step opens the keyring, some the vault. A queue of their own lets them run where these are; `conclude` needs
# neither (docs/keys.md).
_WITH_KEYS: dict[str, Any] = {"queue": queue} if (queue := os.environ.get("HEDUI_KEYS_QUEUE")) else {}


@dag(
    dag_id="housekeeping",
    schedule=CronTriggerTimetable("30 6 * * *", timezone="Asia/Shanghai"),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=5),
    default_args={"retries": 1, "retry_delay": timedelta(minutes=1)},
    params={"date": Param(None, type=["null", "string"], format="date", description="else the day of the run")},
    doc_md=__doc__,
    tags=["hedui"],
)
def housekeeping() -> None:
    """Wire the steps; what each does lives in `hedui.custody.housekeeping`."""

    @task(**_WITH_KEYS)
    def retention() -> dict[str, int]:
        return _step("retention")

    @task(trigger_rule="all_done", **_WITH_KEYS)
    def orphans() -> dict[str, int]:
        return _step("orphans")

    @task(**_WITH_KEYS)
    def odd() -> dict[str, int]:
        return _step("odd")

    @task(**_WITH_KEYS)
    def keys() -> dict[str, int]:
        return _step("keys")

    @task(trigger_rule="all_done", **_WITH_KEYS)
    def checkpoint() -> dict[str, int]:
        return _step("checkpoint")

    @task(trigger_rule="all_done", retries=0)
    def conclude(done: dict[str, dict[str, int] | None]) -> None:
        from hedui.custody import housekeeping as steps

        if wanted := steps.needs(done):
            raise AirflowFailException("; ".join(wanted))

    expired, left, looked, aged, signed = retention(), orphans(), odd(), keys(), checkpoint()
    expired >> left >> signed  # what deletes and lists writes to the trail, which is signed last
    looked >> signed
    conclude({"retention": expired, "orphans": left, "odd": looked, "keys": aged, "checkpoint": signed})


def _step(name: str) -> dict[str, int]:
    """Do one step for the day of this run, or for the one that was asked for."""
    from hedui.custody import housekeeping as steps

    context: Any = get_current_context()
    asked = context["params"]["date"]
    return steps.STEPS[name](date.fromisoformat(asked) if asked else steps.today(context["dag_run"].run_after))


housekeeping()
