"""`hedui run`: look at a run."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalogue.text import current_language, text
from hedui.cli.demo import say_if_demo
from hedui.cli.nightly import date_option

if TYPE_CHECKING:
    from hedui.pipeline.summary.model import Summary


@click.group(help=text("cli-run-help"))
def run() -> None:
    """Gather the commands on runs."""


@run.command(help=text("cli-run-show-help"))
@date_option("cli-run-date-help")
@click.option("--json", "as_json", is_flag=True, help=text("cli-json-help"))
def show(business_date: date | None, *, as_json: bool) -> None:
    """Print the summary of a run."""
    summary = _summary(business_date)
    show_summary(summary, as_json=as_json)
    sys.exit(summary.exit_code)


@run.command(help=text("cli-run-page-help"))
@date_option("cli-run-date-help")
def page(business_date: date | None) -> None:
    """Write the page of a run and say where it is."""
    click.echo(write_page(_summary(business_date)))


def _summary(business_date: date | None) -> "Summary":
    # Of whoever may look at runs anywhere: a summary is of the whole province, and about nobody.
    from hedui.access.gate import require_anywhere
    from hedui.pipeline.published import Pseudonyms
    from hedui.pipeline.summarise import summarise
    from hedui.registry import database
    from hedui.settings import Settings

    settings = Settings()
    with database.session(database.connect(settings)) as session:
        require_anywhere(session, Pseudonyms(settings), "run.show")
    summary = summarise(business_date)
    say_if_demo()
    return summary


def show_summary(summary: "Summary", *, as_json: bool) -> None:
    """Print a summary for people, or for programs."""
    if as_json:
        click.echo(summary.to_json())
        return
    from rich.console import Console

    from hedui.pipeline.summary import terminal

    terminal.render(summary, current_language(), Console())


def write_page(summary: "Summary") -> Path:
    """Write the self-contained page of a run under `HEDUI_HOME/runs` and return its path."""
    from hedui.pipeline.summary.page import render
    from hedui.settings import Settings

    path = Settings().home / "runs" / f"{summary.run_id}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(summary), "utf-8")
    return path
