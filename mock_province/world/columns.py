"""Numbers to Arrow columns without a loop: text of fixed width, money, dates."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catalogue.categories import DECIMAL, MONEY
from mock_province.world.streams import Ints

Bytes = npt.NDArray[np.uint8]


def fixed_text(characters: Bytes) -> pa.StringArray:
    """Turn an n × width matrix of UTF-8 bytes into n strings."""
    size, width = characters.shape
    offsets = np.arange(size + 1, dtype=np.int32) * np.int32(width)
    data = np.ascontiguousarray(characters)
    return pa.StringArray.from_buffers(size, pa.py_buffer(offsets), pa.py_buffer(data))


def digits(numbers: Ints, width: int) -> Bytes:
    """Write whole numbers with leading zeros, as an n × width matrix of ASCII digits."""
    matrix = np.empty((len(numbers), width), dtype=np.uint8)
    rest = numbers.astype(np.int64, copy=True)
    for place in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        matrix[:, place] = digit
    matrix += np.uint8(ord("0"))
    return matrix


def numbered(prefix: str, numbers: Ints, width: int) -> pa.StringArray:
    """Write `prefix` and a number of `width` digits; the prefix may be any text."""
    start = np.frombuffer(prefix.encode(), dtype=np.uint8)
    matrix = np.empty((len(numbers), len(start) + width), dtype=np.uint8)
    matrix[:, : len(start)] = start
    matrix[:, len(start) :] = digits(numbers, width)
    return fixed_text(matrix)


def _decimal(unscaled: Ints, kind: pa.Decimal128Type) -> pa.Array:
    words = np.empty((len(unscaled), 2), dtype=np.int64)  # 128 bits, low word first
    words[:, 0] = unscaled
    words[:, 1] = np.where(unscaled < 0, -1, 0)
    return pa.Array.from_buffers(kind, len(unscaled), [None, pa.py_buffer(words)])


def money(fen: Ints) -> pa.Array:
    """Return yuan, from whole fen."""
    return _decimal(fen, MONEY)


def decimal(hundredths: Ints) -> pa.Array:
    """Return catalogue decimals (four places), from whole hundredths."""
    return _decimal(hundredths * 100, DECIMAL)


def dates(days: Ints) -> pa.Array:
    """Return dates, from days since 1970-01-01."""
    return pa.array(days.astype(np.int32)).view(pa.date32())


def words(choices: Sequence[str], index: Ints) -> pa.StringArray:
    """Look words up by index; -1 gives null."""
    table = _table(tuple(choices))
    return table.take(pa.array(index, mask=index < 0))


@cache
def _table(choices: tuple[str, ...]) -> pa.StringArray:
    return pa.array(choices, pa.string())


def join(*parts: pa.Array | pa.Scalar | str) -> pa.StringArray:
    """Join columns and constants row by row."""
    return pc.binary_join_element_wise(*parts, "")


def scrambled(size: int, width: int, start: int = 0) -> Ints:
    """Return `size` different numbers of `width` digits without visible order (an affine walk through all of them)."""
    modulus = 10**width
    step = 6_180_339_887 % modulus | 1
    while np.gcd(step, modulus) != 1:
        step += 2
    walk = (np.arange(start, start + size, dtype=np.uint64) * np.uint64(step)) % np.uint64(modulus)
    return ((walk + np.uint64(7_777_777 % modulus)) % np.uint64(modulus)).astype(np.int64)
