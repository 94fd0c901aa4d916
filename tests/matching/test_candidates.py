"""Which pairs are compared at all: how the numbers agree, where a search gives up, and what is never looked up."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from matching import documents, resident_id
from matching.candidates import Records, candidates
from matching.comparison import NUMBERS, SIDES
from matching.index import APPLICANT_SCHEMA, Index
from matching.match import RECORD_SCHEMA
from matching.scoring import Model

NUMBER, OLD, WRONG = "11010519491231002X", "110105491231002", "11010519491231003X"
NAME, BORN = "欧阳紫罡", date(1949, 12, 31)


def row(number: str | None, kind: str | None = None, name: str | None = NAME, **more: object) -> dict:
    return {"resident_id": number, "document_type": kind, "name": name, "birth_date": BORN, **more}


def index(*rows: dict) -> Index:
    people = [{"applicant_id": f"{place:05d}", **one} for place, one in enumerate(rows)]
    return Index.build(pa.Table.from_pylist(people, schema=APPLICANT_SCHEMA), Model.shipped())


def find(people: Index, *rows: dict) -> list[tuple[int, int, str, str]]:
    """Return record, person, level and side of every pair."""
    return pairs(people, *rows)[0]


def pairs(people: Index, *rows: dict) -> tuple[list[tuple[int, int, str, str]], int]:
    """Return every pair, and how many searches were given up."""
    found, capped = candidates(people, Records.read(pa.RecordBatch.from_pylist(list(rows), schema=RECORD_SCHEMA)))
    levels = [NUMBERS[level] for level in found.number]
    return [
        *zip(found.row.tolist(), found.person.tolist(), levels, [SIDES[s] for s in found.side], strict=True)
    ], capped


@pytest.mark.parametrize(
    ("ours", "theirs", "level"),
    [(NUMBER, NUMBER, "equal"), (OLD, NUMBER, "equal-15"), (NUMBER, OLD, "equal-15"), (OLD, OLD, "equal-15")],
)
def test_fifteen_digits_on_either_side(ours: str, theirs: str, level: str) -> None:
    assert find(index(row(theirs)), row(None), row(ours)) == [(1, 0, level, "record")]


def test_pairs_stand_in_order_and_each_once() -> None:
    people = index(row(NUMBER), row(WRONG), row(NUMBER), row("110105********002X"))
    found = find(people, row(WRONG), row(NUMBER), row("11010519491231****"))
    assert [pair[:2] for pair in found] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 2)]
    assert [pair[2:] for pair in found] == [
        ("substitution", "record"),
        ("equal-text", "record"),
        ("substitution", "record"),
        ("equal", "record"),
        ("substitution", "applicant"),
        ("equal", "record"),
        ("masked", "record"),
        ("masked", "record"),
        ("masked", "record"),
    ]


@pytest.mark.parametrize(
    ("masked", "level"),
    [
        ("110105*****1002", "masked"),  # of 15 places, where the last four are no sequence and check
        ("1101*****31002", None),
        ("110***********002X", "masked-weak"),
        ("110************02X", None),
        ("110105194912*****X", "masked"),
    ],
)
def test_masks_that_leave_no_two_segments_whole_are_looked_up_by_name(masked: str, level: str | None) -> None:
    found = find(index(row(NUMBER), row(NUMBER, name="李大力")), row(masked))
    assert found == ([(0, 0, level, "record")] if level else [])


@pytest.mark.parametrize(
    ("masked", "level"),
    [
        ("110105********002X", "masked"),
        ("110105****002X", "masked"),
        ("1101*********1002X", "masked-weak"),
        ("110************02X", None),
        ("************002X", None),
        ("000000********0000", None),
    ],
)
def test_equal_masks_count_for_what_they_show(masked: str, level: str | None) -> None:
    people = index(row(masked), row("110105********0021"))
    found = find(people, row(f"“{masked.replace('*', '＊')}”", name="李大力"))
    assert found == ([(0, 0, level, "record")] if level else [])
    for kind in ("passport", "other"):
        assert find(people, row(masked, kind)) == find(index(row(masked, kind)), row(masked)) == []


def test_a_mask_fits_nobody_who_has_no_valid_number() -> None:
    assert find(index(row("E12345678", "passport"), row(None)), row("0000000***********")) == []


def test_two_numbers_that_are_both_wrong_are_not_repaired_towards_each_other() -> None:
    assert find(index(row("11010519491231003X")), row("11010519491231012X")) == []
    people = index(row("11010519491231003X"), row(NUMBER))
    assert [pair[1] for pair in find(people, row("11010519491231012X"))] == [1]


# ---- too many


def test_nobody_who_has_the_number_is_left_out_however_many_there_are() -> None:
    people = index(*[row(NUMBER)] * 2_001)
    found, capped = pairs(people, row(NUMBER))
    assert (len(found), capped) == (2_001, 0)


def test_what_others_mistyped_hides_nobody_who_has_the_number() -> None:
    people = index(row(NUMBER), *[row(WRONG)] * 65)
    found, capped = pairs(people, row(NUMBER))
    assert (found, capped) == ([(0, 0, "equal", "record")], 2), "as meant, and by region and birth date"
    assert [pair[1] for pair in find(people, row("11010519491231012X"))] == [0]


@pytest.mark.parametrize(("count", "expected"), [(64, (64, 0)), (65, (0, 1))])
def test_a_segment_that_too_many_share_is_given_up(count: int, expected: tuple[int, int]) -> None:
    numbers = [f"11010519491231{sequence:03d}" for sequence in range(100, 100 + count)]
    whole = resident_id.decode(pa.array([int(number) for number in numbers])).to_pylist()
    found, capped = pairs(index(*map(row, whole)), row("110105194912319990"))
    assert (len(found), capped) == expected


def test_names_and_texts_that_too_many_share_are_given_up() -> None:
    masked, passport = "110***********002X", ("E12345678", "passport")
    for people, record in ((row(NUMBER), row(masked)), (row(*passport, name=None), row(*passport))):
        for count, expected in ((2_000, (2_000, 0)), (2_001, (0, 1))):
            found, capped = pairs(index(*[people] * count), record)
            assert (len(found), capped) == expected


# ---- documents


def test_hashes_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts with one hash can be made by whoever knows the function."""
    monkeypatch.setattr(documents, "opaque_keys", lambda texts, _: np.ones(len(texts), dtype=np.int64))
    people = index(row("E12345678", "passport", name=None))
    assert find(people, row("E87654321", "passport"), row("e1234 5678", "passport")) == [
        (1, 0, "equal-document", "record")
    ]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("E12345678", "e1234 5678", "equal-document"),
        ("军字第1234567号", "军字第1234567号", "equal-document"),
        ("C01X00T47", "C01X00T47", "equal-document"),
        ("E1234-5678", "E12345678", "equal-text"),
        ("E1234567²", "E12345672", "equal-text"),
        ("900102", "900102", "equal-text"),  # a date, perhaps
        ("11122222", "11122222", "equal-text"),
        ("TEST12345", "TEST12345", "equal-text"),
        ("身份证丢失20240105", "身份证丢失20240105", "equal-text"),
        ("12345.0", "123450", None),
        ("2/1/1990", "21/1990", None),
        ("2/1/1990", "2/1/1990", None),
        ("N/A12345", "N/A12345", None),
    ],
)
def test_only_what_is_equal_to_the_last_sign_is_an_equal_document(one: str, other: str, level: str | None) -> None:
    expected = [(0, 0, level, "record")] if level else []
    assert find(index(row(one, "other")), row(other, "other")) == expected
    assert find(index(row(other, "passport")), row(one, "passport")) == expected


