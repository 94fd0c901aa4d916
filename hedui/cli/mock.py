"""`hedui mock`: the mock province's own commands, and the score of a run against its truth."""

import sys
from datetime import date

import click

from catalogue.text import text
from hedui.cli.nightly import date_option
from mock_province.cli import mock


@mock.command(help=text("cli-score-help"))
@date_option("cli-report-date-help")
@click.option("--json", "as_json", is_flag=True, help=text("cli-json-help"))
def score(business_date: date | None, *, as_json: bool) -> None:
    """Score a published run; 0 where both promises hold, 1 where one is broken."""
    import pyarrow.parquet as pq

    from catalogue.problems import Stop
    from hedui.pipeline.published import matches
    from hedui.settings import Settings
    from mock_province.score import score as compare

    truth = Settings().mock_home / "truth.parquet"
    if not truth.exists():
        raise Stop("no-province", folder=str(truth.parent))
    published = matches(business_date)
    result = compare(
        published.matches,
        pq.read_table(truth),
        sources_accepted=published.sources_accepted,
        members_reported=published.members_reported,
    )
    click.echo(result.to_json() if as_json else "\n".join(result.lines()))
    sys.exit(0 if result.holds else 1)


__all__ = ["mock"]
