"""Documents without a check character: passports, military numbers, permits and cards of an older kind.

Nothing in such a number says whether it is right, so that only equal spellings are equal documents. A key is a hash of
the spelling, the same on every machine and in every version of this module, and 0 for whatever is no document at all.
Equal keys are a hint only: who joins on them compares the spellings.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching import repair
from matching.buffers import Flags, Ints, among, counts, flags, hashes, lengths
from matching.resident_id import hidden, masked
from matching.swar import is_day

DOCUMENT_TYPES: Final = ("resident_id", "passport", "military", "other")
SHOWN: Final = 7  # characters that a mask shows, at least: with fewer it is not a number at all

_OTHER: Final = DOCUMENT_TYPES.index("other")
_TEXT: Final = len(DOCUMENT_TYPES)  # the salt of `text_keys`, beside the types'
_LONGEST: Final = 120  # bytes; a longer text is a remark, not a number
_MEANT_AS_NUMBER: Final = 17  # characters, and up to two more: a resident ID, however wrong
# The documents that prove themselves by their shape, under type resident_id: foreigners' cards before 2023 (3 letters,
# 12 digits) and permits of Hong Kong and Macau residents (H or M, 8 or 10 digits).
_PERMIT: Final = "^([A-Z]{3}[0-9]{12}|[HM]([0-9]{8}|[0-9]{10}))$"
_RENEWED: Final = "^([HM][0-9]{8})[0-9]{2}$"
# Those that may be documents of some kind, and are worth comparing as text. 8 bare digits are not: a permit of a Taiwan
# resident, a date, a telephone.
_CARD: Final = "^([A-Z]{1,3}[0-9]{7,12}|[0-9]{10}[A-Z])$"
_CARD_LENGTHS: Final = (8, 15)
_DAY: Final = 8  # digits of a date
_DIGITS: Final = among("0123456789")
_PLAIN: Final = among("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SEPARATORS: Final = "[\\s\\-\\x{2010}-\\x{2015}·()\\[\\]]+"
# The shape in which equal documents prove themselves: 军字第1234567号, E12345678, C01X00T47.
_SOUND: Final = "^([\\p{Han}]{1,4}第)?[A-Z]{0,3}[0-9][0-9A-Z]{6,20}号?$"
_SYMBOLS: Final = "[^\\pL\\pN]"
_DATE: Final = "^[0-9]{4}年[0-9]{1,2}月([0-9]{1,2}日?)?$"
_BARE: Final = "^[0-9]+X?$"
_ONE_DIGIT: Final = "|".join(f"^([^0-9]|{digit})*$" for digit in range(10))
_COUNTING: Final = " ".join(turn * (_LONGEST // 8) for turn in ("1234567890", "123456789", "0987654321", "987654321"))
_BEGINS: Final = sorted({_COUNTING[at : at + size] for at in range(len(_COUNTING)) for size in range(1, 5)})


def opaque_keys(texts: pa.StringArray, types: npt.NDArray[np.int8]) -> Ints:
    """Return the key of each document that has no check character, > 0: int64[n].

    `texts`: cleaned (`resident_id.clean`). `types`: indexes into DOCUMENT_TYPES; under `resident_id` only the shapes of
    permits and old cards are documents (of type `other`). 0 for what is no document: nothing, a word (无, N/A), one of
    `placeholders`, fewer than 5 letters and digits or fewer than 4 digits, a mask, a date, any symbol that belongs to
    no number. Width, spaces, single hyphens and brackets make no difference; nor does, under the types that a permit
    may have, how often it was renewed (`of_holder`).
    """
    spelled = spelling(texts)
    sizes = lengths(spelled)
    rows = np.flatnonzero((sizes > 0) & (sizes < np.where(types > 0, _LONGEST, _MEANT_AS_NUMBER)))
    keys = np.zeros(len(texts), dtype=np.int64)
    if len(rows):
        spelled, types = spelled.take(pa.array(rows)), types[rows]
        good = np.flatnonzero(_documents(spelled) & ((types > 0) | _matches(spelled, _PERMIT)))
        spelled, salts = spelled.take(pa.array(good)), np.where(types > 0, types, _OTHER)[good]
        keys[rows[good]] = _hashes(pc.if_else(pa.array(salts == _OTHER), of_holder(spelled), spelled), salts)
    return keys


def text_keys(texts: pa.StringArray) -> Ints:
    """Return a key > 0 of each cleaned text that stands for a resident ID and proves nothing, equal or not: int64[n].

    That is 17 to 19 digits, wrong in the same way on both sides, and what looks like another document (`cards`). 0 for
    any other text, and for a placeholder.
    """
    sizes = lengths(texts)
    number = (sizes >= _MEANT_AS_NUMBER) & (sizes <= _MEANT_AS_NUMBER + 2) & (counts(texts, _DIGITS) >= sizes - 1)
    rows = np.flatnonzero(number)
    if len(rows):
        chosen = texts.take(pa.array(rows))
        number[rows] = _matches(chosen, _BARE) & ~placeholders(chosen)
    return _keyed(texts, number | cards(texts))


def mask_keys(texts: pa.StringArray) -> Ints:
    """Return a key > 0 of each cleaned number that hides some places and shows at least SHOWN: int64[n]."""
    found = masked(texts)
    rows = np.flatnonzero(found)
    if len(rows):
        chosen = texts.take(pa.array(rows))
        found[rows] = (np.count_nonzero(repair.masks(chosen), axis=1) >= SHOWN) & ~placeholders(chosen)
    return _keyed(texts, found)


def cards(texts: pa.StringArray) -> Flags:
    """Say which cleaned texts look like a document and like no resident ID, whatever type they are of.

    That is one to three letters and 7 to 12 digits (E12345678), or 10 digits and a letter.
    """
    spelled = spelling(texts)
    sizes = lengths(spelled)
    shortest, longest = _CARD_LENGTHS
    found: Flags = (sizes >= shortest) & (sizes <= longest) & (counts(spelled, _DIGITS) < sizes)
    rows = np.flatnonzero(found)
    if len(rows):
        chosen = spelled.take(pa.array(rows))
        found[rows] = _matches(chosen, _CARD) & ~hidden(chosen) & ~placeholders(chosen)
    return found


def placeholders(texts: pa.StringArray) -> Flags:
    """Say which texts were typed to fill a cell.

    All their digits are the same (E00000000), or they are nothing but digits that count up or down, after 9 from 0 or 1
    again, with an X at the end or without.
    """
    found = _matches(texts, _ONE_DIGIT)
    # Texts are few whose first four digits count.
    begun = pc.is_in(pc.utf8_slice_codeunits(pc.utf8_rtrim(texts, "X"), 0, 4), pa.array(_BEGINS, pa.string()))
    bare = np.flatnonzero(flags(begun) & _matches(texts, _BARE))
    counting = [text.rstrip("X") in _COUNTING for text in texts.take(pa.array(bare)).to_pylist()]
    found[bare] |= np.array(counting, dtype=np.bool_)
    return found


def sound(texts: pa.StringArray) -> Flags:
    """Say which cleaned texts nobody enters for anything but a document: equal ones are the same document for certain.

    Up to three letters, then letters and digits, 7 places or more of three kinds or more; in front and behind perhaps
    what a military number has (字第…号). What is shorter, or holds other signs, may be a date, a telephone or a remark.
    """
    found = _matches(texts, _SOUND)
    rows = np.flatnonzero(found)
    found[rows] = [len(set(text)) > 2 for text in texts.take(pa.array(rows)).to_pylist()]  # noqa: PLR2004
    return found


def spelling(texts: pa.StringArray) -> pa.StringArray:
    """Return cleaned texts in the one spelling by which documents are compared: half-width, no separators."""
    odd = pa.array(counts(texts, _PLAIN) != lengths(texts))
    if not pc.any(odd).as_py():
        return texts
    folded = pc.ascii_upper(pc.utf8_normalize(texts.filter(odd), "NFKC"))
    return pc.replace_with_mask(texts, odd, pc.replace_substring_regex(folded, _SEPARATORS, ""))


def of_holder(spelled: pa.StringArray) -> pa.StringArray:
    """Return numbers of Hong Kong and Macau permits (H or M and ten digits) without the last two, which count renewals.

    What stands before is one person's for life (Ministry of Public Security, March 2010), and may be all that is given.
    """
    return pc.replace_substring_regex(spelled, _RENEWED, "\\1")


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


def _documents(texts: pa.StringArray) -> Flags:
    digits = counts(texts, _DIGITS)
    enough = (counts(texts, _PLAIN) >= 5) & (digits >= 4)  # noqa: PLR2004
    odd = hidden(texts) | _matches(texts, _SYMBOLS) | placeholders(texts)
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


def _keyed(texts: pa.StringArray, wanted: Flags) -> Ints:
    # Keys of those that are compared as text.
    keys = np.zeros(len(texts), dtype=np.int64)
    rows = np.flatnonzero(wanted)
    keys[rows] = _hashes(spelling(texts.take(pa.array(rows))), np.full(len(rows), _TEXT))
    return keys


def _hashes(texts: pa.StringArray, salts: Ints) -> Ints:
    # 63 bits, > 0.
    return np.maximum((hashes(texts, salts) >> np.uint64(1)).astype(np.int64), 1)
