"""Driving a night: one at a time, resumable, and with a next edition after a degraded one."""

import json
import os
import signal
import subprocess
import sys

import pyarrow as pa
import pytest
from pyarrow.fs import FileSystem

from catalogue.problems import Stop
from hedui.keys import installation
from hedui.pipeline.drive import alone
from hedui.pipeline.quarantine import ROWS
from hedui.settings import Settings
from tests.conftest import DAY


def test_two_nights_of_one_date_do_not_run_at_once(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDUI_HOME", str(tmp_path))
    with alone(DAY), pytest.raises(Stop) as caught, alone(DAY):
        pass
    assert caught.value.code == "run-busy"
    with alone(DAY):  # let go of when it ends
        pass


def test_ctrl_c_does_not_wait_for_sources(tmp_path) -> None:
    code = """
import threading
from datetime import date
from hedui.pipeline import drive, steps
from hedui.settings import Settings
steps.select = lambda day: "the run"
steps.sources_to_ask = lambda run: ["a source"]
def extract(run, source):
    print("asked", flush=True)
    threading.Event().wait()
steps.extract = extract
drive.drive(date(2026, 6, 30), lambda line: print(line, flush=True))
"""
    environment = os.environ | {"HEDUI_HOME": str(tmp_path), "HEDUI_LANGUAGE": "en"}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while process.stdout.readline() != "asked\n":
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=5) == 130
        assert "the run" in process.stdout.read()


def test_after_a_degraded_night_the_next_edition_takes_in_what_has_come_since(office, province) -> None:
    province.fault("taxation", "late")
    try:
        code, first = office.night()
    finally:
        province.fault("taxation", "none")
    assert (code, first["run_id"], first["state"]) == (3, f"{DAY}.1", "degraded")
    assert {json.loads(r)["conclusion"]["outcome"] for r in office.reports().values()} == {"cannot_determine"}

    code, second = office.night()
    assert (code, second["run_id"], second["state"]) == (0, f"{DAY}.2", "complete")
    assert {json.loads(r)["conclusion"]["outcome"] for r in office.reports().values()} != {"cannot_determine"}
    assert {row["run"] for row in json.loads(office.call("report", "list", "--json").stdout)} == {f"{DAY}.2"}


def test_a_run_whose_working_area_is_gone_starts_over(office) -> None:
    from hedui.pipeline import steps

    with pytest.MonkeyPatch.context() as patch:
        for name, value in office.environment.items():
            patch.setenv(name, value)
        run_id = steps.select(DAY)
        source = "bank_21"
        steps.validate(run_id, source, steps.land(run_id, source, steps.extract(run_id, source)))
        assert source not in steps.sources_to_ask(run_id)
        steps._night(run_id).workspace.delete()
        steps.open_night.cache_clear()

        assert steps.select(DAY) == run_id
        assert source in steps.sources_to_ask(run_id)
    assert office.night()[0] == 0


def test_rows_set_aside_lie_sealed_with_their_reason(office) -> None:
    _, summary = office.night()
    assert summary["quarantine"]
    store = office.home / "store"
    sealed = sorted(store.glob("quarantine/run=*/source=*/*.sealed"))
    keyring = installation.ring(Settings(home=office.home))
    found: dict[tuple[str, str], int] = {}
    for path in sealed:
        content = keyring.unseal(str(path.relative_to(store)), path.read_bytes(), purpose="quarantine")
        rows = pa.ipc.open_stream(content).read_all()
        assert rows.schema == ROWS
        source = path.parent.name.partition("=")[2]
        for row in rows.to_pylist():
            assert row["line"]
            found[source, row["reason"]] = found.get((source, row["reason"]), 0) + 1
    assert found == {(q["source"], q["reason"]): q["rows"] for q in summary["quarantine"]}
    assert FileSystem.from_uri(store.as_uri())
