"""Names over Arrow columns: one spelling for the ways of writing a name, and how far two names agree.

A minority name carries a dot that is typed in a dozen ways or left out; a fixed-width file pads with full-width spaces
or cuts a long name; a rare character arrives as `?`, as a private-use code or as its homophone; Taiwan writes
traditional characters and an airline pinyin; a clerk adds a remark or a number. None of that makes another person, and
none of it alone proves the same.

Most names are two to four common characters. They are packed into one integer (`characters`: four lanes of 16 bits),
and compared by arithmetic; only the rest are compared as text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching import characters
from matching.buffers import flags, hashes, padded, strings
from matching.spelling import HIDING, MARK, NOBODY, spell

Strings: TypeAlias = pa.Array | pa.ChunkedArray
Keys: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Rows: TypeAlias = npt.NDArray[np.intp]
Codes: TypeAlias = npt.NDArray[np.int8]

Level = Literal["same", "former", "unwritten", "similar", "cut", "homophone", "pinyin", "different", "missing"]
LEVELS: Final = get_args(Level)
_SAME, _, _UNWRITTEN, _SIMILAR, _CUT, _HOMOPHONE, _PINYIN, _DIFFERENT, _MISSING = range(len(LEVELS))
_OPEN: Final = -1  # not settled by arithmetic
_MARKS: Final = re.compile(MARK)

_MOST_EDITS: Final = 6  # of a long name: 24 characters, and no register holds many that are longer
_CUT_FROM: Final = 4  # a name of at least so many characters that begins a longer one was cut by a field's width
_PLACES: Final = 4  # characters of a packed name
_BYTES: Final = 3 * _PLACES  # of a packed name in UTF-8
_HASHED: Final = 0x7000 << 48  # above every packed name
_BLOCK: Final = 8_192  # names worked on at a time: they stay within the processor's cache
_CHUNK: Final = 32_768  # texts compared at a time


@dataclass(frozen=True)
class Names:
    """Names of n people: `keys` int64[n], 0 for no name, and their spelling as `text`; equal names have equal keys.

    A key below 0x7000 << 48 is the name itself, four lanes of 16 bits, the first character lowest; others are hashes,
    and names that share one may differ.
    """

    keys: Keys
    whole: pa.StringArray
    rows: Keys | None = None  # of `whole`, where this is a selection: its text is rarely asked for

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def text(self) -> pa.StringArray:
        """Normalised names, null for no name."""
        return self.whole if self.rows is None else self.whole.take(pa.array(self.rows))

    def take(self, indices: npt.NDArray[np.integer]) -> "Names":
        """Return the names in some rows."""
        rows = np.asarray(indices, dtype=np.int64)
        return Names(self.keys[rows], self.whole, rows if self.rows is None else self.rows[rows])

    def __reduce__(self) -> tuple[type["Names"], tuple[Keys, pa.StringArray]]:
        return Names, (self.keys, pa.concat_arrays([self.text]))


def prepare(values: Strings) -> Names:
    """Spell names alike and pack them, once for many comparisons."""
    texts = strings(values)
    keys = _packed(texts)
    odd = np.flatnonzero(keys <= 0)
    if len(odd):
        encoded = texts.take(pa.array(odd)).dictionary_encode()
        spelled = spell(encoded.dictionary)
        packed = _packed(spelled)
        rest = np.flatnonzero(packed <= 0)
        packed[rest] = _hashes(spelled.take(pa.array(rest)))
        place = encoded.indices
        mask = np.zeros(len(texts), dtype=np.bool_)
        mask[odd] = True
        keys[odd] = np.append(packed, 0)[pc.fill_null(place, len(packed)).to_numpy()]
        texts = pc.replace_with_mask(texts, pa.array(mask), spelled.take(place))
    return Names(keys, texts)


def normalise(values: Strings) -> pa.StringArray:
    """Return one spelling per name; null where none is left, and for what stands for no name (不详, N/A, 0).

    Half-width, upper case, composed, simplified, of usual forms, without spaces, dots, accents, remarks in brackets
    and the number after a Chinese name; private-use codes of GB 18030 become their characters. What it leaves out never
    distinguishes two people. Null stands as well for a name that was hidden, and for two names in one.
    """
    return prepare(values).text


def name_keys(names: Names) -> Keys:
    """Return a stable key > 0 per name, 0 for no name: int64[n].

    Equal names have equal keys, and names of up to four common Chinese characters have equal keys only where they are
    equal. The key of any other name is a hash of 60 bits: good to look people up by and to count names, but two names
    of one hash can be made up, so that `compare` has the last word on whether they are the same.
    """
    return names.keys


def compare(one: Names | Strings, other: Names | Strings) -> Codes:
    """Say how far names agree, pair by pair, as indexes into LEVELS; the first that holds. Symmetric.

    - `same`: spelled alike.
    - `unwritten`: alike but for characters that one side could not write, where the other has one that GBK lacks.
    - `similar`: as many edits apart as their length allows: none for names of up to two characters (one of two
      differing is another name, and so is one more), one for three to five, then one in four, six at most. An edit is
      a character put in, left out, replaced, or swapped with its neighbour. Or alike but for unwritten marks against
      ordinary characters, where at least as many agree. Or Latin letters, the first of them last.
    - `cut`: one the beginning of the other: at least four characters, or the first two of three.
    - `homophone`: of one length, every character that differs sharing a reading, whatever the tone.
    - `pinyin`: Latin letters on one side, wholly or in part, that read as the other.
    - `missing`: one side has no name. `different`: everything else. `former` is for the caller to find.
    """
    left, right = (names if isinstance(names, Names) else prepare(names) for names in (one, other))
    codes = np.empty(len(left), dtype=np.int8)
    for start in range(0, len(codes), _BLOCK):
        part = slice(start, start + _BLOCK)
        codes[part] = _arithmetic(left.keys[part], right.keys[part])
    rest = np.flatnonzero(codes == _OPEN)
    codes[rest] = _by_text(left.take(rest), right.take(rest))
    return codes


def _by_text(one: Names, other: Names) -> Codes:
    # Equal hashes are the same name only where the texts are equal as well.
    left, right = one.text, other.text
    codes = np.full(len(one), _SAME, dtype=np.int8)
    apart = np.flatnonzero((one.keys != other.keys) | flags(pc.not_equal(left, right)))
    if len(apart):
        rows = pa.array(apart)
        codes[apart] = _textual(left.take(rows), right.take(rows))
    return codes


# ---- packed names


def _packed(texts: pa.StringArray) -> Keys:
    """Pack names that need no spelling; 0 for null, -1 for all others and for words that stand for no name."""
    keys = np.empty(len(texts), dtype=np.int64)
    data, offsets = padded(texts, 16)
    begins, nobody = _nobody()
    for start in range(0, len(keys), _BLOCK):
        block = _pack(offsets[start : start + _BLOCK + 1], data)
        suspects = np.flatnonzero(begins.take(block.view(np.uint16)[::_PLACES]))
        block[suspects[np.isin(block[suspects], nobody)]] = -1
        keys[start : start + _BLOCK] = block
    if texts.null_count:
        keys[flags(texts.is_null())] = 0
    return keys


@cache
def _nobody() -> tuple[Flags, Keys]:
    # The packed words among `NOBODY`, and by lane which of them begin so: hardly any name does.
    words = [word for word in NOBODY.split() if len(word) <= _PLACES and characters.is_han(word)]
    lanes = [[ord(character) - characters.BEFORE for character in word] for word in words]
    begins = np.zeros(1 << 16, dtype=np.bool_)
    begins[[word[0] for word in lanes]] = True
    return begins, np.array([sum(lane << 16 * at for at, lane in enumerate(word)) for word in lanes], np.int64)


def _pack(offsets: npt.NDArray[np.int32], data: npt.NDArray[np.uint8]) -> Keys:
    # A common Chinese character is three bytes of UTF-8, 1110xxxx 10yyyyyy 10zzzzzz: two of them to a word.
    sizes = np.minimum(np.diff(offsets), _BYTES + 1)
    windows = np.ndarray((len(data) - 15,), "V16", data, strides=(1,))[offsets[:-1]].view("<u8").reshape(-1, 2)
    words = np.empty((2, len(sizes)), np.uint64)
    words[0] = windows[:, 0]
    words[1] = (windows[:, 0] >> _u(48)) | (windows[:, 1] << _u(16))
    points = (words & _u(0x00000F_00000F)) << _u(12)
    points |= (words & _u(0x003F00_003F00)) >> _u(2)
    points |= (words & _u(0x3F0000_3F0000)) >> _u(16)
    raw = (points & _u(0xFFFF)) | ((points >> _u(8)) & _u(0xFFFF0000))
    raw = (raw[0] | (raw[1] << _u(32))) & _USED.take(sizes)
    leads = (words ^ _u(0xE0_0000E0)) & _u(0xF0_0000F0)  # 0 where a character of three bytes begins
    strange = (leads[0] | (leads[1] << _u(4))) & _LEADS.take(sizes)
    folded = _lanes().take(raw.view(np.uint16)).view(np.uint64)
    # Every character is known and its own folded form where its lane is its code, counted from the first.
    plain = (strange == 0) & (folded + _FIRST.take(sizes) == raw)
    return np.where(plain, folded.view(np.int64), -1)


@cache
def _lanes() -> npt.NDArray[np.uint16]:
    table = characters.lanes().copy()
    table[[ord(character) for character in HIDING]] = 0
    return table


def _u(number: int) -> np.uint64:
    return np.uint64(number)


def _by_size(whole: Callable[[int], int], other: int) -> npt.NDArray[np.uint64]:
    # By the length in bytes, up to one more than can be packed: for whole characters, and for what else there is.
    sizes = range(_BYTES + 2)
    return np.array([whole(s // 3) if s % 3 == 0 and 0 < s <= _BYTES else other for s in sizes], np.uint64)


_USED: Final = _by_size(lambda places: (1 << 16 * places) - 1, 0)
_LEADS: Final = _by_size(lambda places: sum((0xF0, 0xF0_000000, 0xF00, 0xF00_000000)[:places]), 0)
_FIRST: Final = _by_size(lambda places: sum(characters.BEFORE << 16 * place for place in range(places)), 1)


def _arithmetic(one: Keys, other: Keys) -> Codes:
    """Compare packed names; leave others open unless one is missing."""
    codes = np.full(len(one), _DIFFERENT, dtype=np.int8)
    missing = (one == 0) | (other == 0)
    equal = one == other
    unpacked = np.maximum(one, other) >= _HASHED
    codes[equal] = _SAME
    codes[unpacked] = _OPEN
    codes[missing] = _MISSING
    rows = np.flatnonzero(codes == _DIFFERENT)
    if len(rows):
        codes[rows] = _levels(one[rows], other[rows])
    return codes


def _levels(one: Keys, other: Keys) -> Codes:
    codes = np.full(len(one), _DIFFERENT, dtype=np.int8)
    lengths, others, apart = _count(one), _count(other), _count(one ^ other)
    alike, long = lengths == others, lengths > 2  # noqa: PLR2004  as `similar` says
    longer, shorter = np.maximum(one, other), np.minimum(one, other)  # more characters are a greater number
    codes[alike & long & (apart == 1)] = _SIMILAR
    _settle(codes, alike & long & (apart == 2), _SIMILAR, _swapped, one, other)  # noqa: PLR2004
    _settle(codes, lengths + others == 3 + 4, _SIMILAR, _one_more, longer, shorter)
    _settle(codes, lengths + others == 2 + 3, _CUT, _begins, longer, shorter)
    _settle(codes, alike & (codes == _DIFFERENT), _HOMOPHONE, _sound_alike, one, other)
    return codes


def _settle(
    codes: Codes, open_: Flags, level: int, holds: Callable[[Keys, Keys], Flags], one: Keys, other: Keys
) -> None:
    rows = np.flatnonzero(open_)
    codes[rows[holds(one[rows], other[rows])]] = level


def _count(keys: Keys) -> npt.NDArray[np.uint8]:
    places: npt.NDArray[np.uint8] = np.bitwise_count((keys.view(np.uint16) != 0).view(np.uint32))
    return places


def _swapped(one: Keys, other: Keys) -> Flags:
    swapped = np.zeros(len(one), dtype=np.bool_)
    for place in range(_PLACES - 1):
        low, high = 0xFFFF << 16 * place, 0x7FFF << 16 * (place + 1)
        swapped |= ((one & low) << 16) | ((one & high) >> 16) | (one & ~(low | high)) == other
    return swapped


def _one_more(longer: Keys, shorter: Keys) -> Flags:
    one_more = np.zeros(len(longer), dtype=np.bool_)
    for place in range(_PLACES):
        before = (1 << 16 * place) - 1
        one_more |= (longer & before) | ((longer >> 16) & ~before) == shorter
    return one_more


def _begins(longer: Keys, shorter: Keys) -> Flags:
    return np.asarray((longer & 0xFFFF_FFFF) == shorter)


def _sound_alike(one: Keys, other: Keys) -> Flags:
    lanes, others = (keys.view(np.uint16).reshape(-1, _PLACES) for keys in (one, other))
    rows = np.arange(len(one))
    for place in range(_PLACES):
        a, b = lanes[:, place].take(rows), others[:, place].take(rows)
        rows = rows[(a == b) | characters.share_reading(a, b)]
    alike = np.zeros(len(one), dtype=np.bool_)
    alike[rows] = True
    return alike


# ---- all other names


def _hashes(texts: pa.StringArray) -> Keys:
    """Hash texts to 60 bits over `_HASHED`; 0 for null."""
    return np.where(flags(texts.is_null()), 0, (hashes(texts) >> np.uint64(4)).astype(np.int64) | _HASHED)


def _textual(one: pa.StringArray, other: pa.StringArray) -> Codes:
    """Compare names that are not packed, or not both; neither is missing and no two are equal."""
    codes = np.full(len(one), _DIFFERENT, dtype=np.int8)
    lengths, others = _lengths(one), _lengths(other)
    shorter, longer = np.minimum(lengths, others), np.maximum(lengths, others)
    begin = flags(pc.equal(pc.utf8_slice_codeunits(one, 0, 2), pc.utf8_slice_codeunits(other, 0, 2)))
    latin, marked = (np.flatnonzero(_matches(one, kind) | _matches(other, kind)) for kind in ("[A-Z]", MARK))

    def settle(rows: Rows, level: int, holds: Callable[[str, str], bool]) -> None:  # the first levels last
        pairs = zip(one.take(rows).to_pylist(), other.take(rows).to_pylist(), strict=True)
        codes[rows[np.fromiter((holds(a, b) for a, b in pairs), np.bool_, len(rows))]] = level

    settle(latin, _PINYIN, characters.reads_as)
    settle(np.flatnonzero(lengths == others), _HOMOPHONE, characters.sounds_like)
    settle(np.flatnonzero(begin & (longer > shorter) & (shorter >= 2)), _CUT, _is_cut)  # noqa: PLR2004  the prefix above
    quarter = np.minimum(shorter // 4, _MOST_EDITS)
    allowed = np.where(shorter <= 2, 0, np.where(shorter <= 5, 1, quarter))  # noqa: PLR2004  the rule of `similar`
    hopeful = np.flatnonzero((longer - shorter <= allowed) & (allowed > 0))
    near = _edits(one.take(hopeful), other.take(hopeful), int(allowed.max(initial=0))) <= allowed[hopeful]
    codes[hopeful[near]] = _SIMILAR
    settle(latin, _SIMILAR, _turned)
    settle(marked, _SIMILAR, _fits)
    settle(marked, _UNWRITTEN, _could_not_write)
    return codes


def _edits(one: pa.StringArray, other: pa.StringArray, most: int) -> npt.NDArray[np.int64]:
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cpdist

    counts = np.empty(len(one), dtype=np.int64)
    for start in range(0, len(one), _CHUNK):
        a, b = one.slice(start, _CHUNK).to_pylist(), other.slice(start, _CHUNK).to_pylist()
        counts[start : start + _CHUNK] = cpdist(a, b, scorer=OSA.distance, score_cutoff=most, dtype=np.int32)
    return counts


def _is_cut(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    two_of_three = len(short) == 2 and len(long) == 3 and characters.is_han(long)  # noqa: PLR2004
    return (len(short) >= _CUT_FROM or two_of_three) and long.startswith(short)


def _turned(one: str, other: str) -> bool:
    # JOHN SMITH is SMITH JOHN: words of two letters or more, in another order, after the spaces are gone.
    return len(one) == len(other) and one.isascii() and one.isalpha() and other in (one + one)[2:-2]


def _fits(one: str, other: str) -> bool:
    agreed, against = _marked(one, other)
    return agreed >= len(against) > 0


def _could_not_write(one: str, other: str) -> bool:
    agreed, against = _marked(one, other)
    return agreed > 0 < len(against) and all(_MARKS.match(c) or _lost(c) for c in against)


def _lost(character: str) -> bool:
    return characters.lost_in_gbk(character) and not _MARKS.match(character)


def _marked(one: str, other: str) -> tuple[int, str]:
    """Return how many characters agree, and what stands against a mark; nothing where any other character differs."""
    if len(one) != len(other):  # some systems write two marks for one character: a pair of surrogates, or two bytes
        one, other = ("".join(c * (1 + _lost(c)) for c in name) for name in (one, other))
    if len(one) != len(other):
        return 0, ""
    agreed, against = 0, ""
    for a, b in zip(one, other, strict=True):
        if _MARKS.match(a) or _MARKS.match(b):
            against += b if _MARKS.match(a) else a
        elif a == b:
            agreed += 1
        else:
            return 0, ""
    return agreed, against


def _lengths(texts: pa.StringArray) -> npt.NDArray[np.int64]:
    return np.asarray(pc.utf8_length(texts).to_numpy(), dtype=np.int64)


def _matches(texts: pa.StringArray, pattern: str) -> Flags:
    return flags(pc.match_substring_regex(texts, pattern))
