"""`hedui nightly`: the night, in this process or in Airflow, and its summary."""

import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

import click

from catalogue.text import text

F = TypeVar("F", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A date written YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a date; a usage error otherwise."""
        try:
            return value if isinstance(value, date) else datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007
        except ValueError:
            self.fail(text("cli-bad-date"), param, ctx)


def date_option(help_key: str) -> Callable[[F], F]:
    """Add `--date`; the message `help_key` says what it means to leave it out."""
    return click.option("--date", "business_date", type=Day(), help=text(help_key))


@click.command(help=text("cli-nightly-help"))
@date_option("cli-date-help")
@click.option("--airflow", is_flag=True, help=text("cli-airflow-help"))
@click.option("--select", "only_select", is_flag=True, help=text("cli-select-help"))
@click.option("--json", "as_json", is_flag=True, help=text("cli-json-help"))
def nightly(business_date: date | None, *, airflow: bool, only_select: bool, as_json: bool) -> None:
    """Run the night and end with its exit code."""
    if only_select:
        if airflow:
            raise click.UsageError(text("cli-select-alone"))
        _select(business_date, as_json=as_json)
        return
    from hedui.cli.run import show_summary, write_page
    from hedui.pipeline.drive import alone, drive
    from hedui.pipeline.steps import day_before
    from hedui.pipeline.summarise import summarise
    from hedui.settings import Settings

    day = business_date or day_before()
    with alone(day) as lock:
        if airflow:
            from hedui.pipeline.through_airflow import run_dag

            run_dag(Settings(), day, _tell, lock)
        else:
            drive(day, _tell)
        summary = summarise(day)
    page = write_page(summary)
    show_summary(summary, as_json=as_json)
    _tell(text("cli-run-wrote-page", path=str(page)))
    sys.exit(summary.exit_code)


def _select(business_date: date | None, *, as_json: bool) -> None:
    from hedui.pipeline import steps
    from hedui.pipeline.drive import alone

    day = business_date or steps.day_before()
    with alone(day):
        run_id = steps.select(day)
    _tell(text("progress-select", run=run_id))
    if as_json:
        click.echo(json.dumps({"run_id": run_id, "business_date": day.isoformat()}))
    else:
        _tell(text("cli-select-next", date=day.isoformat()))


def _tell(line: str) -> None:
    click.echo(line, err=True)
