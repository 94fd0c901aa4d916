"""Runs: opening, resuming, what each stage and source did, and publication.

Every function is one short step within the caller's transaction, and is safe when the process dies after it or when
another process does the same: rows are claimed by unique keys, and changed only where they are still as expected.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.registry import batches as registered
from hedui.registry.batches import BatchPlace
from hedui.registry.database import insert_into
from hedui.registry.models import (
    CurrentRun,
    Quarantined,
    ReportIndex,
    Run,
    SourceState,
    StageState,
)

Answer = Literal["accepted", "not_delivered", "unreachable", "refused"]

_BLOCK = 20_000
_ASKING = "sources"  # the stage in which sources are asked; when it has finished, their answers stand


@dataclass(frozen=True, slots=True)
class ReportIndexRow:
    """Where one sealed report lies: `length` bytes at `offset` of `shard`, a path within the report store."""

    household_ref: str
    county: str
    case_ref: str
    shard: str
    offset: int
    length: int
    conclusion: str
    found: int
    none: int
    no_answer: int
    not_authorised: int
    findings: int


def open_run(session: Session, business_date: date) -> Run:
    """Return the run to work on for a business date.

    An open edition is resumed. A published and complete one is returned as it is; after a degraded one the next
    edition is opened, so that sources which have answered since are taken in. So it is after one whose reports an
    older build sealed, in a format that is not read any more.
    """
    latest = _latest(session, business_date)
    if latest is not None and (latest.state == "open" or (not latest.degraded and _readable(session, latest.id))):
        return latest
    edition = 1 if latest is None else latest.edition + 1
    opened = {
        "id": f"{business_date.isoformat()}.{edition}",
        "business_date": business_date,
        "edition": edition,
        "state": "open",
        "opened_at": _now(),
    }
    session.execute(insert_into(session, Run).values(opened).on_conflict_do_nothing())
    found = _latest(session, business_date)  # ours, or that of a process which was faster
    assert found is not None
    return found


def stage_started(session: Session, run_id: str, stage: str) -> bool:
    """Note that a stage starts; False where it has finished before and is to be skipped."""
    _require_open(session, run_id)
    if (finished := session.get(StageState, (run_id, stage))) is not None and finished.finished_at is not None:
        return False
    new = insert_into(session, StageState).values(run_id=run_id, stage=stage, started_at=_now(), detail={})
    session.execute(
        new.on_conflict_do_update(
            index_elements=["run_id", "stage"],
            set_={"started_at": new.excluded.started_at},
            where=StageState.finished_at.is_(None),
        )
    )
    return True


def stage_finished(session: Session, run_id: str, stage: str, detail: Mapping[str, Any] | None = None) -> None:
    """Note that a stage finished, with figures for the summary. Who finishes first counts; a repeat changes nothing.

    When `sources` has finished, the asking has ended: `begin_attempt` and `set_source` refuse from then on.
    """
    _require_open(session, run_id, alone=stage == _ASKING)
    session.execute(
        update(StageState)
        .where(StageState.run_id == run_id, StageState.stage == stage, StageState.finished_at.is_(None))
        .values(finished_at=_now(), detail=dict(detail or {}))
    )


def stages(session: Session, run_id: str) -> list[StageState]:
    """Return the stages of a run in the order in which they started."""
    query = select(StageState).where(StageState.run_id == run_id).order_by(StageState.started_at, StageState.stage)
    return list(session.scalars(query))


def begin_attempt(session: Session, run_id: str, source: str) -> int:
    """Start a new attempt at a source and return its number: 1, 2, … Two processes never get the same one.

    Raises Stop `run-closed`, and `asking-closed` once stage `sources` has finished.
    """
    _require_asking(session, run_id, source)
    fresh: dict[str, Any] = {
        "state": "running",
        "problem": None,
        "where": {},
        "rows": 0,
        "rejected": 0,
        "bytes": 0,
        "as_of": None,
        "started_at": _now(),
        "finished_at": None,
    }
    new = insert_into(session, SourceState).values(run_id=run_id, source=source, attempt=1, **fresh)
    attempt: int | None = session.scalar(
        new.on_conflict_do_update(
            index_elements=["run_id", "source"], set_={**fresh, "attempt": SourceState.attempt + 1}
        ).returning(SourceState.attempt)
    )
    assert attempt is not None
    return attempt


def set_source(
    session: Session,
    run_id: str,
    source: str,
    state: Answer,
    attempt: int,
    *,
    problem: str | None = None,
    where: Mapping[str, str | int] | None = None,
    rows: int = 0,
    rejected: int = 0,
    bytes_: int = 0,
    as_of: date | None = None,
    quarantined: Mapping[str, int] | None = None,
) -> bool:
    """Record how a source answered. False, changing nothing, where a later attempt has begun since.

    `problem` is the code of a `catalogue.problems.Problem` and `where` its parameters; `quarantined` counts rows by
    reason. Raises Stop `run-closed`, and `asking-closed` once stage `sources` has finished, whatever the attempt:
    what the run says of its sources then is what its reports were made from.
    """
    _require_asking(session, run_id, source)
    recorded = session.execute(
        update(SourceState)
        .where(SourceState.run_id == run_id, SourceState.source == source, SourceState.attempt == attempt)
        .values(
            state=state,
            problem=problem,
            where=dict(where or {}),
            rows=rows,
            rejected=rejected,
            bytes=bytes_,
            as_of=as_of,
            finished_at=_now(),
        )
        .returning(SourceState.source)
    ).one_or_none()
    if recorded is None:
        return False
    session.execute(delete(Quarantined).where(Quarantined.run_id == run_id, Quarantined.source == source))
    counts = [
        {"run_id": run_id, "source": source, "reason": reason, "count": count}
        for reason, count in sorted((quarantined or {}).items())
    ]
    if counts:
        session.execute(insert_into(session, Quarantined), counts)
    return True


def source_states(session: Session, run_id: str) -> list[SourceState]:
    """Return the state of each source that was tried in a run, by source."""
    query = select(SourceState).where(SourceState.run_id == run_id).order_by(SourceState.source)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def quarantine_counts(session: Session, run_id: str) -> list[Quarantined]:
    """Return the counts of rows set aside in a run, by source and reason."""
    query = select(Quarantined).where(Quarantined.run_id == run_id).order_by(Quarantined.source, Quarantined.reason)
    return list(session.scalars(query))


def publish(
    session: Session,
    run_id: str,
    degraded: bool,  # noqa: FBT001
    reports: Iterable[ReportIndexRow],
    batches: Sequence[BatchPlace],
    *,
    expected: int | None = None,
) -> bool:
    """Record a run as published, with its reports and their batches: all or nothing, in the caller's transaction.

    It becomes the current run of its date, unless the one that readers have now has more accepted sources: then it is
    on record only, and readers keep the better edition (`is_current` tells which). As many accepted sources are enough:
    the later edition counts then, and so it does where the reports of the other are not read any more.

    Returns whether it was recorded now: False, changing nothing, where it was published before. Raises Stop
    `run-closed` for an unknown run, `reports-incomplete` where there are not `expected` reports or not those of the
    batches, `batch-epoch-old` where a batch is sealed to an epoch of the vault that has passed, `batch-signer-revoked`
    where its signing key was revoked; the caller's transaction must then be rolled back, as `database.session` does.
    """
    if session.get(Run, run_id) is None:
        raise Stop("run-closed", run=run_id)
    # First the claim: a second process waits here until the first has committed, and then finds nothing to do.
    business_date = session.scalar(
        update(Run)
        .where(Run.id == run_id, Run.state == "open")
        .values(state="published", degraded=degraded, published_at=_now())
        .returning(Run.business_date)
    )
    if business_date is None:
        return False
    # Held until the commit: who ends a key afterwards finds these batches on record, and seals them anew.
    registered.require_publishable(session, batches)
    remaining = iter(reports)
    found: Counter[str] = Counter()
    while block := [{"run_id": run_id, **asdict(row)} for row in islice(remaining, _BLOCK)]:
        session.execute(insert_into(session, ReportIndex), block)
        found.update(row["county"] for row in block)
    _require_whole(run_id, found, batches, expected)
    registered.record(session, batches)
    before = current(session, business_date)
    better = before and _accepted(session, before.id) > _accepted(session, run_id)
    if before and better and _readable(session, before.id):
        return True
    pointer = insert_into(session, CurrentRun).values(business_date=business_date, run_id=run_id)
    session.execute(pointer.on_conflict_do_update(index_elements=["business_date"], set_={"run_id": run_id}))
    return True


def current(session: Session, business_date: date | None = None) -> Run | None:
    """Return the run that readers use for a business date, by default the latest date; None where there is none."""
    query = select(Run).join(CurrentRun, CurrentRun.run_id == Run.id).order_by(Run.business_date.desc()).limit(1)
    if business_date is not None:
        query = query.where(Run.business_date == business_date)
    return session.scalar(query.execution_options(populate_existing=True))


def is_current(session: Session, run_id: str) -> bool:
    """Say whether readers of the run's business date get this run."""
    return session.scalar(select(CurrentRun.run_id).where(CurrentRun.run_id == run_id)) is not None


