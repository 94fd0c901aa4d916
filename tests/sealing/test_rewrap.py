"""Other keys for the same files: rewrap, reseal, shred, revoke. Signatures hold, and what is destroyed stays so."""

import pytest

from catalogue.problems import Stop
from hedui.sealing import layout
from hedui.sealing.errors import BrokenSeal
from hedui.sealing.keys import PrivateKey
from hedui.sealing.opening import SignedBatch
from hedui.sealing.rewrap import reseal, rewrap, shred
from hedui.sealing.shares import TableHead
from tests.sealing.world import (
    COUNTY,
    DOCUMENTS,
    EPOCH_1,
    EPOCH_2,
    NEXT_COUNTY,
    NEXT_VAULT,
    PLACE,
    RECIPIENTS,
    REGIONS,
    SIGNERS,
    VAULT,
    Sealed,
    sealed,
)

GONE = "H000003"


def rejected(act) -> tuple[str, str]:
    with pytest.raises(BrokenSeal) as error:
        act()
    return error.value.where["file"], error.value.where["part"]


def shredded(made: Sealed, household: str = GONE) -> bool:
    with pytest.raises(Stop) as error:
        made.document(household)
    return error.value.code == "report-shredded"


def readable(made: Sealed, *, without: tuple[str, ...] = ()) -> bool:
    return all(made.document(name) == document for name, document in DOCUMENTS.items() if name not in without)


def test_rewrap_leaves_head_and_signature_and_changes_who_can_open(whole):
    rewrapped = whole.but(batch=rewrap(whole.opened(), {**RECIPIENTS, COUNTY: NEXT_COUNTY.public}))
    before, after = (SignedBatch.verify(one.batch, PLACE, SIGNERS) for one in (whole, rewrapped))
    assert (before.head, before.signature) == (after.head, after.signature)
    assert rejected(lambda: rewrapped.opened(COUNTY)) == ("batch", "recipient")
    batch = rewrapped.opened(COUNTY, NEXT_COUNTY)
    shares = batch.shares_whole(whole.shares, VAULT)
    for household, document in DOCUMENTS.items():
        assert batch.open(whole.reports[household], household, shares) == document
        assert rewrapped.document(household, "3201") == document


def test_regions_are_left_out_and_taken_in_again(whole):
    batch = whole.opened()
    only = rewrap(batch, {COUNTY: NEXT_COUNTY.public})
    assert [stanza.region for stanza in SignedBatch.verify(only, PLACE, SIGNERS).stanzas] == [COUNTY]
    again = rewrap(whole.but(batch=only).opened(COUNTY, NEXT_COUNTY), RECIPIENTS)
    assert readable(whole.but(batch=again))
    with pytest.raises(ValueError, match="recipients"):
        rewrap(batch, {})


def test_a_rewrapped_batch_key_is_the_same(whole):
    other = rewrap(whole.opened(), {"32": PrivateKey.generate().public})
    commitment = layout.batch_commitment(whole.suite, whole.opened().batch_key)
    assert commitment in whole.batch
    assert commitment in other


def test_reseal_changes_the_epoch_and_not_the_shares(whole):
    table = reseal(whole.shares, PLACE, VAULT, EPOCH_2)
    old, new = TableHead.read_whole(whole.shares, PLACE), TableHead.read_whole(table, PLACE)
    assert (old.epoch, new.epoch, new.key_id) == (1, 2, NEXT_VAULT.key_id)
    assert table[new.size :] == whole.shares[old.size :]
    assert readable(whole.but(shares=table, vault=NEXT_VAULT))
    assert rejected(lambda: whole.but(shares=table).document(GONE)) == ("shares", "recipient")


def test_a_shredded_household_is_dead_and_the_others_are_not(whole):
    table = shred(whole.shares, PLACE, VAULT, EPOCH_2, [GONE])
    after = whole.but(shares=table, vault=NEXT_VAULT)
    assert shredded(after)
    assert readable(after, without=(GONE,))
    assert SignedBatch.verify(after.batch, PLACE, SIGNERS)


