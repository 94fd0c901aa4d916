"""`hedui keys`: the keys of an installation, and other keys for what lies under them."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalogue.problems import Stop
from catalogue.text import text
from hedui.cli.codes import code
from hedui.cli.demo import say_if_demo
from hedui.cli.exits import STOPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hedui.access.roles import Action
    from hedui.custody.generations import Rewrapped
    from hedui.custody.keeper import Broken, Keeper, Tell
    from hedui.keys.model import Generation
    from hedui.keys.vault import Epoch

_JSON = click.option("--json", "as_json", is_flag=True, help=text("cli-json-help"))


@click.group(help=text("keys-help"))
def keys() -> None:
    """Gather the commands on keys."""


@keys.command("list", help=text("keys-list-help"))
@click.option("--all", "every", is_flag=True, help=text("keys-list-all-help"))
@click.option("--no-count", is_flag=True, help=text("keys-list-no-count-help"))
@_JSON
def list_(*, every: bool, no_count: bool, as_json: bool) -> None:
    """Say which generations and epochs there are, and what lies under each."""
    from hedui.custody.holdings import held

    keeper = _keeper("keys.manage")
    with _progress() as tell:
        under = None if no_count else held(keeper, tell)
    ring = keeper.ring
    listed = [_generation(name, one, under) for name in ring.names() for one in ring.generations(name)]
    epochs = [_epoch(one) for one in keeper.vault.epochs]
    if as_json:
        click.echo(json.dumps({"keys": listed, "vault": epochs}, ensure_ascii=False))
    else:
        _show(listed, epochs, every=every)


@keys.command(help=text("keys-rotate-help"))
@click.argument("names", metavar="NAME…", nargs=-1, required=True)
@click.option("--step", type=click.Choice(["add", "promote"]), help=text("keys-step-help"))
@_JSON
def rotate(names: Sequence[str], step: str | None, *, as_json: bool) -> None:
    """Replace keys, and say what to do next."""
    from hedui.custody import generations

    with _at_work("keys.manage") as keeper, _progress() as tell:
        wanted = [generations.named(keeper, name) for name in names]
        done = [generations.rotate(keeper, name, step or "both", tell) for name in wanted]  # type: ignore[arg-type]
    if as_json:
        _print([_plain(one) for one in done])
        return
    for one in done:
        click.echo(text(f"keys-rotated-{one.state}", key=one.key, generation=one.generation))
        _next(one.key, one.generation, one.state)


@keys.command(help=text("keys-rewrap-help"))
@click.argument("what", metavar="[REGION|registry|quarantine|index]…", nargs=-1)
@click.option("--dry-run", is_flag=True, help=text("keys-dry-run-help"))
@_JSON
def rewrap(what: Sequence[str], *, dry_run: bool, as_json: bool) -> None:
    """Put what is there under today's keys."""
    from hedui.custody import generations

    with _at_work("keys.manage") as keeper, _progress() as tell:
        regions = [generations.named(keeper, one).removeprefix("region/") for one in what]
        done = generations.rewrap(keeper, regions, tell, dry_run=dry_run)
    if as_json:
        _print(_plain(done) | {"dry_run": dry_run})
    else:
        _show_rewrapped(done, dry_run=dry_run)
    _end(done.broken, as_json=as_json)


@keys.command(help=text("keys-revoke-help"))
@click.argument("name")
@click.argument("generation", type=click.IntRange(1, 255), required=False)
@click.option("--reason", default="stolen", callback=code, show_default=True, help=text("keys-reason-help"))
@click.option("--keep", is_flag=True, help=text("keys-keep-help"))
@_JSON
def revoke(name: str, generation: int | None, reason: str, *, keep: bool, as_json: bool) -> None:
    """Never trust a key again, and seal anew what lies under it."""
    from hedui.custody import generations

    with _at_work("keys.manage") as keeper, _progress() as tell:
        key = generations.named(keeper, name)
        meant = generation or generations.to_revoke(keeper, key)
        done = generations.revoke(keeper, key, meant, reason, tell, keep=keep)
    if as_json:
        _print(_plain(done))
    else:
        click.echo(text("keys-revoked", key=done.key, generation=done.generation, active=done.active))
        click.echo(text("keys-renewed", count=done.renewed))
        if done.dropped:
            click.echo(text("keys-dropped", key=done.key, generation=done.generation))
        if done.open_runs:
            waiting = "keys-open-runs-quarantine" if done.key == "quarantine" else "keys-open-runs"
            click.echo(text(waiting, runs=", ".join(done.open_runs), generation=done.generation))
        _next(done.key, done.generation, "revoked")
    _end(done.broken, as_json=as_json)


