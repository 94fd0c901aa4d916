"""`hedui match`: match any two files, estimate parameters from them, and explain a match."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalogue.problems import Stop
from catalogue.text import text
from hedui.cli.id_numbers import looks_like_one
from hedui.cli.nightly import date_option
from hedui.pipeline.interrupt import ending_at_once

if TYPE_CHECKING:
    from hedui.pipeline.engines import Progress
    from hedui.pipeline.match_explain import Explained
    from hedui.pipeline.match_files import Matched

_FILE = click.Path(path_type=Path)
_ENGINES = ("local", "spark")
_INPUT = "-"  # in place of an identifier: read it from standard input


class _Files(click.Group):
    """`hedui match` itself: whatever does not name one of its commands is the matching of two files."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take the first argument for a command, or all of them for those of `files`."""
        return super().resolve_command(ctx, args) if args[0] in self.commands else (None, files, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave every argument, `--help` too, to the command that it is for."""
        if not args:
            files.make_context(None, [], parent=ctx)  # says how it is used, and ends
        return super().parse_args(ctx, ["--", *args])


class _Form(click.Command):
    """The command without a name."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage under the group's name."""
        formatter.write_usage(ctx.command_path.strip(), " ".join(self.collect_usage_pieces(ctx)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, and the commands beside this one."""
        super().format_options(ctx, formatter)
        with formatter.section(text("cli-commands")):
            formatter.write_dl([(f"match {name}", text(f"match-{name}")) for name in match.commands])


def _not_a_number(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Refuse what looks like a resident ID: command lines stay in histories and in the list of processes."""
    if value == _INPUT:
        return sys.stdin.readline().rstrip("\r\n")
    if value is not None and looks_like_one(value):
        raise click.BadParameter(text("match-no-id-on-command-line"), ctx, param)
    return value


@click.group(cls=_Files)
def match() -> None:
    """Gather the commands on matching."""


@click.command(cls=_Form, no_args_is_help=True, help=text("match-help"))
@click.argument("records", type=_FILE, nargs=-1, required=True)
@click.option("--applicants", type=_FILE, required=True, help=text("match-applicants-help"))
@click.option("--out", type=_FILE, required=True, help=text("match-out-help"))
@click.option(
    "--engine", type=click.Choice(_ENGINES), default=_ENGINES[0], show_default=True, help=text("match-engine-help")
)
@click.option("--parameters", type=_FILE, help=text("match-parameters-help"))
@click.option("--json", "as_json", is_flag=True, help=text("match-json-help"))
def files(
    records: tuple[Path, ...], applicants: Path, out: Path, engine: str, parameters: Path | None, *, as_json: bool
) -> None:
    """Match two files."""
    with _at_work("match-progress") as progress:
        from hedui.pipeline.match_files import match_files, read_model

        model = read_model(parameters)
        matched = match_files(records, applicants, out, engine=engine, model=model, progress=progress)
    if as_json:
        click.echo(json.dumps(matched.to_dict() | {"out": str(out)}, ensure_ascii=False))
    else:
        _show(matched, out)


@match.command(help=text("match-explain-help"))
@click.argument("matches", type=_FILE)
@click.argument("record_id", callback=_not_a_number)
@click.option("--applicant", callback=_not_a_number, help=text("match-explain-applicant-help"))
@click.option("--svg", type=_FILE, help=text("match-explain-svg-help"))
@click.option("--parameters", type=_FILE, help=text("match-explain-parameters-help"))
@click.option("--json", "as_json", is_flag=True, help=text("match-json-help"))
def explain(
    matches: Path, record_id: str, applicant: str | None, svg: Path | None, parameters: Path | None, *, as_json: bool
) -> None:
    """Draw why a record is held to be an applicant's."""
    from hedui.cli import waterfall
    from hedui.pipeline.match_explain import explain as explained
    from hedui.pipeline.match_files import check_out, read_model
    from hedui.pipeline.workspace import put, scratch

    found = explained(matches, record_id, applicant, model=read_model(parameters))
    if svg:
        if len(found) > 1:
            raise Stop("match-several", count=len(found))
        check_out(svg, [matches])
        with scratch(svg) as folder:
            (folder / svg.name).write_text(waterfall.svg(waterfall.Drawing(found[0])), "utf-8")
            put(folder, svg)
    if as_json:
        click.echo(json.dumps([_for_programs(one) for one in found], ensure_ascii=False))
    else:
        _draw(found)
        if svg:
            click.echo(text("match-wrote", path=str(svg)))


@match.command(help=text("match-fit-help"))
@click.argument("records", type=_FILE, nargs=-1, required=True)
@click.option("--applicants", type=_FILE, required=True, help=text("match-applicants-help"))
@click.option("--out", type=_FILE, required=True, help=text("match-fit-out-help"))
@date_option("match-fit-date-help")
@click.option(
    "--engine", type=click.Choice(_ENGINES), default=_ENGINES[0], show_default=True, help=text("match-engine-help")
)
@click.option("--json", "as_json", is_flag=True, help=text("match-json-help"))
def fit(
    records: tuple[Path, ...], applicants: Path, out: Path, business_date: date | None, engine: str, *, as_json: bool
) -> None:
    """Estimate parameters from two files."""
    from hedui.settings import SHANGHAI

    day = business_date or datetime.now(SHANGHAI).date()
    with _at_work("match-progress-fit") as progress:
        from hedui.pipeline.match_files import fit_files

        fitted = fit_files(records, applicants, out, day, engine=engine, progress=progress)
    if as_json:
        click.echo(json.dumps(asdict(fitted) | {"out": str(out)}, ensure_ascii=False))
    else:
        click.echo(text("match-fit-done", path=str(out), version=fitted.version, pairs=fitted.pairs))
        click.echo(text("match-fit-use", path=str(out)))


@contextmanager
def _at_work(key: str) -> "Iterator[Progress | None]":
    """Show a bar while something long goes on, if standard error is a terminal; Ctrl-C ends it, and the process."""
    shown = ExitStack()

    def say() -> None:
        shown.close()
        click.echo(text("match-interrupted"), err=True)

    with ending_at_once(say), shown:
        yield _bar(shown, key) if sys.stderr.isatty() else None


def _bar(shown: ExitStack, key: str) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = shown.enter_context(Progress(*columns, console=Console(stderr=True), transient=True))
    task = bars.add_task(text(key), total=None)
    return lambda done, total: bars.update(task, completed=done, total=total)


def _show(matched: "Matched", out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    figures = matched.to_dict()
    seconds = f"{matched.seconds:.1f}"
    table = Table()
    table.add_column(text("match-column-what"))
    table.add_column(text("match-column-count"), justify="right")
    for words, count in _rows(figures):
        table.add_row(words, str(count))
    console = Console(highlight=False, markup=False)
    done = text("match-done", records=figures["records"], applicants=figures["applicants"], seconds=seconds)
    console.print(done, soft_wrap=True)
    console.print(table)
    console.print(text("match-wrote", path=str(out)), soft_wrap=True)


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Say each figure in words; those of what was odd only where there was any."""
    for grade, count in figures["matches"].items():
        yield text(f"match-grade-{grade}"), count
    for kind, count in figures["numbers"].items():
        yield text("match-number", kind=text(f"match-number-{kind}")), count
    for what in ("nulls", "unknown"):
        for side, columns in figures[what].items():
            for column, count in columns.items():
                if count:
                    yield text(f"match-{what.removesuffix('s')}-{column}", side=text(f"match-side-{side}")), count
    if figures["capped"]:
        yield text("match-capped"), figures["capped"]


def _draw(found: "list[Explained]") -> None:
    from rich.console import Console

    from hedui.cli import waterfall

    console = Console(highlight=False, markup=False)
    for place, one in enumerate(found):
        if place:
            console.rule()
        console.print(waterfall.render(waterfall.Drawing(one), console.width))


def _for_programs(one: "Explained") -> dict[str, object]:
    return {
        "record_id": one.record_id,
        "applicant_id": one.applicant_id,
        "grade": one.grade,
        "weight": one.weight,
        "evidence": [{"code": bar.code, "weight": bar.weight} for bar in one.waterfall.bars],
        "rule": one.rule,
        "below": one.below,
        "thresholds": one.waterfall.thresholds,
    }
