"""Every byte flipped, every cut, everything exchanged: one typed error each time, and never another document."""

from collections.abc import Iterator

import pytest

from catalogue.problems import Stop
from hedui.sealing import layout, merkle
from hedui.sealing.batch import Vault, batch_file, share_table
from hedui.sealing.errors import BrokenSeal, Place
from hedui.sealing.opening import SignedBatch
from hedui.sealing.shares import TableHead
from tests.sealing.world import (
    COUNTY,
    DOCUMENTS,
    EPOCH_1,
    HEADER,
    HOUSEHOLD,
    OTHER_SIGNING,
    PLACE,
    RECIPIENTS,
    REGIONS,
    RUN,
    SIGNERS,
    SIGNING,
    VAULT,
    refused,
    seal_all,
    sealed,
    sealer,
)


def flips(data: bytes) -> Iterator[bytes]:
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        yield bytes(changed)


@pytest.fixture(scope="module")
def opened(whole):
    """The batch and its shares, opened once: a flipped report is then one hash to refuse."""
    batch = whole.opened()
    return batch, batch.shares_whole(whole.shares, VAULT)


def parts(attempts: Iterator[bytes], act) -> set[str]:
    """Refuse each attempt; return the checks that did."""
    seen = set()
    for attempt in attempts:
        with pytest.raises(BrokenSeal) as error:
            act(attempt)
        seen.add(error.value.where["part"])
    return seen


@pytest.mark.parametrize("household", ["H000001", "H000005"])
def test_every_flipped_byte_of_a_report(whole, opened, household):
    batch, shares = opened
    seen = parts(flips(whole.reports[household]), lambda report: batch.open(report, household, shares))
    assert seen == {"layout", "names", "path"}


def test_every_truncation_of_a_report_and_anything_appended(whole, opened):
    batch, shares = opened
    report = whole.reports[HOUSEHOLD]
    cuts = (report[:length] for length in range(len(report)))
    assert parts(cuts, lambda cut: batch.open(cut, HOUSEHOLD, shares)) <= {"layout", "names"}
    for tail in (b"\0", bytes(32), report):
        with pytest.raises(BrokenSeal):
            batch.open(report + tail, HOUSEHOLD, shares)


@pytest.mark.parametrize("region", REGIONS)
def test_every_flipped_byte_of_a_batch_file(whole, region):
    def act(file: bytes) -> None:
        SignedBatch.verify(file, PLACE, SIGNERS).open(region, REGIONS[region])

    seen = parts(flips(whole.batch), act)
    assert seen == {"layout", "names", "signer", "signature", "recipient", "batch-key", "batch-seal"}


def test_every_truncation_of_a_batch_file_and_anything_appended(whole):
    def act(file: bytes) -> None:
        SignedBatch.verify(file, PLACE, SIGNERS)

    cuts = (whole.batch[:length] for length in range(len(whole.batch)))
    assert parts(cuts, act) == {"layout"}
    for tail in (b"\0", whole.batch):
        with pytest.raises(BrokenSeal):
            act(whole.batch + tail)


def test_every_flipped_byte_and_truncation_of_a_share_table(whole, opened):
    batch, _ = opened

    def act(file: bytes) -> None:
        list(batch.shares_whole(file, VAULT).entries())

    assert parts(flips(whole.shares), act) == {"layout", "names", "recipient", "table", "share"}
    cuts = (whole.shares[:length] for length in range(len(whole.shares)))
    assert parts(cuts, act) == {"layout"}
    with pytest.raises(BrokenSeal):
        act(whole.shares + b"\0")


def test_a_table_that_is_cut_when_read_in_ranges(whole, opened):
    batch, _ = opened
    cut = whole.shares[:-1]
    shares = batch.shares(lambda at, length: cut[at : at + length], VAULT)
    with pytest.raises(BrokenSeal) as error:
        batch.open(whole.reports[HOUSEHOLD], HOUSEHOLD, shares)
    assert error.value.where["part"] == "share"


# --- exchanged parts -------------------------------------------------------------------------------------------------


def spliced(first: bytes, second: bytes, start: int, end: int) -> bytes:
    return first[:start] + second[start:end] + first[end:]


def test_exchanged_households(whole):
    assert refused(whole.but(report=(HOUSEHOLD, whole.reports["H000002"]))) == ("report", "names")
    # … with the header of the household that is asked for
    forged = whole.reports[HOUSEHOLD][:HEADER] + whole.reports["H000002"][HEADER:]
    assert refused(whole.but(report=(HOUSEHOLD, forged))) == ("report", "path")


@pytest.mark.parametrize(
    "elsewhere", [Place("2026-06-30.2", COUNTY), Place(RUN, "320104")], ids=["another run", "another county"]
)
def test_files_of_another_run_or_county(whole, elsewhere):
    other = sealed(whole.suite, elsewhere)
    assert refused(whole.but(batch=other.batch)) == ("batch", "names")
    assert refused(whole.but(shares=other.shares)) == ("shares", "names")
    assert refused(whole.but(report=(HOUSEHOLD, other.reports[HOUSEHOLD]))) == ("report", "names")
    assert refused(other.but(place=PLACE)) == ("batch", "names")


def test_files_of_another_batch_of_the_same_place(whole):
    other = sealed(whole.suite)
    assert refused(whole.but(batch=other.batch)) == ("shares", "names")
    assert refused(whole.but(shares=other.shares)) == ("shares", "names")
    assert refused(whole.but(batch=other.batch, shares=other.shares)) == ("report", "path")
    assert refused(whole.but(report=(HOUSEHOLD, other.reports[HOUSEHOLD]))) == ("report", "path")