@keys.command(help=text("keys-drop-help"))
@click.argument("name")
@click.argument("generation", type=click.IntRange(1, 255))
@click.option("--anyway", is_flag=True, help=text("keys-anyway-help"))
@_JSON
def drop(name: str, generation: int, *, anyway: bool, as_json: bool) -> None:
    """Forget the secret of a generation under which nothing lies any more."""
    from hedui.custody import generations

    with _at_work("keys.manage") as keeper, _progress() as tell:
        key = generations.named(keeper, name)
        lost = generations.drop(keeper, key, generation, anyway=anyway, tell=tell)
    if as_json:
        _print({"key": key, "generation": generation, "lost": lost})
    else:
        click.echo(text("keys-dropped", key=key, generation=generation))


@keys.command(help=text("keys-shred-help"))
@click.argument("households", metavar="HOUSEHOLD…", nargs=-1, required=True)
@click.option("--reason", required=True, callback=code, help=text("keys-reason-help"))
@click.option("--yes", is_flag=True, help=text("keys-yes-help"))
@click.option("--anyway", is_flag=True, help=text("keys-shred-anyway-help"))
@_JSON
def shred(households: Sequence[str], reason: str, *, yes: bool, anyway: bool, as_json: bool) -> None:
    """Destroy the reports of households in every copy."""
    from hedui.custody.shred import known, shred_households

    with _at_work("household.shred") as keeper:
        reports = known(keeper, households)
        if not yes:
            _confirm(households, reports)
        with _progress() as tell:
            done = shred_households(keeper, households, reason, tell, anyway=anyway)
    if as_json:
        _print(_plain(done))
    else:
        click.echo(text("keys-shredded", households=len(done.households), reports=done.reports, epoch=done.epoch))
        click.echo(text("keys-shredded-dead" if done.dead else "keys-shredded-overwritten"))
        click.echo(text("keys-shredded-next"))
        if done.open_runs:
            click.echo(text("keys-shredded-open-runs", runs=", ".join(done.open_runs)))
    _end(done.lost, as_json=as_json)


@keys.command(help=text("keys-reconcile-help"))
@_JSON
def reconcile(*, as_json: bool) -> None:
    """Bring a restored backup to the vault's epoch."""
    from hedui.custody import shred

    with _at_work("keys.manage") as keeper, _progress() as tell:
        done = shred.reconcile(keeper, tell)
    if as_json:
        _print(_plain(done))
    else:
        click.echo(text("keys-reconciled", tables=done.tables, restored=done.restored, epoch=done.epoch))
    _end(done.lost, as_json=as_json)


@keys.command(help=text("keys-worker-help"))
@click.argument("file", type=click.Path(path_type=Path))
@_JSON
def worker(file: Path, *, as_json: bool) -> None:
    """Write the file of keys that a worker seals with."""
    from hedui.custody import generations

    with _at_work("keys.manage") as keeper:
        made = generations.export_worker(keeper, file)
    epoch = made.vault().epoch
    if as_json:
        _print({"path": str(file), "made": made.made.isoformat(), "epoch": epoch})
    else:
        click.echo(text("keys-worker-made", path=str(file), epoch=epoch))


def _keeper(action: "Action") -> "Keeper":
    from hedui.custody.keeper import Keeper
    from hedui.settings import Settings

    keeper = Keeper(Settings()).admitted(action)
    say_if_demo()
    return keeper


@contextmanager
def _at_work(action: "Action") -> "Iterator[Keeper]":
    keeper = _keeper(action)
    with keeper.alone():
        yield keeper


