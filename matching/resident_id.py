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

from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Strings: TypeAlias = pa.Array | pa.ChunkedArray
Bytes: TypeAlias = npt.NDArray[np.uint8]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

Kind = Literal[
    "valid18",  # encodes as it stands
    "valid15",  # encodes after the upgrade to 18
    "empty",  # null, or nothing but spaces
    "scientific",  # 3.20102E+17: a spreadsheet has lost the number
    "masked",  # 320102********1234
    "old_sequence",  # 15 digits with a sequence of 996 to 999: born in 18xx, for review
    "old_card",  # a foreigner's permanent card before 2023: 3 letters and 12 digits
    "bad_check",  # 17 digits and a check character that does not follow from them
    "bad_date",  # 18 or 15 digits, the check right where there is one, but no such day
    "wrong_length",  # digits, but not 15 or 18
    "other",  # a passport, a military number, anything else
]
CHECKS: Final = b"10X98765432"  # by the weighted sum of the 17 digits, modulo 11
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FIRST_DAY: Final = "1880-01-01"
LAST_DAY: Final = "2100-12-31"  # no wall clock: a number that was valid yesterday is valid today

_LENGTH: Final = 18
_OLD_LENGTH: Final = 15
_PERMITS: Final = 810_000  # 81, 82, 83: permits; 9: foreigners' cards: the first six digits are no region
_NOTHING: Final = pa.nulls(1, pa.string())[0]  # not pa.scalar, which would import pandas
# Rows worked on at a time: they stay within the processor's cache, and their product is too small for OpenBLAS to
# spread over threads of its own (at 262,144 multiplications), which costs a busy machine several times what it saves.
_BLOCK: Final = 2_048

# Everything that is typed between or around the characters of a number without belonging to it.
_NOISE: Final = (
    "[\\s\\x{00}\\x{A0}\\x{1680}\\x{2000}-\\x{200F}\\x{2028}-\\x{202F}\\x{205F}\\x{2060}\\x{3000}\\x{FEFF}]+"
)
_APOSTROPHE: Final = "^['`\\x{2018}\\x{2019}\\x{FF07}]+"
_PATTERNS: Final[tuple[tuple[Kind, str], ...]] = (
    ("wrong_length", "^[0-9]+X?$"),
    ("bad_date", "^([0-9]{17}[0-9X]|[0-9]{15})$"),  # refined below: valid, or a wrong check character
    ("old_sequence", "^[1-6][0-9]{11}99[6-9]$"),
    ("old_card", "^[A-Z]{3}[0-9]{12}$"),
    ("masked", "^[0-9]+[*X#?_]{2,}[0-9X]*$|^[*#?]+[0-9]+X?$"),
    ("scientific", "^[0-9]([.][0-9]+)?E[+]?[0-9]{1,2}$"),
    ("empty", "^$"),
)
_PLAIN: Final = "^[0-9A-Z]*$"
_HALF_WIDTH: Final = "0123456789Xx*"
_FULL_WIDTH: Final = "".join(chr(ord(half) + 0xFEE0) for half in _HALF_WIDTH)


def clean(values: Strings) -> pa.StringArray:
    """Return numbers as they were meant to be typed: half-width, upper case, no spaces, no leading apostrophe.

    A null or a cell of nothing but spaces becomes null. Nothing is repaired, and a 15-digit number stays one.
    """
    texts = _strings(values)
    dirty = pc.fill_null(pc.invert(pc.match_substring_regex(texts, _PLAIN)), fill_value=False)
    if pc.any(dirty).as_py():
        texts = pc.replace_with_mask(texts, dirty, _scrub(texts.filter(dirty)))
    return pc.if_else(pc.equal(texts, ""), _NOTHING, texts)


def encode(values: Strings) -> pa.Int64Array:
    """Return the 17 digits of each valid number as an int64; null for every other value.

    Valid: 18 characters, check character right, a calendar date between `FIRST_DAY` and `LAST_DAY`, no leading zero.
    A 15-digit number is upgraded (`19` after the region) if its date holds; a sequence of 996 to 999 marked people born
    in 18xx and is left to review. Values are cleaned first; clean ones cost nothing for it.
    """
    texts = _strings(values)
    keys = np.zeros(len(texts), dtype=np.int64)
    _encode_lengths(texts, keys)
    missed = np.flatnonzero(keys == 0)
    if len(missed):
        rest = texts.take(missed)
        scrubbed = clean(rest)
        changed = _flags(pc.fill_null(pc.not_equal(rest, scrubbed), fill_value=False))
        again = np.zeros(int(changed.sum()), dtype=np.int64)
        _encode_lengths(scrubbed.filter(pa.array(changed)), again)
        keys[missed[changed]] = again
    return pa.array(keys, pa.int64(), mask=keys == 0)


