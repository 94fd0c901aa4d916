"""`hedui household`: households from a file, and the file to fill in."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalogue.problems import Stop
from catalogue.text import text
from hedui.cli.demo import say_if_demo

if TYPE_CHECKING:
    from hedui.registry.household_file.mistakes import Mistake
    from hedui.registry.people import ImportResult

_SHOWN = 40  # mistakes printed for people; `--json` has all of them
_FILE = click.Path(path_type=Path)


@click.group(help=text("household-help"))
def household() -> None:
    """Gather the commands on households."""


@household.command("import", help=text("household-import-help"))
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help=text("household-dry-run-help"))
@click.option("--json", "as_json", is_flag=True, help=text("cli-json-help"))
def import_(file: Path, *, dry_run: bool, as_json: bool) -> None:
    """Take in a file of households, or name every mistake in it."""
    from hedui.access.importing import Importer
    from hedui.registry import beginning, database, people
    from hedui.settings import Settings

    settings = Settings()
    registry = database.connect(settings)
    keyring = beginning.keyring(settings, registry)
    with database.session(registry) as session:
        importer = Importer(session, keyring)
        result = people.import_file(session, keyring, file, importer)
        if dry_run or result.mistakes:
            session.rollback()
        importer.on_record(result, dry_run=dry_run)  # commits it together with the import
    if as_json:
        click.echo(json.dumps(_for_programs(result, dry_run=dry_run), ensure_ascii=False))
    else:
        _show(result, dry_run=dry_run)
    if result.mistakes:
        raise Stop("import-mistakes", count=len(result.mistakes), path=str(file))
    say_if_demo()


@household.command(help=text("household-template-help"))
@click.argument("file", type=_FILE)
def template(file: Path) -> None:
    """Write the spreadsheet to fill in."""
    from hedui.registry.household_file.template import write

    write(file)
    click.echo(text("household-template-made", path=str(file)))


def _show(result: "ImportResult", *, dry_run: bool) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    _list(console, result.mistakes, "red")
    if result.warnings:
        console.print(text("household-warnings", count=len(result.warnings)), style="yellow")
        _list(console, result.warnings, "yellow")
    if not result.mistakes:
        console.print(text("household-dry-run" if dry_run else "household-taken-in", **_counts(result)))
        if result.changed:
            parts = [text(f"household-part-{part}", count=count) for part, count in result.changed.items()]
            console.print(text("household-changed", parts=", ".join(parts)))


def _list(console: Any, mistakes: "Sequence[Mistake]", style: str) -> None:
    for mistake in mistakes[:_SHOWN]:
        console.print(f"  {mistake.line()}", style=style)
    if len(mistakes) > _SHOWN:
        console.print(f"  {text('household-more', count=len(mistakes) - _SHOWN)}", style=style)


def _counts(result: "ImportResult") -> dict[str, int]:
    return {name: getattr(result, name) for name in ("rows", "households", "new", "updated", "unchanged")}


def _for_programs(result: "ImportResult", *, dry_run: bool) -> dict[str, object]:
    return {
        "taken_in": result.taken_in and not dry_run,
        "dry_run": dry_run,
        **_counts(result),
        "changed": dict(result.changed),
        "mistakes": [_mistake(mistake) for mistake in result.mistakes],
        "warnings": [_mistake(mistake) for mistake in result.warnings],
    }


def _mistake(mistake: "Mistake") -> dict[str, object]:
    return {
        "row": mistake.row,
        "column": mistake.column,
        "heading": mistake.heading(),
        "code": mistake.code,
        "message": mistake.message(),
    }
