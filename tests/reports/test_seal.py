"""Sealing: opens for each recipient, and only what is the untouched report of the right household, county and run."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.problems import Stop
from hedui.reports import seal as sealing
from hedui.reports.seal import BrokenSeal, Subject, open_sealed, open_with, recipients_of, seal

SUBJECT = Subject("H000123", "320102", "2026-06-30.1")
DOCUMENT = b'{"household":"H000123"}' * 20


class Keys:
    """Key pairs by region; public and private may be held apart."""

    def __init__(self, *regions: str) -> None:
        self.pairs = {region: X25519PrivateKey.generate() for region in regions}

    def private(self, region: str) -> X25519PrivateKey:
        return self.pairs[region]

    def recipient(self, region: str):
        return self.pairs[region].public_key()


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys("320102", "3201", "32")


@pytest.fixture(scope="module")
def sealed(keys) -> bytes:
    return seal(DOCUMENT, SUBJECT, recipients_of("320102", keys))


def opened(sealed, keys, subject=SUBJECT, region="320102"):
    return open_sealed(sealed, subject, region, keys.private(region))


@pytest.mark.parametrize("region", ["320102", "3201", "32"])
def test_opens_for_county_city_and_province(sealed, keys, region):
    assert opened(sealed, keys, region=region) == DOCUMENT


@settings(max_examples=40, deadline=None)
@given(document=st.binary(max_size=5000))
def test_any_document_comes_back(keys, document):
    assert opened(seal(document, SUBJECT, recipients_of("320102", keys)), keys) == document


def test_no_two_seals_are_alike_and_nothing_shows_through(sealed, keys):
    again = seal(DOCUMENT, SUBJECT, recipients_of("320102", keys))
    assert again != sealed
    assert len(again) == len(sealed)
    assert DOCUMENT[:12] not in sealed.replace(b"H000123", b"", 1)


def test_lengths_come_in_steps(keys):
    recipients = recipients_of("320102", keys)
    lengths = {len(seal(bytes(range(n)), SUBJECT, recipients)) for n in range(200)}
    assert len(lengths) == 1


@pytest.mark.parametrize("region", ["320102", "32"])
def test_every_flipped_byte_is_noticed(sealed, keys, region):
    private = keys.private(region)
    for at in range(len(sealed)):
        broken = bytearray(sealed)
        broken[at] ^= 1 << (at % 8)
        with pytest.raises(BrokenSeal):
            open_sealed(bytes(broken), SUBJECT, region, private)


def test_every_truncation_is_noticed(sealed, keys):
    private = keys.private("320102")
    for length in range(len(sealed)):
        with pytest.raises(BrokenSeal):
            open_sealed(sealed[:length], SUBJECT, "320102", private)


def test_anything_appended_is_noticed(sealed, keys):
    for tail in (b"\0", sealed):
        with pytest.raises(BrokenSeal):
            opened(sealed + tail, keys)


@pytest.mark.parametrize(
    "other",
    [
        Subject("H000124", "320102", "2026-06-30.1"),
        Subject("H000123", "320104", "2026-06-30.1"),
        Subject("H000123", "320102", "2026-06-30.2"),
    ],
)
def test_another_household_county_or_run_is_noticed(keys, other):
    elsewhere = seal(DOCUMENT, other, recipients_of("320102", keys))
    with pytest.raises(BrokenSeal):
        opened(elsewhere, keys)


def test_parts_of_two_reports_do_not_mix(sealed, keys):
    other = seal(DOCUMENT, SUBJECT, recipients_of("320102", keys))
    for cut in range(1, len(sealed)):
        mixed = sealed[:cut] + other[cut:]
        if mixed not in (sealed, other):
            with pytest.raises(BrokenSeal):
                opened(mixed, keys)


def test_the_wrong_key_and_a_region_that_is_no_recipient(sealed, keys):
    stranger = X25519PrivateKey.generate()
    for region in ("320102", "3202"):
        with pytest.raises(BrokenSeal):
            open_sealed(sealed, SUBJECT, region, stranger)
    with pytest.raises(BrokenSeal):  # the province's key on the county's stanza
        open_sealed(sealed, SUBJECT, "320102", keys.private("32"))


@settings(max_examples=300, deadline=None)
@given(tail=st.binary(max_size=400))
def test_hostile_bytes_end_in_the_same_error(keys, tail):
    names = sealing._names(SUBJECT)
    for hostile in (tail, names + tail):
        with pytest.raises(BrokenSeal):
            opened(hostile, keys)


def forged(keys, inner: bytes) -> bytes:
    """Seal an inner part of one's own making: anybody holding the public keys can."""
    real = sealing._pack
    sealing._pack = lambda _: inner
    try:
        return seal(b"", SUBJECT, recipients_of("320102", keys))
    finally:
        sealing._pack = real


@pytest.mark.parametrize(
    "inner",
    [
        b"",
        b"short",
        sealing._INNER.pack(1 << 31, 4) + b"bomb",
        sealing._INNER.pack(4, 1 << 31) + b"bomb",
        sealing._INNER.pack(4, 4) + b"bomb",
        sealing._pack(DOCUMENT) + b"\1",
        sealing._INNER.pack(9999, 20) + bytes(20),
    ],
)
def test_a_forged_inside_is_refused(keys, inner):
    with pytest.raises(BrokenSeal):
        opened(forged(keys, inner), keys)


def test_a_length_that_is_not_the_documents_is_refused(keys):
    honest = sealing._pack(DOCUMENT)
    length, squeezed = sealing._INNER.unpack_from(honest)
    for claimed in (0, length - 1, length + 1, sealing.MAX_DOCUMENT):
        with pytest.raises(BrokenSeal):
            opened(forged(keys, sealing._INNER.pack(claimed, squeezed) + honest[sealing._INNER.size :]), keys)


def test_whichever_key_is_at_hand_opens(sealed, keys):
    city_only = Keys()
    city_only.pairs = {"3201": keys.pairs["3201"]}
    assert open_with(city_only, sealed, SUBJECT) == DOCUMENT
    with pytest.raises(Stop) as none_at_hand:
        open_with(Keys("320104"), sealed, SUBJECT)
    assert none_at_hand.value.code == "report-no-key"


def test_the_error_names_where_and_nothing_personal(sealed, keys):
    with pytest.raises(BrokenSeal) as error:
        opened(sealed[:-1], keys)
    assert error.value.where == {"household": "H000123", "run": "2026-06-30.1"}
    assert error.value.__cause__ is None


def test_a_document_over_the_limit_or_no_recipient_is_a_programming_error(keys):
    with pytest.raises(ValueError, match="too long"):
        seal(bytes(sealing.MAX_DOCUMENT + 1), SUBJECT, recipients_of("320102", keys))
    with pytest.raises(ValueError, match="no recipients"):
        seal(b"", SUBJECT, {})