def decode(keys: pa.Int64Array) -> pa.StringArray:
    """Return the 18-character number of each key: the inverse of `encode`."""
    numbers: Ints = keys.fill_null(0).to_numpy()
    digits = np.empty((_LENGTH, len(numbers)), dtype=np.uint8)
    for half, first, last in ((numbers // 10**8, 0, 8), (numbers % 10**8, 9, 16)):
        rest = half.astype(np.uint32)  # halves: 32-bit division is several times faster
        for position in range(last, first - 1, -1):
            rest, digits[position] = np.divmod(rest, np.uint32(10))
    sums = np.zeros(len(numbers), dtype=np.uint16)
    for weight, digit in zip(WEIGHTS, digits, strict=False):
        sums += digit * np.uint16(weight)
    digits += ord("0")
    digits[17] = np.frombuffer(CHECKS, dtype=np.uint8)[sums % 11]
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * _LENGTH
    texts = pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets.tobytes()), pa.py_buffer(digits.T.tobytes()))
    return pc.if_else(keys.is_valid(), texts, _NOTHING)


def standard(values: Strings) -> pa.StringArray:
    """Return one spelling per number: 18 characters where it is valid (15-digit ones upgraded), else cleaned text."""
    texts = _strings(values)
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
    registered = _flags(known) & (regions < _PERMITS)
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
    codes = np.full(len(texts), names.index("other"), dtype=np.int8)
    for kind, pattern in _PATTERNS:  # later patterns are more particular and win
        codes[_flags(pc.match_substring_regex(texts, pattern))] = names.index(kind)
    long = _flags(pc.equal(pc.binary_length(texts), _LENGTH))
    full = np.flatnonzero(codes == names.index("bad_date"))
    if len(full):
        chosen = texts.take(full)
        valid = _flags(encode(chosen).is_valid())
        eighteen = long[full]
        codes[full[valid & eighteen]] = names.index("valid18")
        codes[full[valid & ~eighteen]] = names.index("valid15")
        codes[full[~valid & eighteen & ~_checks(chosen, eighteen)]] = names.index("bad_check")
    return pa.array(names, pa.string()).take(pa.array(codes, pa.int8()))


def _checks(texts: pa.StringArray, eighteen: Flags) -> Flags:
    # Whether the check character follows from the 17 digits, for 18-character texts of digits.
    right = np.zeros(len(texts), dtype=np.bool_)
    digits = _matrix(texts.filter(pa.array(eighteen)), _LENGTH) - np.uint8(ord("0"))
    digits[:, 17][digits[:, 17] == ord("X") - ord("0")] = 10
    right[eighteen] = (digits.astype(np.float32) @ _COLUMNS)[:, 0].astype(np.int32) % 11 == 1
    return right


def _strings(values: Strings) -> pa.StringArray:
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return array if array.type == pa.string() else array.cast(pa.string())


def _flags(array: pa.BooleanArray) -> Flags:
    flags: Flags = array.to_numpy(zero_copy_only=False)
    return flags


def _scrub(texts: pa.StringArray) -> pa.StringArray:
    # The common case first, and cheaply: a padded cell, a leading apostrophe, a lower-case x.
    texts = pc.ascii_upper(pc.utf8_ltrim(pc.utf8_trim_whitespace(texts), "'"))
    odd = pc.invert(pc.match_substring_regex(texts, _PLAIN))
    if pc.any(odd).as_py():
        texts = pc.replace_with_mask(texts, odd, _scrub_deeply(texts.filter(odd)))
    return texts


def _scrub_deeply(texts: pa.StringArray) -> pa.StringArray:
    for full, half in zip(_FULL_WIDTH, _HALF_WIDTH, strict=True):
        texts = pc.replace_substring(texts, full, half)
    texts = pc.replace_substring_regex(texts, _NOISE, "")
    texts = pc.replace_substring_regex(texts, _APOSTROPHE, "")
    return pc.ascii_upper(texts)


