"""Up, down, killed, and up again."""

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_province import faults, lifecycle
from mock_province.cli import mock, yesterday
from mock_province.places import Places, holder, read_json
from mock_province.servers.postgres import Cluster

DAY = dt.date(2026, 6, 30)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lifecycle")
    yield folder
    lifecycle.down(folder)


def up(home: Path, **changed: object) -> lifecycle.Up:
    return lifecycle.up(home, **({"seed": 5, "households": 12, "business_date": DAY} | changed))  # type: ignore[arg-type]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def deliveries(home: Path) -> dict[str, dict[str, bytes]]:
    return {name: tree(home / name) for name in ("drop", "sftp", "pages")}


def test_up_twice_is_up_once(home: Path) -> None:
    first = up(home)
    assert (first.already, first.rebuilt) == (False, True)
    process, values = lifecycle.status(home).process, tree(home / "values")
    second = up(home)
    assert (second.already, second.rebuilt) == (True, False)
    assert lifecycle.status(home).process == process
    assert tree(home / "values") == values


def test_a_killed_server_is_started_again_on_the_same_deliveries_and_ports(home: Path) -> None:
    up(home)
    before, values, dead = deliveries(home), tree(home / "values"), lifecycle.status(home).process
    assert dead
    os.kill(dead, signal.SIGKILL)
    wait_until_gone(home)
    assert not lifecycle.status(home).running
    again = up(home)
    assert (again.already, again.rebuilt) == (False, False)
    assert lifecycle.status(home).process != dead
    assert deliveries(home) == before
    assert tree(home / "values") == values  # the same ports too: they were free again


def test_a_stale_pid_file_names_nobody(home: Path) -> None:
    up(home)
    postmaster = Path(read_json(Places(home).province)["postgres"]) / "data" / "postmaster.pid"
    process = lifecycle.status(home).process
    assert process
    os.kill(process, signal.SIGKILL)
    wait_until_gone(home)
    # the machine went down: nothing runs, and the files still name somebody
    os.kill(int(postmaster.read_text().split()[0]), signal.SIGKILL)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        try:
            Places(home).lock.write_text(f"{stranger.pid}\n")  # our server died, and its number went to somebody else
            postmaster.write_text(f"{stranger.pid}\n{postmaster.parent}\n0\n1\n\n127.0.0.1\n0 0\nready\n")
            assert holder(Places(home).lock) is None
            assert lifecycle.down(home) is False
            assert up(home).already is False
            assert stranger.poll() is None, "a stranger was killed"
            assert lifecycle.status(home).running
        finally:
            stranger.kill()


def test_faults_do_not_survive_a_restart(home: Path) -> None:
    up(home)
    before = deliveries(home)
    for source, kind in (("bank_01", "truncated"), ("bank_21", "hang"), ("bank_02", "refuse"),
                         ("public_security", "password"), ("civil_affairs", "late")):  # fmt: skip
        faults.set_fault(home, source, kind)
    assert up(home).already, "faults stay while the servers run"
    process = lifecycle.status(home).process
    assert process
    os.kill(process, signal.SIGKILL)
    wait_until_gone(home)
    up(home)
    assert faults.current(home) == {}
    assert deliveries(home) == before
    password = (home / "values" / "public_security_password").read_text().strip()
    port = json.loads(Places(home).ports.read_text())["public_security"]
    cluster = Cluster(Path("/nowhere"), password, port)
    import psycopg

    with psycopg.connect(host="127.0.0.1", port=cluster.port, user="hedui_public_security", password=password,
                         dbname="ga_exchange") as connection:  # fmt: skip
        assert connection.execute("SELECT count(*) > 0 FROM v_hjxx").fetchone() == (True,)


def test_other_parameters_replace_the_province(home: Path) -> None:
    up(home)
    before, secrets = deliveries(home), (home / "values" / "bank_01_password").read_text()
    changed = up(home, business_date=dt.date(2026, 7, 1))
    assert changed.rebuilt
    assert (home / "sftp/bank_01/DEP_20260701.txt").exists()
    assert not (home / "sftp/bank_01/DEP_20260630.txt").exists()
    assert (home / "values" / "bank_01_password").read_text() == secrets
    assert up(home).rebuilt
    assert {k: v for k, v in deliveries(home).items() if k != "pages"} == {
        k: v for k, v in before.items() if k != "pages"
    }, "the same seed and date give the same bytes"


def test_down_closes_every_port_and_can_be_said_twice(home: Path) -> None:
    up(home)
    ports = json.loads(Places(home).ports.read_text()).values()
    assert lifecycle.down(home) is True
    assert lifecycle.down(home) is False
    assert not lifecycle.status(home).running
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert lifecycle.down(home / "nowhere") is False


def test_the_command_line(home: Path) -> None:
    def call(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(mock, [*arguments], env={"HEDUI_MOCK_HOME": str(home), "HEDUI_LANGUAGE": "en"})
        assert result.exit_code == code, result.output
        return result.stdout

    start = ("up", "--seed", "5", "--households", "12", "--date", "2026-06-30")
    assert "12 households, business date 2026-06-30" in call(*start)
    assert "already up" in call(*start)
    assert call("fault", "bank_07", "late") == "bank_07: late is in force\n"
    assert json.loads(call("faults", "--json")) == {"bank_07": "late"}
    assert call("faults") == "bank_07  late  has not delivered yet\n"
    status = json.loads(call("status", "--json"))
    assert status["running"]
    assert status["faults"] == {"bank_07": "late"}
    assert status["province"]["seed"] == 5
    call("fault", "bank_07", "none")
    assert "no faults" in call("status")
    assert "is down" in call("down")
    assert "not running" in call("status")
    call("up", "--date", "yesterday", code=2)
    for command in ("up", "down", "status", "fault", "faults"):  # help is made once, in the language of the process
        assert f"hedui mock {command}" in call(command, "--help")


def test_yesterday_is_yesterday_in_shanghai() -> None:
    assert abs((dt.datetime.now(dt.UTC).date() - yesterday()).days) <= 1


def wait_until_gone(home: Path) -> None:
    deadline = time.monotonic() + 10
    while holder(Places(home).lock) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
