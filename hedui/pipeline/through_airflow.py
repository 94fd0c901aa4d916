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

from catalogue.problems import Stop
from hedui.settings import Settings

_ENDED = re.compile(rb"\[DAG TEST\] end task task_id=(\S+) map_index=(-?\d+)")
Progress = Callable[[str], None]


def run_dag(settings: Settings, business_date: date, progress: Progress) -> None:
    """Run `nightly_verification` for one business date and wait for it.

    A degraded run ends its DAG run failed, on purpose: whether the night was published is the registry's to say.
    Raises `Stop` where Airflow itself could not run.
    """
    home = (settings.home / "airflow").absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = home / "nightly.log"
    environment = _environment(home)
    with log.open("ab") as sink:
        _airflow(["db", "migrate"], environment, sink, lambda _line: None)
        conf = f'{{"business_date": "{business_date}"}}'
        code = _airflow(["dags", "test", "nightly_verification", "--conf", conf], environment, sink, _tell(progress))
    # `dags test` ends with 0 or 1 by the state of the DAG run; anything else is Airflow's own failure.
    if code not in (0, 1):
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
    }


def _airflow(arguments: list[str], environment: dict[str, str], sink: object, heard: Callable[[bytes], None]) -> int:
    command = [sys.executable, "-m", "airflow", *arguments]
    with subprocess.Popen(  # noqa: S603  our own interpreter, fixed arguments and a date
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        for line in process.stdout:
            sink.write(line)  # type: ignore[attr-defined]
            heard(line)
        return process.wait()


def _tell(progress: Progress) -> Callable[[bytes], None]:
    ended = 0

    def heard(line: bytes) -> None:
        nonlocal ended
        if found := _ENDED.search(line):
            ended += 1
            progress(f"airflow: {ended} {found[1].decode()}")

    return heard
