"""Killed with SIGKILL between any two writes and run again, a night ends as if nothing had happened."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hedui.keys import installation
from hedui.pipeline import published
from hedui.registry import batches, database, runs
from hedui.settings import Settings
from tests.conftest import DAY, Office

ROOT = Path(__file__).resolve().parents[2]
# Every checkpoint of the pipeline, so that a new one is covered by itself; stages in their order.
FLOW = ["select", "extract", "land", "validate", "match", "assess", "report", "publish"]
FOUND = [
    found
    for path in sorted((ROOT / "hedui/pipeline").rglob("*.py"))
    for found in re.findall(r"checkpoint\(\"([a-z]+:[a-z]+)\"\)", path.read_text("utf-8"))
]
POINTS = sorted(dict.fromkeys(FOUND), key=lambda point: (FLOW.index(point.partition(":")[0]), FOUND.index(point)))


def spend(office: Office, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "hedui"), "nightly", "--date", DAY.isoformat(), "--json"]
    env = os.environ | office.environment | environment
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_every_stage_has_a_point_to_be_killed_at() -> None:
    assert {point.partition(":")[0] for point in POINTS} == set(FLOW)


def whole_run(office: Office) -> dict[str, str]:
    """Look up the current run and open all of its reports, as they were sealed; return the contents by household."""
    settings = Settings(home=office.home)
    registry = database.connect(settings)
    with database.session(registry, readonly=True) as session:
        run = runs.current(session, DAY)
        places = batches.of_run(session, run.id)
        rows = list(runs.list_reports(session, run.id))
    registry.dispose()
    opening = published.reader(settings, installation.ring(settings))
    return {row.household_ref: opening.document(places[row.county], row).decode() for row in rows}


def test_killed_at_every_point_in_turn_the_night_ends_as_if_undisturbed(province, tmp_path, office) -> None:
    """A degraded edition is published before; whenever the next one is killed, readers see one of the two, whole."""
    assert office.night()[0] == 0
    undisturbed = whole_run(office)

    killed = Office(tmp_path / "killed", province).take_in()
    province.fault("bank_01", "late")
    try:
        assert killed.night()[0] == 3
    finally:
        province.fault("bank_01", "none")
    old = whole_run(killed)
    assert old.keys() == undisturbed.keys()
    assert not set(old.values()) & set(undisturbed.values()), "every report tells of bank_01"

    for point in POINTS:
        died = spend(killed, HEDUI_KILL_AT=point)
        assert died.returncode == -signal.SIGKILL, f"{point}: {died.returncode} {died.stderr}"
        assert whole_run(killed) == (undisturbed if point == "publish:committed" else old), point
    ended = spend(killed)

    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout)
    assert (summary["run_id"], summary["state"]) == (f"{DAY}.2", "complete")
    assert whole_run(killed) == undisturbed
    assert killed.reports() == office.reports()
    assert not list((killed.home / "work").glob("run=*")), "the working area of a published run is gone"
    folders = list((killed.home / "store" / "reports").glob("run=*/county=*"))
    assert {folder.parent.name for folder in folders} == {f"run={DAY}.1", f"run={DAY}.2"}
    for folder in folders:  # one attempt each, and nothing of those that were killed
        (attempt,) = folder.iterdir()
        assert {path.name for path in attempt.iterdir()} == {"batch.hdb", "shares.hds", "shard-00000.hdr"}


@pytest.mark.parametrize("point", ["validate:written", "match:written", "publish:uncommitted"])
def test_killed_once_readers_see_nothing_of_it_until_it_is_whole(province, tmp_path, point) -> None:
    office = Office(tmp_path / "var", province).take_in()
    assert spend(office, HEDUI_KILL_AT=point).returncode == -signal.SIGKILL
    assert office.call("report", "list", "--json").exit_code == 4  # no published run

    code, _ = office.night()
    assert code == 0
    assert len(office.reports()) > 0
