"""Batches of sealed reports as the registry knows them, and the vault's epoch that they must be sealed to.

As in `hedui.registry.runs`, every function is one short step within the caller's transaction.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.registry.database import insert_into
from hedui.registry.models import ReportBatch, VaultState

_ROW = 1  # the one row of `vault_state`
_FIRST = 1


class BatchPlace(NamedTuple):
    """Where the files of one batch lie: the reports of one county in one run.

    `folder` is a path within the report store; `head_hash` is the SHA-256 of the signed head; `epoch` counts the
    vault's keys.
    """

    run_id: str
    county: str
    folder: str
    count: int  # type: ignore[assignment]  # of reports; a tuple's own `count` is not needed here
    head_hash: bytes
    epoch: int


def of_run(session: Session, run_id: str) -> dict[str, BatchPlace]:
    """Return the batches of a published run by county; none for an open one, or one made by an older build."""
    query = select(ReportBatch).where(ReportBatch.run_id == run_id).order_by(ReportBatch.county)
    found = session.scalars(query.execution_options(populate_existing=True))
    return {row.county: _place(row) for row in found}


def batch_of(session: Session, run_id: str, county: str) -> BatchPlace:
    """Return the batch that the reports of a county in a published run lie in.

    Raises Stop `report-format-older` where there is none: an older build sealed them, in a format that is gone.
    """
    found = session.get(ReportBatch, (run_id, county), populate_existing=True)
    if found is None:
        raise Stop("report-format-older", run=run_id, county=county, date=run_id.partition(".")[0])
    return _place(found)


def record(session: Session, batches: Iterable[BatchPlace]) -> None:
    """Record the batches of a run that is being published."""
    if rows := [place._asdict() for place in batches]:
        session.execute(insert_into(session, ReportBatch), rows)


def vault_epoch(session: Session) -> int:
    """Return the vault's current epoch."""
    return session.scalar(select(VaultState.epoch).where(VaultState.id == _ROW)) or _FIRST


def hold_vault_epoch(session: Session) -> int:
    """Return the vault's current epoch, which then stays until the transaction ends: `set_vault_epoch` waits for it."""
    row = insert_into(session, VaultState).values(id=_ROW, epoch=_FIRST)
    session.execute(row.on_conflict_do_nothing())  # a row that is not there cannot be locked
    held = session.scalar(select(VaultState.epoch).where(VaultState.id == _ROW).with_for_update(read=True))
    assert held is not None
    return held


def set_vault_epoch(session: Session, epoch: int) -> None:
    """Make an epoch the current one, once publications under way have ended; nothing of an older one follows."""
    row = insert_into(session, VaultState).values(id=_ROW, epoch=epoch)
    session.execute(row.on_conflict_do_update(index_elements=["id"], set_={"epoch": epoch}))


def require_current(batches: Sequence[BatchPlace], epoch: int) -> None:
    """Raise Stop `batch-epoch-old` where the shares of a batch are sealed to an earlier epoch of the vault."""
    for place in batches:
        if place.epoch < epoch:
            raise Stop("batch-epoch-old", run=place.run_id, county=place.county, epoch=place.epoch, current=epoch)


def _place(row: ReportBatch) -> BatchPlace:
    return BatchPlace(row.run_id, row.county, row.folder, row.count, row.head_hash, row.epoch)
