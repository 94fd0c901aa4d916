"""What only a worker with the signing key could make: the checks behind the signature, each without those before it."""

import tracemalloc

import pytest

from hedui.sealing import layout
from hedui.sealing.batch import Sealer, batch_file, share_table
from hedui.sealing.errors import BrokenSeal
from hedui.sealing.opening import SignedBatch
from hedui.sealing.shares import TableHead
from tests.sealing.world import (
    COUNTY,
    DOCUMENTS,
    EPOCH_1,
    HEADER,
    HOUSEHOLD,
    PLACE,
    RECIPIENTS,
    SIGNERS,
    SIGNING,
    VAULT,
    Sealed,
    refused,
    seal_all,
    sealed,
    sealer,
)


class Forger(Sealer):
    """Seals an inner part of its own making under an honest header, or spoils what it seals."""

    inner = b""

    def _packed(self, household: str, document: bytes) -> bytes:
        return self.inner


def forged(suite, inner: bytes) -> Sealed:
    worker = Forger(PLACE, RECIPIENTS, EPOCH_1, SIGNING, suite)
    worker.inner = inner
    finished, reports = seal_all(worker, {HOUSEHOLD: b""})
    return Sealed(suite, PLACE, finished.batch, finished.shares, {HOUSEHOLD: reports[0]})


def inner_of(length: int, squeezed: int, content: bytes, total: int = 1024) -> bytes:
    return (layout.INNER.pack(length, squeezed) + content).ljust(total, b"\0")


HONEST = sealer()._packed(HOUSEHOLD, DOCUMENTS[HOUSEHOLD])
LENGTH, SQUEEZED = layout.INNER.unpack_from(HONEST)
FRAME = HONEST[8 : 8 + SQUEEZED]
UNSIZED = bytes.fromhex("28b52ffd0058") + FRAME[6:]


@pytest.mark.parametrize(
    "inner",
    [
        b"",
        b"short",
        bytes(1024),
        inner_of(1 << 31, 4, b"bomb"),
        inner_of(4, 1 << 31, b"bomb"),
        inner_of(4, 4, b"bomb"),
        inner_of(LENGTH - 1, SQUEEZED, FRAME),
        inner_of(LENGTH + 1, SQUEEZED, FRAME),
        inner_of(0, SQUEEZED, FRAME),
        inner_of(LENGTH, SQUEEZED - 1, FRAME),
        inner_of(LENGTH, SQUEEZED + 1, FRAME),
        inner_of(LENGTH, SQUEEZED + 5, FRAME + b"tail!"),
        inner_of(LENGTH, SQUEEZED, UNSIZED),
        HONEST[:-1] + b"\1",
        HONEST + bytes(1024),
        HONEST[:-1],
        inner_of(8 << 20, SQUEEZED, FRAME, 1 << 20),
    ],
)
def test_a_forged_inside_is_refused(whole, inner):
    assert refused(forged(whole.suite, inner)) == ("report", "document")


def test_the_honest_inside_is_not(whole):
    assert forged(whole.suite, HONEST).document(HOUSEHOLD) == DOCUMENTS[HOUSEHOLD]


def test_a_frame_that_promises_much_takes_no_memory(whole):
    """A frame may claim any content size; whoever believes it takes that much memory before the first byte."""
    huge = bytes.fromhex("28b52ffde0") + (1 << 40).to_bytes(8, "little") + bytes.fromhex("010000")
    made = forged(whole.suite, inner_of(4096, len(huge), huge))
    tracemalloc.start()
    try:
        assert refused(made) == ("report", "document")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def resigned(made: Sealed, at: int, value: bytes) -> Sealed:
    """The batch with a few bytes of its head exchanged, and signed for that, as only the worker can."""
    batch = made.opened()
    head = batch.signed.head[:at] + value + batch.signed.head[at + len(value) :]
    signature = SIGNING.sign(layout.SIGNED + head)
    return made.but(batch=batch_file(made.suite, head, signature, batch.batch_key, RECIPIENTS))


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, b"HEDUIRPT"),
        (8, b"\1"),
        (8, b"\3"),
        (9, b"\0"),
        (9, b"\3"),
        (10, bytes(4)),
        (10, (layout.MAX_REPORTS + 1).to_bytes(4, "big")),
        (layout.HEAD.size, b"\0"),
    ],
)
def test_signed_heads_of_another_kind(whole, at, value):
    assert refused(resigned(whole, at, value)) == ("batch", "layout")


def test_a_signed_head_that_is_honest(whole):
    """What the test above rests on: that nothing else is wrong with such a file."""
    assert resigned(whole, 0, b"HEDUIBAT").opened().batch_key == whole.opened().batch_key


