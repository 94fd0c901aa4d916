"""`hedui mock`: the mock province up and down, and what its sources are told to do wrong."""

import datetime as dt
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from catalogue.text import text
from mock_province import faults, lifecycle

SEED = 20260630
HOUSEHOLDS = 2000


class _Day(click.ParamType[dt.date]):
    """A date written YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """Read a date; a usage error otherwise."""
        try:
            return value if isinstance(value, dt.date) else dt.datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007
        except ValueError:
            self.fail(text("mock-bad-date"), param, ctx)


def yesterday() -> dt.date:
    """Return the day whose business the sources deliver tonight."""
    return dt.datetime.now(ZoneInfo("Asia/Shanghai")).date() - dt.timedelta(days=1)


_home = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="HEDUI_MOCK_HOME",
    default="mock",
    show_default=True,
    help=text("mock-home-help"),
)
_json = click.option("--json", "as_json", is_flag=True, help=text("mock-json-help"))


@click.group(help=text("mock-help"), epilog=text("mock-epilog"))
def mock() -> None:
    """Gather the commands."""


@mock.command(help=text("mock-up-help"))
@click.option("--seed", type=click.IntRange(0), default=SEED, show_default=True, help=text("mock-seed-help"))
@click.option(
    "--households", type=click.IntRange(1), default=HOUSEHOLDS, show_default=True, help=text("mock-households-help")
)
@click.option("--date", "business_date", type=_Day(), default=yesterday, help=text("mock-date-help"))
@_home
def up(*, seed: int, households: int, business_date: dt.date, home: Path) -> None:
    """Build what is missing, and start the servers."""
    done = lifecycle.up(home, seed=seed, households=households, business_date=business_date, say=_tell)
    key = "mock-already-up" if done.already else "mock-is-up"
    click.echo(
        text(
            key,
            households=done.households,
            date=done.business_date.isoformat(),
            seed=done.seed,
            seconds=f"{done.seconds:.0f}",
            home=str(home),
        )
    )


@mock.command(help=text("mock-down-help"))
@_home
def down(*, home: Path) -> None:
    """Stop the servers."""
    click.echo(text("mock-is-down" if lifecycle.down(home) else "mock-was-down", home=str(home)))


@mock.command(help=text("mock-status-help"))
@_home
@_json
def status(*, home: Path, as_json: bool) -> None:
    """Say what runs."""
    now = lifecycle.status(home)
    if as_json:
        facts = {"running": now.running, "process": now.process, "province": now.province, "faults": now.faults}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    if not now.province:
        click.echo(text("mock-status-nothing", home=str(home)))
        return
    click.echo(
        text(
            "mock-status-running" if now.running else "mock-status-stopped",
            households=now.province["households"],
            date=now.province["business_date"],
            seed=now.province["seed"],
        )
    )
    _list(now.faults)


@mock.command(help=text("mock-fault-help"))
@click.argument("source")
@click.argument("kind")
@_home
def fault(*, source: str, kind: str, home: Path) -> None:
    """Put a fault to a source, or take it away."""
    faults.set_fault(home, source, kind)
    click.echo(text("mock-fault-cleared" if kind == faults.NONE else "mock-fault-set", source=source, kind=kind))


@mock.command("faults", help=text("mock-faults-help"))
@_home
@_json
def list_faults(*, home: Path, as_json: bool) -> None:
    """List the faults in force."""
    found = faults.current(home)
    if as_json:
        click.echo(json.dumps(found))
    else:
        _list(found)


def _list(found: dict[str, str]) -> None:
    if not found:
        click.echo(text("mock-no-faults"))
    for source, kind in sorted(found.items()):
        click.echo(f"{source}  {kind}  {text(f'mock-kind-{kind}')}")


def _tell(key: str, values: dict[str, str | int]) -> None:
    click.echo(text(key, **values), err=True)
