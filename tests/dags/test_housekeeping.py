"""The housekeeping DAG as Airflow sees it, and run for real in one."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hedui.custody import housekeeping
from hedui.keys import installation
from hedui.registry import database
from hedui.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
STEPS = ("retention", "orphans", "odd", "keys", "checkpoint")
LOOK = """
import json, sys
sys.path.insert(0, "dags")
import housekeeping as module
heavy = sorted({"great_expectations", "pandas", "duckdb", "pyarrow", "asyncssh", "cryptography"} & set(sys.modules))
dag = module.housekeeping()
print("LOOK" + json.dumps({
    "heavy": heavy,
    "ours": sorted(name for name in sys.modules if name.partition(".")[0] in {"hedui", "catalogue"}),
    "dag_id": dag.dag_id,
    "timezone": str(dag.timetable._timezone if hasattr(dag.timetable, "_timezone") else dag.timetable.timezone),
    "cron": getattr(dag.timetable, "expression", None) or dag.timetable._expression,
    "catchup": dag.catchup,
    "max_active_runs": dag.max_active_runs,
    "up": {t.task_id: sorted(t.upstream_task_ids) for t in dag.tasks},
    "queues": {t.task_id: t.queue for t in dag.tasks},
    "rules": {t.task_id: t.trigger_rule.value for t in dag.tasks},
}))
"""
# A task that fails would be tried again after a minute; here it is not.
SPEND = """
import sys
sys.path.insert(0, "dags")
import housekeeping as module
dag = module.housekeeping()
for task in dag.tasks:
    task.retries = 0
run = dag.test(run_conf={})
print("SPENT", run.state)
"""


def airflow(home: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "DEV": "",
    }
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> dict:
    done = airflow(tmp_path_factory.mktemp("airflow"), "-c", LOOK)
    assert done.returncode == 0, done.stderr
    return json.loads(next(x for x in done.stdout.splitlines() if x.startswith("LOOK"))[4:])


def test_it_comes_after_the_night(dag) -> None:
    assert (dag["dag_id"], dag["cron"], dag["timezone"]) == ("housekeeping", "30 6 * * *", "Asia/Shanghai")
    assert dag["catchup"] is False
    assert dag["max_active_runs"] == 1


def test_parsing_it_loads_nothing_of_ours_and_nothing_heavy(dag) -> None:
    assert dag["ours"] == []
    assert not {"great_expectations", "pandas", "duckdb", "asyncssh"} & set(dag["heavy"])


def test_what_is_independent_stands_side_by_side_and_the_trail_is_signed_last(dag) -> None:
    assert set(dag["up"]) == {*STEPS, "conclude"} == {*housekeeping.STEPS, "conclude"}
    assert dag["up"]["retention"] == dag["up"]["odd"] == dag["up"]["keys"] == []
    assert dag["up"]["orphans"] == ["retention"]
    assert dag["up"]["checkpoint"] == ["odd", "orphans"]
    assert dag["up"]["conclude"] == sorted(STEPS)


def test_a_step_that_fails_keeps_no_other_from_being_done(dag) -> None:
    assert {dag["rules"][task] for task in ("orphans", "checkpoint", "conclude")} == {"all_done"}


def test_every_step_needs_the_keys_and_runs_where_they_are(dag, tmp_path) -> None:
    assert len(set(dag["queues"].values())) == 1  # Airflow's own, unless one is named
    apart = airflow(tmp_path, "-c", LOOK, HEDUI_KEYS_QUEUE="with-keys")
    queues = json.loads(next(x for x in apart.stdout.splitlines() if x.startswith("LOOK"))[4:])["queues"]
    assert {task for task, queue in queues.items() if queue == "with-keys"} == set(STEPS)
    assert queues["conclude"] == dag["queues"]["conclude"]


def test_run_for_real_it_ends_green_and_red_where_something_needs_a_person(tmp_path) -> None:
    settings = Settings(home=tmp_path / "home", database_url="")
    database.connect(settings).dispose()
    ring = installation.begin(settings)
    environment = {"HEDUI_HOME": str(settings.home), "HEDUI_DATABASE_URL": "", "HEDUI_LANGUAGE": "en"}
    home = tmp_path / "airflow"
    assert airflow(home, "-m", "airflow", "db", "migrate").returncode == 0

    quiet = airflow(home, "-c", SPEND, **environment)
    assert "SPENT success" in quiet.stdout, quiet.stdout[-3000:] + quiet.stderr[-3000:]

    ring.add("signing")
    settings.vault.rename(tmp_path / "vault.json")  # one step fails; the others go on
    red = airflow(home, "-c", SPEND, **environment)
    assert "SPENT failed" in red.stdout
    assert "Keys failed" in red.stdout + red.stderr

    with sqlite3.connect(home / "airflow.db") as connection:
        states = connection.execute("SELECT task_id, state FROM task_instance ORDER BY start_date").fetchall()
        handed_on = connection.execute("SELECT key, value FROM xcom").fetchall()
    assert [state for task, state in states if task == "checkpoint"] == ["success", "success"]
    assert sorted(state for task, state in states if task == "conclude") == ["failed", "success"]
    whole = [json.loads(value) for key, value in handed_on if key == "return_value"]
    assert len(whole) == 2 * len(STEPS) - 1
    assert all(isinstance(count, int) for counts in whole for count in counts.values()), "counts and nothing else"
    assert all(isinstance(value, int) for key, value in handed_on if key != "return_value")
