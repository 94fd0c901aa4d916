"""The columns of records and applicants as numpy arrays: dates, sexes, document types, whatever is not there."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching import resident_id
from matching.buffers import Flags, Ints, flags, lengths
from matching.documents import DOCUMENT_TYPES
from matching.swar import LENGTH

UNKNOWN_DAY: Final = -(2**31)
UNKNOWN, MALE, FEMALE = range(3)

# GB/T 2261.1 (1, 2), words and initials
_SEXES: Final = {
    MALE: ("1", "M", "MALE", "男", "男性"),
    FEMALE: ("2", "F", "FEMALE", "女", "女性"),
}
_CODES: Final = np.array([0] + [code for code, words in _SEXES.items() for _ in words], dtype=np.int8)

# Words for the codes of `DOCUMENT_TYPES`, beside the codes.
_TYPES: Final = {
    **dict.fromkeys(("居民身份证", "身份证", "临时居民身份证", "港澳台居民居住证"), "resident_id"),
    "护照": "passport",
    **dict.fromkeys(("军官证", "士官证", "士兵证", "警官证", "文职干部证", "军人身份证"), "military"),
}
RESIDENT_ID, OTHER = DOCUMENT_TYPES.index("resident_id"), DOCUMENT_TYPES.index("other")

Rows: TypeAlias = pa.Table | pa.RecordBatch


def column(rows: Rows, name: str, kind: pa.DataType) -> pa.Array:
    """Return a column in one piece and as `kind`. ValueError, without any value, where it cannot be read so."""
    found = rows.column(name)
    array = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    if array.type == kind:
        return array
    try:
        return array.cast(kind)
    except pa.ArrowException:
        pass
    raise ValueError(f"the column {name} cannot be read as {kind}")  # after the handler: Arrow quotes the value


def optional(rows: Rows, name: str, kind: pa.DataType) -> pa.Array:
    """Return a column as `column` does; all null where there is none."""
    return column(rows, name, kind) if name in rows.schema.names else pa.nulls(rows.num_rows, kind)


def days_of(dates: pa.Date32Array) -> npt.NDArray[np.int32]:
    """Return days since 1970-01-01; `UNKNOWN_DAY` for null."""
    days: npt.NDArray[np.int32] = pc.fill_null(
        dates.view(pa.int32()), pa.array([UNKNOWN_DAY], pa.int32())[0]
    ).to_numpy()
    return days


def sexes_of(texts: pa.StringArray) -> npt.NDArray[np.int8]:
    """Return `MALE`, `FEMALE`, or `UNKNOWN` for null and every other word."""
    if texts.null_count == len(texts):
        return np.zeros(len(texts), dtype=np.int8)
    known = pa.array([word for words in _SEXES.values() for word in words])  # not above: it would import pandas
    found = pc.index_in(pc.utf8_upper(pc.utf8_trim_whitespace(texts)), value_set=known)
    codes: npt.NDArray[np.int8] = _CODES[pc.fill_null(found, -1).to_numpy() + 1]
    return codes


def types_of(texts: pa.StringArray) -> npt.NDArray[np.int8]:
    """Return indexes into `DOCUMENT_TYPES`: `resident_id` for null and blank, `other` for every unknown word."""
    codes = np.full(len(texts), RESIDENT_ID, dtype=np.int8)
    if texts.null_count == len(texts):
        return codes
    rest = np.flatnonzero(flags(pc.not_equal(texts, "resident_id")))
    if len(rest):
        words = texts.take(pa.array(rest)).dictionary_encode()
        codes[rest] = _type_codes(words.dictionary)[words.indices.to_numpy()]
    return codes


def may_be_resident_id(types: npt.NDArray[np.int8]) -> Flags:
    """Say under which types any valid resident ID is one: where the word says so, says nothing, or is not known."""
    found: Flags = (types == RESIDENT_ID) | (types == OTHER)
    return found


def resident_keys(numbers: pa.StringArray, types: npt.NDArray[np.int8]) -> Ints:
    """Return the key of each valid resident ID (`resident_id.keys`), else 0.

    18 characters with the right check are one whatever the type says; 15 digits only where the type does not say that
    they are something else.
    """
    keys = resident_id.keys(numbers)
    doubtful = np.flatnonzero((keys > 0) & ~may_be_resident_id(types))
    if len(doubtful):
        short = lengths(resident_id.clean(numbers.take(pa.array(doubtful)))) < LENGTH
        keys[doubtful[short]] = 0
    return keys


def _type_codes(words: pa.StringArray) -> npt.NDArray[np.int8]:
    # Codes of a few different words.
    known = {"": "resident_id", **{kind: kind for kind in DOCUMENT_TYPES}, **_TYPES}
    codes = np.array([*map(DOCUMENT_TYPES.index, known.values()), OTHER], dtype=np.int8)
    found = pc.index_in(pc.utf8_lower(pc.utf8_trim_whitespace(words)), value_set=pa.array(known, pa.string()))
    places: npt.NDArray[np.int32] = pc.fill_null(found, -1).to_numpy()
    return codes[places]