def test_header_body_and_path_of_another_report(whole):
    other = sealed(whole.suite)
    mine, theirs = whole.reports[HOUSEHOLD], other.reports[HOUSEHOLD]
    fields = HEADER + layout.fixed_fields(whole.suite)
    core = len(mine) - 32 * merkle.path_length(0, len(DOCUMENTS))
    for start, end in ((0, HEADER), (HEADER, fields), (fields, core), (core, len(mine)), (0, core)):
        mixed = spliced(mine, theirs, start, end)
        expected = mine if mixed == mine else None  # the header says the same in both
        if expected is None:
            assert refused(whole.but(report=(HOUSEHOLD, mixed))) == ("report", "path")
    path = whole.reports["H000002"][-96:]
    assert refused(whole.but(report=(HOUSEHOLD, mine[:-96] + path))) == ("report", "path")


def test_signatures_of_others(whole):
    other = sealed(whole.suite)
    head = SignedBatch.verify(whole.batch, PLACE, SIGNERS).head
    forged = spliced(whole.batch, other.batch, len(head), len(head) + 64)
    assert refused(whole.but(batch=forged)) == ("batch", "signature")
    finished, _ = seal_all(sealer(whole.suite, signing=OTHER_SIGNING), DOCUMENTS)
    assert refused(whole.but(batch=finished.batch)) == ("batch", "signer")
    # a signature of the right key over the head, but of another kind: the label keeps purposes apart
    plain = whole.batch[: len(head)] + SIGNING.sign(head) + whole.batch[len(head) + 64 :]
    assert refused(whole.but(batch=plain)) == ("batch", "signature")


def test_stanzas_of_others(whole):
    signed = SignedBatch.verify(whole.batch, PLACE, SIGNERS)
    start = len(signed.head) + 64
    other = sealed(whole.suite)
    assert refused(whole.but(batch=whole.batch[:start] + other.batch[start:])) == ("batch", "batch-key")
    # anybody can seal a key of their own to the regions: it is not the one that was signed
    forged = batch_file(whole.suite, signed.head, signed.signature, bytes(32), RECIPIENTS)
    assert refused(whole.but(batch=forged)) == ("batch", "batch-key")
    # the county's stanza under the city's name
    renamed = whole.batch.replace(b"\x043201", b"\x043299", 1)
    assert refused(whole.but(batch=renamed)) == ("batch", "batch-seal")
    assert refused(whole.but(batch=renamed), region="3201") == ("batch", "recipient")


def test_a_region_cannot_be_added_or_left_out_without_the_batch_key(whole):
    batch = whole.opened()
    signed = batch.signed
    fewer = {COUNTY: RECIPIENTS[COUNTY]}
    honest = batch_file(whole.suite, signed.head, signed.signature, batch.batch_key, fewer)
    assert whole.but(batch=honest).document(HOUSEHOLD) == DOCUMENTS[HOUSEHOLD]
    stripped = honest[: -layout.SEAL] + whole.batch[-layout.SEAL :]
    assert refused(whole.but(batch=stripped)) == ("batch", "batch-seal")


def test_a_share_table_that_anybody_can_make_opens_no_report(whole):
    signed = SignedBatch.verify(whole.batch, PLACE, SIGNERS)
    marks = [layout.mark(household) for household in DOCUMENTS]
    guessed = share_table(whole.suite, signed.head_hash, [b"\1" * 32 + mark for mark in marks], EPOCH_1)
    assert refused(whole.but(shares=guessed)) == ("report", "data-key")
    # what it can do is to claim; the specification says so, and says who knows better
    claimed = share_table(whole.suite, signed.head_hash, [bytes(32) + mark for mark in marks], EPOCH_1)
    with pytest.raises(Stop) as said:
        whole.but(shares=claimed).document(HOUSEHOLD)
    assert said.value.code == "report-shredded"


def test_shares_do_not_change_places(whole):
    signed = SignedBatch.verify(whole.batch, PLACE, SIGNERS)
    entries = list(whole.opened().shares_whole(whole.shares, VAULT).entries())
    entries[0], entries[1] = entries[1], entries[0]
    moved = share_table(whole.suite, signed.head_hash, entries, EPOCH_1)
    assert refused(whole.but(shares=moved)) == ("shares", "share")


def test_blocks_of_a_share_table_do_not_change_places():
    made = sealed(documents={f"H{n}": b"" for n in range(2 * layout.BLOCK)})
    start = TableHead.read_whole(made.shares, PLACE).size
    size = layout.BLOCK * layout.ENTRY + 16
    swapped = made.shares[:start] + made.shares[start + size :] + made.shares[start : start + size]
    assert refused(made.but(shares=swapped), "H0") == ("shares", "share")


def test_a_share_of_another_epoch_is_bound_to_it(whole):
    later = share_table(whole.suite, bytes(32), [bytes(48)], Vault(7, VAULT.public))
    epoch = layout.TABLE.size
    forged = later[:epoch] + (8).to_bytes(4, "big") + later[epoch + 4 :]
    with pytest.raises(BrokenSeal) as error:
        TableHead.read_whole(forged, PLACE).open_key(VAULT, PLACE)
    assert error.value.where["part"] == "table"
