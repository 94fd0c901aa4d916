"""Drives the nightly DAG in a real Airflow on this machine: one process, its own SQLite, no scheduler needed.

In production Airflow's scheduler runs the same DAG; nothing here is used then.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from catalogue.problems import Stop
from hedui.settings import Settings

_ENDED = re.compile(rb"\[DAG TEST\] end task task_id=(\S+) map_index=(-?\d+)")
Progress = Callable[[str], None]


def run_dag(settings: Settings, business_date: date, progress: Progress, lock: int) -> None:
    """Run `nightly_verification` for one business date and wait for it. `lock` is handed on to Airflow's process.

    A degraded run ends its DAG run failed, on purpose: `conclude`, its last task, is then the one that failed.
    Raises `Stop` where the DAG did not get that far.
    """
    home = (settings.home / "airflow").absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = home / "nightly.log"
    environment = _environment(home)
    with log.open("ab") as sink:
        _airflow(["db", "migrate"], environment, sink, lambda _line: None, lock)
        conf = f'{{"business_date": "{business_date}"}}'
        ended: list[str] = []
        heard = _tell(progress, ended)
        code = _airflow(["dags", "test", "nightly_verification", "--conf", conf], environment, sink, heard, lock)
    if code != 0 and "conclude" not in ended:
        raise Stop("airflow-failed", exit_code=code, log=str(log))


def _environment(home: Path) -> dict[str, str]:
    spec = find_spec("dags")
    assert spec
    assert spec.submodule_search_locations
    return os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(next(iter(spec.submodule_search_locations))).resolve()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "DEV": "",  # set, it makes Airflow print the values of variables into its log
    }


def _airflow(
    arguments: list[str], environment: dict[str, str], sink: IO[bytes], heard: Callable[[bytes], None], lock: int
) -> int:
    command = [sys.executable, "-m", "airflow", *arguments]
    with subprocess.Popen(  # noqa: S603  our own interpreter, fixed arguments and a date
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[lock],
    ) as process:
        assert process.stdout
        for line in process.stdout:
            sink.write(line)
            heard(line)
        return process.wait()


def _tell(progress: Progress, ended: list[str]) -> Callable[[bytes], None]:
    def heard(line: bytes) -> None:
        if found := _ENDED.search(line):
            ended.append(found[1].decode())
            progress(f"airflow: {len(ended)} {ended[-1]}")

    return heard
