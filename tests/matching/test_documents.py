"""Documents without a check character: equal spellings are equal documents, and a placeholder is none."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import documents, resident_id
from matching.columns import types_of


def types(*kinds: str | None) -> np.ndarray:
    return types_of(pa.array(kinds, pa.string()))


def key(text: str | None, kind: str | None = "passport") -> int:
    """The key of a text as it was typed."""
    return int(documents.opaque_keys(resident_id.clean(pa.array([text], pa.string())), types(kind))[0])


@pytest.mark.parametrize(
    "typed",
    [
        "E12345678",
        " e12345678\t",
        "'E12345678",
        "Ｅ１２３４５６７８",
        "E 1234 5678",
        "E-1234-5678",
        "e１２3４5678",
        "E1234(5678)",
    ],
)
def test_ways_of_typing_one_document(typed: str) -> None:
    assert key(typed) == key("E12345678") > 0


@pytest.mark.parametrize("kind", documents.DOCUMENT_TYPES)
@pytest.mark.parametrize(
    "text",
    [None, "", "　", "无", "不详", "N/A", "0000", "0", "/", "00000000", "E00000000", "1111111", "XXXXXXXX", "ABCDE",
     "AB123", "E12***678", "E1234****", "????????", "123456", "12345678", "0123456789", "护照",
     "护照丢失2019年补办中请核实" * 5, "E12----78", "E12....5678", "E12…5678", "E1234□□□□", "E1234■■■■", "EXX345678",
     "E12~~~5678", "E12—————5678", "E12/////5678", "E1234~5678", "E1234$5678", "E1234\U0001f6005678", "19700304",
     "1970-03-04", "1970.03.04", "1970年3月4日", "1970年03月", "987654321", "E0000-0000", "1234-5678"],
)  # fmt: skip
def test_no_document_at_all(text: str | None, kind: str) -> None:
    assert key(text, kind) == 0


@pytest.mark.parametrize(
    ("text", "fills"),
    [
        ("00000000", True),
        ("A1111B11", True),
        ("无", True),
        ("12345", True),
        ("123456789", True),
        ("1234567890123", True),
        ("123456789123456789", True),
        ("12345678901234567X", True),
        ("0123456789", True),
        ("987654321", True),
        ("9876543210987", True),
        ("45678901", True),
        ("32198765", True),
        ("12345679", False),
        ("123456780", False),
        ("1234567", True),
        ("12345654321", False),
        ("123456789000", False),
        ("11111112", False),
        ("E12345678", False),
        (None, False),
    ],
)
def test_placeholders(text: str | None, *, fills: bool) -> None:
    assert documents.placeholders(pa.array([text, "12", text], pa.string())).tolist() == [fills, True, fills]
    if text and not fills:
        assert key(text) > 0


def test_the_type_counts() -> None:
    keys = [key("E12345678", kind) for kind in ("passport", "military", "other")]
    assert len({*keys}) == 3
    assert key("E12345678", "driving licence") == key("E12345678", "other")
    assert key("E12345678", " Passport") == key("E12345678", "PASSPORT\t") == key("E12345678", "passport")
    assert (
        key("M01234567", " RESIDENT_ID ")
        == key("M01234567", "")
        == key("M01234567", "\u3000")
        == key("M01234567", None)
    )
    assert key("E12345678", "") == key("E12345678", "Resident_ID") == 0
    assert key("军字第0012345号", "military") == key("军字第００１２３４５号", "military") > 0
    assert key("军字第0012345号", "military") != key("南字第0012345号", "military")


@pytest.mark.parametrize(
    "text",
    ["ABC123456789012", "ＡＢＣ123456789012", "H0123456701", "M01234567", "m 0123456(7)"],
)
def test_documents_among_resident_ids_are_told_by_their_shape(text: str) -> None:
    assert key(text, "resident_id") == key(text, None) == key(text, "other") > 0


@pytest.mark.parametrize(
    ("text", "as_text"),
    [
        ("E12345678", True),
        ("A1234567", True),
        ("0812345678B", True),
        ("EA1234567", True),
        ("H012345678", True),  # nine digits are no permit
        ("AB123456789012", True),
        ("88001234", False),
        ("E00000000", False),
        ("XX1234567", False),
        ("E123*5678", False),
        ("E123456", False),
        ("军字第0012345号", False),
        ("13805151234", False),
    ],
)
def test_a_shape_alone_proves_no_document(text: str, *, as_text: bool) -> None:
    """Without a document type, a number that no rule confirms is equal as text at most, and never certain."""
    assert key(text, "resident_id") == key(text, None) == 0
    one, other = documents.text_keys(pa.array([text, text]))
    assert one == other
    assert (one > 0) == as_text


@pytest.mark.parametrize("text", ["19491231", "320102", "32010219900101", "11010519491231002X", "110105194912310021"])
def test_other_digits_among_resident_ids_are_no_document(text: str) -> None:
    assert key(text, "resident_id") == 0
    assert text in ("320102", "19491231") or key(text, "other") > 0


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("110105194912310021", True),
        ("11010519491231003", True),
        ("1101051949123100211", True),
        ("1101051949123100211X", False),
        ("1101051949123100", False),
        ("11010519491231A021", False),
        ("110105********0021", False),
        ("000000000000000000", False),
        ("123456789012345678", False),
        ("12345678901234567X", False),
        ("", False),
        (None, False),
    ],
)
def test_wrong_numbers_may_be_wrong_alike(text: str | None, *, has: bool) -> None:
    texts = pa.array([text, text], pa.string())
    one, other = documents.text_keys(texts)
    assert (one > 0) == has
    assert one == other
    assert documents.text_keys(texts.slice(1))[0] == other
    assert one == 0 or one != documents.opaque_keys(texts, types(*["passport"] * 2))[0]


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("110105********0021", True),
        ("1101***********02X", True),
        ("110************02X", False),
        ("110105****0021", True),
        ("111111********1111", False),
        ("E12***678", False),
        ("110105194912310021", False),
        ("", False),
        (None, False),
    ],
)
def test_masks_that_show_enough_have_keys_of_their_own(text: str | None, *, has: bool) -> None:
    texts = pa.array([text, "11", text], pa.string())
    keys = documents.mask_keys(texts).tolist()
    assert keys[0] == keys[2]
    assert [found > 0 for found in keys] == [has, False, has]
    assert not has or not documents.text_keys(texts).any()


def test_a_key_is_the_same_on_every_machine() -> None:
    """These are stored and compared over years: a change here is a change of every key."""
    keys = documents.opaque_keys(pa.array(["E12345678", "军字第0012345号"]), types("passport", "military"))
    assert keys.tolist() == [533967564500329075, 3581002514844785806]
    script = (
        "import pyarrow as pa; from matching import columns, documents;"
        "print(documents.opaque_keys(pa.array(['E12345678']), columns.types_of(pa.array(['passport'])))[0])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) == keys[0]


@settings(deadline=None)  # other work on the machine is no failure
@given(st.lists(st.one_of(st.none(), st.text(max_size=20), st.text("0123456789AEX-", max_size=45)), max_size=30))
def test_equal_keys_are_equal_spellings(texts: list[str | None]) -> None:
    cleaned = resident_id.clean(pa.array(texts, pa.string()))
    other = types(*["other"] * len(texts))
    for keys in (documents.opaque_keys(cleaned, other), documents.text_keys(cleaned)):
        assert (keys >= 0).all()
        spelled = documents.spelling(cleaned).to_pylist()
        named = [(text, found) for text, found in zip(spelled, keys.tolist(), strict=True) if found]
        assert len({text for text, _ in named}) == len({found for _, found in named}) == len(set(named))


def test_hashes_are_a_hint_and_spellings_the_proof() -> None:
    """Two documents of one key, made up on purpose: who joins on the key has `spelling` to tell them apart."""
    texts = pa.array(["E732515000600640", "E603015097854898"])
    assert len(set(documents.opaque_keys(texts, types(*["passport"] * 2)).tolist())) == 1
    assert len(set(documents.spelling(texts).to_pylist())) == 2


def test_many_documents_do_not_collide() -> None:
    texts = [f"{letter}{number:08d}" for letter in "EG" for number in range(1_000, 101_000)]
    keys = documents.opaque_keys(pa.array(texts), types(*["passport"] * len(texts)))
    assert len(np.unique(keys[keys > 0])) == (keys > 0).sum() > 199_000


@pytest.mark.parametrize(
    ("left", "right", "close"),
    [
        ("E12345678", "E12345679", True),
        ("E12345678", "E12345687", True),
        ("E12345678", "E1234567", True),
        ("E12345678", "E123456789", True),
        ("E12345678", "E12345678", False),
        ("E12345678", "E-12345678", False),
        ("E12345678", "E12345699", False),
        ("E12345678", "G12345687", False),
        ("E12345678", None, False),
        (None, None, False),
    ],
)
def test_one_edit_apart(left: str | None, right: str | None, *, close: bool) -> None:
    one, other = pa.array([left, None], pa.string()), pa.array([right, "E12345678"], pa.string())
    assert documents.one_edit_apart(one, other).tolist() == [close, False]
    assert documents.one_edit_apart(other, one).tolist() == [close, False]
