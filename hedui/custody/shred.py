"""Shred: the reports of a household are dead in every copy, backups included. And what to do after a restore."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import exists, select, update

from catalogue.problems import Stop
from hedui.custody.batches import Batches
from hedui.custody.keeper import Broken, Keeper, Tell, untold
from hedui.custody.lock import CustodyLost
from hedui.custody.tables import Tables
from hedui.keys import installation
from hedui.pipeline.checkpoints import checkpoint
from hedui.registry import batches as registered
from hedui.registry import database
from hedui.registry.batches import BatchPlace
from hedui.registry.database import upsert
from hedui.registry.models import Household, ReportIndex, Shredding


@dataclass
class Shredded:
    """What was done. `dead`: whether copies of the vault's file are dead too, as they are where it lies in a token.

    Runs in `open_runs` may have a report of these households yet, which is published with the others.
    """

    households: list[str]
    reports: int
    tables: int
    epoch: int
    dead: bool
    lost: Broken = field(default_factory=list)
    open_runs: list[str] = field(default_factory=list)


@dataclass
class Reconciled:
    """What became of the share tables after a restored backup."""

    tables: int = 0
    restored: int = 0
    epoch: int = 0
    lost: Broken = field(default_factory=list)


class _Bring(Protocol):
    def __call__(self, place: BatchPlace) -> object: ...


def known(keeper: Keeper, households: Collection[str]) -> int:
    """Return how many published reports these households have. Stop `shred-unknown` where one is not on record."""
    reports = 0
    with database.session(keeper.registry, readonly=True) as session:
        for ref in households:
            found = list(session.scalars(select(ReportIndex.run_id).where(ReportIndex.household_ref == ref)))
            asked = select(exists().where(Shredding.household_ref == ref) | exists().where(Household.ref == ref))
            if not found and not session.scalar(asked):
                raise Stop("shred-unknown")  # what was typed is not repeated: it may be a name or an ID number
            reports += len(found)
    return reports


def shred_households(
    keeper: Keeper, households: Collection[str], reason: str, tell: Tell = untold, *, anyway: bool = False
) -> Shredded:
    """Destroy the reports of households in every copy there is; of those, too, for whom it was begun and not ended.

    Killed at any instant and called again it goes on, and always under another epoch: what lay in a table of an epoch
    that was begun before may have been copied since. Raises Stop: `shred-unknown`; `shred-tables-left` where a share
    table can be neither read nor made good, and then nothing is destroyed, unless `anyway`; `vault-older`.
    """
    _vault_is_newest(keeper)
    reports = known(keeper, households)
    for ref in households:
        keeper.on_record("household.shred", ref, reason, about="household")
    _ask(keeper, households)
    checkpoint("shred:asked")
    gone = _asked(keeper)
    keeper.still_alone()
    target = keeper.vault.next_epoch()
    checkpoint("shred:begun")
    # From here on nothing is published that is sealed to an older epoch; what was before is on record by now.
    with database.session(keeper.registry) as session:
        registered.set_vault_epoch(session, target.epoch)
    checkpoint("shred:announced")
    batches, tables = Batches(keeper), Tables(keeper, target)
    places = batches.published()
    lost = _bring_all(places, lambda place: tables.bring(place, gone), tell)
    if lost and not anyway:
        raise Stop("shred-tables-left", count=len(lost), first=lost[0][0])
    left = {folder for folder, _ in lost}
    if not all(place.folder in left or tables.at_target(place) for place in batches.published()):
        raise Stop("shred-tables-left", count=1, first="–")  # nothing can have come in between: better asked than lost
    tables.forget(places)
    checkpoint("shred:resealed")
    dead = _destroy(keeper, target.epoch)
    _ended(keeper, gone)
    for ref in gone:
        keeper.on_record("household.shredded", ref, reason, {"epoch": target.epoch}, about="household")
    return Shredded(sorted(gone), reports, len(places) - len(lost), target.epoch, dead, lost, keeper.open_runs())


def reconcile(keeper: Keeper, tell: Tell = untold) -> Reconciled:
    """Bring registry and store to the vault's epoch after a backup of them was put back.

    Tables of epochs that were destroyed since are made good from the copies that were kept. What was shredded stays so.
    Raises Stop `vault-older`.
    """
    _vault_is_newest(keeper)
    target = keeper.vault.public()
    keeper.on_record("keys.reconcile", "vault", detail={"epoch": target.epoch})
    with database.session(keeper.registry) as session:
        registered.set_vault_epoch(session, target.epoch)
        registered.revoke_signers(session, Batches(keeper).revoked_signers)  # since the backup, it may be
    result, tables = Reconciled(epoch=target.epoch), Tables(keeper, target)

    def bring(place: BatchPlace) -> None:
        result.restored += tables.bring(place) == "restored"
        result.tables += 1

    result.lost = _bring_all(Batches(keeper).published(), bring, tell)
    return result


def _vault_is_newest(keeper: Keeper) -> None:
    # An older file would begin an epoch a second time, under another key, and what is sealed to the first be lost.
    with database.session(keeper.registry, readonly=True) as session:
        known_epoch = registered.vault_epoch(session)
    if (epoch := keeper.vault.public().epoch) < known_epoch:
        raise Stop("vault-older", epoch=epoch, known=known_epoch)


def _bring_all(places: Collection[BatchPlace], bring: _Bring, tell: Tell) -> Broken:
    lost: Broken = []
    for at, place in enumerate(places):
        tell(at, len(places))
        try:
            bring(place)
        except CustodyLost:
            raise
        except Stop as problem:
            if problem.code.startswith("report-store"):  # the store takes nothing: so it is not the table
                raise
            lost.append((place.folder, problem))
    tell(len(places), len(places))
    return lost


def _ask(keeper: Keeper, households: Collection[str]) -> None:
    now = datetime.now(UTC)
    rows = [{"household_ref": ref, "requested_at": now, "finished_at": None} for ref in sorted(set(households))]
    with database.session(keeper.registry) as session:
        upsert(session, Shredding, rows)


def _asked(keeper: Keeper) -> set[str]:
    with database.session(keeper.registry, readonly=True) as session:
        return set(session.scalars(select(Shredding.household_ref).where(Shredding.finished_at.is_(None))))


def _destroy(keeper: Keeper, target: int) -> bool:
    # All former epochs, those of earlier calls too that were killed in between; what is gone in a token stays gone.
    dead = True
    for one in keeper.vault.epochs:
        if one.epoch < target:
            keeper.still_alone()
            if installation.vault(keeper.settings).epochs[-1].epoch != target:  # the file as it is now
                raise CustodyLost("custody-lost")
            dead = keeper.vault.destroy(one.epoch) and dead
            checkpoint("shred:destroyed")
    return dead


def _ended(keeper: Keeper, households: Collection[str]) -> None:
    now = datetime.now(UTC)
    with database.session(keeper.registry) as session:
        for ref in households:
            session.execute(update(Shredding).where(Shredding.household_ref == ref).values(finished_at=now))