def test_stanzas_without_number_or_kind(whole):
    head = SignedBatch.verify(whole.batch, PLACE, SIGNERS).head
    at = len(head) + 64
    stanzas = whole.batch[at + 1 : -layout.SEAL]
    kem = at + 1 + 1 + len(COUNTY)
    last = len(whole.batch) - layout.SEAL - 80 - layout.STANZA.size  # of the province, to which X25519 seals
    for hostile in (
        whole.batch[:at] + b"\0" + whole.batch[-layout.SEAL :],
        whole.batch[:at] + b"\x09" + stanzas * 3 + whole.batch[-layout.SEAL :],
        whole.batch[:kem] + b"\x00\x10" + whole.batch[kem + 2 :],
        whole.batch[:last] + b"\x00\x10" + whole.batch[last + 2 :],
        whole.batch[: at + 1] + b"\0" + whole.batch[kem:],
    ):
        assert refused(whole.but(batch=hostile)) == ("batch", "layout")


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, b"HEDUIBAT"), (8, b"\1"), (8, b"\3"), (9, b"\0"), (9, b"\3"), (10, bytes(4)), (10, b"\xff" * 4)],
)
def test_share_tables_of_another_kind(whole, at, value):
    hostile = whole.shares[:at] + value + whole.shares[at + len(value) :]
    assert refused(whole.but(shares=hostile)) == ("shares", "layout")
    opened = whole.opened()
    with pytest.raises(BrokenSeal) as error:
        opened.shares(lambda offset, length: hostile[offset : offset + length], VAULT)
    assert error.value.where["part"] == "layout"


def test_shares_that_no_table_has(whole):
    shares = whole.opened().shares_whole(whole.shares, VAULT)
    assert len(shares.share(0, HOUSEHOLD)) == 32
    for index in (-1, len(DOCUMENTS), 1 << 31):
        with pytest.raises(BrokenSeal):
            shares.share(index, HOUSEHOLD)


def test_a_block_with_fewer_entries_than_it_should_have(whole):
    batch = whole.opened()
    entries = list(batch.shares_whole(whole.shares, VAULT).entries())
    short = share_table(whole.suite, batch.signed.head_hash, entries[:2], EPOCH_1)
    size = TableHead.read_whole(short, PLACE).size
    binding = TableHead.read_whole(whole.shares, PLACE).binding
    key = TableHead.read_whole(whole.shares, PLACE).open_key(VAULT, PLACE)
    block = whole.suite.encrypt(key, layout.block_nonce(0), b"".join(entries[:2]), binding)
    hostile = whole.shares[:size] + block
    shares = batch.shares(lambda at, length: hostile[at : at + length], VAULT)
    assert shares.share(1, "H000002") == entries[1][:32]
    with pytest.raises(BrokenSeal):
        shares.share(2, "H000003")


def spoilt(monkeypatch, spoil) -> None:
    """Let a worker spoil each core before it hashes and signs it."""
    honest = Sealer._core
    monkeypatch.setattr(Sealer, "_core", lambda self, *args: spoil(honest(self, *args)))


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, b"HEDUIBAT"), (8, b"\1"), (8, b"\3"), (9, b"\0"), (9, b"\3"), (10, b"\0\0\0\1"), (14, b"\xff" * 4)],
)
def test_signed_reports_of_another_kind(whole, at, value, monkeypatch):
    spoilt(monkeypatch, lambda core: core[:at] + value + core[at + len(value) :])
    assert refused(sealed(whole.suite, documents={HOUSEHOLD: b"{}"})) == ("report", "layout")


@pytest.mark.parametrize("total", [1 << 20, (1 << 20) + 1024])
def test_a_signed_report_that_is_too_long(whole, total):
    expected = "document" if total == 1 << 20 else "layout"
    assert refused(forged(whole.suite, bytes(total))) == ("report", expected)


@pytest.mark.parametrize("part", ["commitment", "data-key", "payload"])
def test_checks_behind_the_signature(whole, part, monkeypatch):
    """What a worker sealed wrongly and signed all the same: each check works without the ones before it."""
    width = whole.suite.key_length + 16
    at = {"data-key": HEADER + 12, "commitment": HEADER + 12 + width, "payload": HEADER + 44 + width}[part]
    spoilt(monkeypatch, lambda core: core[:at] + bytes([core[at] ^ 1]) + core[at + 1 :])
    assert refused(sealed(whole.suite, documents={HOUSEHOLD: b"{}"})) == ("report", part)


def test_a_payload_is_bound_to_its_header(whole, monkeypatch):
    """Associated data: a body sealed for one header does not open under another, even signed and with its keys."""
    suite = whole.suite
    honest = type(suite).expand
    monkeypatch.setattr(
        type(suite), "expand", lambda self, key, info, n: honest(self, key, info.split(b"\0")[0], n)
    )  # keys that no longer depend on the header
    core = Sealer._core

    def other_index(self, index, *args):
        made = core(self, index + 1, *args)
        return made[:10] + index.to_bytes(4, "big") + made[14:]

    monkeypatch.setattr(Sealer, "_core", other_index)
    assert refused(sealed(suite, documents={HOUSEHOLD: b"{}"})) == ("report", "data-key")
