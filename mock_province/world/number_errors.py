"""How sources write resident ID numbers: nearly always as they are, sometimes otherwise.

No error ever makes another person's valid number: where chance would, the number stays as it is.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from mock_province.world.columns import Bytes, fixed_text
from mock_province.world.numbers import CHECKS, TOP_SEQUENCE, WEIGHTS
from mock_province.world.streams import Ints, Mask, Stream

NUMBER_ERRORS = (
    "none",
    "fifteen",
    "lower_x",
    "full_width",
    "space",
    "tab",
    "apostrophe",
    "substitution",
    "swap",
    "insertion",
    "deletion",
    "two_in_segment",
    "masked",
    "scientific",
)
_ZERO, _X = ord("0"), ord("X")
_SEGMENTS = np.array([[0, 6], [6, 8], [14, 4]])  # first place and width: region, birth date, sequence with check


def write_numbers(rng: Stream, ids: Bytes, rates: Mapping[str, float]) -> tuple[pa.StringArray, Ints]:
    """Write n numbers (n × 18 ASCII) as a source would; return the text and each one's index into NUMBER_ERRORS."""
    size = len(ids)
    kind = np.zeros(size, dtype=np.int64)
    parts = [fixed_text(ids)]
    place = np.arange(size)
    end = size
    can = {"fifteen": _had_fifteen(ids), "lower_x": ids[:, 17] == _X}
    for code, name in enumerate(NUMBER_ERRORS[1:], start=1):
        hit = rng.random(size) < rates[name]
        rows = np.flatnonzero(hit & (kind == 0) & can.get(name, True))
        if len(rows) == 0:
            continue
        matrix = _WRITERS[name](rng, ids[rows])
        if matrix.shape[1] == ids.shape[1]:
            harmless = ~_valid(matrix) | (matrix == ids[rows]).all(axis=1)
            rows, matrix = rows[harmless], matrix[harmless]
        kind[rows] = code
        place[rows] = end + np.arange(len(rows))
        end += len(rows)
        parts.append(fixed_text(matrix))
    text = pa.concat_arrays(parts)
    return (text.take(pa.array(place)) if len(parts) > 1 else text), kind


def _had_fifteen(ids: Bytes) -> Mask:
    """Born in the 1900s, with a sequence that the upgrade does not read as born in the 1800s."""
    sequence = (ids[:, 14:17].astype(np.int64) - _ZERO) @ np.array([100, 10, 1])
    return np.asarray((ids[:, 6] == ord("1")) & (ids[:, 7] == ord("9")) & (sequence <= TOP_SEQUENCE))


def _valid(ids: Bytes) -> Mask:
    """Which rows of n × 18 characters have 17 digits and the right check character."""
    body = ids[:, :17].astype(np.int64) - _ZERO
    well_formed = ((body >= 0) & (body <= 9)).all(axis=1)  # noqa: PLR2004
    return np.asarray(well_formed & (CHECKS[(body @ WEIGHTS) % 11] == ids[:, 17]))


def _fifteen(_: Stream, ids: Bytes) -> Bytes:
    return np.ascontiguousarray(ids[:, [*range(6), *range(8, 17)]])


def _lower_x(_: Stream, ids: Bytes) -> Bytes:
    return np.where(ids == _X, np.uint8(ord("x")), ids)


def _full_width(_: Stream, ids: Bytes) -> Bytes:
    """UTF-8 of U+FF10…FF19 and U+FF38 is EF BC 90…99 and EF BC B8."""
    wide = np.empty((len(ids), 18, 3), dtype=np.uint8)
    wide[:, :, 0], wide[:, :, 1] = 0xEF, 0xBC
    wide[:, :, 2] = np.where(ids == _X, 0xB8, ids + np.uint8(0x90 - _ZERO))
    return wide.reshape(len(ids), 54)


