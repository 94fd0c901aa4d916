"""Documents without a check character: passports, military numbers, permits and cards of an older kind.

Nothing in such a number says whether it is right, so that only equal spellings are equal documents. A key is a hash of
the spelling, the same on every machine and in every version of this module, and 0 for whatever is no document at all.
Equal keys are a hint only: who joins on them compares the spellings.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching.buffers import Flags, Ints, among, counts, flags, hashes, lengths
from matching.resident_id import hidden
from matching.swar import is_day

DOCUMENT_TYPES: Final = ("resident_id", "passport", "military", "other")

_TEXT: Final = len(DOCUMENT_TYPES)  # the salt of `text_keys`, beside the types'
_LONGEST: Final = 120  # bytes; a longer text is a remark, not a number
_MEANT_AS_NUMBER: Final = 17  # characters, and up to two more: a resident ID, however wrong
# The documents that prove themselves by their shape, under type resident_id: foreigners' cards before 2023 (3 letters,
# 12 digits) and permits of Hong Kong and Macau residents (H or M, 8 or 10 digits).
_PERMIT: Final = "^([A-Z]{3}[0-9]{12}|[HM]([0-9]{8}|[0-9]{10}))$"
# Those that may be documents of some kind, and are worth comparing as text. 8 bare digits are not: a permit of a Taiwan
# resident, a date, a telephone.
_CARD: Final = "^([A-Z]{1,3}[0-9]{7,12}|[0-9]{10}[A-Z])$"
_CARD_LENGTHS: Final = (8, 15)
_DAY: Final = 8  # digits of a date
_DIGITS: Final = among("0123456789")
_PLAIN: Final = among("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SEPARATORS: Final = "[\\s\\-\\x{2010}-\\x{2015}/.·()\\[\\]]+"
_SYMBOLS: Final = "[^\\pL\\pN]"
_DATE: Final = "^[0-9]{4}年[0-9]{1,2}月([0-9]{1,2}日?)?$"
# One digit over and over, whatever stands around it; or nothing but digits that count up.
_PLACEHOLDER: Final = (
    "^[^0-9]*(" + "|".join(f"{digit}+" for digit in range(10)) + ")[^0-9]*$|^0?12345(6(7(8(90?[0-9X]*)?)?)?)?$"
)


def opaque_keys(texts: pa.StringArray, types: pa.StringArray | None = None) -> Ints:
    """Return the key of each document that has no check character, > 0: int64[n].

    `texts`: cleaned (`resident_id.clean`). `types`: of DOCUMENT_TYPES, anything else read as `other`; None, as a null,
    is `resident_id`, under which only the shapes of permits and old cards are documents (of type `other`).
    0 for what is no document: nothing, a placeholder (无, 0000, N/A, one character repeated, digits that count up),
    fewer than 5 letters and digits or fewer than 4 digits, a mask, a date, any symbol that belongs to no number. Width,
    spaces, single hyphens and brackets make no difference.
    """
    codes = _codes(types, len(texts))
    spelled = spelling(texts)
    sizes = lengths(spelled)
    rows = np.flatnonzero((sizes > 0) & (sizes < np.where(codes > 0, _LONGEST, _MEANT_AS_NUMBER)))
    keys = np.zeros(len(texts), dtype=np.int64)
    if len(rows):
        spelled, codes = spelled.take(pa.array(rows)), codes[rows]
        good = np.flatnonzero(_documents(spelled) & ((codes > 0) | _matches(spelled, _PERMIT)))
        salts = np.where(codes > 0, codes, DOCUMENT_TYPES.index("other"))
        keys[rows[good]] = _hashes(spelled.take(pa.array(good)), salts[good])
    return keys


def text_keys(texts: pa.StringArray) -> Ints:
    """Return a key > 0 of each cleaned text that stands for a resident ID and proves nothing, equal or not: int64[n].

    That is 17 to 19 digits, wrong in the same way on both sides, and what begins with letters or ends with one as the
    number of another document does (E12345678 without a document type). 0 for any other text, for one digit repeated
    and for digits that count up.
    """
    sizes, digits = lengths(texts), counts(texts, _DIGITS)
    number = (sizes >= _MEANT_AS_NUMBER) & (sizes <= _MEANT_AS_NUMBER + 2) & (digits >= sizes - 1)
    shortest, longest = _CARD_LENGTHS
    rows = np.flatnonzero(number | ((sizes >= shortest) & (sizes <= longest) & (digits < sizes)))
    if len(rows):
        chosen = texts.take(pa.array(rows))
        numbers, cards = _matches(chosen, "^[0-9]+X?$"), _matches(chosen, _CARD) & ~hidden(chosen)
        rows = rows[np.where(number[rows], numbers, cards) & ~_matches(chosen, _PLACEHOLDER)]
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
    words = pc.utf8_lower(pc.utf8_trim_whitespace(types))
    places = pc.index_in(words, pa.array(DOCUMENT_TYPES, pa.string()))
    other = pc.if_else(pc.fill_null(pc.not_equal(words, ""), fill_value=False), DOCUMENT_TYPES.index("other"), 0)
    codes: Ints = pc.coalesce(places, other.cast(pa.int32())).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def _documents(texts: pa.StringArray) -> Flags:
    digits = counts(texts, _DIGITS)
    enough = (counts(texts, _PLAIN) >= 5) & (digits >= 4)  # noqa: PLR2004
    odd = hidden(texts) | _matches(texts, _SYMBOLS) | _matches(texts, _PLACEHOLDER)
    return enough & ~odd & ~_dates(texts)


def _dates(texts: pa.StringArray) -> Flags:
    # A date of birth in the column of numbers.
    dates = _matches(texts, _DATE)
    eight = np.flatnonzero((counts(texts, _DIGITS) == _DAY) & (lengths(texts) == _DAY))
    if len(eight):
        dates[eight] = is_day(texts.take(pa.array(eight)).cast(pa.int64()).to_numpy())
    return dates


def _matches(texts: pa.StringArray, pattern: str) -> Flags:
    return flags(pc.match_substring_regex(texts, pattern))


def _hashes(texts: pa.StringArray, salts: Ints) -> Ints:
    # 63 bits, > 0.
    return np.maximum((hashes(texts, salts) >> np.uint64(1)).astype(np.int64), 1)