def find_report(session: Session, household_ref: str, business_date: date | None = None) -> ReportIndex | None:
    """Return where the report of a household lies in the current run of a business date, by default the latest date.

    None where that run has none: a household that is no longer verified shows an older report only to who asks for
    that report's date.
    """
    runs = select(CurrentRun.run_id).order_by(CurrentRun.business_date.desc()).limit(1)
    if business_date is not None:
        runs = runs.where(CurrentRun.business_date == business_date)
    found = select(ReportIndex).where(
        ReportIndex.household_ref == household_ref, ReportIndex.run_id == runs.scalar_subquery()
    )
    return session.scalar(found)


def list_reports(session: Session, run_id: str, region: str = "") -> Iterator[ReportIndex]:
    """Give where the reports of a run lie, by county and household; `region` is a prefix of county codes."""
    query = (
        select(ReportIndex)
        .where(ReportIndex.run_id == run_id, ReportIndex.county.startswith(region, autoescape=True))
        .order_by(ReportIndex.county, ReportIndex.household_ref)
    )
    yield from session.scalars(query.execution_options(yield_per=_BLOCK))


def count_reports(session: Session, run_id: str) -> int:
    """Return how many reports a run published."""
    return session.scalar(select(func.count()).select_from(ReportIndex).where(ReportIndex.run_id == run_id)) or 0