def _space(_: Stream, ids: Bytes) -> Bytes:
    """Write 320102 19800101 123X."""
    return np.insert(ids, [6, 14], ord(" "), axis=1)


def _tab(_: Stream, ids: Bytes) -> Bytes:
    return np.insert(ids, 18, ord("\t"), axis=1)


def _apostrophe(_: Stream, ids: Bytes) -> Bytes:
    return np.insert(ids, 0, ord("'"), axis=1)


def _other_digit(rng: Stream, old: Bytes) -> Bytes:
    """Draw a digit that differs from `old`; any digit in place of an X."""
    value = old.astype(np.int64) - _ZERO
    moved = (value + rng.integers(1, 10, size=old.shape)) % 10
    return np.where(old == _X, rng.integers(0, 10, size=old.shape), moved).astype(np.uint8) + np.uint8(_ZERO)


def _substitution(rng: Stream, ids: Bytes) -> Bytes:
    changed, rows = ids.copy(), np.arange(len(ids))
    place = rng.integers(0, 18, size=len(ids))
    changed[rows, place] = _other_digit(rng, ids[rows, place])
    return changed


def _swap(rng: Stream, ids: Bytes) -> Bytes:
    """Swap two neighbours that differ."""
    differ = ids[:, :-1] != ids[:, 1:]
    place = np.argmax(rng.random(differ.shape) * differ, axis=1)
    changed, rows = ids.copy(), np.arange(len(ids))
    changed[rows, place], changed[rows, place + 1] = ids[rows, place + 1], ids[rows, place]
    return changed


def _insertion(rng: Stream, ids: Bytes) -> Bytes:
    place = rng.integers(0, 19, size=len(ids))[:, None]
    digit = rng.integers(0, 10, size=(len(ids), 1)).astype(np.uint8) + np.uint8(_ZERO)
    column = np.arange(19)[None, :]
    source = np.clip(np.where(column > place, column - 1, column), 0, 17)
    return np.where(column == place, digit, np.take_along_axis(ids, source, axis=1))


def _deletion(rng: Stream, ids: Bytes) -> Bytes:
    place = rng.integers(0, 18, size=len(ids))[:, None]
    column = np.arange(17)[None, :]
    return np.take_along_axis(ids, np.where(column >= place, column + 1, column), axis=1)


def _two_in_segment(rng: Stream, ids: Bytes) -> Bytes:
    """Write two wrong characters within region, birth date, or sequence with check."""
    first, width = _SEGMENTS[rng.integers(0, len(_SEGMENTS), size=len(ids))].T
    one = rng.integers(0, width)
    other = (one + rng.integers(1, width)) % width
    changed, rows = ids.copy(), np.arange(len(ids))
    for place in (first + one, first + other):
        changed[rows, place] = _other_digit(rng, ids[rows, place])
    return changed


def _masked(_: Stream, ids: Bytes) -> Bytes:
    hidden = ids.copy()
    hidden[:, 6:14] = ord("*")
    return hidden


def _scientific(_: Stream, ids: Bytes) -> Bytes:
    """Write 3.20102E+17, as a spreadsheet shows a long number: the rest is lost."""
    text = np.empty((len(ids), 11), dtype=np.uint8)
    text[:, 0], text[:, 1] = ids[:, 0], ord(".")
    text[:, 2:7] = ids[:, 1:6]
    text[:, 7:] = np.frombuffer(b"E+17", dtype=np.uint8)
    return text


_WRITERS: dict[str, Callable[[Stream, Bytes], Bytes]] = {
    "fifteen": _fifteen,
    "lower_x": _lower_x,
    "full_width": _full_width,
    "space": _space,
    "tab": _tab,
    "apostrophe": _apostrophe,
    "substitution": _substitution,
    "swap": _swap,
    "insertion": _insertion,
    "deletion": _deletion,
    "two_in_segment": _two_in_segment,
    "masked": _masked,
    "scientific": _scientific,
}
