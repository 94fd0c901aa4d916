"""What the rules judge of each cell: whether it is filled, how large, how far from a day; never the text itself.

Great Expectations is handed these figures instead of the records: nothing that it could quote in a result, a log line
or an exception is a name, a number or an account, and numeric columns are what it is fast on.
"""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Figures: TypeAlias = npt.NDArray[np.float64]  # NaN where there is nothing to judge
Measured: TypeAlias = Figures | pa.DictionaryArray

_HAN = "[\\x{3400}-\\x{4DBF}\\x{4E00}-\\x{9FFF}\\x{F900}-\\x{FAFF}\\x{20000}-\\x{323AF}]"


def of_column(column: pa.ChunkedArray, *, code: bool = False) -> Measured:
    """Return the measure of one column: figures, or the codes themselves where it holds codes.

    Dates become days since 1970 and amounts their number in their unit. A float is near enough to hold an amount
    against a bound, and goes nowhere else. Text becomes 1 where it says something.
    """
    array = column.combine_chunks()
    if pa.types.is_date(array.type):
        return _figures(array.cast(pa.date32()).cast(pa.int32()))
    if pa.types.is_decimal(array.type) or pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        return _figures(array)
    if code:
        return array.cast(pa.string()).dictionary_encode()
    return np.where(_flags(_filled(array)), 1.0, np.nan)


def day(value: date) -> float:
    """Return a bound in the measure of dates."""
    return float((value - date(1970, 1, 1)).days)


def look(names: pa.ChunkedArray, kind: str) -> Figures:
    """Return 1 where a name looks as `NamesShare` describes, 0 where not, NaN where there is none."""
    array = pc.utf8_trim_whitespace(names.combine_chunks().cast(pa.string()))
    pattern = _HAN if kind == "han" else f"^[{_surnames()}]"
    looks = _flags(pc.fill_null(pc.match_substring_regex(array, pattern), fill_value=False))
    return np.where(_flags(_filled(array)), looks.astype(np.float64), np.nan)


def repeats(table: pa.Table, columns: tuple[str, ...]) -> Figures:
    """Return 1 for each row of which an earlier one says the same in all `columns`, 0 for the others."""
    place = np.arange(table.num_rows)
    numbered = table.select(list(columns)).append_column("place", pa.array(place, pa.int64()))
    firsts = numbered.group_by(list(columns), use_threads=False).aggregate([("place", "min")])
    repeated = np.ones(table.num_rows)
    repeated[firsts.column("place_min").to_numpy()] = 0
    return repeated


def _figures(array: pa.Array) -> Figures:
    figures: Figures = pc.cast(array, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return figures


def _filled(array: pa.Array) -> pa.BooleanArray:
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return array.is_valid()
    return pc.fill_null(pc.greater(pc.binary_length(pc.utf8_trim_whitespace(array)), 0), fill_value=False)


def _flags(array: pa.BooleanArray) -> npt.NDArray[np.bool_]:
    flags: npt.NDArray[np.bool_] = array.to_numpy(zero_copy_only=False)
    return flags


@cache
def _surnames() -> str:
    return (files("expectations") / "surnames.txt").read_text("utf-8").strip()
