"""Sealing and opening: what comes back, for whom, and what the bytes tell."""

import pickle
import re
from hashlib import shake_256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.problems import Stop
from catalogue.text import LANGUAGES
from hedui.sealing import layout
from hedui.sealing.batch import Sealer
from hedui.sealing.errors import BrokenSeal, Part
from hedui.sealing.keys import HYBRID, X25519, PrivateKey, PublicKey
from hedui.sealing.opening import SignedBatch
from hedui.sealing.shares import TableHead
from hedui.sealing.suites import GUOMI, INTERNATIONAL, named
from tests.sealing.world import (
    COUNTY,
    DOCUMENTS,
    EPOCH_1,
    PLACE,
    REGIONS,
    SIGNERS,
    SIGNING,
    STRANGER,
    VAULT,
    seal_all,
    sealed,
    sealer,
)


def broken(error) -> tuple[str, str]:
    assert isinstance(error.value, BrokenSeal)
    assert error.value.__cause__ is None  # what lies below may quote bytes
    return error.value.where["file"], error.value.where["part"]


@pytest.mark.parametrize("household", DOCUMENTS)
@pytest.mark.parametrize("region", REGIONS)
def test_opens_for_county_city_and_province(whole, region, household):
    assert whole.document(household, region) == DOCUMENTS[household]


@settings(max_examples=40, deadline=None)
@given(
    documents=st.lists(st.binary(max_size=5000), min_size=1, max_size=9), suite=st.sampled_from([INTERNATIONAL, GUOMI])
)
def test_any_documents_come_back(documents, suite):
    made = sealed(suite, documents={f"H{n}": document for n, document in enumerate(documents)})
    batch = made.opened()
    shares = batch.shares_whole(made.shares, VAULT)
    opened = [batch.open(report, household, shares) for household, report in made.reports.items()]
    assert opened == documents


LONGEST = 8 << 20
INCOMPRESSIBLE = shake_256(b"a document").digest(1 << 20)
OVERHEAD = 8 + 40  # lengths, and what Zstandard adds to a mebibyte that it cannot compress


@pytest.mark.parametrize("document", [bytes(LONGEST), INCOMPRESSIBLE[:-OVERHEAD]], ids=["long", "incompressible"])
def test_the_longest_documents_come_back(document):
    made = sealed(documents={"H1": document})
    assert made.document("H1") == document
    assert (1 << 20) < len(made.reports["H1"]) < (1 << 20) + 1024


@pytest.mark.parametrize("document", [bytes(LONGEST + 1), INCOMPRESSIBLE], ids=["long", "incompressible"])
def test_longer_documents_are_refused(document):
    with pytest.raises(Stop) as refused:
        sealer().seal(["H1"], [document])
    assert refused.value.code == "sealing-too-long"
    assert all(refused.value.message(language) for language in LANGUAGES)


def test_a_longer_document_is_refused_and_leaves_the_batch_as_it_was():
    making = sealer()
    first = making.seal(["H1"], [b"one"])
    with pytest.raises(Stop) as refused:
        making.seal(["H2", "H3"], [b"two", bytes(LONGEST + 1)])
    assert (refused.value.code, refused.value.where["household"]) == ("sealing-too-long", "H3")
    second = making.seal(["H4"], [b"four"])
    finished = making.finish()
    batch = SignedBatch.verify(finished.batch, PLACE, SIGNERS).open(COUNTY, REGIONS[COUNTY])
    shares = batch.shares_whole(finished.shares, VAULT)
    reports = finished.reports(first + second)
    assert [batch.open(report, household, shares) for household, report in zip(("H1", "H4"), reports, strict=True)] == [
        b"one",
        b"four",
    ]


def test_sealed_in_pieces_or_at_once_the_batch_is_the_same_kind():
    making = sealer()
    households, documents = list(DOCUMENTS), list(DOCUMENTS.values())
    cores = (
        making.seal(households[:2], documents[:2]) + making.seal([], []) + making.seal(households[2:], documents[2:])
    )
    finished = making.finish()
    batch = SignedBatch.verify(finished.batch, PLACE, SIGNERS).open(COUNTY, REGIONS[COUNTY])
    shares = batch.shares_whole(finished.shares, VAULT)
    for household, report in zip(households, finished.reports(cores), strict=True):
        assert batch.open(report, household, shares) == DOCUMENTS[household]


