"""Resident ID numbers (公民身份号码, GB 11643) over Arrow columns.

An 18-character number is 6 digits of region, 8 of birth date, 3 of sequence (odd: male) and a MOD 11-2 check character.
A valid number is encoded as an int64, its first 17 digits: the check character follows from them, so that equal keys
mean equal numbers and exact matching becomes one integer join.

Permits of Hong Kong, Macau and Taiwan residents (81, 82, 83) and foreigners' permanent cards since 2023 (leading 9)
have the same shape and check, and are encoded alike; a region is never read from those.
The region code is never compared with a table: abolished codes stay valid for their holders for life.

All functions take an `Array` or `ChunkedArray` of strings and give an `Array` of the same length; null in, null out.
No function raises on a value, and none ever puts a value into an error.
"""

import re
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.buffers import Bytes, Flags, Ints, Offsets, among, counts, flags, layout, lengths, matrix, pieces, strings
from matching.swar import CHECKS, LENGTH, WEIGHTS, read

Strings: TypeAlias = pa.Array | pa.ChunkedArray

Kind = Literal[
    "valid18",  # encodes as it stands
    "valid15",  # encodes after the upgrade to 18
    "empty",  # null, or nothing but spaces
    "scientific",  # 3.20102E+17: a spreadsheet has lost the number
    "masked",  # 320102********1234: places are hidden, all of them perhaps
    "old_sequence",  # 15 digits with a sequence of 996 to 999: born in 18xx, for review
    "old_card",  # a foreigner's permanent card before 2023: 3 letters and 12 digits
    "bad_check",  # 17 digits and a check character that does not follow from them
    "bad_date",  # 18 or 15 digits, the check right where there is one, but no such day
    "wrong_length",  # digits, but not 15 or 18
    "other",  # a passport, a military number, anything else
]

_OLD_LENGTH: Final = 15
_HIDDEN: Final = "([*#?_]|XX)"  # what tells that places of a cleaned text are hidden; a single X may be a check
_MASKED: Final = f"^[0-9X*#?_]*{_HIDDEN}[0-9X*#?_]*$"
_PERMITS: Final = 810_000  # 81, 82, 83: permits; 9: foreigners' cards: the first six digits are no region
_NOTHING: Final = pa.nulls(1, pa.string())[0]  # not pa.scalar, which would import pandas

