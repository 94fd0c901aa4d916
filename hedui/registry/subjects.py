"""Who a look-up is about: a household's open case, its members and cases, its place and names."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from hedui.keys.ring import Ring
from hedui.registry.models import Case, Household, Member

_BLOCK = 500  # parameters of one statement


class Related(NamedTuple):
    """A household and the references under which it and its people are known."""

    household: str
    members: tuple[str, ...]
    cases: tuple[str, ...]


class Home(NamedTuple):
    """Where a household lives, and what its members are called."""

    county: str
    township: str | None
    names: tuple[str, ...]


def open_case(session: Session, household: str) -> str | None:
    """Return the household's open case, the one that the night would choose; None where there is none."""
    found = select(func.max(Case.ref)).where(Case.household_ref == household, Case.state == "open")
    return session.scalar(found)


def open_cases(session: Session, households: Iterable[str]) -> Iterator[tuple[str, str, str | None]]:
    """Yield reference, county and open case, as `open_case` has it, of those of the households that are known."""
    wanted = sorted(set(households))
    opened = and_(Case.household_ref == Household.ref, Case.state == "open")
    found = select(Household.ref, Household.county, func.max(Case.ref)).outerjoin(Case, opened)
    for at in range(0, len(wanted), _BLOCK):
        block = found.where(Household.ref.in_(wanted[at : at + _BLOCK])).group_by(Household.ref, Household.county)
        yield from session.execute(block.order_by(Household.ref)).tuples()


def has_case(session: Session, household: str, case: str) -> bool:
    """Say whether a case on record, open or not, is one of a household's."""
    return session.scalar(select(exists().where(Case.ref == case, Case.household_ref == household))) or False


def related(session: Session, ref: str) -> Related | None:
    """Return whom a household's, member's or case's reference belongs to; None where the registry knows it not."""
    owner = session.scalar(
        select(Household.ref).where(
            or_(
                Household.ref == ref,
                Household.ref == select(Member.household_ref).where(Member.ref == ref).scalar_subquery(),
                Household.ref == select(Case.household_ref).where(Case.ref == ref).scalar_subquery(),
            )
        )
    )
    if owner is None:
        return None
    members = session.scalars(select(Member.ref).where(Member.household_ref == owner).order_by(Member.ref))
    cases = session.scalars(select(Case.ref).where(Case.household_ref == owner).order_by(Case.ref))
    return Related(owner, tuple(members), tuple(cases))


def references(session: Session) -> Iterator[tuple[str, str]]:
    """Yield every reference of a household, member or case, with its household's."""
    of_members, of_cases = (Member.ref, Member.household_ref), (Case.ref, Case.household_ref)
    for ref, owner in ((Household.ref, Household.ref), of_members, of_cases):
        yield from session.execute(select(ref, owner), execution_options={"yield_per": 10_000}).tuples()


def homes(session: Session, keyring: Ring, households: Iterable[str]) -> dict[str, Home]:
    """Return place and names of households, opened; that they are is to be on record before."""
    wanted = sorted(set(households))
    found: dict[str, Home] = {}
    for at in range(0, len(wanted), _BLOCK):
        block = wanted[at : at + _BLOCK]
        names: dict[str, list[str]] = {}
        people = select(Member.household_ref, Member.ref, Member.name).where(Member.household_ref.in_(block))
        for household, ref, name in session.execute(people.order_by(Member.ref)):
            names.setdefault(household, []).append(keyring.unseal(f"members/name/{ref}", name).decode())
        places = select(Household.ref, Household.county, Household.township).where(Household.ref.in_(block))
        for ref, county, township in session.execute(places):
            found[ref] = Home(county, township, tuple(names.get(ref, ())))
    return found
