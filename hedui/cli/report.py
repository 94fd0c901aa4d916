"""`hedui report`: list the published reports, and open one."""

import getpass
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from catalogue.problems import Stop
from catalogue.text import current_language, text
from hedui.cli.nightly import Day

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hedui.registry.models import ReportIndex, Run

_DEFAULT_PURPOSE = "operations"
_PURPOSE = re.compile(r"[a-z_]{1,64}")  # a code: nothing personal fits


def _date_option(command: Any) -> Any:
    return click.option("--date", "business_date", type=Day(), help=text("cli-report-date-help"))(command)


def _purpose(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if not _PURPOSE.fullmatch(value):
        raise click.BadParameter(text("cli-report-purpose-help"), ctx, param)
    return value


@click.group(help=text("cli-report-help"))
def report() -> None:
    """Gather the commands on reports."""


@report.command("list", help=text("cli-report-list-help"))
@_date_option
@click.option("--json", "as_json", is_flag=True, help=text("cli-report-list-json-help"))
def list_(business_date: date | None, *, as_json: bool) -> None:
    """List what the index says of each report; no report is opened."""
    from hedui.registry import database, runs
    from hedui.settings import Settings

    with database.session(database.connect(Settings()), readonly=True) as session:
        run = _published(session, business_date)
        listed = [_row(run, entry) for entry in runs.list_reports(session, run.id)]
    if as_json:
        click.echo(json.dumps(listed, ensure_ascii=False))
    else:
        _show_list(listed, run.business_date.isoformat(), run.id)


@report.command(help=text("cli-report-show-help"))
@click.argument("household")
@_date_option
@click.option(
    "--purpose", default=_DEFAULT_PURPOSE, callback=_purpose, show_default=True, help=text("cli-report-purpose-help")
)
@click.option("--json", "as_json", is_flag=True, help=text("cli-report-json-help"))
def show(household: str, business_date: date | None, purpose: str, *, as_json: bool) -> None:
    """Put the reading on record, then open the report and print it."""
    from hedui.access import audit
    from hedui.keyring import Keyring
    from hedui.registry import database
    from hedui.reports.seal import Subject, open_with
    from hedui.reports.store import ReportStore
    from hedui.settings import Settings

    settings = Settings()
    registry = database.connect(settings)
    with database.session(registry, readonly=True) as session:
        entry = _located(session, household, business_date)
    subject = Subject(entry.household_ref, entry.county, entry.run_id)
    with database.session(registry) as session:
        audit.record(session, getpass.getuser(), "report.show", subject.household_ref, purpose, {"run": subject.run_id})
    sealed = ReportStore.at(settings.store).read(entry)
    document = open_with(Keyring.open(settings.keyring), sealed, subject)
    if as_json:
        click.echo(document, nl=False)  # the very bytes
    else:
        _show_report(document)


def _published(session: "Session", business_date: date | None) -> "Run":
    from hedui.registry import runs

    run = runs.current(session, business_date)
    if run is None:
        day = "–" if business_date is None else business_date.isoformat()
        raise Stop("report-nothing-published", date=day)
    return run


def _located(session: "Session", household: str, business_date: date | None) -> "ReportIndex":
    from hedui.registry import runs

    if business_date is not None:
        _published(session, business_date)
    entry = runs.find_report(session, household, business_date)
    if entry is None:
        # What was typed is not repeated: it may be a name or an ID number.
        if business_date is not None and runs.find_report(session, household) is not None:
            raise Stop("report-not-of-date", household=household, date=business_date.isoformat())
        raise Stop("report-unknown-household")
    return entry


def _row(run: "Run", entry: "ReportIndex") -> dict[str, str | int]:
    return {
        "household": entry.household_ref,
        "county": entry.county,
        "case": entry.case_ref,
        "business_date": run.business_date.isoformat(),
        "run": run.id,
        "conclusion": entry.conclusion,
        "found": entry.found,
        "none": entry.none,
        "no_answer": entry.no_answer,
        "not_authorised": entry.not_authorised,
        "findings": entry.findings,
    }


def _show_list(listed: list[dict[str, str | int]], day: str, run: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from catalogue.regions import regions

    language = current_language()
    table = Table(title=text("report-list-title", date=day, run=run), title_justify="left")
    answers = ("found", "none", "no_answer", "not_authorised")
    for heading in (
        text("report-column-household"),
        text("report-column-county"),
        text("report-conclusion"),
        *(text(f"answer-{answer}") for answer in answers),
        text("report-column-findings"),
    ):
        table.add_column(heading)
    for one in listed:
        table.add_row(
            str(one["household"]),
            regions().label(str(one["county"])).within(language),
            text(f"outcome-{one['conclusion']}"),
            *(str(one[answer]) for answer in (*answers, "findings")),
        )
    console = Console()
    console.print(table)
    console.print(text("report-list-count", count=len(listed)))


def _show_report(document: bytes) -> None:
    from rich.console import Console

    from hedui.reports.model import decode
    from hedui.reports.show import show as show_in_terminal

    show_in_terminal(decode(document), Console(), current_language())
