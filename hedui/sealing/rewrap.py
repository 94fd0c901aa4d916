"""Putting sealed files under other keys: a batch key under other regions' keys, a share table under another epoch's.

Nothing here touches a report or the signed head, so signatures hold before and after.
"""

from collections.abc import Collection, Mapping

from catalogue.problems import Stop
from hedui.sealing import layout
from hedui.sealing.batch import Vault, batch_file, share_table, table_head
from hedui.sealing.errors import Place
from hedui.sealing.keys import Opener, PublicKey
from hedui.sealing.opening import Batch
from hedui.sealing.shares import SHREDDED, Shares, TableHead, slices


def rewrap(batch: Batch, recipients: Mapping[str, PublicKey]) -> bytes:
    """Return the batch file with its key sealed to these recipients and to no others; head and signature stay."""
    signed = batch.signed
    return batch_file(signed.suite, signed.head, signed.signature, batch.batch_key, recipients)


def reseal(file: bytes, place: Place, vault: Opener, following: Vault) -> bytes:
    """Return a share table with its key sealed to another epoch of the vault; the sealed shares stay as they are."""
    head = TableHead.read_whole(file, place)
    return table_head(head.binding, head.open_key(vault, place), following) + file[head.size :]


def shred(file: bytes, place: Place, vault: Opener, following: Vault, households: Collection[str]) -> bytes:
    """Return a share table without the shares of some households, under a new key and for another epoch of the vault.

    Their reports are dead once the old epoch's private key is destroyed: what a backup of this table was sealed to is
    gone. A household whose share was destroyed before stays so. Stop (`shred-not-in-batch`) where one is not in it.
    """
    head = TableHead.read_whole(file, place)
    shares = Shares(head, slices(file), place, vault)
    wanted = {layout.mark(household): household for household in households}
    entries = list(shares.entries())
    for absent in wanted.keys() - {entry[layout.SECRET :] for entry in entries}:
        raise Stop("shred-not-in-batch", household=wanted[absent], run=place.run_id, county=place.county)
    left = [SHREDDED + entry[layout.SECRET :] if entry[layout.SECRET :] in wanted else entry for entry in entries]
    return share_table(head.suite, head.head_hash, left, following)
