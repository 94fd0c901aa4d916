"""Repair: every single typing error leads back, and nothing else is ever proposed."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import repair, resident_id
from matching.repair import EDITS, LEFT_OUT

ANNA = "11010519491231002X"


def complete(body: str) -> str:
    """Append the check character by the standard's arithmetic, written out plainly."""
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def numbers() -> st.SearchStrategy[str]:
    return st.builds(
        lambda region, born, sequence: complete(f"{region:06d}{born:%Y%m%d}{sequence:03d}"),
        st.integers(100_000, 999_999),
        st.dates(dt.date(1880, 1, 1), dt.date(2100, 12, 31)),
        st.integers(0, 999),
    )


def proposed(texts: list[str | None]) -> list[dict[str, str]]:
    """For each text the numbers proposed and the edit named; never the same number twice."""
    probes = repair.edits(pa.array(texts, pa.string()))
    found: list[dict[str, str]] = [{} for _ in texts]
    for row, text, edit in zip(
        probes.row.tolist(), resident_id.decode(pa.array(probes.key)).to_pylist(), probes.edit.tolist(), strict=True
    ):
        assert text not in found[row]
        found[row][text] = EDITS[edit]
    assert (np.diff(probes.row) >= 0).all()
    return found


def is_number(text: str) -> bool:
    if len(text) != 18 or not (text[:17].isascii() and text[:17].isdigit()) or text[0] == "0":
        return False
    try:
        born = dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return complete(text[:17]) == text and 1880 <= born.year <= 2100


def one_error_away(text: str) -> set[str]:
    """Every valid number one error away, by trying everything: the slow way to the same set."""
    alphabet = "0123456789X"
    tried: set[str] = set()
    if len(text) == 18:
        tried |= {text[:at] + new + text[at + 1 :] for at in range(18) for new in alphabet}
        tried |= {text[:at] + text[at + 1] + text[at] + text[at + 2 :] for at in range(17)}
    if len(text) == 19:
        tried |= {text[:at] + text[at + 1 :] for at in range(19)}
    if len(text) == 17:
        tried |= {text[:at] + new + text[at:] for at in range(18) for new in alphabet}
    return {one for one in tried if is_number(one) and one != text}


@settings(deadline=None)  # other work on the machine is no failure
@given(numbers())
def test_every_single_error_at_every_place_leads_back(number: str) -> None:
    alphabet = "0123456789XA*?年"
    wrong = {
        "substitution": [number[:at] + new + number[at + 1 :] for at in range(18) for new in alphabet],
        "swap": [number[:at] + number[at + 1] + number[at] + number[at + 2 :] for at in range(17)],
        "insertion": [number[:at] + new + number[at:] for at in range(19) for new in alphabet],
        "deletion": [number[:at] + number[at + 1 :] for at in range(18)],
    }
    for edit, texts in wrong.items():
        bad = [text for text in texts if text.strip("年") != number]  # a word beside a number is no part of it
        assert resident_id.encode(pa.array(bad)).null_count == len(bad)
        for found in proposed(bad):
            assert found[number] in ({edit} if edit != "swap" else {"swap", "substitution"})


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            numbers().flatmap(
                lambda number: st.tuples(
                    st.integers(0, 18), st.text("0123456789X*A", max_size=2), st.integers(0, 2)
                ).map(lambda how: number[: how[0]] + how[1] + number[how[0] + how[2] :])
            ),
            st.text("0123456789X*", min_size=17, max_size=19),
            st.none(),
        ),
        max_size=12,
    )
)
def test_the_candidates_are_exactly_those_of_trying_everything(texts: list[str | None]) -> None:
    texts = [text for text in texts if text is None or not is_number(text)]
    for text, found in zip(texts, proposed(texts), strict=True):
        assert set(found) == (one_error_away(text) if text else set())


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "110105491331002",
        "11010519491231AB2X",
        "1101051949123100",
        "E12345678",
        "110105********002X",
        "X" * 18,
    ],
)
def test_no_number_is_one_error_away(text: str | None) -> None:
    assert proposed([text]) == [{}]


def test_an_edit_is_named_for_what_the_typist_did() -> None:
    typed = ["11010519491231003X", "1101051949123100X2", "11010519491231002XX", "1101051949123102X"]
    assert [found[ANNA] for found in proposed(typed)] == ["substitution", "swap", "insertion", "deletion"]


def test_blocks_slices_and_mixed_lengths_do_not_matter() -> None:
    one = ["11010519491231003X", "11010519491231002XX", None, "1101051949123102X", "三10105194912310021"]
    many = pa.array(one * 4_000)
    probes, few = repair.edits(many), repair.edits(pa.array(one))
    assert len(probes.row) == 4_000 * len(few.row)
    assert probes.key.tolist() == few.key.tolist() * 4_000
    later = repair.edits(many.slice(5, 5))
    assert (later.row.tolist(), later.key.tolist()) == (few.row.tolist(), few.key.tolist())
    assert np.array_equal(repair.partial_keys(many)[:, :5], repair.partial_keys(many.slice(10, 5)))
    assert np.array_equal(repair.masks(many)[:5], repair.masks(many.slice(10, 5)))


SEGMENTS = {"region": slice(0, 6), "birth": slice(6, 14), "sequence": slice(14, 18)}


