"""Documents without a check character: passports, military numbers, permits and cards of an older kind.

Nothing in such a number says whether it is right, so that only equal spellings are equal documents. A key is a hash of
the spelling, the same on every machine and in every version of this module, and 0 for whatever is no document at all.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching.buffers import Flags, Ints, among, counts, flags, layout, lengths
from matching.swar import is_day

Words = npt.NDArray[np.uint64]

DOCUMENT_TYPES: Final = ("resident_id", "passport", "military", "other")

_TEXT: Final = len(DOCUMENT_TYPES)  # the salt of `text_keys`, beside the types'
_LONGEST: Final = 120  # bytes; a longer text is a remark, not a number
_MEANT_AS_NUMBER: Final = 17  # characters, and up to two more: a resident ID, however wrong
# Under type resident_id: foreigners' cards before 2023 (3 letters, 12 digits), permits of Hong Kong and Macau residents
# (H or M, 8 or 10 digits), of Taiwan residents (8 digits, or 10 and a letter), and whatever else begins with letters.
_CARD: Final = "^([A-Z]{1,3}[0-9]{7,12}|[0-9]{8}|[0-9]{10}[A-Z])$"
_DIGITS: Final = among("0123456789")
_PLAIN: Final = among("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SEPARATORS: Final = "[\\s\\-\\x{2010}-\\x{2015}/.·()\\[\\]]+"
_MASKED: Final = "[*#?_]|[0-9]XX|XXX"
# One digit over and over, whatever stands around it; or nothing but digits that count up.
_PLACEHOLDER: Final = (
    "^[^0-9]*(" + "|".join(f"{digit}+" for digit in range(10)) + ")[^0-9]*$|^0?12345(6(7(8(90?[0-9X]*)?)?)?)?$"
)
_M1, _M2 = np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB)
_GOLDEN: Final = np.uint64(0x9E37_79B9_7F4A_7C15)


def opaque_keys(texts: pa.StringArray, types: pa.StringArray | None = None) -> Ints:
    """Return the key of each document that has no check character, > 0: int64[n].

    `texts`: cleaned (`resident_id.clean`). `types`: of DOCUMENT_TYPES, anything else read as `other`; None, as a null,
    is `resident_id`, under which only the shapes of permits and old cards are documents (of type `other`).
    0 for what is no document: nothing, a placeholder (无, 0000, N/A, one character repeated, digits that count up),
    fewer than 5 letters and digits or fewer than 4 digits, a mask. Width, spaces, hyphens and brackets make no
    difference.
    """
    codes = _codes(types, len(texts))
    spelled = spelling(texts)
    sizes = lengths(spelled)
    rows = np.flatnonzero((sizes > 0) & (sizes < np.where(codes > 0, _LONGEST, _MEANT_AS_NUMBER)))
    keys = np.zeros(len(texts), dtype=np.int64)
    if len(rows):
        spelled, codes = spelled.take(pa.array(rows)), codes[rows]
        good = np.flatnonzero(_documents(spelled) & ((codes > 0) | _cards(spelled)))
        salts = np.where(codes > 0, codes, DOCUMENT_TYPES.index("other"))
        keys[rows[good]] = _hashes(spelled.take(pa.array(good)), salts[good])
    return keys


def text_keys(texts: pa.StringArray) -> Ints:
    """Return a key > 0 of each cleaned text that was meant as a resident ID, 17 to 19 digits, right or wrong: int64[n].

    For numbers that are wrong in the same way on both sides. 0 for any other text, for one digit repeated and for
    digits that count up.
    """
    sizes, digits = lengths(texts), counts(texts, _DIGITS)
    meant = (sizes >= _MEANT_AS_NUMBER) & (sizes <= _MEANT_AS_NUMBER + 2) & (digits >= sizes - 1)
    rows = np.flatnonzero(meant)
    if len(rows):
        chosen = texts.take(pa.array(rows))
        rows = rows[flags(pc.match_substring_regex(chosen, "^[0-9]+X?$")) & ~_placeholders(chosen)]
    keys = np.zeros(len(texts), dtype=np.int64)
    keys[rows] = _hashes(texts.take(pa.array(rows)), np.full(len(rows), _TEXT))
    return keys


def spelling(texts: pa.StringArray) -> pa.StringArray:
    """Return cleaned texts in the one spelling by which documents are compared: half-width, no separators."""
    odd = pa.array(counts(texts, _PLAIN) != lengths(texts))
    if not pc.any(odd).as_py():
        return texts
    folded = pc.ascii_upper(pc.utf8_normalize(texts.filter(odd), "NFKC"))
    return pc.replace_with_mask(texts, odd, pc.replace_substring_regex(folded, _SEPARATORS, ""))


def one_edit_apart(left: pa.StringArray, right: pa.StringArray) -> Flags:
    """Whether one typing error lies between two documents: a wrong, missing or superfluous character, or a swap.

    Equal ones are none apart; a null is never close.
    """
    both = np.flatnonzero(flags(pc.and_(left.is_valid(), right.is_valid())))
    close = np.zeros(len(left), dtype=np.bool_)
    if len(both):
        one, other = (spelling(side.take(pa.array(both))).to_pylist() for side in (left, right))
        distances = process.cpdist(one, other, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)
        close[both] = distances == 1
    return close


def _codes(types: pa.StringArray | None, rows: int) -> Ints:
    if types is None:
        return np.zeros(rows, dtype=np.int64)
    places = pc.index_in(types, pa.array(DOCUMENT_TYPES, pa.string()))
    other = pc.if_else(types.is_valid(), DOCUMENT_TYPES.index("other"), 0)
    codes: Ints = pc.coalesce(places, other.cast(pa.int32())).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def _documents(texts: pa.StringArray) -> Flags:
    digits = counts(texts, _DIGITS)
    enough = (counts(texts, _PLAIN) >= 5) & (digits >= 4)  # noqa: PLR2004
    masked = flags(pc.match_substring_regex(texts, _MASKED))
    return enough & ~masked & ~_placeholders(texts)


def _cards(texts: pa.StringArray) -> Flags:
    # The documents that are told by their shape. A date of birth in the column of numbers is no permit.
    cards = flags(pc.match_substring_regex(texts, _CARD))
    days = np.flatnonzero(cards & (counts(texts, _DIGITS) == 8) & (lengths(texts) == 8))  # noqa: PLR2004
    if len(days):
        cards[days] = ~is_day(texts.take(pa.array(days)).cast(pa.int64()).to_numpy())
    return cards


def _placeholders(texts: pa.StringArray) -> Flags:
    return flags(pc.match_substring_regex(texts, _PLACEHOLDER))


def _hashes(texts: pa.StringArray, salts: Ints) -> Ints:
    # A 63-bit hash > 0 of each text (no null) and its salt: SplitMix64's mixing step, eight bytes at a time.
    characters, places = layout(texts)
    sizes = np.diff(places)
    state = _mixed((salts.astype(np.uint64) << np.uint64(32)) + sizes.astype(np.uint64))
    steps = np.arange(8)
    for start in range(0, int(sizes.max(initial=0)), 8):
        rows = np.flatnonzero(sizes > start)
        within = start + steps < sizes[rows, np.newaxis]
        at = places[rows, np.newaxis] + np.where(within, start + steps, 0)
        words = np.where(within, characters[at], 0).astype(np.uint8).view("<u8")[:, 0]
        state[rows] = _mixed(state[rows] ^ words)
    return np.maximum((state >> np.uint64(1)).astype(np.int64), 1)


def _mixed(words: Words) -> Words:
    words = words + _GOLDEN
    words = (words ^ (words >> np.uint64(30))) * _M1
    words = (words ^ (words >> np.uint64(27))) * _M2
    return words ^ (words >> np.uint64(31))
