"""`hedui access`: who holds which role where, and break-glass."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from catalogue.text import text
from hedui.cli import table
from hedui.cli.demo import say_if_demo

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hedui.access.audit import Pseudonyms
    from hedui.access.breakglass import Request
    from hedui.access.roles import Actor
    from hedui.registry.grants import GrantRow

_JSON = click.option("--json", "as_json", is_flag=True, help=text("cli-json-help"))
_PROVINCE = "32"
_HOURS = 4


@click.group(help=text("access-help"))
def access() -> None:
    """Gather the commands on access."""


@access.command(help=text("access-whoami-help"))
@_JSON
def whoami(*, as_json: bool) -> None:
    """Show what the current actor holds."""
    from hedui.access import actors
    from hedui.registry import database
    from hedui.settings import Settings

    with database.session(database.connect(Settings()), readonly=True) as session:
        actor = actors.current(session)
    if as_json:
        click.echo(json.dumps(_actor(actor), ensure_ascii=False))
    else:
        _show_actor(actor)
    say_if_demo()


@access.command("list", help=text("access-list-help"))
@click.option("--all", "ended", is_flag=True, help=text("access-all-help"))
@_JSON
def list_(*, ended: bool, as_json: bool) -> None:
    """List who holds what."""
    from hedui.access import granting

    with _changing() as (session, pseudonyms):
        rows = granting.listed(session, pseudonyms, ended=ended)
    if as_json:
        click.echo(json.dumps([_grant(row) for row in rows], ensure_ascii=False))
        return
    columns = ("number", "actor", "role", "region", "granted", *(("ended",) if ended else ()))
    table.show(columns, [_grant_cells(row)[: len(columns)] for row in rows], "access-column")
    click.echo(text("access-count", count=len(rows)))


@access.command(help=text("access-grant-help"))
@click.argument("account")
@click.argument("role")
@click.option("--region", default=_PROVINCE, show_default=True, help=text("access-region-help"))
@_JSON
def grant(account: str, role: str, region: str, *, as_json: bool) -> None:
    """Give a role."""
    from hedui.access import granting

    with _changing(first=True) as (session, pseudonyms):
        number = granting.grant(session, pseudonyms, account, role, region)
    said = {"number": number, "actor": account, "role": role, "region": region}
    click.echo(json.dumps(said, ensure_ascii=False) if as_json else text("access-granted", **said))


@access.command(help=text("access-end-help"))
@click.argument("number", type=int)
@_JSON
def end(number: int, *, as_json: bool) -> None:
    """End a grant."""
    from hedui.access import granting

    with _changing() as (session, pseudonyms):
        granting.end(session, pseudonyms, number)
    click.echo(json.dumps({"number": number, "ended": True}) if as_json else text("access-ended", number=number))


@access.group("break-glass", help=text("access-break-glass-help"))
def break_glass() -> None:
    """Gather the commands on break-glass."""


@break_glass.command(help=text("access-request-help"))
@click.argument("household")
@click.option("--reason", required=True, help=text("access-reason-help"))
@click.option("--case", required=True, help=text("access-case-help"))
@_JSON
def request(household: str, reason: str, case: str, *, as_json: bool) -> None:
    """Ask for a household's report."""
    from hedui.access import breakglass

    with _changing() as (session, pseudonyms):
        number = breakglass.request(session, pseudonyms, household, reason, case)
    click.echo(json.dumps({"number": number}) if as_json else text("access-requested", number=number))


@break_glass.command(help=text("access-approve-help"))
@click.argument("number", type=int)
@click.option("--hours", type=int, default=_HOURS, show_default=True, help=text("access-hours-help"))
@_JSON
def approve(number: int, hours: int, *, as_json: bool) -> None:
    """Approve another person's request."""
    from hedui.access import breakglass

    with _changing() as (session, pseudonyms):
        expires = breakglass.approve(session, pseudonyms, number, hours)
    if as_json:
        click.echo(json.dumps({"number": number, "expires_at": _moment(expires)}))
    else:
        click.echo(text("access-approved", number=number, until=_local(expires)))