def _encode_lengths(texts: pa.StringArray, keys: Ints) -> None:
    # Writes the key of every valid 18- or 15-character text into `keys`; 0 elsewhere.
    if not len(texts):
        return
    lengths = pc.fill_null(pc.binary_length(texts), 0).to_numpy()
    for length, read in ((_LENGTH, _keys18), (_OLD_LENGTH, _keys15)):
        fits = lengths == length
        if fits.all():
            keys[:] = read(_matrix(texts, length))
        elif fits.any():
            keys[fits] = read(_matrix(texts.filter(pa.array(fits)), length))


def _matrix(texts: pa.StringArray, length: int) -> Bytes:
    # The bytes of texts that are all `length` bytes long, one row each, without copying.
    _, offsets, data = texts.buffers()
    start = int(np.frombuffer(offsets, dtype=np.int32, count=1, offset=texts.offset * 4)[0])
    return np.frombuffer(data, dtype=np.uint8, count=len(texts) * length, offset=start).reshape(-1, length)


def _columns() -> npt.NDArray[np.float32]:
    # One product of digits and these columns gives, each exact in float32 (below 2**24):
    # the weighted sum, digits 1-6, 7-10 (year), 11-14 (month and day), 15-17.
    columns = np.zeros((_LENGTH, 5), dtype=np.float32)
    columns[:, 0] = (*WEIGHTS, 1)
    for column, (start, stop) in enumerate(((0, 6), (6, 10), (10, 14), (14, 17)), start=1):
        columns[start:stop, column] = 10.0 ** np.arange(stop - start - 1, -1, -1)
    return columns


def _calendar() -> Flags:
    # True at yyyymmdd - 18800000 for each day of the calendar; both ends are False for values clipped to them.
    days = np.arange(FIRST_DAY, np.datetime64(LAST_DAY) + 1, dtype="datetime64[D]")
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    numbers = years * 10_000 + (months.astype(np.int64) % 12 + 1) * 100 + (days - months).astype(np.int64) + 1
    table = np.zeros(numbers[-1] - _ORIGIN + 2, dtype=np.bool_)
    table[numbers - _ORIGIN] = True
    return table


_ORIGIN: Final = 18_800_000
_COLUMNS: Final = _columns()
_CALENDAR: Final = _calendar()


def _keys18(characters: Bytes) -> Ints:
    keys = np.empty(len(characters), dtype=np.int64)
    for start in range(0, len(characters), _BLOCK):
        digits = characters[start : start + _BLOCK] - np.uint8(ord("0"))
        last = digits[:, 17]
        last[last == ord("X") - ord("0")] = 10
        parts = digits.astype(np.float32) @ _COLUMNS
        good = (parts[:, 0].astype(np.int32) % 11 == 1) & (last <= 10)  # noqa: PLR2004  X counts ten
        keys[start : start + _BLOCK] = np.where(good, _keys17(digits, parts), 0)
    return keys


def _keys15(characters: Bytes) -> Ints:
    digits = np.zeros((len(characters), _LENGTH), dtype=np.uint8)
    digits[:, :6] = characters[:, :6] - np.uint8(ord("0"))
    digits[:, 6:8] = (1, 9)
    digits[:, 8:17] = characters[:, 6:] - np.uint8(ord("0"))
    parts = digits.astype(np.float32) @ _COLUMNS
    # Those born in 18xx, and first digits under which 15-digit numbers were never issued.
    odd = (parts[:, 4] >= 996) | (digits[:, 0] > 6)  # noqa: PLR2004
    return np.where(odd, 0, _keys17(digits, parts))


def _keys17(digits: Bytes, parts: npt.NDArray[np.float32]) -> Ints:
    # The keys of rows whose first 17 characters are digits with a calendar date; 0 for the rest.
    whole = parts.astype(np.int64)
    births = whole[:, 2] * 10_000 + whole[:, 3]
    good = np.take(_CALENDAR, births - _ORIGIN, mode="clip") & (digits[:, 0] > 0)
    strange = np.flatnonzero(digits[:, :17] > 9)  # noqa: PLR2004  cheaper than a maximum per row: there are few
    good[strange // 17] = False
    keys = whole[:, 1] * 100_000_000_000 + births * 1000 + whole[:, 4]
    return np.where(good, keys, 0)
