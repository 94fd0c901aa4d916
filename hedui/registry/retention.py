"""What of the registry has expired, and forgetting it.

As in `hedui.registry.runs`, every function is one short step within the caller's transaction. Runs themselves, what
their stages and sources did, and the counts of imports stay: they name nobody.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from hedui.registry import runs
from hedui.registry.models import (
    CurrentRun,
    HouseholdChange,
    Import,
    ReportBatch,
    ReportIndex,
    Run,
    SourceState,
    StageState,
)

# What a run's reports are found by. The batch goes first: whoever seals it anew changes its row, and then those of the
# index; in another order the two could wait for one another.
_HELD = (ReportBatch, ReportIndex, CurrentRun)


class RunAge(NamedTuple):
    """When anybody last worked on a run: its publication, else the last that a stage or source did."""

    is_open: bool
    last: datetime


class Expired(NamedTuple):
    """A published run whose reports have expired, and how many there are."""

    run_id: str
    reports: int


def run_ages(session: Session) -> dict[str, RunAge]:
    """Return all runs by id."""
    worked: dict[str, datetime] = {}
    for table in (StageState, SourceState):
        for run_id, last in session.execute(_last(table)):
            worked[run_id] = max(last, worked.get(run_id, last))
    return {
        run.id: RunAge(run.state == "open", run.published_at or worked.get(run.id, run.opened_at))
        for run in session.scalars(select(Run))
    }


def expired_reports(session: Session, before: datetime) -> tuple[list[Expired], str | None]:
    """Return the runs published before a moment that still have reports, and which of them stays all the same.

    That one, None where it has not expired, is what readers get who ask for no date: the newest run.
    """
    held = or_(*(exists().where(table.run_id == Run.id) for table in _HELD))
    old = list(session.scalars(_published(before).where(held).order_by(Run.id)))
    newest = runs.current(session)
    kept = newest.id if newest is not None and newest.id in old else None
    return [Expired(run, _count(session, run)) for run in old if run != kept], kept


def forget_reports(session: Session, run_id: str, before: datetime) -> bool:
    """Forget where the reports of a run lie, and that readers had it; False where they are to be kept after all."""
    newest = runs.current(session)
    old = session.scalar(_published(before).where(Run.id == run_id))
    if old is None or (newest is not None and newest.id == run_id):
        return False
    for table in _HELD:
        session.execute(delete(table).where(table.run_id == run_id))
    return True


def count_changes(session: Session, before: datetime) -> int:
    """Return how many former states of households were sealed by imports before a moment."""
    return session.scalar(select(func.count()).where(HouseholdChange.import_id.in_(_imports(before)))) or 0


def forget_changes(session: Session, before: datetime) -> int:
    """Delete the former states of households that imports before a moment have sealed; return how many."""
    gone = delete(HouseholdChange).where(HouseholdChange.import_id.in_(_imports(before)))
    return len(session.scalars(gone.returning(HouseholdChange.import_id)).all())


def _last(table: type[StageState] | type[SourceState]) -> Select[str, datetime]:
    moment = func.max(func.coalesce(table.finished_at, table.started_at))
    return select(table.run_id, moment).group_by(table.run_id)


def _published(before: datetime) -> Select[str]:
    return select(Run.id).where(Run.state == "published", Run.published_at < before)


def _count(session: Session, run_id: str) -> int:
    return session.scalar(select(func.count()).select_from(ReportIndex).where(ReportIndex.run_id == run_id)) or 0


def _imports(before: datetime) -> Select[int]:
    return select(Import.id).where(Import.at < before)
