"""Columns as they come: types, words, what is missing, and silence about what cannot be read."""

import pyarrow as pa
import pytest

from matching.columns import (
    FEMALE,
    MALE,
    RESIDENT_ID,
    UNKNOWN,
    UNKNOWN_DAY,
    column,
    days_of,
    may_be_resident_id,
    optional,
    sexes_of,
    types_of,
)
from matching.documents import DOCUMENT_TYPES


def texts(*values: str | None) -> pa.StringArray:
    return pa.array(values, pa.string())


def test_a_document_type_is_known_however_it_is_typed() -> None:
    meant = texts(None, "", "  ", "resident_id", " resident_id", "RESIDENT_ID\t", "居民身份证", "\u3000身份证")
    assert types_of(meant).tolist() == [RESIDENT_ID] * len(meant)
    assert may_be_resident_id(types_of(meant)).all()
    others = texts("passport", " Passport", "护照", "military", "OTHER", "driving licence", None)
    assert [DOCUMENT_TYPES[code] for code in types_of(others)] == [
        *("passport", "passport", "passport", "military", "other", "other", "resident_id")
    ]
    assert may_be_resident_id(types_of(others)).tolist() == [False] * 4 + [True] * 3
    assert types_of(pa.nulls(3, pa.string())).tolist() == [RESIDENT_ID] * 3
    assert types_of(others.slice(2, 2)).tolist() == [DOCUMENT_TYPES.index(kind) for kind in ("passport", "military")]
    assert not len(types_of(texts()))


def test_sexes_by_code_and_word() -> None:
    found = sexes_of(texts("1", " 男", "m", "2", "女性", "F", "0", "9", "", None))
    assert found.tolist() == [MALE] * 3 + [FEMALE] * 3 + [UNKNOWN] * 4
    assert sexes_of(pa.nulls(2, pa.string())).tolist() == [UNKNOWN] * 2


def test_days() -> None:
    assert days_of(pa.array([0, None, -1], pa.date32())).tolist() == [0, UNKNOWN_DAY, -1]


def test_columns_in_one_piece_and_of_one_type() -> None:
    table = pa.table({"name": pa.chunked_array([["一"], ["二", None]], pa.large_string())})
    assert column(table, "name", pa.string()).equals(texts("一", "二", None))
    assert optional(table, "sex", pa.string()).equals(pa.nulls(3, pa.string()))
    with pytest.raises(KeyError):
        column(table, "resident_id", pa.string())


def test_what_cannot_be_read_is_not_quoted() -> None:
    rows = pa.record_batch({"birth_date": texts("the 3rd of March")})
    with pytest.raises(ValueError, match="birth_date") as refused:
        optional(rows, "birth_date", pa.date32())
    assert "March" not in str(refused.value)
    assert refused.value.__context__ is None
