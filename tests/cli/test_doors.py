"""Every command asks first: an account without a role is refused, or the door is open and it is written here why."""

import runpy
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from catalogue.text import text
from hedui.access import audit
from hedui.access.entry import whole
from hedui.access.trail import InRegistry
from hedui.cli import hedui
from hedui.keys import installation
from hedui.registry import database, runs
from hedui.settings import Settings
from tests.access.world import fill, give

_registry = runpy.run_path(str(Path(__file__).parents[1] / "registry" / "conftest.py"))
rows, write = _registry["rows"], _registry["write"]

# Beside `--help` and `--version`, which tell of no installation. A group stands for all in it.
OPEN = {
    "mock": "a made-up province: it holds nothing real, and no registry",
    "match": "works on files that the account can read anyway; opens no registry and no report",
    "nightly": "the installation's own work, by whoever holds its keys; prints counts only",
    "household template": "writes an empty form",
    "access whoami": "tells an account what it holds itself",
    "access break-glass list": "lists one's own requests, and those that one may approve",
    "audit verify": "proves the trail to anyone, without showing an entry",
    "audit key": "a public key, to be known as widely as can be",
}
# What each other command is called with, so that nothing but the gate stands in its way.
CALLED = {
    "run show": [],
    "run page": [],
    "household import": ["{file}"],
    "report list": [],
    "report show": ["HA"],
    "keys list": [],
    "keys rotate": ["registry"],
    "keys rewrap": [],
    "keys revoke": ["registry"],
    "keys drop": ["registry", "1"],
    "keys shred": ["HA", "--reason", "asked", "--yes"],
    "keys reconcile": [],
    "keys worker": ["{new}"],
    "audit checkpoint": [],
    "audit export": ["{new}"],
    "audit subject": ["HA"],
    "audit odd": [],
    "access list": [],
    "access grant": ["nobody", "auditor"],
    "access end": ["1"],
    "access break-glass request": ["HA", "--reason", "moved", "--case", "C-HA"],
    "access break-glass approve": ["1"],
    "access break-glass end": ["1"],
    "housekeeping": [],
}


def _leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _leaves(child, (*path, name))
    else:
        yield " ".join(path)


def _is_open(command: str) -> bool:
    return any(f"{command} ".startswith(f"{door} ") for door in OPEN)


@pytest.fixture
def installation_of_others(tmp_path, monkeypatch):
    """One with keys, a published run, and a role that somebody else holds."""
    settings = Settings(home=tmp_path / "var", database_url="")
    registry = database.connect(settings)
    installation.begin(settings)
    fill(registry)
    give(registry, "boss", "administrator", "32")
    monkeypatch.setattr(audit, "current_actor", lambda: "nobody")
    for name, value in {"HEDUI_HOME": str(settings.home), "HEDUI_LANGUAGE": "en"}.items():
        monkeypatch.setenv(name, value)
    yield registry
    registry.dispose()


def _tried(registry):
    with database.session(registry, readonly=True) as session:
        return [whole(stored) for stored in InRegistry(session).entries()]


def test_every_door_is_in_one_of_the_two_lists():
    found = set(_leaves(hedui))
    assert {command for command in found if not _is_open(command)} == set(CALLED)
    assert all(any(f"{command} ".startswith(f"{door} ") for command in found) for door in OPEN)


@pytest.mark.parametrize("command", CALLED)
def test_who_holds_no_role_is_refused_on_record_and_shown_nothing(
    command, installation_of_others, tmp_path, rows, write
):
    new = tmp_path / "new"
    given = [one.format(file=write(rows), new=new) for one in CALLED[command]]
    told = CliRunner().invoke(hedui, [*command.split(), *given])
    refusal = text("problem-not-permitted", "en", actor="nobody", action="#").rpartition("#")[0]
    assert told.exit_code == 4
    assert refusal in told.stderr
    if command != "housekeeping":  # which says of each step that it failed
        assert told.stdout == ""
    tried = _tried(installation_of_others)
    assert tried
    assert {(one.actor, one.outcome, one.detail["reason"]) for one in tried} == {("nobody", "refused", "no-role")}
    assert not new.exists()
    assert list((tmp_path / "var").glob("runs/*")) == []


@pytest.mark.parametrize("role", ["caseworker", "reviewer", "data_engineer", "auditor", "administrator"])
def test_a_run_is_shown_to_every_role_wherever_it_is_held(role, installation_of_others):
    give(installation_of_others, "nobody", role, "320583")
    with database.session(installation_of_others) as session:
        runs.open_run(session, date(2026, 7, 1))
    for command in ("show", "page"):
        told = CliRunner().invoke(hedui, ["run", command])
        assert told.stderr == ""
        assert "2026-07-01" in told.stdout
    assert _tried(installation_of_others) == []
