"""Where households are now: what decides who may read about them, wherever a report of theirs was made."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from hedui.registry.consent import Since, lasts, live
from hedui.registry.models import Authorisation, Case, Household, ReportIndex

_BLOCK = 20_000


class Placed(NamedTuple):
    """The index of a report, and where its household lives now."""

    entry: ReportIndex
    county: str
    township: str | None
    purpose: str  # of its case; empty: the registry knows that case not
    consented: bool  # whether everyone who was authorised in it still is


def place_of(session: Session, household: str) -> tuple[str, str | None] | None:
    """Return county and township of a household; None where the registry knows it not."""
    found = select(Household.county, Household.township).where(Household.ref == household)
    return session.execute(found).tuples().one_or_none()


def reports(session: Session, run_id: str, on: date, since: Since) -> Iterator[Placed]:
    """Yield the index of a run's reports by county and household, with what decides who sees how much of it."""
    query = (
        select(ReportIndex, Household.county, Household.township, Case.purpose, lasts(since))
        .join(Household, Household.ref == ReportIndex.household_ref)
        .outerjoin(Case, and_(Case.ref == ReportIndex.case_ref, Case.household_ref == Household.ref))
        .outerjoin(Authorisation, and_(Authorisation.household_ref == Household.ref, live(on, on)))
        .where(ReportIndex.run_id == run_id)
        .order_by(ReportIndex.county, ReportIndex.household_ref)
    )
    for entry, county, township, purpose, consented in session.execute(query.execution_options(yield_per=_BLOCK)):
        alive = entry.household_ref not in since.destroyed
        yield Placed(entry, county, township, purpose or "", consented and alive)


def has_township(session: Session, county: str, township: str) -> bool:
    """Say whether any household is registered in a township of a county, spelled exactly so."""
    found = exists().where(Household.county == county, Household.township == township)
    return session.scalar(select(found)) or False
