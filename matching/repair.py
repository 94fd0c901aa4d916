"""From a wrong resident ID back to the numbers that its typist may have meant.

The check character makes this exact. For a typing error at a given place, it names the one digit that would make the
number right again, so that all valid numbers one error away are found by arithmetic, without a search: about a dozen
for a text of 18 places. Several errors within one segment (region, birth date, sequence with check) leave the other two
intact: partial keys join on those. A mask leaves known characters at known places.

All functions take cleaned texts (`resident_id.clean`) that are not valid numbers; a null is a text that leads nowhere.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.buffers import Bytes, Flags, Ints, Offsets, layout, lengths, matrix
from matching.resident_id import hidden, masked
from matching.swar import CHECKS, LENGTH, WEIGHTS, is_day

EDITS: Final = ("substitution", "swap", "insertion", "deletion")  # what the typist did
LEFT_OUT: Final = ("region", "birth", "sequence")  # the segment that is wrong; the check character goes with the last

_BLOCK: Final = 4_096  # rows worked on at a time: their candidates stay within the processor's cache
_TEN: Final = 10  # the value of X; also that of any other character, outside the last place
_ODD: Final = 11  # the value of a character that no number has
_VALUES: Final = np.full(256, _ODD, dtype=np.uint8)
_VALUES[ord("0") : ord("9") + 1] = np.arange(10)
_VALUES[ord("X")] = _TEN
_WEIGHTS: Final = np.array([*WEIGHTS, 1], dtype=np.int64)
_POWERS: Final = np.array([*(10 ** (16 - place) for place in range(17)), 0], dtype=np.int64)  # of a place in a key
_SMALLEST: Final = 10**16  # the least key without a leading zero
_INVERSES: Final = np.array([pow(int(weight), -1, 11) for weight in _WEIGHTS], dtype=np.int64)
# By place and by what the weighted sum lacks: by how much the digit there is to grow, modulo 11.
_SHARES: Final = (_INVERSES[:, np.newaxis] * np.arange(11) % 11).astype(np.uint8)
_BIRTHS: Final = 10**8  # eight digits
_ENDINGS: Final = 11_000  # a sequence of three digits and a check character
_LONGEST_MASK: Final = 24
_OLD_LENGTH: Final = 15
_FIRST_REGION: Final = 100_000
_CHECK_VALUES: Final = _VALUES[np.frombuffer(CHECKS, dtype=np.uint8)].astype(np.int64)
_FOURS: Final = np.array([8 * (n // 1000) + 4 * (n // 100 % 10) + 2 * (n // 10 % 10) + n % 10 for n in range(10_000)])


class Probes(NamedTuple):
    """Numbers to look up instead of wrong ones, by row; at most one of each (row, key)."""

    row: npt.NDArray[np.int32]  # of the texts given, ascending
    key: Ints  # a valid number, as `resident_id.keys` gives
    edit: npt.NDArray[np.int8]  # what happened to it, an index into EDITS


def edits(texts: pa.StringArray) -> Probes:
    """Return every valid number that is exactly one typing error away from a text.

    The error: one character typed for another, two neighbours swapped (18 places), one too many (19 places), or one
    left out (17). A letter or any other character that no number has at that place is the wrong or superfluous one;
    with two of them nothing is one error away. Numbers of 15 digits carry no check and are left alone.
    """
    plain = _one_byte_each(texts)
    sizes = lengths(plain)
    found = []
    for length, candidates in ((LENGTH, _replaced), (LENGTH + 1, _left_out), (LENGTH - 1, _put_in)):
        rows = np.flatnonzero(sizes == length).astype(np.int32)
        if not len(rows):
            continue
        values = _VALUES[matrix(plain.take(pa.array(rows)), length)]
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            at, key, edit = candidates(np.ascontiguousarray(values[start : start + _BLOCK].T))
            found.append((block[at], key, edit))
    if not found:
        return Probes(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int8))
    row, key, edit = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(row, kind="stable")
    return Probes(row[order], key[order], edit[order])


def partial_keys(texts: pa.StringArray) -> Ints:
    """Return, for each segment of `LEFT_OUT`, the key of the two others as they stand in a text: int64[3, n].

    0 where those are not wholly digits (X allowed as the last character), or where what is kept can be no region (it
    begins with 0) or no birth date (not a day of the calendar). The segments are read from both ends, so that a digit
    too many or too few (16 to 20 characters) or a mask of any length within the segment left out does no harm. Keys
    compare within one segment left out, not across.
    """
    plain = _one_byte_each(texts)
    sizes = lengths(plain)
    rows = np.flatnonzero(((sizes >= LENGTH - 2) & (sizes <= LENGTH + 2)) | ((sizes <= _LONGEST_MASK) & hidden(plain)))
    keys = np.zeros((len(LEFT_OUT), len(texts)), dtype=np.int64)
    if len(rows):
        within = sizes[rows]
        head, tail = _ends(plain.take(pa.array(rows)), within)
        region, birth = _number(head[:6]), _number(head[6:])
        late_birth, sequence, check = _number(tail[:8]), _number(tail[8:11]), tail[11].astype(np.int64)
        ending = np.where((sequence < 0) | (check > _TEN), -1, sequence * 11 + check)
        placed, ended = region >= _FIRST_REGION, ending >= 0
        for place, (first, second, span, good, kept) in enumerate(
            (
                (late_birth, ending, _ENDINGS, is_day(late_birth) & ended, 12),
                (region, ending, _ENDINGS, placed & ended, 10),
                (region, birth, _BIRTHS, placed & is_day(birth), 14),
            )
        ):
            keys[place, rows] = np.where(good & (within > kept), first * span + second, 0)
    return keys


def partial_of(keys: Ints) -> Ints:
    """Return what `partial_keys` does for the numbers of valid keys: int64[3, m], all > 0; 0 where a key is 0."""
    region, birth = keys // 10**11, keys // 1000 % _BIRTHS
    ending = keys % 1000 * 11 + _check_values(keys)
    parts = np.stack([birth * _ENDINGS + ending, region * _ENDINGS + ending, region * _BIRTHS + birth])
    return parts * (keys > 0)


def masks(texts: pa.StringArray) -> Bytes:
    """Return the characters that a masked text leaves known: uint8[n, 18] of ASCII, 0 where hidden.

    A mask is what `resident_id.masked` says, an X as the last character after anything but another X being known. With
    18 characters each stands at its place, and so it does with 15, as in a number without century and check; in a mask
    of another length (or of 15 that ends with X, or whose month cannot be) only the leading and the trailing run of
    known characters have places. The century of a number of 15 was never written and is not known. A row that is no
    mask is all 0.
    """
    plain = _one_byte_each(texts)
    known = np.zeros((len(texts), LENGTH), dtype=np.uint8)
    sizes = lengths(plain)
    rows = np.flatnonzero(masked(plain) & (sizes > 1) & (sizes <= _LONGEST_MASK))
    for length in np.unique(sizes[rows]).tolist():
        chosen = rows[sizes[rows] == length]
        characters = matrix(plain.take(pa.array(chosen)), length)
        shown = (characters >= ord("0")) & (characters <= ord("9"))
        shown[:, -1] |= (characters[:, -1] == ord("X")) & (characters[:, -2] != ord("X"))
        if length == LENGTH:
            known[chosen] = np.where(shown, characters, 0)
            continue
        if length == _OLD_LENGTH:
            old = _old(characters, shown)
            visible = np.where(shown, characters, 0)[old]
            known[chosen[old], :6], known[chosen[old], 8:17] = visible[:, :6], visible[:, 6:]
            chosen, characters, shown = chosen[~old], characters[~old], shown[~old]
        leading = np.logical_and.accumulate(shown, axis=1)
        trailing = np.logical_and.accumulate(shown[:, ::-1], axis=1)[:, ::-1]
        fits = leading.sum(axis=1) + trailing.sum(axis=1) < LENGTH  # at least one place is hidden
        width = min(length, LENGTH)
        both = np.zeros((len(chosen), LENGTH), dtype=np.uint8)
        both[:, :width] = np.where(leading, characters, 0)[:, :width]
        both[:, LENGTH - width :] |= np.where(trailing, characters, 0)[:, length - width :]
        known[chosen] = np.where(fits[:, np.newaxis], both, 0)
    return known


def _old(characters: Bytes, shown: Flags) -> Flags:
    # Which masks of 15 places hide a number of 15 digits, not one of 18 with fewer marks than hidden places.
    month = (characters[:, 8:10].astype(np.int64) - ord("0")) @ np.array([10, 1])
    may_be = ~shown[:, 8:10].all(axis=1) | ((month >= 1) & (month <= 12))  # noqa: PLR2004
    old: Flags = may_be & ~(shown[:, -1] & (characters[:, -1] == ord("X")))
    return old


def _replaced(values: Bytes) -> tuple[Ints, Ints, npt.NDArray[np.int8]]:
    # Substitutions and swaps in 18 x n values: (column, key, edit). With t what the weighted sum lacks to 1, a digit of
    # weight w is to grow by t / w, modulo 11; neighbours a, b are swapped where the right one's w times (b - a) is t.
    odd = values > np.array([9] * 17 + [_TEN], dtype=np.uint8)[:, np.newaxis]
    odds = odd.sum(axis=0, dtype=np.uint8)
    lacking = ((1 - _weighted(values)) % 11).astype(np.uint8)
    keys = _POWERS @ values

    wanted = (values + _SHARES[:, lacking]) % 11
    meant = odd | ((odds == 0) & (lacking != 0))
    meant &= odds <= 1
    meant[:17] &= wanted[:17] < _TEN
    place, at = np.nonzero(meant)
    new = keys[at] + (wanted[place, at].astype(np.int64) - values[place, at]) * _POWERS[place]

    left, right = values[:-1].astype(np.int8), values[1:].astype(np.int8)
    rise = right - left
    swapped = (rise % 11 == _SHARES[1:, lacking]) & (rise != 0) & (right < _TEN)
    swapped[:-1] &= odds == 0
    swapped[-1] &= odds == odd[16]  # an X before the last place is put right by this swap
    swapped[-1] &= values[16] <= _TEN
    step, column = np.nonzero(swapped)
    turned = keys[column] + rise[step, column].astype(np.int64) * (_POWERS[step] - _POWERS[step + 1])
    edit = np.repeat(np.array([0, 1], dtype=np.int8), [len(at), len(column)])
    return _valid(np.concatenate([at, column]), np.concatenate([new, turned]), edit)


def _left_out(values: Bytes) -> tuple[Ints, Ints, npt.NDArray[np.int8]]:
    # Leaving one character out of 19 x n values: what follows it moves one place to the left.
    odd = values > 9  # noqa: PLR2004
    others = odd[:18].sum(axis=0, dtype=np.uint8) - odd[:18]  # characters amiss among the first 17 places that remain
    good = np.empty(values.shape, dtype=np.bool_)
    good[:18] = (others == 0) & (values[18] <= _TEN)
    good[18] = (odd[:17].sum(axis=0) == 0) & (values[17] <= _TEN)
    good[1:] &= values[1:] != values[:-1]  # of equal neighbours, leaving out any gives the same
    falls = values[:-1].astype(np.int64) - values[1:]
    sums = np.cumsum(np.vstack([_WEIGHTS @ values[1:], falls * _WEIGHTS[:, np.newaxis]]), axis=0)
    good &= sums % 11 == 1
    keys = np.cumsum(np.vstack([_POWERS @ values[1:], falls * _POWERS[:, np.newaxis]]), axis=0)
    place, at = np.nonzero(good)
    return _valid(at, keys[place, at], np.full(len(at), EDITS.index("insertion"), dtype=np.int8))


def _put_in(values: Bytes) -> tuple[Ints, Ints, npt.NDArray[np.int8]]:
    # Putting the one character that is right for the check in at each of 18 places of 17 x n values.
    gains = values.astype(np.int64)
    sums = np.cumsum(np.vstack([_WEIGHTS[1:] @ gains, gains * (_WEIGHTS[:-1] - _WEIGHTS[1:])[:, np.newaxis]]), axis=0)
    wanted = (1 - sums) * _INVERSES[:, np.newaxis] % 11
    keys = np.cumsum(np.vstack([_POWERS[1:] @ gains, gains * (_POWERS[:-1] - _POWERS[1:])[:, np.newaxis]]), axis=0)
    good = np.empty(wanted.shape, dtype=np.bool_)
    good[:17] = (wanted[:17] < _TEN) & (values[16] <= _TEN)
    good[17] = values[16] < _TEN
    good &= (values[:16] < _TEN).all(axis=0)
    good[1:] &= wanted[1:] != values  # beside its equal it was put in already
    place, at = np.nonzero(good)
    key = keys[place, at] + wanted[place, at] * _POWERS[place]
    return _valid(at, key, np.full(len(at), EDITS.index("deletion"), dtype=np.int8))


def _valid(at: Ints, keys: Ints, edit: npt.NDArray[np.int8]) -> tuple[Ints, Ints, npt.NDArray[np.int8]]:
    # The check is right by construction.
    good = np.flatnonzero((keys >= _SMALLEST) & is_day(keys // 1000 % _BIRTHS))
    return at[good], keys[good], edit[good]


def _check_values(keys: Ints) -> Ints:
    # The value of the check character, 0 to 10, of 17-digit keys, four digits at a time from the right.
    sums, rest = np.zeros(len(keys), dtype=np.int64), keys
    for power in (1, 5, 9, 13, 17):
        rest, four = np.divmod(rest, 10_000)
        sums += _FOURS[four] * pow(2, power, 11)
    return _CHECK_VALUES[sums % 11]


def _weighted(values: Bytes) -> npt.NDArray[np.int16]:
    sums = np.zeros(values.shape[1], dtype=np.int16)
    for weight, row in zip(_WEIGHTS.astype(np.int16), values, strict=True):
        sums += weight * row
    return sums


def _ends(texts: pa.StringArray, sizes: Offsets) -> tuple[Bytes, Bytes]:
    # The values of the first 14 and the last 12 characters, one row a place; of a shorter text some lie elsewhere.
    data, offsets = layout(texts)
    last = len(data) - 1
    starts, ends = offsets[:-1], offsets[:-1] + sizes
    head = data[np.clip(starts + np.arange(14)[:, np.newaxis], 0, last)]
    tail = data[np.clip(ends + np.arange(-12, 0)[:, np.newaxis], 0, last)]
    return _VALUES[head], _VALUES[tail]


def _number(values: Bytes) -> Ints:
    # The number that rows of digits spell, or -1 where one of them is no digit.
    number = np.zeros(values.shape[1], dtype=np.int64)
    for row in values:
        number = number * 10 + row
    return np.where((values < _TEN).all(axis=0), number, -1)


def _one_byte_each(texts: pa.StringArray) -> pa.StringArray:
    # Any character outside ASCII as `!`, so that places are bytes. Most columns have none.
    wide = pc.fill_null(pc.not_equal(pc.binary_length(texts), pc.utf8_length(texts)), fill_value=False)
    if not pc.any(wide).as_py():
        return texts
    return pc.replace_with_mask(texts, wide, pc.replace_substring_regex(texts.filter(wide), "[^\\x00-\\x7F]", "!"))
