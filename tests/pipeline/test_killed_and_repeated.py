"""Killed with SIGKILL between any two writes and run again, a night ends as if nothing had happened."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import DAY, Office

ROOT = Path(__file__).resolve().parents[2]
# Every checkpoint in the code, so that a new one is covered by itself; stages in their order.
FLOW = ["select", "extract", "land", "validate", "match", "assess", "report", "publish"]
FOUND = [
    found
    for path in sorted((ROOT / "hedui").rglob("*.py"))
    for found in re.findall(r"checkpoint\(\"([a-z]+:[a-z]+)\"\)", path.read_text("utf-8"))
]
POINTS = sorted(dict.fromkeys(FOUND), key=lambda point: (FLOW.index(point.partition(":")[0]), FOUND.index(point)))


def spend(office: Office, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "hedui"), "nightly", "--date", DAY.isoformat(), "--json"]
    env = os.environ | office.environment | environment
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_every_stage_has_a_point_to_be_killed_at() -> None:
    assert {point.partition(":")[0] for point in POINTS} == set(FLOW)


def test_killed_at_every_point_in_turn_the_night_ends_as_if_undisturbed(province, tmp_path, office) -> None:
    assert office.night()[0] == 0
    undisturbed = office.reports()

    killed = Office(tmp_path / "killed", province).take_in()
    for point in POINTS:
        died = spend(killed, HEDUI_KILL_AT=point)
        assert died.returncode == -signal.SIGKILL, f"{point}: {died.returncode} {died.stderr}"
    ended = spend(killed)

    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout)
    assert (summary["run_id"], summary["state"]) == (f"{DAY}.1", "complete")
    assert killed.reports() == undisturbed
    assert not list((killed.home / "work").glob("run=*")), "the working area of a published run is gone"


@pytest.mark.parametrize("point", ["validate:written", "match:written", "publish:uncommitted"])
def test_killed_once_readers_see_nothing_of_it_until_it_is_whole(province, tmp_path, point) -> None:
    office = Office(tmp_path / "var", province).take_in()
    assert spend(office, HEDUI_KILL_AT=point).returncode == -signal.SIGKILL
    assert office.call("report", "list", "--json").exit_code == 4  # no published run

    code, _ = office.night()
    assert code == 0
    assert len(office.reports()) > 0
