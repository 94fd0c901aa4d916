"""`hedui audit`: sign, export and prove the audit trail, and ask it who looked at whom."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalogue.text import text
from hedui.cli import table
from hedui.cli.demo import say_if_demo
from hedui.cli.exits import COMPLETE, DEGRADED, TAMPERED
from hedui.cli.nightly import date_option

if TYPE_CHECKING:
    from hedui.access.checkpoints import Keys
    from hedui.access.lookups import LookUp
    from hedui.access.odd import Odd, OddDay
    from hedui.access.verify import Finding, Verdict

_FILE = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help=text("cli-json-help"))
_PURPOSE = click.option("--purpose", default="oversight", show_default=True, help=text("audit-purpose-help"))


@click.group(help=text("audit-help"))
def audit() -> None:
    """Gather the commands on the audit trail."""


@audit.command(help=text("audit-checkpoint-help"))
@click.option("--to", type=_FILE, help=text("audit-to-help"))
@_JSON
def checkpoint(to: Path | None, *, as_json: bool) -> None:
    """Sign the trail as it is."""
    from hedui.access.checkpoints import issue_with, summary
    from hedui.access.gate import require
    from hedui.keys import installation
    from hedui.registry import database
    from hedui.settings import Settings

    settings = Settings()
    keyring = installation.ring(settings)
    registry = database.connect(settings)
    with database.session(registry) as session:
        require(session, keyring, "audit.checkpoint", purpose="oversight", about="trail", subject="trail")
    made = issue_with(registry, keyring, to)
    say_if_demo()
    if as_json:
        click.echo(json.dumps(summary(made)))
        return
    click.echo(text("audit-checkpoint-made", entries=made.size, root=made.root, key=made.key))
    click.echo(text("audit-checkpoint-copied", path=str(to)) if to else text("audit-checkpoint-copy-it"))


@audit.command(help=text("audit-export-help"))
@click.argument("file", type=_FILE)
@_PURPOSE
def export(file: Path, purpose: str) -> None:
    """Put the export on record, then write the trail to a new file."""
    from hedui.access import trail
    from hedui.keys import installation
    from hedui.registry import database
    from hedui.settings import Settings

    settings = Settings()
    count = trail.export(database.connect(settings), installation.ring(settings), file, purpose)
    say_if_demo()
    click.echo(text("audit-exported", entries=count, path=str(file)))


@audit.command(help=text("audit-verify-help"))
@click.option("--trail", "trail_file", type=_FILE, help=text("audit-trail-help"))
@click.option("--checkpoints", "copies", type=_FILE, multiple=True, help=text("audit-checkpoints-help"))
@click.option("--key", "keys", metavar="PUBLIC", multiple=True, help=text("audit-key-option-help"))
@_JSON
def verify(trail_file: Path | None, copies: Sequence[Path], keys: Sequence[str], *, as_json: bool) -> None:
    """Prove the trail, or name what was done to it."""
    from hedui.access.checkpoints import keys_of, read_file, read_key
    from hedui.access.trail import InFile, InRegistry
    from hedui.access.verify import as_dict, verify
    from hedui.registry import database
    from hedui.settings import Settings

    lines = [line for path in copies for line in read_file(path)]
    trusted = keys_of(read_key(key) for key in keys) if keys else _own_keys()
    if trail_file is not None:
        verdict = verify(InFile(trail_file), lines, trusted)
    else:
        with database.session(database.connect(Settings()), readonly=True) as session:
            verdict = verify(InRegistry(session), lines, trusted)
    if as_json:
        click.echo(json.dumps(as_dict(verdict)))
    else:
        _tell(verdict)
    sys.exit(TAMPERED if verdict.findings else COMPLETE if verdict.checkpoints else DEGRADED)


@audit.command(help=text("audit-subject-help"))
@click.argument("reference")
@_PURPOSE
@_JSON
def subject(reference: str, purpose: str, *, as_json: bool) -> None:
    """Put this question on record, then say who looked at a household, when and why."""
    from hedui.access.lookups import looked_at
    from hedui.keys import installation
    from hedui.registry import database
    from hedui.settings import Settings

    settings = Settings()
    found = looked_at(database.connect(settings), installation.ring(settings), reference, purpose)
    say_if_demo()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        _show_look_ups(found)


@audit.command(help=text("audit-odd-help"))
@date_option("audit-odd-date-help")
@_JSON
def odd(business_date: date | None, *, as_json: bool) -> None:
    """Put this question on record, then list the odd look-ups of a day."""
    from hedui.access.gate import require
    from hedui.access.odd import odd_day, read_actors
    from hedui.keys import installation
    from hedui.registry import database
    from hedui.settings import Settings

    settings = Settings()
    actors = read_actors(settings.actors_file)
    keyring, registry = installation.ring(settings), database.connect(settings)
    with database.session(registry) as session:
        admitted = require(session, keyring, "audit.odd", purpose="oversight", about="trail", subject="trail")
    day = odd_day(registry, keyring, actors, business_date, role=admitted.role)
    say_if_demo()
    if as_json:
        click.echo(json.dumps(asdict(day) | {"day": day.day.isoformat()}, ensure_ascii=False))
    else:
        _show_odd(day)


@audit.command(help=text("audit-key-help"))
def key() -> None:
    """Print the public key by which checkpoints are checked."""
    from hedui.access.checkpoints import KeySigner
    from hedui.keys import installation
    from hedui.settings import Settings

    click.echo(KeySigner(installation.ring(Settings()).audit_key()).public_key.hex())


def _own_keys() -> "Keys":
    # The installation's own key, where this machine has its keyring.
    from hedui.access.checkpoints import keys_of
    from hedui.keys import installation
    from hedui.settings import Settings

    settings = Settings()
    signers = installation.ring(settings).audit_signers().values() if settings.keyring.exists() else ()
    return keys_of(key.public_bytes_raw() for key in signers)


def _tell(verdict: "Verdict") -> None:
    click.echo(text("audit-read", entries=verdict.entries, checkpoints=verdict.checkpoints))
    for finding in verdict.findings:
        click.echo(_finding(finding))
    if verdict.findings:
        click.echo(text("audit-not-whole"))
    elif not verdict.checkpoints:
        click.echo(text("audit-unsigned"))
    else:
        click.echo(text("audit-whole", signed=verdict.signed, after=verdict.entries - verdict.signed))


def _finding(finding: "Finding") -> str:
    one = finding.first == finding.last
    which = text("audit-one" if one else "audit-several", first=finding.first, last=finding.last)
    return text(f"audit-finding-{finding.kind}", which=which)


def _show_look_ups(found: "Sequence[LookUp]") -> None:
    rows = [
        (one.seq, _when(one), _who(one), one.action, one.purpose, one.case or "–", " ".join(one.sources), one.outcome)
        for one in found
    ]
    columns = ("seq", "at", "actor", "action", "purpose", "case", "sources", "outcome")
    table.show(columns, rows, "audit-column")
    click.echo(text("audit-looked", count=len(found)))


def _when(one: "LookUp | Odd") -> str:
    return one.at[:19].replace("T", " ")  # to the second; `--json` has all of it


def _who(one: "LookUp") -> str:
    return f"{one.actor} ({one.role})" if one.role else one.actor


def _show_odd(day: "OddDay") -> None:
    rows = [(one.seq, _when(one), one.actor, one.action, one.household or "–", _why(one)) for one in day.odd]
    table.show(("seq", "at", "actor", "action", "household", "why"), rows, "audit-column")
    click.echo(text("audit-odd-count", date=day.day.isoformat(), count=len(day.odd), entries=day.entries))
    for rule, users in (("own-surname", day.unknown_surname), ("own-address", day.unknown_address)):
        if users:
            click.echo(text(f"audit-unknown-{rule}", users=", ".join(users)))


def _why(one: "Odd") -> str:
    return text(f"audit-odd-{one.rule}", count=one.count)