def test_shares_are_fetched_one_block_at_a_time():
    count = 2 * layout.BLOCK + 3
    made = sealed(documents={f"H{n}": b"%d" % n for n in range(count)})
    batch = made.opened()
    fetched = []

    def fetch(offset: int, length: int) -> bytes:
        fetched.append((offset, length))
        return made.shares[offset : offset + length]

    shares = batch.shares(fetch, VAULT)
    for n in (0, 1, layout.BLOCK - 1, layout.BLOCK, 2 * layout.BLOCK + 2, 5):
        assert batch.open(made.reports[f"H{n}"], f"H{n}", shares) == b"%d" % n
    size = layout.BLOCK * 48 + 16
    start = shares.head.size
    assert fetched == [(0, 2048), *((start + at * size, size) for at in (0, 1)), (start + 2 * size, 160), (start, size)]


def test_no_two_seals_are_alike_and_nothing_shows_through(whole):
    again = sealed(whole.suite)
    for household, document in DOCUMENTS.items():
        one, other = whole.reports[household], again.reports[household]
        assert len(one) == len(other)
        same = sum(a == b for a, b in zip(one, other, strict=True))
        assert same < len(one) * 0.1  # the names, and one byte in 256
        assert document[:12] not in one.replace(household.encode(), b"") or not document


def test_every_report_has_keys_nonce_and_share_of_its_own(whole):
    """Sealed in one call and in two, the same document each time: nothing that is drawn at random comes twice."""
    making = sealer(whole.suite)
    cores = [core for _ in range(2) for core in making.seal([f"H{n}" for n in range(50)], [b"the same"] * 50)]
    start = layout.REPORT.size + len(making._names)
    fields = [core[start + 1 + core[layout.REPORT.size] :] for core in cores]
    width = whole.suite.key_length + 16
    assert len({one[:12] for one in fields}) == 100  # nonces
    assert len({one[12 : 12 + width] for one in fields}) == 100  # wrapped keys
    assert len({one[12 + width : 44 + width] for one in fields}) == 100  # commitments, and so data keys
    assert len({one[44 + width :] for one in fields}) == 100
    assert len({entry[:32] for entry in making._entries}) == 100  # shares
    assert making._batch_key != sealer(whole.suite)._batch_key
    table_keys = set()
    for _ in range(2):
        made = sealed(whole.suite, documents={"H1": b""})
        head = TableHead.read_whole(made.shares, PLACE)
        table_keys.add(head.open_key(VAULT, PLACE))
    assert len(table_keys) == 2


def test_lengths_come_in_steps():
    documents = {f"H{n:03d}": bytes(range(n)) for n in range(200)}
    made = sealer().seal(list(documents), list(documents.values()))
    assert len({len(core) for core in made}) == 1


def test_what_compresses_well_is_padded_to_an_eighth():
    made = sealer().seal(["H1"], [bytes(1 << 20)])
    assert (1 << 17) <= len(made[0]) < (1 << 17) + 4096


def test_a_region_alone_and_the_vault_alone_open_nothing(whole):
    batch = whole.opened()
    with pytest.raises(BrokenSeal):  # a region's key is not the vault's
        batch.shares_whole(whole.shares, REGIONS[COUNTY])
    signed = SignedBatch.verify(whole.batch, PLACE, SIGNERS)
    for region in REGIONS:  # and the other way round
        with pytest.raises(BrokenSeal):
            signed.open(region, VAULT)