# What a value that is not all digits may be; a later one wins.
_PATTERNS: Final[tuple[tuple[Kind, str], ...]] = (
    ("old_card", "^[A-Z]{3}[0-9]{12}$"),
    ("masked", _MASKED),
    ("scientific", "^[0-9]([.][0-9]+)?E[+]?[0-9]{1,2}$"),
)
_OLD_SEQUENCE: Final = "99[6-9]$"
_DIGITS: Final = among("0123456789")
_WIDE: Final = np.arange(256) >= 128  # noqa: PLR2004  bytes of characters outside ASCII
_PLAIN: Final = among("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*#?_")
# How a number is spelled, sign by sign: half-width and capital; squares, circles and ellipses that hide a place as `*`;
# without what is typed between or around the characters of a number and belongs to none of them.
_HIDING: Final = "\u00d7\u2022\u2025\u2026\u22ef\u25a0\u25a1\u25cb\u25cf\u25ef\u3013\ufffd"
_NOISE: Final = (
    *b"\0\t\n\v\f\r\x1c\x1d\x1e\x1f ",
    *(0x85, 0xA0, 0xAD, 0x61C, 0x1680, 0x180E, 0x3000, 0xFEFF),
    *range(0x2000, 0x2010),
    *range(0x2028, 0x2030),
    *range(0x205F, 0x2070),
)
_SPELLED: Final[dict[int, str | None]] = (
    {ord(small): small.upper() for small in "abcdefghijklmnopqrstuvwxyz"}
    | {ord(half) + 0xFEE0: half.upper() for half in "0123456789Xx*#?_"}
    | dict.fromkeys(map(ord, _HIDING), "*")
    | dict.fromkeys(_NOISE)
)
# What is typed around a value and belongs to none: quotes, the `=` of a spreadsheet, punctuation.
_AROUND: Final = (
    "\"'`=,:;\u00ab\u00b4\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033"
    "\u3001\u3002\u300c\u300d\u300e\u300f\uff02\uff07\uff0c\uff1a\uff1b\uff1d\uff61\uff62\uff63"
)
_DIGIT: Final = re.compile("[0-9]")
# A run of what separates parts hides places, and so does one that is left over behind a star.
_SEPARATORS: Final = "-.~/\u00b7\u2010-\u2015\u2212\uff0d-\uff0f\uff5e"
_SEPARATOR: Final = re.compile(f"[{_SEPARATORS}]")
_RUN: Final = re.compile(f"[{_SEPARATORS}]{{2,}}|(?<=[*])[{_SEPARATORS}]")
# A number, hidden places and separators within it, and what is typed around numbers only: brackets, their name, a dot.
_PLACES: Final = "0-9X*#?_"
_BRACKETS: Final = r"()<>{}\[\]\u3008-\u300b\u3010\u3011\u3014\u3015\uff08\uff09\uff1c\uff1e\uff3b\uff3d\uff5b\uff5d"
_OUTSIDE: Final = f"[{_AROUND}{_BRACKETS}]*+"
_LABEL: Final = "(?:(?:居民|公民)?身份(?:证件?)?(?:号码?)?|ID(?=[:\uff1a]))"
_WRAPPED: Final = re.compile(
    f"{_OUTSIDE}(?:{_LABEL}{_OUTSIDE})?"
    f"([{_PLACES}](?:[{_SEPARATORS}{_PLACES}]*[{_PLACES}])?){_OUTSIDE}[.\uff0e]?{_OUTSIDE}"
)
# One number of 18 places among remarks without a digit (证件号码:…, No. …, …(本人)), or with a spreadsheet's `.0`.
_AMONG_WORDS: Final = re.compile(
    "(?:[^0-9X*#?_]*[^0-9A-Z*#?_])?([0-9]{17}[0-9X])(?:[.]0)?(?:[^0-9A-Z*#?_][^0-9X*#?_]*)?"
)
# Region, birth date, sequence and check, with one separator or none between these, and between the parts of the date.
_SEGMENTS: Final = re.compile(
    "[0-9]{6}S?(?:[0-9]{2})?[0-9]{2}(S?)[0-9]{2}\\1[0-9]{2}S?[0-9]{3}[0-9X]?".replace("S", _SEPARATOR.pattern)
)


def clean(values: Strings) -> pa.StringArray:
    """Return numbers as they were meant to be typed: half-width, upper case, no spaces, nothing around them.

    A null or a cell of nothing but spaces becomes null. Quotes, commas and a spreadsheet's `=` around a value are left
    out; of a resident ID also brackets, a full stop and its own name (身份证号:) around it, single separators between
    its segments, and any remark without a digit beside 18 places that prove themselves. Nothing is repaired, no digit
    or letter of a number is left out, and 15 digits stay 15.
    Signs that hide a place become `*`, and so do two or more separators in a row: 320102--------1234.
    """
    texts = strings(values)
    dirty = _dirty(texts)
    if dirty.any():
        mask = pa.array(dirty)
        texts = pc.replace_with_mask(texts, mask, _scrub(texts.filter(mask)))
    blank = pc.equal(pc.binary_length(texts), 0)
    return pc.if_else(blank, _NOTHING, texts) if pc.any(blank).as_py() else texts


def encode(values: Strings) -> pa.Int64Array:
    """Return the 17 digits of each valid number as an int64; null for every other value.

    Valid: 18 characters, check character right, a calendar date from 1880 to 2100 (`swar.is_day`), no leading zero.
    A 15-digit number is upgraded (`19` after the region) if its date holds; a sequence of 996 to 999 marked people born
    in 18xx and is left to review. Values are cleaned first; clean ones cost nothing for it.
    """
    found = keys(values)
    return pa.array(found, pa.int64(), mask=found == 0)


def keys(values: Strings) -> Ints:
    """Return what `encode` does as a plain array, int64[n]: 0 where a value is no valid number."""
    if isinstance(values, pa.ChunkedArray):
        return np.concatenate([np.zeros(0, dtype=np.int64), *(keys(chunk) for chunk in values.chunks)])
    texts = strings(values)
    found = _keys(texts)
    missed = np.flatnonzero(found == 0)
    if len(missed):
        rest = texts if len(missed) == len(texts) else texts.take(pa.array(missed))
        # Half-width digits enough, or something that may turn into them.
        dirty = _dirty(rest) & ((counts(rest, _DIGITS) >= _OLD_LENGTH) | (counts(rest, _WIDE) > 0))
        if dirty.any():
            found[missed[dirty]] = _keys(_scrub(rest.filter(pa.array(dirty))))
    return found