def count_conclusions(session: Session, run_id: str) -> dict[str, int]:
    """Return how many reports of a run came to each conclusion."""
    counted = (
        select(ReportIndex.conclusion, func.count())
        .where(ReportIndex.run_id == run_id)
        .group_by(ReportIndex.conclusion)
        .order_by(ReportIndex.conclusion)
    )
    return dict(session.execute(counted).all())


def count_counties(session: Session, run_id: str) -> int:
    """Return how many counties the reports of a run belong to."""
    query = select(func.count(func.distinct(ReportIndex.county))).where(ReportIndex.run_id == run_id)
    return session.scalar(query) or 0


def newest(session: Session, business_date: date | None = None) -> Run | None:
    """Return the run that was opened last, published or not, of a business date or of all."""
    query = select(Run).order_by(Run.opened_at.desc(), Run.edition.desc()).limit(1)
    return session.scalar(query if business_date is None else query.where(Run.business_date == business_date))


def is_published(session: Session, run_id: str) -> bool:
    """Say whether readers have this run or had it."""
    return session.scalar(select(Run.state).where(Run.id == run_id)) == "published"


def published_at(session: Session, run_id: str) -> datetime | None:
    """Return when a run was published; None where it was not."""
    return session.scalar(select(Run.published_at).where(Run.id == run_id))


def is_known(session: Session, run_id: str) -> bool:
    """Say whether there is such a run."""
    return session.get(Run, run_id) is not None


def stage_detail(session: Session, run_id: str, stage: str) -> dict[str, Any]:
    """Return the figures that a finished stage left; KeyError where it has not finished."""
    found = session.get(StageState, (run_id, stage))
    if found is None or found.finished_at is None:
        raise KeyError(stage)
    return found.detail


def start_over(session: Session, run_id: str) -> None:
    """Forget what the stages and sources of an open run did, for when its working area is gone."""
    _require_open(session, run_id)
    for table in (StageState, SourceState, Quarantined):
        session.execute(delete(table).where(table.run_id == run_id))


def _latest(session: Session, business_date: date) -> Run | None:
    query = select(Run).where(Run.business_date == business_date).order_by(Run.edition.desc()).limit(1)
    return session.scalar(query.execution_options(populate_existing=True))


def _require_open(session: Session, run_id: str, *, alone: bool = False) -> None:
    # Locked on PostgreSQL until the step commits, so that publication cannot slip in between (SQLite has one writer).
    # `alone` also waits for the other steps of the run and holds them up.
    query = select(Run.state).where(Run.id == run_id).with_for_update(read=not alone, key_share=alone)
    if session.scalar(query) != "open":
        raise Stop("run-closed", run=run_id)


def _require_asking(session: Session, run_id: str, source: str) -> None:
    _require_open(session, run_id)  # first its lock: the end of the asking cannot slip in between either
    ended = select(StageState.finished_at).where(StageState.run_id == run_id, StageState.stage == _ASKING)
    if session.scalar(ended) is not None:
        raise Stop("asking-closed", run=run_id, source=source)


def _require_whole(run_id: str, found: Counter[str], batches: Sequence[BatchPlace], expected: int | None) -> None:
    # Each report lies in the batch of its county, and each batch has all of its reports on record.
    if expected is not None and found.total() != expected:
        raise Stop("reports-incomplete", run=run_id, expected=expected, found=found.total())
    sealed = Counter({place.county: place.count for place in batches})
    for county in sorted(found.keys() | sealed.keys()):
        if sealed[county] != found[county]:
            raise Stop("reports-incomplete", run=run_id, expected=sealed[county], found=found[county])


def _readable(session: Session, run_id: str) -> bool:
    return bool(registered.of_run(session, run_id))


def _accepted(session: Session, run_id: str) -> int:
    accepted = select(func.count()).where(SourceState.run_id == run_id, SourceState.state == "accepted")
    return session.scalar(accepted) or 0


def _now() -> datetime:
    return datetime.now(UTC)