def test_equal_documents_are_of_one_kind() -> None:
    people = index(row("E12345678", "passport"))
    assert find(people, *(row("E12345678", kind) for kind in ("military", "other"))) == []
    assert find(people, row("E12345678", " Passport")) == [(0, 0, "equal-document", "record")]
    card = index(row("ABC123456789012"))
    assert find(card, row("ABC123456789012", "other")) == [(0, 0, "equal-document", "record")]


@pytest.mark.parametrize("kind", ["passport", "military", "other"])
@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("E12345678", True),
        ("0812345679B", True),
        ("H0123456701", True),
        ("E00000000", False),
        ("E12345", False),
        ("88001234", False),  # digits alone may be anything
        ("110105194912310031", False),
    ],
)
def test_a_document_whose_type_only_one_side_states_is_equal_as_text(number: str, kind: str, *, found: bool) -> None:
    for spelled in (number, f"{number[:3]}-{number[3:]}", f"'{number} "):
        proves_itself = (number[0], kind) == ("H", "other") and "-" not in spelled
        level = "equal-document" if proves_itself else "equal-text"
        expected = [(0, 0, level, "record")] if found else []
        assert find(index(row(number)), row(spelled, kind)) == expected
        assert find(index(row(spelled, kind)), row(number, "")) == expected
    assert find(index(row(number, kind)), row("E87654321"), row("E87654321", kind)) == []