def test_a_restored_backup_of_store_and_registry_does_not_bring_it_back(whole):
    """Everything but the vault's old key is restored: that key was destroyed after the shred."""
    backup = whole
    table = shred(whole.shares, PLACE, VAULT, EPOCH_2, [GONE])
    restored = backup.but(vault=NEXT_VAULT)
    for household in DOCUMENTS:
        assert rejected(lambda household=household: restored.document(household)) == ("shares", "recipient")
    forged = backup.shares[: layout.TABLE.size] + table[layout.TABLE.size :][: layout.VAULT.size]
    forged += backup.shares[len(forged) :]
    assert rejected(lambda: restored.but(shares=forged).document(GONE)) == ("shares", "table")
    # not even with the new table's head before the old shares: they were under another key
    size = TableHead.read_whole(table, PLACE).size
    assert rejected(lambda: restored.but(shares=table[:size] + backup.shares[size:]).document(GONE)) == (
        "shares",
        "share",
    )


def test_shredding_again_and_in_turn(whole):
    once = shred(whole.shares, PLACE, VAULT, EPOCH_2, [GONE])
    twice = shred(once, PLACE, NEXT_VAULT, EPOCH_1, [GONE, "H000001"])
    after = whole.but(shares=twice)
    assert shredded(after)
    assert shredded(after, "H000001")
    assert readable(after, without=(GONE, "H000001"))
    resealed = whole.but(shares=reseal(twice, PLACE, VAULT, EPOCH_2), vault=NEXT_VAULT)
    assert shredded(resealed)


def test_a_household_of_another_block_is_shredded():
    documents = {f"H{n}": b"%d" % n for n in range(layout.BLOCK + 2)}
    made = sealed(documents=documents)
    last = f"H{layout.BLOCK + 1}"
    after = made.but(shares=shred(made.shares, PLACE, VAULT, EPOCH_2, [last]), vault=NEXT_VAULT)
    assert shredded(after, last)
    assert after.document("H0") == b"0"
    assert after.document(f"H{layout.BLOCK}") == b"%d" % layout.BLOCK


def test_shredding_someone_who_is_not_there_is_an_error_and_not_a_success(whole):
    with pytest.raises(Stop) as error:
        shred(whole.shares, PLACE, VAULT, EPOCH_2, [GONE, "H999999"])
    assert error.value.code == "shred-not-in-batch"
    assert error.value.where["household"] == "H999999"


def test_damaged_files_are_not_carried_over(whole):
    for act in (reseal, lambda *args: shred(*args, [GONE])):
        for file in (whole.shares[:-1], whole.shares + b"\0", b"", whole.batch):
            assert rejected(lambda act=act, file=file: act(file, PLACE, VAULT, EPOCH_2)) == ("shares", "layout")
        assert rejected(lambda act=act: act(whole.shares, PLACE, NEXT_VAULT, EPOCH_2)) == ("shares", "recipient")
    spoilt = whole.shares[:-1] + bytes([whole.shares[-1] ^ 1])
    assert rejected(lambda: shred(spoilt, PLACE, VAULT, EPOCH_2, [GONE])) == ("shares", "share")


def test_revoked_means_new_keys_all_the_way_down(whole):
    """A stolen region's key: what it opened stays known, but nothing of the old batch opens the new one."""
    documents = {household: whole.document(household) for household in DOCUMENTS}
    anew = sealed(whole.suite, documents=documents)
    assert readable(anew)
    stolen = whole.opened()
    assert stolen.batch_key != anew.opened().batch_key
    shares = anew.opened().shares_whole(anew.shares, VAULT)
    assert rejected(lambda: stolen.open(anew.reports[GONE], GONE, shares)) == ("shares", "names")
    assert REGIONS[COUNTY].key_id != NEXT_COUNTY.key_id