def decode(keys: pa.Int64Array) -> pa.StringArray:
    """Return the 18-character number of each key: the inverse of `encode`."""
    numbers: Ints = keys.fill_null(0).to_numpy()
    digits = np.empty((LENGTH, len(numbers)), dtype=np.uint8)
    for half, first, last in ((numbers // 10**8, 0, 8), (numbers % 10**8, 9, 16)):
        rest = half.astype(np.uint32)  # halves: 32-bit division is several times faster
        for position in range(last, first - 1, -1):
            rest, digits[position] = np.divmod(rest, np.uint32(10))
    sums = np.zeros(len(numbers), dtype=np.uint16)
    for weight, digit in zip(WEIGHTS, digits, strict=False):
        sums += digit * np.uint16(weight)
    digits += ord("0")
    digits[17] = np.frombuffer(CHECKS, dtype=np.uint8)[sums % 11]
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * LENGTH
    texts = pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets.tobytes()), pa.py_buffer(digits.T.tobytes()))
    return pc.if_else(keys.is_valid(), texts, _NOTHING)


def standard(values: Strings) -> pa.StringArray:
    """Return one spelling per number: 18 characters where it is valid (15-digit ones upgraded), else cleaned text."""
    texts = strings(values)
    return pc.coalesce(decode(encode(texts)), clean(texts))


