"""Where households are now: what decides who may read about them, wherever a report of theirs was made."""

from collections.abc import Iterator

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from hedui.registry.models import Household, ReportIndex

_BLOCK = 20_000


def place_of(session: Session, household: str) -> tuple[str, str | None] | None:
    """Return county and township of a household; None where the registry knows it not."""
    found = select(Household.county, Household.township).where(Household.ref == household)
    return session.execute(found).tuples().one_or_none()


def reports_with_places(session: Session, run_id: str) -> Iterator[tuple[ReportIndex, str, str | None]]:
    """Yield the index of a run's reports by county and household, each with its household's county and township."""
    query = (
        select(ReportIndex, Household.county, Household.township)
        .join(Household, Household.ref == ReportIndex.household_ref)
        .where(ReportIndex.run_id == run_id)
        .order_by(ReportIndex.county, ReportIndex.household_ref)
    )
    yield from session.execute(query.execution_options(yield_per=_BLOCK)).tuples()


def has_township(session: Session, county: str, township: str) -> bool:
    """Say whether any household is registered in a township of a county, spelled exactly so."""
    found = exists().where(Household.county == county, Household.township == township)
    return session.scalar(select(found)) or False