@settings(deadline=None)
@given(numbers(), st.sampled_from(LEFT_OUT), st.text("0123456789*?XA", min_size=0, max_size=10))
def test_whatever_stands_in_one_segment_the_others_lead_back(number: str, segment: str, instead: str) -> None:
    place = SEGMENTS[segment]
    text = number[: place.start] + instead + number[place.stop :]
    keys = repair.partial_keys(pa.array([text]))[:, 0]
    of_number = repair.partial_of(resident_id.keys(pa.array([number])))[:, 0]
    assert (of_number > 0).all()
    at = LEFT_OUT.index(segment)
    marked = any(mark in instead for mark in "*?") or "XX" in instead
    if (marked or 16 <= len(text) <= 20) and instead:
        assert keys[at] == of_number[at]
    else:
        assert keys[at] in (0, of_number[at])


@settings(deadline=None)
@given(numbers(), numbers())
def test_partial_keys_are_equal_exactly_where_the_segments_are(one: str, other: str) -> None:
    mixed = [one, other, one[:6] + other[6:], one[:14] + other[14:], other[:6] + one[6:14] + other[14:]]
    keys = repair.partial_keys(pa.array(mixed))
    for at, segment in enumerate(LEFT_OUT):
        kept = [text[: SEGMENTS[segment].start] + "|" + text[SEGMENTS[segment].stop :] for text in mixed]
        for left in range(len(mixed)):
            for right in range(len(mixed)):
                assert (keys[at, left] == keys[at, right]) == (kept[left] == kept[right])


def test_a_kept_segment_that_cannot_be_is_no_key() -> None:
    texts = ["11010519491331002X", "1101O519491231002X", "11010519491231A02X", "110105********002X", "4912310021", None]
    assert (repair.partial_keys(pa.array(texts)) > 0).T.tolist() == [
        [False, True, False],  # no such day: only region and sequence can be kept
        [True, False, False],
        [False, False, True],
        [False, True, False],
        [False, False, False],
        [False, False, False],
    ]


def test_no_number_has_no_partial_key() -> None:
    keys = np.array([0, 11010519491231002, 0], dtype=np.int64)
    parts = repair.partial_of(keys)
    assert (parts[:, [0, 2]] == 0).all()
    assert (parts[:, 1] > 0).all()
    assert repair.partial_of(np.zeros(0, np.int64)).shape == (3, 0)


@pytest.mark.parametrize("region", ["000000", "012345", "099999"])
def test_a_region_that_cannot_be_is_never_kept(region: str) -> None:
    """The second half of 000000197001010001 must lead to nobody by 000000 and 0001."""
    texts = pa.array([f"{region}197001010001", f"{region}********0001", f"{region}19700101****"])
    assert (repair.partial_keys(texts) > 0).T.tolist() == [[True, False, False], [False] * 3, [False] * 3]


@settings(deadline=None)
@given(st.lists(st.text("0123456789X*0", min_size=16, max_size=20), min_size=1, max_size=20))
def test_whatever_has_a_partial_key_could_be_of_a_number(texts: list[str]) -> None:
    for text, (region, birth, sequence) in zip(texts, repair.partial_keys(pa.array(texts)).T.tolist(), strict=True):
        assert not ((birth or sequence) and text[0] == "0")
        assert not (region and text[-12] == "0")
        assert 0 not in (birth or 1, sequence or 1, region or 1)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("110105******002", "110105........002."),  # 15 places are those of an old number: no century, no check
        ("110105491231***", "110105..491231...."),
        ("1101054912310**", "110105..4912310..."),
        ("1101**4912**002", "1101....4912..002."),
        ("110105XXXXXX002", "110105........002."),
        ("110105*****002X", "110105........002X"),  # which 15 never end with: collapsed
        ("11010519491231*", "11010519491231...."),  # no month 49: collapsed
        ("***194912310021", "......194912310021"),
        ("******491231***", "........491231...."),
        ("110105********002X", "110105........002X"),
        ("110105XXXXXXXX0021", "110105........0021"),
        ("110105XXXXXXXX002X", "110105........002X"),
        ("11010519491231XXXX", "11010519491231...."),
        ("1****************X", "1................X"),
        ("1101**1949**3100##", "1101..1949..3100.."),
        ("11010519491231*02X", "11010519491231.02X"),
        ("110105****002X", "110105........002X"),  # collapsed
        ("110105*002X", "110105........002X"),
        ("110105************002X", "110105........002X"),
        ("***002X", "..............002X"),
        ("1101051949123**10021", None),  # nothing could be hidden between
        ("11010519491231002X", None),
        ("1101051949123100", None),
        ("E123**678", None),
        ("军字第001**45号", None),
        ("", None),
        (None, None),
    ],
)
def test_masks(text: str | None, known: str | None) -> None:
    found = repair.masks(pa.array([text], pa.string()))
    assert bytes(found[0]).replace(b"\0", b".").decode() == (known or "." * 18)
    assert found.shape == (1, 18)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=24), st.text("0123456789X*#?", max_size=30)), max_size=20))
def test_any_text_is_handled(texts: list[str | None]) -> None:
    cleaned = resident_id.clean(pa.array(texts, pa.string()))
    probes = repair.edits(cleaned)
    assert (resident_id.keys(resident_id.decode(pa.array(probes.key))) == probes.key).all()
    assert repair.partial_keys(cleaned).shape == (3, len(texts))
    assert repair.masks(cleaned).shape == (len(texts), 18)
