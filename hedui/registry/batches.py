"""Batches of sealed reports as the registry knows them, and with which keys none may be sealed or signed any more.

As in `hedui.registry.runs`, every function is one short step within the caller's transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.registry.database import insert_into
from hedui.registry.models import ReportBatch, RevokedSigner, VaultState

_ROW = 1  # the one row of `vault_state`
_FIRST = 1


class BatchPlace(NamedTuple):
    """Where the files of one batch lie: the reports of one county in one run.

    `folder` is a path within the report store; `head_hash` is the SHA-256 of the signed head; `epoch` counts the
    vault's keys; `signer` is the id (16 bytes) of the key that signed the head.
    """

    run_id: str
    county: str
    folder: str
    count: int  # type: ignore[assignment]  # of reports; a tuple's own `count` is not needed here
    head_hash: bytes
    epoch: int
    signer: bytes


def of_run(session: Session, run_id: str) -> dict[str, BatchPlace]:
    """Return the batches of a published run by county; none for an open one, or one made by an older build."""
    query = select(ReportBatch).where(ReportBatch.run_id == run_id).order_by(ReportBatch.county)
    found = session.scalars(query.execution_options(populate_existing=True))
    return {row.county: place_of(row) for row in found}


def batch_of(session: Session, run_id: str, county: str) -> BatchPlace:
    """Return the batch that the reports of a county in a published run lie in.

    Raises Stop `report-format-older` where there is none: an older build sealed them, in a format that is gone.
    """
    found = session.get(ReportBatch, (run_id, county), populate_existing=True)
    if found is None:
        raise Stop("report-format-older", run=run_id, county=county, date=run_id.partition(".")[0])
    return place_of(found)


def record(session: Session, batches: Iterable[BatchPlace]) -> None:
    """Record the batches of a run that is being published."""
    if rows := [place._asdict() for place in batches]:
        session.execute(insert_into(session, ReportBatch), rows)


def vault_epoch(session: Session) -> int:
    """Return the vault's current epoch."""
    return session.scalar(select(VaultState.epoch).where(VaultState.id == _ROW)) or _FIRST


def hold_vault_epoch(session: Session, *, alone: bool = False) -> int:
    """Return the vault's current epoch, which then stays until the transaction ends: `set_vault_epoch` waits for it.

    With `alone`, whoever else holds it is waited for, and waits.
    """
    row = insert_into(session, VaultState).values(id=_ROW, epoch=_FIRST)
    session.execute(row.on_conflict_do_nothing())  # a row that is not there cannot be locked
    held = session.scalar(select(VaultState.epoch).where(VaultState.id == _ROW).with_for_update(read=not alone))
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


def revoked_signers(session: Session) -> set[bytes]:
    """Return the ids of the signing keys that were revoked."""
    return set(session.scalars(select(RevokedSigner.key_id)))


def revoke_signers(session: Session, key_ids: Collection[bytes]) -> None:
    """Let nothing be published any more that these keys signed, once publications under way have ended."""
    hold_vault_epoch(session, alone=True)
    now = datetime.now(UTC)
    if rows := [{"key_id": key_id, "revoked_at": now} for key_id in key_ids]:
        session.execute(insert_into(session, RevokedSigner).on_conflict_do_nothing(), rows)


def require_trusted(batches: Sequence[BatchPlace], revoked: Collection[bytes]) -> None:
    """Raise Stop `batch-signer-revoked` where a batch was signed with a revoked key."""
    for place in batches:
        if place.signer in revoked:
            raise Stop("batch-signer-revoked", run=place.run_id, county=place.county, date=place.run_id[:10])


def require_publishable(session: Session, batches: Sequence[BatchPlace]) -> None:
    """Refuse batches of keys that are over, and let none end before the transaction does.

    Raises Stop: `batch-epoch-old`, `batch-signer-revoked`.
    """
    require_current(batches, hold_vault_epoch(session))  # first: whoever revokes a signing key waits for it, too
    require_trusted(batches, revoked_signers(session))


def place_of(row: ReportBatch) -> BatchPlace:
    """Return where a batch on record lies."""
    return BatchPlace(row.run_id, row.county, row.folder, row.count, row.head_hash, row.epoch, row.signer)