def describe(keys: pa.Int64Array) -> pa.RecordBatch:
    """Say what valid numbers tell about their holders.

    Returns `birth_date` date32, `sex` (`male`, `female`), `region` (6 digits of first registration, perhaps abolished
    since; null for permits and foreigners' cards, whose digits name no such region).
    """
    known = keys.is_valid()
    numbers: Ints = keys.fill_null(0).to_numpy()
    births = numbers // 1000 % 100_000_000
    days = (
        (births // 10_000 - 1970).astype("datetime64[Y]").astype("datetime64[M]")
        + np.maximum(births // 100 % 100 - 1, 0)
    ).astype("datetime64[D]") + np.maximum(births % 100 - 1, 0)
    regions = numbers // 100_000_000_000
    registered = flags(known) & (regions < _PERMITS)
    sexes = pa.array(["female", "male"]).take(pa.array(numbers % 2, pa.int64()))
    return pa.RecordBatch.from_arrays(
        [
            pc.if_else(known, pa.array(days, pa.date32()), pa.scalar(None, pa.date32())),
            pc.if_else(known, sexes, _NOTHING),
            pc.if_else(pa.array(registered), pa.array(regions).cast(pa.string()), _NOTHING),
        ],
        names=["birth_date", "sex", "region"],
    )


def kinds(values: Strings) -> pa.StringArray:
    """Sort values into `Kind`s, never null: what a value is, or why it is not a valid resident ID."""
    texts = pc.fill_null(clean(values), "")
    names = get_args(Kind)
    sizes, digits = lengths(texts), counts(texts, _DIGITS)
    numeric = (digits == sizes) | ((digits == sizes - 1) & flags(pc.ends_with(texts, "X")))
    codes = np.where(numeric, names.index("wrong_length"), names.index("other")).astype(np.int8)
    strange = np.flatnonzero(~numeric)
    if len(strange):
        rest = texts.take(pa.array(strange))
        for kind, pattern in _PATTERNS:
            codes[strange[flags(pc.match_substring_regex(rest, pattern))]] = names.index(kind)
    codes[sizes == 0] = names.index("empty")
    whole = np.flatnonzero(numeric & ((sizes == LENGTH) | ((sizes == _OLD_LENGTH) & (digits == _OLD_LENGTH))))
    if len(whole):
        codes[whole] = _whole(texts.take(pa.array(whole)), sizes[whole] == LENGTH)
    return pa.array(names, pa.string()).take(pa.array(codes, pa.int8()))


def hidden(texts: pa.StringArray) -> Flags:
    """Say which cleaned texts, numbers or not, hide some of their places behind `*`, `#`, `?`, `_` or XX."""
    return flags(pc.match_substring_regex(texts, _HIDDEN))


def masked(texts: pa.StringArray) -> Flags:
    """Say which cleaned texts are numbers with hidden places: nothing but digits, X and the marks of `hidden`."""
    return flags(pc.match_substring_regex(texts, _MASKED))


def _whole(texts: pa.StringArray, long: Flags) -> npt.NDArray[np.int8]:
    # The kinds of 18 (`long`) or 15 digits.
    names = get_args(Kind)
    valid = _keys(texts) > 0
    codes = np.where(valid, np.where(long, names.index("valid18"), names.index("valid15")), names.index("bad_date"))
    codes[~long & flags(pc.match_substring_regex(texts, _OLD_SEQUENCE))] = names.index("old_sequence")
    unsure = np.flatnonzero(long & ~valid)
    if len(unsure):
        characters = matrix(texts.take(pa.array(unsure)), LENGTH)
        codes[unsure[_checks(characters[:, :-1]) != characters[:, -1]]] = names.index("bad_check")
    return codes.astype(np.int8)


def _dirty(texts: pa.StringArray) -> Flags:
    # Which texts hold anything but digits, capital letters and the marks of hidden places.
    dirty: Flags = counts(texts, _PLAIN) != lengths(texts)
    return dirty


def _scrub(texts: pa.StringArray) -> pa.StringArray:
    # The common cases first, and cheaply: a padded cell, quotes, a lower-case x, spaces between segments.
    texts = pc.ascii_upper(pc.replace_substring(pc.utf8_trim(pc.utf8_trim_whitespace(texts), _AROUND), " ", ""))
    odd = _dirty(texts)
    if odd.any():
        mask = pa.array(odd)
        texts = pc.replace_with_mask(texts, mask, _scrub_deeply(texts.filter(mask)))
    return texts


def _scrub_deeply(texts: pa.StringArray) -> pa.StringArray:
    # Few, and text by text: a dozen vectorised replacements cost more than they do.
    return pa.array([None if text is None else _spelled(text) for text in texts.to_pylist()], pa.string())


def _spelled(text: str) -> str:
    text = text.translate(_SPELLED).strip(_AROUND)
    if (text.isalnum() and text.isascii()) or not _DIGIT.search(text):
        return text
    if (whole := _AMONG_WORDS.fullmatch(text)) and _proves_itself(whole[1]):
        return whole[1]
    text = _RUN.sub(lambda run: "*" * len(run[0]), text)
    if wrapped := _WRAPPED.fullmatch(text):
        text = wrapped[1]
    return _SEPARATOR.sub("", text) if _SEGMENTS.fullmatch(text) else text


def _proves_itself(number: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=False))
    return ord(number[-1]) == CHECKS[total % 11]


def _keys(texts: pa.StringArray) -> Ints:
    # The key of every valid 18- or 15-character text as it stands; 0 elsewhere.
    data, places = layout(texts)
    sizes = lengths(texts)
    found = np.zeros(len(texts), dtype=np.int64)
    for length, parse in ((LENGTH, read), (_OLD_LENGTH, _read_old)):
        rows = np.flatnonzero(sizes == length)
        if len(rows) == len(texts) > 0:
            return parse(data, places[:-1])
        if len(rows):
            found[rows] = parse(data, places[rows])
    return found


def _read_old(data: Bytes, starts: Offsets) -> Ints:
    # Texts of 15 bytes, as the 18 characters that the same person has today, check character included.
    old = pieces(data, starts, _OLD_LENGTH)
    new = np.empty((len(old), LENGTH), dtype=np.uint8)
    new[:, :6] = old[:, :6]
    new[:, 6:8] = (ord("1"), ord("9"))
    new[:, 8:17] = old[:, 6:]
    new[:, 17] = _checks(new[:, :17])
    found = read(new.reshape(-1), np.arange(len(new), dtype=np.int32) * LENGTH)
    # Those born in 18xx, and first digits under which 15-digit numbers were never issued.
    odd = (found % 1000 >= 996) | (old[:, 0] > ord("6"))  # noqa: PLR2004
    return np.where(odd, 0, found)


def _checks(characters: Bytes) -> Bytes:
    # The check character that follows from each row of 17 digits.
    sums = (characters - np.uint8(ord("0"))).astype(np.uint16) @ np.array(WEIGHTS, dtype=np.uint16)
    return np.frombuffer(CHECKS, dtype=np.uint8)[sums % 11]