def test_a_permit_is_equal_as_text_however_often_it_was_renewed() -> None:
    """But a number of that shape that is stated to be of another kind is not a permit's."""
    once, twice, new = "H0123456701", "H0123456702", "H01234567"
    for kind in (None, "other"):
        people = index(row(once, kind))
        assert find(people, row(new), row(new, "other"), row(twice, "other"), row(once, "other")) == [
            *((at, 0, "equal-text", "record") for at in range(3)),
            (3, 0, "equal-document", "record"),
        ]
        assert find(people, row("M01234567", kind), row("H01234568", kind), row("H0123456811", kind)) == []
        assert find(people, row(new, "passport"), row(new, "military")) == []
        assert find(index(row(new, "other")), row(new, "passport"), row(new, "military")) == []
        assert find(index(row(new, "passport")), row(once, kind), row(once, "passport")) == []


def test_close_documents_are_of_one_kind() -> None:
    people = index(row("E12345678", "passport"))
    assert find(people, *(row("E12345679", kind) for kind in ("military", "other", None))) == []
    assert find(people, row("E12345679", "passport")) == [(0, 0, "close-document", "record")]
    assert find(index(row("ABC123456789012")), row("ABC123456789013", "other")) == [(0, 0, "close-document", "record")]


def test_what_is_no_document_is_close_to_none() -> None:
    for number, kind in (("AB123", "other"), ("1101051949123100", None)):
        assert find(index(row(number, kind)), row(f"{number}4", "other")) == []


def test_only_a_resident_id_is_repaired_or_unmasked() -> None:
    for number in (WRONG, "77010519491231002X", "110105********002X", "110***********002X"):
        for kind in ("passport", "other"):
            assert find(index(row(number, kind)), row(NUMBER)) == []
            assert find(index(row(NUMBER)), row(number, kind)) == []
            assert [pair for pair in find(index(row(number)), row(number, kind)) if pair[2] != "equal-document"] == []


def test_a_word_for_resident_id_is_none_for_another_document() -> None:
    for kind in ("", "RESIDENT_ID", "居民身份证", " resident_id"):
        assert find(index(row(NUMBER, kind)), row(NUMBER)) == [(0, 0, "equal", "record")]
        assert find(index(row(NUMBER)), row(NUMBER, kind)) == [(0, 0, "equal", "record")]


# ---- applicants


@pytest.mark.parametrize("ids", [["a", None], ["a", "a"], ["b", "a", "b"]])
def test_applicants_who_cannot_be_told_apart_are_refused(ids: list[str | None]) -> None:
    people = pa.table({"applicant_id": ids, "resident_id": [NUMBER] * len(ids), "name": [NAME] * len(ids)})
    with pytest.raises(ValueError, match="applicant_id"):
        Index.build(people, Model.shipped())


def test_an_index_built_of_unusable_columns_quotes_none_of_them() -> None:
    people = pa.table({"applicant_id": ["a"], "resident_id": [NUMBER], "name": [NAME], "birth_date": ["in March"]})
    with pytest.raises(ValueError, match="birth_date") as refused:
        Index.build(people, Model.shipped())
    assert "March" not in f"{refused.value} {refused.value.__context__}"