@contextmanager
def _progress() -> "Iterator[Tell]":
    # On standard error, and only where somebody watches.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _confirm(households: Sequence[str], reports: int) -> None:
    click.echo(text("keys-shred-warning", households=len(households), reports=reports), err=True)
    for household in households:
        if click.prompt(text("keys-shred-again"), err=True) != household:
            raise Stop("shred-not-confirmed")


def _next(key: str, generation: int, state: str) -> None:
    kind = "region" if key.startswith("region/") else key
    said = text(f"keys-next-{kind}-{state}", key=key, code=key.removeprefix("region/"), generation=generation)
    click.echo(said)


def _end(broken: "Broken", *, as_json: bool) -> None:
    if not broken:
        return
    if not as_json:
        for path, problem in broken:
            click.echo(f"{path}: {problem.message()}", err=True)
    click.echo(text("keys-left", count=len(broken)), err=True)
    sys.exit(STOPPED)


def _print(found: Any) -> None:
    click.echo(json.dumps(found, ensure_ascii=False))


def _plain(found: Any) -> dict[str, Any]:
    from dataclasses import asdict, fields

    plain = {field.name: getattr(found, field.name) for field in fields(found)}
    for name in {"broken", "lost"} & plain.keys():
        plain[name] = [
            {"file": path, "code": problem.code, "problem": problem.message()} for path, problem in plain[name]
        ]
    if plain.get("batches") is not None and not isinstance(plain["batches"], int):
        plain["batches"] = {k: v for k, v in asdict(plain["batches"]).items() if k != "broken"}
    return plain


def _generation(name: str, one: "Generation", under: "Mapping[tuple[str, int], int] | None") -> dict[str, Any]:
    return {
        "key": name,
        "generation": one.generation,
        "state": one.state,
        "dropped": one.sealed is None,
        "algorithm": one.algorithm,
        "created": one.created.isoformat(),
        "days": _days(one.created),
        "id": one.id,
        "holds": None if under is None else under.get((name, one.generation), 0),
    }


def _epoch(one: "Epoch") -> dict[str, Any]:
    destroyed = one.destroyed.isoformat() if one.destroyed else None
    created = one.created.isoformat()
    return {"epoch": one.epoch, "created": created, "days": _days(one.created), "destroyed": destroyed}


def _days(created: date) -> int:
    return (datetime.now(UTC).date() - created).days


def _show(listed: list[dict[str, Any]], epochs: list[dict[str, Any]], *, every: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, highlight=False)
    changed = {one["key"] for one in listed if one["generation"] > 1}
    plain = {one["key"] for one in listed if one["key"].startswith("region/")} - changed
    table = Table()
    for column in ("key", "generation", "state", "created", "days", "algorithm", "holds"):
        table.add_column(text(f"keys-column-{column}"), overflow="fold", no_wrap=column == "key")
    for one in listed:
        if every or one["key"] not in plain:
            state = text("keys-state-dropped" if one["dropped"] else f"keys-state-{one['state']}")
            holds = "–" if one["holds"] is None else str(one["holds"])
            table.add_row(
                one["key"], str(one["generation"]), state, one["created"], str(one["days"]), one["algorithm"], holds
            )
    console.print(table)
    if plain and not every:
        console.print(text("keys-list-plain", count=len(plain)))
    for epoch in epochs:
        state = "destroyed" if epoch["destroyed"] else "there"
        console.print(text(f"keys-epoch-{state}", **epoch))


def _show_rewrapped(done: "Rewrapped", *, dry_run: bool) -> None:
    if dry_run:
        click.echo(text("keys-rewrap-dry"))
    if done.batches is not None:
        said = done.batches
        click.echo(text("keys-rewrapped", done=said.done, current=said.current))
        if said.compromised:
            click.echo(text("keys-rewrap-compromised", count=said.compromised))
    for name in ("registry", "quarantine", "index"):
        if (count := getattr(done, name)) is not None:
            click.echo(text(f"keys-rewrapped-{name}", count=count))