def test_the_worker_cannot_open_what_it_wrote(whole):
    making = sealer(whole.suite)
    making.seal(["H1"], [b"secret"])
    batch_key, entries = making._batch_key, list(making._entries)
    making.finish()
    kept = pickle.dumps({name: value for name, value in vars(making).items() if isinstance(value, bytes | list | dict)})
    assert batch_key not in kept
    assert entries[0][:32] not in kept
    assert not making._batch_key
    with pytest.raises(ValueError, match="finished"):
        making.seal(["H2"], [b"late"])
    with pytest.raises(ValueError, match="at least one"):
        making.finish()


def test_strangers_open_nothing(whole):
    signed = SignedBatch.verify(whole.batch, PLACE, SIGNERS)
    for region in (*REGIONS, "3202"):
        with pytest.raises(BrokenSeal) as error:
            signed.open(region, STRANGER)
        assert broken(error) == ("batch", "recipient")
    with pytest.raises(BrokenSeal) as error:  # the city's key for the county's stanza
        signed.open(COUNTY, REGIONS["3201"])
    assert broken(error) == ("batch", "recipient")
    with pytest.raises(BrokenSeal) as error:
        whole.opened().shares_whole(whole.shares, STRANGER)
    assert broken(error) == ("shares", "recipient")


def test_programming_errors_are_no_typed_errors():
    with pytest.raises(ValueError, match="recipients"):
        Sealer(PLACE, {}, EPOCH_1, SIGNING)
    with pytest.raises(ValueError, match="recipients"):
        Sealer(PLACE, {f"{n:06d}": STRANGER.public for n in range(9)}, EPOCH_1, SIGNING)
    with pytest.raises(ValueError, match="at least one"):
        sealer().finish()
    with pytest.raises(ValueError, match="shorter"):
        sealer().seal(["H1", "H2"], [b"one"])
    with pytest.raises(ValueError, match="1 to 255"):
        sealer().seal(["H" * 256], [b"one"])
    making = sealer()
    cores = making.seal(["H1", "H2"], [b"one", b"two"])
    with pytest.raises(ValueError, match="longer"):
        list(making.finish().reports(cores[:1]))


def test_the_names_of_255_bytes_have_a_place():
    finished, reports = seal_all(sealer(), {"家" * 85: b"long"})
    batch = SignedBatch.verify(finished.batch, PLACE, SIGNERS).open(COUNTY, REGIONS[COUNTY])
    assert batch.open(reports[0], "家" * 85, batch.shares_whole(finished.shares, VAULT)) == b"long"


def test_private_keys_do_not_show_and_do_not_travel(whole):
    key = PrivateKey.generate()
    assert key.seed.hex() not in repr(key)
    assert repr(key.seed) not in repr(key)
    with pytest.raises(TypeError, match="leave its process"):
        pickle.dumps(key)
    batch = whole.opened()
    assert repr(batch.batch_key) not in repr(batch)
    public = pickle.loads(pickle.dumps(key.public))  # noqa: S301
    assert public == key.public
    assert public.key_id == key.key_id


@pytest.mark.parametrize("kem", [HYBRID, X25519])
def test_keys_of_another_kind_or_length_are_refused(kem):
    key = PrivateKey.generate(kem)
    for wrong in (key.public.raw[:-1], key.public.raw + b"\0", b""):
        with pytest.raises(ValueError, match="not a public key"):
            PublicKey(kem, wrong)
    with pytest.raises(ValueError, match="not a public key"):
        PublicKey(0x0010, key.public.raw)
    with pytest.raises(ValueError, match="not a private key"):
        PrivateKey(key.seed[:-1], kem)
    with pytest.raises(ValueError, match="not a private key"):
        PrivateKey(key.seed, 0x0010)


def test_suites_have_names():
    assert (named("international"), named("guomi")) == (INTERNATIONAL, GUOMI)


def test_every_part_has_words_in_both_languages():
    for part in Part.__args__:
        for file in ("batch", "shares", "report"):
            error = PLACE.broken(file, part, "H000001")
            for language in LANGUAGES:
                words = error.message(language)
                assert PLACE.run_id in words
                assert not re.search(r"[{}]|\$", words)
                assert error.hint(language)
    messages = {PLACE.broken("batch", part).message("en") for part in Part.__args__}
    assert len(messages) == len(Part.__args__)
