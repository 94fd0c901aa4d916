"""`hedui report`: list the published reports, and open one."""

import json
from datetime import date
from typing import TYPE_CHECKING

import click

from catalogue.text import current_language, text
from hedui.cli.codes import code
from hedui.cli.demo import say_if_demo
from hedui.cli.nightly import date_option

if TYPE_CHECKING:
    from hedui.registry.models import ReportIndex, Run

Row = dict[str, str | int | None]

_COUNTS = ("found", "none", "no_answer", "not_authorised", "findings")
_DEFAULT_PURPOSE = "operations"


@click.group(help=text("cli-report-help"))
def report() -> None:
    """Gather the commands on reports."""


@report.command("list", help=text("cli-report-list-help"))
@date_option("cli-report-date-help")
@click.option("--json", "as_json", is_flag=True, help=text("cli-report-list-json-help"))
def list_(business_date: date | None, *, as_json: bool) -> None:
    """Put the listing on record, then list what may be shown of the index; no report is opened."""
    from hedui.pipeline.published import listing

    run, entries = listing(business_date)
    say_if_demo()
    listed = [_row(run, entry, shown=shown) for entry, shown in entries]
    if as_json:
        click.echo(json.dumps(listed, ensure_ascii=False))
    else:
        _show_list(listed, run.business_date.isoformat(), run.id)


@report.command(help=text("cli-report-show-help"))
@click.argument("household")
@date_option("cli-report-date-help")
@click.option(
    "--purpose", default=_DEFAULT_PURPOSE, callback=code, show_default=True, help=text("cli-report-purpose-help")
)
@click.option("--json", "as_json", is_flag=True, help=text("cli-report-json-help"))
def show(household: str, business_date: date | None, purpose: str, *, as_json: bool) -> None:
    """Put the reading on record, then open the report and print it."""
    from hedui.pipeline.published import document as open_document

    document = open_document(household, business_date, purpose)
    say_if_demo()
    if as_json:
        click.echo(document, nl=False)  # the very bytes
    else:
        _show_report(document)


def _row(run: "Run", entry: "ReportIndex", *, shown: bool) -> Row:
    return {
        "household": entry.household_ref,
        "county": entry.county,
        "case": entry.case_ref,
        "business_date": run.business_date.isoformat(),
        "run": run.id,
        **{name: getattr(entry, name) if shown else None for name in ("conclusion", *_COUNTS)},
    }


def _show_list(listed: list[Row], day: str, run: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from catalogue.regions import regions

    language = current_language()
    table = Table(title=text("report-list-title", date=day, run=run), title_justify="left")
    for heading in (
        text("report-column-household"),
        text("report-column-county"),
        text("report-conclusion"),
        *(text(f"answer-{answer}") for answer in _COUNTS[:-1]),
        text("report-column-findings"),
    ):
        table.add_column(heading)
    for one in listed:
        table.add_row(
            str(one["household"]),
            regions().label(str(one["county"])).within(language),
            *(_cell(name, one[name]) for name in ("conclusion", *_COUNTS)),
        )
    console = Console()
    console.print(table)
    console.print(text("report-list-count", count=len(listed)))
    if any(one["conclusion"] is None for one in listed):
        console.print(text("report-list-withheld-note"))


def _cell(name: str, value: str | int | None) -> str:
    if value is None:
        return text("report-list-withheld")
    return text(f"outcome-{value}") if name == "conclusion" else str(value)


def _show_report(document: bytes) -> None:
    from rich.console import Console

    from hedui.reports.model import decode
    from hedui.reports.show import show as show_in_terminal

    show_in_terminal(decode(document), Console(), current_language())
