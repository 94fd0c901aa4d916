"""The optional columns of records and applicants, as numpy arrays: dates, sexes, whatever is not there."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

UNKNOWN_DAY: Final = -(2**31)
UNKNOWN, MALE, FEMALE = range(3)

# GB/T 2261.1 (1, 2), words and initials
_SEXES: Final = {
    MALE: ("1", "M", "MALE", "男", "男性"),
    FEMALE: ("2", "F", "FEMALE", "女", "女性"),
}
_CODES: Final = np.array([0] + [code for code, words in _SEXES.items() for _ in words], dtype=np.int8)

Rows: TypeAlias = pa.Table | pa.RecordBatch


def optional(rows: Rows, name: str, kind: pa.DataType) -> pa.Array:
    """Return a column in one piece and as `kind`; all null where there is no such column."""
    if name not in rows.schema.names:
        return pa.nulls(rows.num_rows, kind)
    column = rows.column(name)
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array if array.type == kind else array.cast(kind)


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


def is_resident_id(types: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Say which rows hold a resident ID: the document type says so, or nothing."""
    flags: npt.NDArray[np.bool_] = pc.fill_null(pc.equal(types, "resident_id"), fill_value=True).to_numpy(
        zero_copy_only=False
    )
    return flags
