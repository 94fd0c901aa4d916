"""Break-glass: one household's report, outside one's region, for hours, when a second person has agreed.

Asking, approving and ending are each one transaction with the entry that says so. `now` is a parameter: time is tested
without waiting.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args

from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.access import actors, audit
from hedui.access.audit import Pseudonyms
from hedui.access.entry import Outcome
from hedui.access.gate import Admission, county_of, household_resource, require
from hedui.access.policy import may
from hedui.access.roles import Resource
from hedui.registry import grants
from hedui.registry.grants import BreakGlassRow
from hedui.registry.subjects import has_case

# Why: the family moved, several offices handle it together, an emergency, a complaint, an inspection.
Why = Literal["moved", "joint_handling", "emergency", "complaint", "supervision"]
State = Literal["requested", "lapsed", "open", "expired", "ended"]
WHY: Final[tuple[Why, ...]] = get_args(Why)
HOURS: Final = 4
MOST_HOURS: Final = 24
PENDING_HOURS: Final = 24  # what nobody has approved by then has lapsed, and is asked for again
_REFERENCE: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it stands at a moment."""

    number: int
    actor: str
    household: str
    reason: str
    case: str
    state: State
    requested_at: datetime
    approved_by: str | None
    expires_at: datetime | None


def request(
    session: Session, pseudonyms: Pseudonyms, household: str, why: str, case: str, now: datetime | None = None
) -> int:
    """Ask to read a household's report and return the request's number; commits.

    The case must be one of the household's on record. Where it is none, and where there is no such household, the
    answer is the same, and on record.
    Raises Stop: `break-glass-reason`, `break-glass-reference`, `break-glass-not-needed`, `break-glass-unknown`, those
    of `require`.
    """
    moment = now or datetime.now(UTC)
    if why not in WHY:
        raise Stop("break-glass-reason", reasons=", ".join(WHY))
    if not _REFERENCE.fullmatch(household) or not _REFERENCE.fullmatch(case):
        raise Stop("break-glass-reference")
    resource = household_resource(session, household)
    admitted = _admit(session, pseudonyms, "break_glass.request", resource, why, case, moment)
    if may(admitted.actor, "report.show", resource).allowed:
        raise Stop("break-glass-not-needed")
    if not has_case(session, household, case):
        _record(session, pseudonyms, admitted, "break_glass.request", why, case, {"reason": "unknown"}, "refused")
        raise Stop("break-glass-unknown")
    number = grants.request(session, admitted.actor.name, household, why, case, moment)
    _record(session, pseudonyms, admitted, "break_glass.request", why, case, {"request": number})
    return number


def approve(
    session: Session, pseudonyms: Pseudonyms, number: int, hours: int = HOURS, now: datetime | None = None
) -> datetime:
    """Approve another person's request for some hours from now and return when it expires; commits.

    Raises Stop: `break-glass-hours`, `break-glass-no-such-request` (also where the household lies outside one's
    region), `break-glass-not-pending`, `not-by-oneself`, those of `require`.
    """
    moment = now or datetime.now(UTC)
    if not 1 <= hours <= MOST_HOURS:
        raise Stop("break-glass-hours", most=MOST_HOURS)
    row = grants.find_request(session, number)
    admitted = _admit_to(session, pseudonyms, number, row, row.actor if row else "", moment)
    assert row is not None
    expires = moment + timedelta(hours=hours)
    pending = _as_it_stands(row, moment).state == "requested"
    if not pending or not grants.approve(session, number, admitted.actor.name, moment, expires):
        raise Stop("break-glass-not-pending", number=number)
    facts: dict[str, str | int] = {"request": number, "hours": hours}
    _record(session, pseudonyms, admitted, "break_glass.approve", row.reason, row.case_ref, facts)
    return expires


def end(session: Session, pseudonyms: Pseudonyms, number: int, now: datetime | None = None) -> None:
    """Withdraw a request or what was approved: whoever asked for it may, and whoever may approve it; commits.

    Raises Stop: `break-glass-no-such-request`, `break-glass-not-pending` where it has ended or lapsed before, those of
    `require`.
    """
    moment = now or datetime.now(UTC)
    row = grants.find_request(session, number)
    actor = actors.current(session, moment)
    if row is not None and row.actor == actor.name:
        resource = household_resource(session, row.household_ref)
        admitted = _admit(session, pseudonyms, "break_glass.request", resource, row.reason, row.case_ref, moment)
    else:
        admitted = _admit_to(session, pseudonyms, number, row, "", moment)
    assert row is not None
    lapsed = _as_it_stands(row, moment).state == "lapsed"
    if lapsed or not grants.end_request(session, number, admitted.actor.name, moment):
        raise Stop("break-glass-not-pending", number=number)
    _record(session, pseudonyms, admitted, "break_glass.end", row.reason, row.case_ref, {"request": number})


def listed(session: Session, now: datetime | None = None) -> list[Request]:
    """Return the requests that concern the current actor: their own, and those that they may approve, newest first."""
    moment = now or datetime.now(UTC)
    actor = actors.current(session, moment)
    return [
        _as_it_stands(row, moment)
        for row in grants.requests(session)
        if row.actor == actor.name
        or may(actor, "break_glass.approve", household_resource(session, row.household_ref)).allowed
    ]


def _admit_to(
    session: Session, pseudonyms: Pseudonyms, number: int, row: BreakGlassRow | None, concerns: str, now: datetime
) -> Admission:
    # Where there is no such request, or its household lies elsewhere, the answer is the same.
    unknown = Stop("break-glass-no-such-request", number=number)
    if row is None:
        require(session, pseudonyms, "break_glass.approve", Resource(""), unknown=unknown, now=now)
        raise unknown
    resource = household_resource(session, row.household_ref, concerns)
    return _admit(session, pseudonyms, "break_glass.approve", resource, row.reason, row.case_ref, now, unknown)


def _admit(
    session: Session,
    pseudonyms: Pseudonyms,
    action: Literal["break_glass.request", "break_glass.approve"],
    resource: Resource,
    why: str,
    case: str,
    now: datetime,
    unknown: Stop | None = None,
) -> Admission:
    return require(
        session,
        pseudonyms,
        action,
        resource,
        purpose=why,
        about="household",
        subject=resource.household,
        case=case,
        unknown=unknown,
        now=now,
    )


def _record(
    session: Session,
    pseudonyms: Pseudonyms,
    admitted: Admission,
    action: str,
    why: str,
    case: str,
    facts: dict[str, str | int],
    outcome: Outcome = "allowed",
) -> None:
    audit.record(
        session,
        pseudonyms,
        admitted.actor.name,
        action,
        admitted.resource.household,
        why,
        facts,
        role=admitted.role,
        region=county_of(admitted.resource.region),
        case=case,
        outcome=outcome,
    )


def _as_it_stands(row: BreakGlassRow, now: datetime) -> Request:
    state: State = "requested"
    if row.ended_at is not None:
        state = "ended"
    elif row.expires_at is not None:
        state = "open" if row.expires_at > now else "expired"
    elif row.requested_at + timedelta(hours=PENDING_HOURS) <= now:
        state = "lapsed"
    return Request(
        row.id,
        row.actor,
        row.household_ref,
        row.reason,
        row.case_ref,
        state,
        row.requested_at,
        row.approved_by,
        row.expires_at,
    )
