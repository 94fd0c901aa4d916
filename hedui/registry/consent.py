"""Which letters of consent are live, and about whom they let sources be asked and read: the one rule of it."""

from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlalchemy import select as query
from sqlalchemy.orm import Session, aliased

from hedui.registry.models import (
    Authorisation,
    AuthorisationMember,
    Household,
    HouseholdChange,
    Import,
    Member,
    ReportIndex,
    Run,
    Shredding,
)

# Parts of a household on which it hangs who was asked about and for which purpose.
_PARTS: Final = ("case", "authorisation", "members")
# An import is numbered when it begins and seen when it ends: one that long before a run may not have been seen by it.
_LONGEST_IMPORT: Final = timedelta(hours=1)


class Since(NamedTuple):
    """What tells whether a run's reports are still about whom the registry names, for the same purpose."""

    last_import: int  # the last that the run has certainly seen; 0: none
    destroyed: frozenset[str]  # households whose reports were, or are to be


def members(session: Session, household: str, on: date) -> frozenset[str]:
    """Return the members of a household about whom a letter that is live on a day lets sources be asked, and read.

    The letter must hold on that very day: it is the day of reading, not the business date of what is read.
    """
    letters = query(Member.ref).join(Authorisation, Authorisation.household_ref == Member.household_ref)
    by_themselves = letters.where(Member.household_ref == household, live(on, on), signed())
    return frozenset(session.scalars(by_themselves))


def live(business_date: date, asked_on: date) -> ColumnElement[bool]:
    """Say of a letter whether it is live.

    The term is that of the business date; a revocation also forbids asking about an earlier date.
    """
    return and_(
        Authorisation.in_force,
        Authorisation.signed_on <= business_date,
        or_(Authorisation.valid_until.is_(None), Authorisation.valid_until >= business_date),
        or_(Authorisation.revoked_on.is_(None), Authorisation.revoked_on > asked_on),
    )


def signed() -> ColumnElement[bool]:
    """Say of a letter and a member whether they signed it and are active."""
    return exists().where(_signature(Member)).correlate(Authorisation, Member)


def signed_by_anyone() -> ColumnElement[bool]:
    """Say of a letter whether any active member signed it."""
    return exists().where(_signature(aliased(Member))).correlate(Authorisation)


def _signature(member: Any) -> ColumnElement[bool]:
    return and_(
        AuthorisationMember.authorisation == Authorisation.number,
        AuthorisationMember.member_ref == member.ref,
        member.active,
    )


def since(session: Session, run: Run) -> Since:
    """Return what has happened to a run's households since; readers may not look for it themselves."""
    seen = query(func.max(Import.id)).where(Import.at < run.opened_at - _LONGEST_IMPORT)
    dead = query(Shredding.household_ref)
    if run.published_at is not None:  # what was made after the end of it is alive
        dead = dead.where(or_(Shredding.finished_at.is_(None), Shredding.finished_at >= run.published_at))
    return Since(session.scalar(seen) or 0, frozenset(session.scalars(dead)))


def lasts(of: Since) -> ColumnElement[bool]:
    """Say of a report whether everyone authorised in it still is, as far as that can be told without opening it.

    For a statement of the index, its household and, by an outer join, the household's letter that is live. Never true
    where it is not so; at times not true where it is: after every change of case, letter or members since.
    """
    changed = exists().where(
        HouseholdChange.household_ref == ReportIndex.household_ref,
        HouseholdChange.import_id > of.last_import,
        or_(*(HouseholdChange.parts.contains(part) for part in _PARTS)),
    )
    # Where no source had been without the right to answer, nobody was without a signature.
    unsigned = exists().where(
        Member.household_ref == Household.ref,
        Member.active,
        ReportIndex.not_authorised == 0,
        ~signed(),
    )
    return and_(
        Authorisation.number.is_not(None),
        ~changed.correlate(ReportIndex),
        ~unsigned.correlate(Household, ReportIndex, Authorisation),
    )
