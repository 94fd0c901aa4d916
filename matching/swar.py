"""Reads 18-character resident IDs straight out of an Arrow buffer, eight characters to a machine word.

A number's characters 1-8 and 9-16 are loaded as two 64-bit words (first character in the lowest byte), and every step
is one numpy call over a block of rows that stays within the processor's cache. Nothing is trusted: a row becomes a key
only if all 17 places are digits, the first is not 0, the birth date is a day of the calendar and the check character is
the one that follows. All arrays are made by the call, so that threads never meet.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from matching.buffers import Bytes, Flags, Ints, Offsets, pieces

Words = npt.NDArray[np.uint64]

LENGTH: Final = 18
CHECKS: Final = b"10X98765432"  # by the weighted sum of the 17 digits, modulo 11
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # 2 ** (17 - place), modulo 11
FIRST_DAY: Final = "1880-01-01"
LAST_DAY: Final = "2100-12-31"  # no wall clock: a number that was valid yesterday is valid today

# Rows at a time: few enough for the cache, and enough to make up for what each call costs.
_BLOCK: Final = 16_384
_SMALLEST: Final = np.array(10**16)  # the least key without a leading zero


def _constant(value: int) -> Words:
    # An array, since numpy takes twice as long over a call with a scalar.
    return np.array(value, dtype=np.uint64)


def _lanes(*lanes: int) -> Words:
    # Four 16-bit lanes, lowest first.
    return _constant(sum(lane << 16 * place for place, lane in enumerate(lanes)))


_ZERO: Final = _constant(ord("0"))
_ZEROS: Final = _lanes(*[0x3030] * 4)
_OVER_NINE: Final = _lanes(*[0x7676] * 4)  # lifts a byte above 9 to its high bit
_HIGH: Final = _lanes(*[0x8080] * 4)
_EVEN: Final = _lanes(*[0x00FF] * 4)
_QUADS: Final = _lanes(0xFFFF, 0, 0xFFFF, 0)
_JOIN_QUADS: Final = _lanes(1, 0, 10_000, 0)
# Half the weight of the places 10, 12, 14 and 16, modulo 11, the last lane's first: their sum gathers in the top lane.
_HALF_WEIGHTS: Final = _lanes(2, 8, 10, 7)
_1, _3, _8, _9, _10, _16, _32, _48 = (_constant(n) for n in (1, 3, 8, 9, 10, 16, 32, 48))
_100, _MILLION, _BILLION = (_constant(10**n) for n in (2, 6, 9))
_BYTE: Final = _constant(0xFF)
_QUAD: Final = _constant(0xFFFF)
_ORIGIN: Final = 18_800_000
_FIRST: Final = _constant(_ORIGIN)
_NONE: Final = _constant(0)


def _calendar() -> Flags:
    # True at yyyymmdd - 18800000 for each day of the calendar; both ends are False for values clipped to them.
    days = np.arange(FIRST_DAY, np.datetime64(LAST_DAY) + 1, dtype="datetime64[D]")
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    numbers = years * 10_000 + (months.astype(np.int64) % 12 + 1) * 100 + (days - months).astype(np.int64) + 1
    table = np.zeros(numbers[-1] - _ORIGIN + 2, dtype=np.bool_)
    table[numbers - _ORIGIN] = True
    return table


_CALENDAR: Final = _calendar()
# The check character of half the weighted sum, which `read` gathers without reducing it modulo 11.
_X, _SMALL_X = np.uint8(ord("X")), np.uint8(ord("x"))
_CHECK: Final = np.frombuffer(CHECKS, dtype=np.uint8)[np.arange(1 << 16) * 2 % 11]


def is_day(births: Ints) -> Flags:
    """Whether each yyyymmdd is a day of the calendar between `FIRST_DAY` and `LAST_DAY`."""
    return np.take(_CALENDAR, births - _ORIGIN, mode="clip")


def read(data: Bytes, starts: Offsets) -> Ints:
    """Return the keys of the texts of 18 bytes (x as X) that begin at the `starts`, ascending; 0 where not valid."""
    rows = len(starts)
    keys = np.empty(rows, dtype=np.int64)
    scratch = np.empty((7, min(rows, _BLOCK)), dtype=np.uint64)
    adjoining = rows > 0 and starts[-1] - starts[0] == (rows - 1) * LENGTH
    for first in range(0, rows, _BLOCK):
        out = keys[first : first + _BLOCK]
        source, at = (
            (data, int(starts[first])) if adjoining else (pieces(data, starts[first : first + _BLOCK], LENGTH), 0)
        )
        words = np.ndarray((2, len(out)), "<u8", source, at, (8, LENGTH))
        tails = np.ndarray((2, len(out)), np.uint8, source, at + 16, (1, LENGTH))
        _read(words, tails, scratch[:, : len(out)], out)
    return keys


def _read(words: Words, tails: Bytes, scratch: Words, out: Ints) -> None:  # noqa: PLR0915  one straight line
    # `words`: characters 1-8 and 9-16; `tails`: the 17th and the 18th. The last argument of a call is where it writes.
    w, t, a, b, c = scratch[0:2], scratch[2:4], scratch[4], scratch[5], scratch[6]
    (early, late), (x, y) = w, t
    signed = a.view(np.int64)
    np.copyto(w, words)
    np.bitwise_xor(w, _ZEROS, w)  # digits become their values, anything else more than 9
    np.copyto(c, tails[0])
    np.bitwise_xor(c, _ZERO, c)

    np.add(w, _OVER_NINE, t)
    np.bitwise_or(t, w, t)
    np.bitwise_or(x, y, x)
    np.subtract(_9, c, y)
    np.bitwise_or(x, y, x)
    np.bitwise_and(x, _HIGH, x)
    good = np.equal(x, _NONE)

    # Half the weighted sum, digits in pairs: 3 = 2 ** 8 modulo 11 lays the first eight on the second.
    np.multiply(early, _3, a)
    np.add(a, late, a)
    np.right_shift(a, _8, b)
    np.add(a, a, a)
    np.add(a, b, a)
    np.bitwise_and(a, _EVEN, a)
    np.multiply(a, _HALF_WEIGHTS, a)
    np.right_shift(a, _48, a)
    np.add(a, c, a)
    expected = np.take(_CHECK, signed, mode="clip")
    right = np.equal(expected, tails[1])
    right |= np.equal(tails[1], _SMALL_X) & np.equal(expected, _X)  # one in a hundred: cheaper here than cleaned
    good &= right

    # Two digits to a lane; from these the birth date.
    np.right_shift(w, _8, t)
    np.multiply(w, _10, w)
    np.add(w, t, w)
    np.bitwise_and(w, _EVEN, w)
    np.right_shift(early, _48, a)  # the century
    np.multiply(a, _MILLION, a)
    np.right_shift(late, _32, b)  # the day
    np.bitwise_and(b, _BYTE, b)
    np.add(a, b, a)
    # Four digits to a lane.
    np.right_shift(w, _16, t)
    np.multiply(w, _100, w)
    np.add(w, t, w)
    np.bitwise_and(w, _QUADS, w)
    np.bitwise_and(late, _QUAD, b)  # year of the century and month
    np.multiply(b, _100, b)
    np.add(a, b, a)
    np.subtract(a, _FIRST, a)
    good &= np.take(_CALENDAR, signed, mode="clip")

    np.multiply(w, _JOIN_QUADS, w)
    np.right_shift(w, _32, w)
    np.multiply(early, _BILLION, a)
    np.multiply(late, _10, b)
    np.add(a, b, a)
    np.add(a, c, a)
    good &= np.greater_equal(signed, _SMALLEST)
    np.multiply(signed, good, out)
