"""The DAG as Airflow sees it: thin, light, and wired so that one slow source delays no other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOOK = """
import json, sys
sys.path.insert(0, "dags")
import nightly_verification as module
heavy = sorted({"great_expectations", "pandas", "duckdb", "pyarrow", "asyncssh", "hedui.pipeline"} & set(sys.modules))
dag = module.nightly_verification()
print("LOOK" + json.dumps({
    "heavy": heavy,
    "dag_id": dag.dag_id,
    "timezone": str(dag.timetable._timezone if hasattr(dag.timetable, "_timezone") else dag.timetable.timezone),
    "cron": getattr(dag.timetable, "expression", None) or dag.timetable._expression,
    "catchup": dag.catchup,
    "max_active_runs": dag.max_active_runs,
    "down": {t.task_id: sorted(t.downstream_task_ids) for t in dag.tasks},
    "rules": {t.task_id: t.trigger_rule.value for t in dag.tasks},
    "lines": len(open("dags/nightly_verification.py").read().splitlines()),
}))
"""


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> dict:
    import json

    home = tmp_path_factory.mktemp("airflow")
    environment = os.environ | {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    command = [sys.executable, "-c", LOOK]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(next(x for x in done.stdout.splitlines() if x.startswith("LOOK"))[4:])


def test_it_starts_at_one_in_the_morning_in_shanghai(dag) -> None:
    assert (dag["dag_id"], dag["cron"], dag["timezone"]) == ("nightly_verification", "0 1 * * *", "Asia/Shanghai")
    assert dag["catchup"] is False
    assert dag["max_active_runs"] == 1


def test_parsing_it_loads_nothing_heavy(dag) -> None:
    assert dag["heavy"] == []


def test_the_stages_follow_each_other(dag) -> None:
    assert dag["down"]["source.extract"] == ["source.land"]
    assert dag["down"]["source.land"] == ["source.validate"]
    assert dag["down"]["source.validate"] == ["match"]
    assert "assess" in dag["down"]["match"]
    assert "report" in dag["down"]["assess"]
    assert dag["down"]["report"] == ["publish"]
    assert dag["down"]["publish"] == ["conclude"]


def test_a_failed_source_does_not_hold_up_the_rest(dag) -> None:
    assert dag["rules"]["match"] == "all_done"
    assert {dag["rules"][t] for t in ("assess", "report", "publish")} == {"all_success"}
