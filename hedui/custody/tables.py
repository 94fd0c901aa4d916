"""Share tables brought to an epoch of the vault, and the copies of them that outlive a restored backup.

A table in a backup is sealed to an epoch that may be destroyed since: then nobody opens it, whosever shares it holds.
So each time that tables are sealed to another epoch, what is new of each is kept beside the vault, which no backup puts
back: the head alone where the shares are as they were, else the whole table. Copies are sealed to the vault's current
epoch and to no other, so they open to nobody who could not open the store's own tables.
"""

import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from sqlalchemy import select, update

from catalogue.problems import Stop
from hedui.custody.keeper import Keeper
from hedui.pipeline.checkpoints import checkpoint
from hedui.registry import database
from hedui.registry.batches import BatchPlace
from hedui.registry.models import ReportBatch, ReportIndex
from hedui.sealing.batch import Vault
from hedui.sealing.errors import BrokenSeal, Place
from hedui.sealing.keys import PrivateKey
from hedui.sealing.rewrap import reseal, shred
from hedui.sealing.shares import LONGEST_HEAD, Shares, TableHead, slices

Brought = Literal["done", "current", "restored"]

_SUFFIX = ".hds"


class Tables:
    """The share tables of an installation, on their way to one epoch of its vault."""

    def __init__(self, keeper: Keeper, target: Vault) -> None:
        self._keeper = keeper
        self._target = target
        self._openers: dict[int, PrivateKey] = {}
        self._kept = keeper.settings.vault.with_name(f"{keeper.settings.vault.name}.tables")

    def bring(self, place: BatchPlace, gone: Collection[str] = ()) -> Brought:
        """Seal the share table of a batch to the epoch, without the shares of those households `gone` that it holds.

        A table that a restored backup put there, and that opens no more, is made good from the copy that was kept.
        Raises Stop: `vault-epoch-destroyed`, `vault-no-such-epoch` where there is none; `report-missing`; `BrokenSeal`.
        """
        whose, held = Place(place.run_id, place.county), self._of(place, gone)
        file = self._keeper.store.shares(place.folder)
        head = TableHead.read_whole(file, whose)
        said: Brought = "done"
        if not self._opens(head):
            file, said = self._made_good(place, file), "restored"
            head = TableHead.read_whole(file, whose)
        if head.head_hash != place.head_hash:
            raise whose.broken("shares", "names")
        if held or head.epoch != self._target.epoch:
            opener = self._opener(head.epoch)
            file = shred(file, whose, opener, self._target, held) if held else reseal(file, whose, opener, self._target)
            checkpoint("shred:opened")
        elif said == "done":
            self._note(place, head.epoch)
            return "current"
        self._keeper.still_alone()
        self._keep(place, file, whole=bool(held))
        checkpoint("shred:kept")
        self._keeper.store.put_shares(place.folder, file)
        checkpoint("shred:put")
        self._note(place, self._target.epoch)
        return said

    def at_target(self, place: BatchPlace) -> bool:
        """Whether the table in the store is sealed to the epoch."""
        front = self._keeper.store.shares_range(place.folder)(0, LONGEST_HEAD)
        return TableHead.read(front, Place(place.run_id, place.county)).epoch == self._target.epoch

    def forget(self, but: Collection[BatchPlace]) -> None:
        """Delete the copies of tables of batches that are on record no more."""
        if self._kept.exists():
            named = {self._copy(place).name for place in but}
            for path in self._kept.iterdir():
                if path.name not in named:
                    path.unlink()

    def _of(self, place: BatchPlace, households: Collection[str]) -> list[str]:
        if not households:
            return []
        query = select(ReportIndex.household_ref).where(
            ReportIndex.run_id == place.run_id, ReportIndex.county == place.county
        )
        found: list[str] = []
        wanted = sorted(households)
        with database.session(self._keeper.registry, readonly=True) as session:
            for at in range(0, len(wanted), 500):
                found += session.scalars(query.where(ReportIndex.household_ref.in_(wanted[at : at + 500])))
        return found

    def _opens(self, head: TableHead) -> bool:
        try:
            return self._opener(head.epoch).key_id == head.key_id
        except Stop:
            return False

    def _opener(self, epoch: int) -> PrivateKey:
        if epoch not in self._openers:
            self._openers[epoch] = self._keeper.vault.opener(epoch)
        return self._openers[epoch]

    def _made_good(self, place: BatchPlace, file: bytes) -> bytes:
        # A whole copy stands for itself; a head stands before the shares, which are then those that it was kept for.
        whose = Place(place.run_id, place.county)
        old = TableHead.read_whole(file, whose)
        try:
            copy = self._copy(place).read_bytes()
        except FileNotFoundError:
            self._opener(old.epoch)  # says why it does not open
            raise whose.broken("shares", "recipient") from None
        head = TableHead.read(copy[:LONGEST_HEAD], whose)
        made = copy if len(copy) > head.size else copy + file[old.size :]
        next(Shares(TableHead.read_whole(made, whose), slices(made), whose, self._opener(head.epoch)).entries())
        return made

    def _keep(self, place: BatchPlace, file: bytes, *, whole: bool) -> None:
        copy = self._copy(place)
        size = TableHead.read_whole(file, Place(place.run_id, place.county)).size
        whole = whole or self._is_whole(copy)  # once the shares have changed, no older backup has them
        self._kept.mkdir(mode=0o700, exist_ok=True)
        draft = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}.part")
        with draft.open("wb") as out:
            out.write(file if whole else file[:size])
            out.flush()
            os.fsync(out.fileno())
        draft.replace(copy)

    def _is_whole(self, copy: Path) -> bool:
        try:
            with copy.open("rb") as kept:
                head = TableHead.read(kept.read(LONGEST_HEAD), Place("", ""))
            return copy.stat().st_size > head.size
        except (FileNotFoundError, BrokenSeal):
            return False

    def _copy(self, place: BatchPlace) -> Path:
        return self._kept / f"{place.head_hash.hex()}{_SUFFIX}"

    def _note(self, place: BatchPlace, epoch: int) -> None:
        if place.epoch != epoch:
            row = update(ReportBatch).where(ReportBatch.run_id == place.run_id, ReportBatch.county == place.county)
            with database.session(self._keeper.registry) as session:
                session.execute(row.where(ReportBatch.folder == place.folder).values(epoch=epoch))
