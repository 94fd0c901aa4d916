"""Names over Arrow columns: one spelling for the ways of typing a name, and how far two names agree.

A minority name carries a dot that is typed in a dozen ways or left out; a fixed-width file pads with full-width spaces
or cuts a long name; a rare character arrives as `?` or as a private-use code. None of that makes another name.
"""

import re
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

Strings: TypeAlias = pa.Array | pa.ChunkedArray
Counts: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

Agreement = Literal["same", "similar", "different", "missing"]

# Spaces, invisible characters, dots of every kind, dashes and apostrophes: typed inside a name, no part of it.
# Written as codes, because many of them look alike: full stops, middle dots, bullets, katakana and hyphenation points.
_BETWEEN: Final = (
    "[\\s\\pZ\\p{Cc}\\p{Cf}\\p{Pd}.,'`\\x{B7}\\x{387}\\x{2018}\\x{2019}\\x{2022}\\x{2024}\\x{2027}\\x{2219}\\x{22C5}"
    "\\x{25AA}\\x{25CF}\\x{2E31}\\x{2E33}\\x{3001}\\x{3002}\\x{30FB}\\x{FE52}\\x{FF0E}\\x{FF61}\\x{FF65}\\x{A78F}]+"
)
# Nothing but unified Han characters: as most names are, and spelled already.
_PLAIN: Final = "^[\\x{3400}-\\x{4DBF}\\x{4E00}-\\x{9FFF}\\x{20000}-\\x{2EBEF}\\x{30000}-\\x{323AF}]+$"
# What a system writes for a character that it lacks. It agrees with any one character.
_UNKNOWN: Final = "[?\ufffd\u25a1\u3013\ue000-\uf8ff\U000f0000-\U0010fffd]"
_CUT: Final = 4  # a name of at least so many characters that begins a longer one was cut by a field's width
_CHUNK: Final = 32_768  # pairs scored at a time: lists that stay within the processor's cache


def normalise(values: Strings) -> pa.StringArray:
    """Return one spelling per name: half-width, upper case, composed, without spaces and dots; null where none is left.

    Takes strings of any length; most are spelled already and cost next to nothing. What it leaves out never
    distinguishes two people.
    """
    names = _combined(values).cast(pa.string())
    odd = pc.fill_null(pc.invert(pc.match_substring_regex(names, _PLAIN)), fill_value=False)
    if not pc.any(odd).as_py():
        return names
    encoded = names.filter(odd).dictionary_encode()
    return pc.replace_with_mask(names, odd, _spell(encoded.dictionary).take(encoded.indices))


def compare(left: Strings, right: Strings) -> pa.StringArray:
    """Say how far names agree as delivered: `agreement` of the normalised names, at less cost where they are equal."""
    one, other = _combined(left), _combined(right)
    equal = pc.and_(pc.equal(one, other), pc.match_substring_regex(one, _PLAIN))
    unequal = np.flatnonzero(~_flags(pc.fill_null(equal, fill_value=False)))
    levels = pa.repeat(pa.scalar("same"), len(one))
    if len(unequal):
        rest = agreement(normalise(one.take(unequal)), normalise(other.take(unequal)))
        mask = np.zeros(len(one), dtype=np.bool_)
        mask[unequal] = True
        levels = pc.replace_with_mask(levels, mask, rest)
    return levels


def agreement(left: Strings, right: Strings) -> pa.StringArray:
    """Say how far names agree, pair by pair; both sides of the same length and already normalised.

    - `same`: equal.
    - `similar`: as many edits apart as their length allows: none for names of up to two characters (one of two
      differing is another name, and so is one more), one for three to five, then one in four; or equal but for
      characters that one side could not write; or one the cut beginning of the other.
    - `missing`: one side has no name. `different`: everything else.

    An edit is a character put in, left out, replaced, or swapped with its neighbour.
    """
    levels = get_args(Agreement)
    one, other = _combined(left), _combined(right)
    codes = np.full(len(one), levels.index("different"), dtype=np.int8)
    codes[_flags(pc.fill_null(pc.equal(one, other), fill_value=False))] = levels.index("same")
    codes[_flags(pc.or_(one.is_null(), other.is_null()))] = levels.index("missing")
    unequal = np.flatnonzero(codes == levels.index("different"))
    if len(unequal):
        close = _similar(one.take(unequal), other.take(unequal))
        codes[unequal[close]] = levels.index("similar")
    return pa.array(levels, pa.string()).take(pa.array(codes, pa.int8()))