@break_glass.command("end", help=text("access-withdraw-help"))
@click.argument("number", type=int)
@_JSON
def withdraw(number: int, *, as_json: bool) -> None:
    """End a request."""
    from hedui.access import breakglass

    with _changing() as (session, pseudonyms):
        breakglass.end(session, pseudonyms, number)
    click.echo(json.dumps({"number": number, "ended": True}) if as_json else text("access-withdrawn", number=number))


@break_glass.command("list", help=text("access-requests-help"))
@_JSON
def requests(*, as_json: bool) -> None:
    """List the requests that concern the current actor."""
    from hedui.access import breakglass
    from hedui.registry import database
    from hedui.settings import Settings

    with database.session(database.connect(Settings()), readonly=True) as session:
        found = breakglass.listed(session)
    if as_json:
        click.echo(json.dumps([_request(one) for one in found], ensure_ascii=False))
        return
    columns = ("number", "actor", "household", "reason", "case", "state", "requested", "approved", "expires")
    table.show(columns, [_request_cells(one) for one in found], "access-column")
    click.echo(text("access-requests-count", count=len(found)))


@contextmanager
def _changing(*, first: bool = False) -> "Iterator[tuple[Session, Pseudonyms]]":
    # The first grant may be what an installation begins with, before it has keys.
    from hedui.keys import installation
    from hedui.registry import beginning, database
    from hedui.settings import Settings

    settings = Settings()
    registry = database.connect(settings)
    keyring = beginning.keyring(settings, registry) if first else installation.ring(settings)
    with database.session(registry) as session:
        yield session, keyring


def _actor(actor: "Actor") -> dict[str, object]:
    return {
        "actor": actor.name,
        "demo": actor.demo,
        "grants": [{"role": held.role, "region": held.region} for held in actor.grants],
        "opened": sorted(actor.opened),
    }


def _show_actor(actor: "Actor") -> None:
    click.echo(text("access-you-are", actor=actor.name))
    if actor.grants:
        table.show(
            ("role", "region"), [(_role(held.role), _region(held.region)) for held in actor.grants], "access-column"
        )
    else:
        click.echo(text("access-no-role"))
    if actor.opened:
        click.echo(text("access-opened", households=", ".join(sorted(actor.opened))))


def _grant(row: "GrantRow") -> dict[str, object]:
    return {
        "number": row.id,
        "actor": row.actor,
        "role": row.role,
        "region": row.region,
        "granted_by": row.granted_by,
        "granted_at": _moment(row.granted_at),
        "ended_by": row.ended_by,
        "ended_at": _moment(row.ended_at),
    }


def _grant_cells(row: "GrantRow") -> tuple[str, ...]:
    given = f"{row.granted_by}, {_local(row.granted_at)}"
    ended = f"{row.ended_by}, {_local(row.ended_at)}" if row.ended_at else "–"
    return str(row.id), row.actor, _role(row.role), _region(row.region), given, ended


def _request(one: "Request") -> dict[str, object]:
    return {
        "number": one.number,
        "actor": one.actor,
        "household": one.household,
        "reason": one.reason,
        "case": one.case,
        "state": one.state,
        "requested_at": _moment(one.requested_at),
        "approved_by": one.approved_by,
        "expires_at": _moment(one.expires_at),
    }


def _request_cells(one: "Request") -> tuple[str, ...]:
    return (
        str(one.number),
        one.actor,
        one.household,
        text(f"access-reason-{one.reason}"),
        one.case,
        text(f"access-state-{one.state}"),
        _local(one.requested_at),
        one.approved_by or "–",
        _local(one.expires_at) if one.expires_at else "–",
    )


def _role(role: str) -> str:
    return f"{text(f'access-role-{role}')} ({role})"


def _region(region: str) -> str:
    from catalogue.regions import regions
    from catalogue.text import current_language

    code, _, township = region.partition("/")
    try:
        named = regions().label(code).within(current_language())
    except KeyError:  # a code that is gone since
        return region
    return " ".join(filter(None, (code, named, township)))


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _local(moment: datetime) -> str:
    from hedui.settings import SHANGHAI

    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
