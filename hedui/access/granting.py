"""Giving roles and ending them. A change and the entry that says so are one transaction: there is never one alone."""

import re
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from catalogue.problems import Stop
from catalogue.regions import regions
from hedui.access import audit
from hedui.access.audit import Pseudonyms
from hedui.access.entry import check_plain
from hedui.access.gate import Admission, county_of, require, require_anywhere
from hedui.access.places import path
from hedui.access.policy import may
from hedui.access.roles import PROVINCE, ROLES, Resource
from hedui.registry import grants
from hedui.registry.grants import GrantRow
from hedui.registry.places import has_township

_PURPOSE: Final = "access"
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}")  # what a detail of an entry may hold
_COUNTY: Final = 3


def grant(
    session: Session, pseudonyms: Pseudonyms, to: str, role: str, region: str, now: datetime | None = None
) -> int:
    """Give an actor a role over a region and return the grant's number; commits.

    Raises Stop: `access-unknown-role`, `access-unknown-region`, `access-bad-actor`, `access-first-administrator` where
    nothing was given yet and this is no administrator over the province, `access-held-already`, and those of `require`.
    """
    moment = now or datetime.now(UTC)
    grants.lock(session)
    _check(session, to, role, region)
    admitted = require(
        session, pseudonyms, "access.grant", Resource(region, concerns=to), subject=f"role:{role}", now=moment
    )
    if admitted.actor.demo and (role, region) != ("administrator", PROVINCE):
        raise Stop("access-first-administrator")
    if any((held.role, held.region) == (role, region) for held in grants.of_actor(session, to)):
        raise Stop("access-held-already", role=role, region=region)
    row = GrantRow(actor=to, role=role, region=region, granted_by=admitted.actor.name, granted_at=moment)
    session.add(row)
    session.flush()
    _record(session, pseudonyms, admitted, "access.grant", row)
    return row.id


def end(session: Session, pseudonyms: Pseudonyms, number: int, now: datetime | None = None) -> None:
    """End a grant; it stays on file; commits.

    Raises Stop: `access-no-such-grant`, also where it lies outside the actor's region or has ended before;
    `access-last-administrator` where nobody could give roles any more; those of `require`.
    """
    moment = now or datetime.now(UTC)
    grants.lock(session)
    row = grants.find(session, number)
    unknown = Stop("access-no-such-grant", number=number)
    resource = Resource(row.region if row else "")
    admitted = require(
        session, pseudonyms, "access.grant", resource, subject=f"grant:{number}", unknown=unknown, now=moment
    )
    if row is None or row.ended_at is not None:
        raise unknown
    last = grants.holders(session, "administrator", PROVINCE)
    if list(last) == [number]:
        raise Stop("access-last-administrator")
    grants.end(session, number, admitted.actor.name, moment)
    _record(session, pseudonyms, admitted, "access.end", row)


def listed(session: Session, pseudonyms: Pseudonyms, *, ended: bool = False) -> list[GrantRow]:
    """Return the grants in the regions where the current actor may list them; with `ended` also those of the past.

    Raises those of `require` where there is no such region at all.
    """
    actor = require_anywhere(session, pseudonyms, "access.list").actor
    rows = grants.listed(session, ended=ended)
    return [row for row in rows if may(actor, "access.list", Resource(row.region)).allowed]


def _check(session: Session, to: str, role: str, region: str) -> None:
    if role not in ROLES:
        raise Stop("access-unknown-role", roles=", ".join(ROLES))
    try:
        check_plain(to, "", "", "x", "access")
    except Stop:
        raise Stop("access-bad-actor") from None
    if not _is_known(session, region):
        raise Stop("access-unknown-region")


def _is_known(session: Session, region: str) -> bool:
    parts = path(region)
    if parts is None:
        return False
    try:
        regions().label(county_of(region))
    except KeyError:
        return False
    # A township has no code: it is one that some household is registered in, so that a slip of the pen gives nothing.
    return len(parts) <= _COUNTY or has_township(session, county_of(region), parts[_COUNTY])


def _record(session: Session, pseudonyms: Pseudonyms, admitted: Admission, action: str, row: GrantRow) -> None:
    facts: dict[str, str | int] = {"grant": row.id, "role": row.role}
    if _PLAIN.fullmatch(row.actor):  # another name is found by the number: grants are never deleted
        facts["to"] = row.actor
    audit.record(
        session,
        pseudonyms,
        admitted.actor.name,
        action,
        f"grant:{row.id}",
        _PURPOSE,
        facts,
        about="access",
        role=admitted.role,
        region=county_of(row.region),
    )
