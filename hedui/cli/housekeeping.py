"""`hedui housekeeping`: what has expired goes, the trail is signed, and what needs a person is said."""

import json
import sys
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import click

from catalogue.problems import Problem
from catalogue.text import text
from hedui.cli.exits import COMPLETE, DEGRADED, STOPPED
from hedui.cli.nightly import date_option

if TYPE_CHECKING:
    from hedui.custody.housekeeping import Counts


@click.command(help=text("housekeeping-help"))
@date_option("housekeeping-date-help")
@click.option("--dry-run", is_flag=True, help=text("housekeeping-dry-run-help"))
@click.option("--json", "as_json", is_flag=True, help=text("cli-json-help"))
def housekeeping(business_date: date | None, *, dry_run: bool, as_json: bool) -> None:
    """Do every step, one after another; one that fails keeps none from being done."""
    from hedui.custody.housekeeping import CHANGING, STEPS, check_day, needs, today
    from hedui.settings import Settings

    Settings()  # what no step could go on without
    day = business_date or today()
    check_day(day, dry_run=dry_run)
    done: dict[str, Counts | None] = {}
    for name, step in STEPS.items():
        if dry_run and name in CHANGING:
            continue
        asked = {} if name in CHANGING else {"dry_run": dry_run}
        try:
            done[name] = step(day, say=_tell, **asked)
        except Problem as problem:
            done[name] = None
            _tell(f"error: {text(f'housekeeping-{name}')}: {problem.message()}")
            _tell(f"hint: {problem.hint()}")
    wanted = needs(done)
    if as_json:
        said = {"date": day.isoformat(), "dry_run": dry_run, "steps": done, "needs": wanted}
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        _show(done, wanted, dry_run=dry_run)
    sys.exit(STOPPED if not any(done.values()) else DEGRADED if wanted else COMPLETE)


def _show(done: "Mapping[str, Counts | None]", wanted: list[str], *, dry_run: bool) -> None:
    if dry_run:
        click.echo(text("housekeeping-dry-run"))
    for step, counts in done.items():
        some = [f"{text(f'housekeeping-count-{name}')} {count}" for name, count in (counts or {}).items() if count]
        nothing = text("housekeeping-failed" if counts is None else "housekeeping-none")
        click.echo(f"{text(f'housekeeping-{step}')}: {', '.join(some) or nothing}")
    for line in wanted:
        click.echo(text("housekeeping-need", what=line))


def _tell(line: str) -> None:
    click.echo(line, err=True)