def _spell(names: pa.StringArray) -> pa.StringArray:
    names = pc.utf8_upper(pc.utf8_normalize(names, form="NFKC"))
    names = pc.replace_substring_regex(names, _BETWEEN, "")
    names = pc.utf8_normalize(names, form="NFKC")  # what stood apart may now compose
    return pc.if_else(pc.equal(names, ""), pa.nulls(1, pa.string())[0], names)


def _similar(one: pa.StringArray, other: pa.StringArray) -> Flags:
    lengths, others = _lengths(one), _lengths(other)
    shorter, longer = np.minimum(lengths, others), np.maximum(lengths, others)
    allowed = np.where(shorter <= 2, 0, np.where(shorter <= 5, 1, shorter // 4))  # noqa: PLR2004  the rule above
    hopeful = longer - shorter <= allowed
    hopeful &= allowed > 0
    close = np.zeros(len(lengths), dtype=np.bool_)
    places = np.flatnonzero(hopeful)
    close[places] = _edits(one.take(places), other.take(places), int(allowed.max(initial=0))) <= allowed[places]
    rest = np.flatnonzero(~close)
    if len(rest):
        a, b = one.take(rest), other.take(rest)
        close[rest] = _cut(a, b, shorter[rest]) | _unwritten(a, b)
    return close


def _edits(one: pa.StringArray, other: pa.StringArray, most: int) -> Counts:
    counts = np.empty(len(one), dtype=np.int64)
    for start in range(0, len(one), _CHUNK):
        a, b = one.slice(start, _CHUNK).to_pylist(), other.slice(start, _CHUNK).to_pylist()
        counts[start : start + _CHUNK] = cpdist(a, b, scorer=OSA.distance, score_cutoff=most, dtype=np.int16)
    return counts


def _cut(one: pa.StringArray, other: pa.StringArray, shorter: Counts) -> Flags:
    # No kernel compares one column's prefix with another column: there are few that are long enough.
    cut = np.zeros(len(shorter), dtype=np.bool_)
    places = np.flatnonzero(shorter >= _CUT)
    pairs = zip(one.take(places).to_pylist(), other.take(places).to_pylist(), strict=True)
    cut[places] = [a.startswith(b) or b.startswith(a) for a, b in pairs]
    return cut


def _unwritten(one: pa.StringArray, other: pa.StringArray) -> Flags:
    # Equal but for characters that one side could not write, where at least as many agree as could not be written.
    marked = _flags(pc.or_(pc.match_substring_regex(one, _UNKNOWN), pc.match_substring_regex(other, _UNKNOWN)))
    equal = np.zeros(len(marked), dtype=np.bool_)
    places = np.flatnonzero(marked)
    pairs = zip(one.take(places).to_pylist(), other.take(places).to_pylist(), strict=True)
    equal[places] = [_fits(a, b) for a, b in pairs]
    return equal


def _fits(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    unwritten = [bool(re.search(_UNKNOWN, a + b)) for a, b in zip(one, other, strict=True)]
    agreed = sum(a == b and not free for a, b, free in zip(one, other, unwritten, strict=True))
    return agreed + sum(unwritten) == len(one) and agreed >= sum(unwritten)


def _lengths(texts: pa.StringArray) -> Counts:
    lengths: Counts = pc.utf8_length(texts).to_numpy().astype(np.int64)
    return lengths


def _combined(values: Strings) -> pa.StringArray:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _flags(array: pa.BooleanArray) -> Flags:
    flags: Flags = array.to_numpy(zero_copy_only=False)
    return flags
