"""What is known of single characters: their folded form, their readings, and which of them GBK can write.

Every table is built on first use, from the data of OpenCC and pypinyin, and is the same in every process. Common
Chinese characters are numbered in **lanes** of 16 bits: 0 for none, 1 for U+3400 and so on to U+9FFF, so that a lane
never has its highest bit set and four of them are a positive int64.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.uint32]
Lanes: TypeAlias = npt.NDArray[np.uint16]
Flags: TypeAlias = npt.NDArray[np.bool_]

BEFORE: Final = 0x33FF  # the code point of lane 0
LAST: Final = 0x9FFF - BEFORE
_HAN: Final = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x2EBF0), (0x30000, 0x323B0))  # unified ideographs
_BASIC: Final = 0x10000  # the basic plane ends before
_END: Final = _HAN[-1][1]

# Characters of GBK that Unicode lacked were given private-use codes, U+E815 to U+E864 for the bytes FE 50 to FE A0.
# GB 18030-2000 gave most of them their own code points, GB 18030-2005 and 2022 the rest, which are these.
_PRIVATE: Final = range(0xE815, 0xE865)
_LATER: Final = {
    0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7,
    0xE831: 0x215D7, 0xE832: 0x9FB8, 0xE83B: 0x2298F, 0xE843: 0x9FB9, 0xE854: 0x9FBA, 0xE855: 0x241FE, 0xE864: 0x9FBB,
}  # fmt: skip

# Forms of one character that OpenCC keeps apart (第一批异体字整理表, 1955), as pairs of another form and the usual one.
_FORMS: Final = (
    "喆哲 堃坤 秌秋 枩松 洤泉 攷考 栢柏 忻欣 甦苏 甯宁 邨村 迺乃 煇辉 濬浚 璿璇 澂澄 脩修 喦岩 嵒岩 叡睿 𠮷吉"
    " ĐD ŁL ØO"  # nor does Unicode take these apart
)

_COMPOUND: Final = re.compile(  # surnames of two characters
    "欧阳|司马|上官|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|长孙|宇文|轩辕|夏侯|端木|独孤|南宫|西门|百里|呼延|澹台|闾丘|申屠|太史"
    "|钟离|公冶|宗政|濮阳|淳于|单于|完颜|拓跋|万俟|赫连|闻人|东郭|南门|羊舌|微生|梁丘|左丘|公羊|谷梁|第五|仲孙|鲜于|亓官|司空|司寇"
    "|巫马|公西|颛孙|壤驷|公良|漆雕|乐正|宰父|夹谷|段干|公乘|纳兰|贺兰|哥舒|叶赫|那拉"
)
_CHINESE: Final = 4  # characters of a name of surname and given name, at most
_LONGEST: Final = 24  # of a name whose parts are tried in other orders
_LETTERS: Final = re.compile("[A-Z]")
_ACCENTED: Final = [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]  # Latin letters
_MARKS: Final = re.compile("[\u0300-\u036f]")
_NEWLINE: Final = ord("\n")  # keeps characters from being read together
_NONE: Final[frozenset[str]] = frozenset()


@cache
def folds() -> Codes:
    """Return the folded code point of each code point up to U+323AF: simplified, of the usual form, not private.

    Latin letters lose their accents. Where a form beyond the basic plane has one within, the latter stands for both.
    """
    han = _han()
    simple = _converted(han, "t2s")
    # Regional forms, but for the characters of GB 2312: 浜 and 芸 are not 滨 and 艺 in China.
    alone = np.flatnonzero((simple == han) & ~np.isin(han, _written("gb2312", range(0xB0, 0xF8), range(0xA1, 0xFF))))
    regional = _converted(han[alone], "hk2s")
    japanese = _converted(_converted(regional, "jp2t"), "t2s")
    simple[alone] = np.where(regional == han[alone], japanese, regional)
    folded = np.arange(_END, dtype=np.uint32)
    folded[han] = simple
    folded[_ACCENTED] = [ord(_without_accent(chr(code))) for code in _ACCENTED]
    for pair in _FORMS.split():
        folded[ord(pair[0])] = ord(pair[1])
    for _ in range(3):  # 薴 to 苧 to 苎
        folded = folded[folded]
    beyond = np.flatnonzero((folded >= _BASIC) & (np.arange(_END) < _BASIC))[::-1]
    far = folded[beyond]
    folded[far] = beyond
    folded[beyond] = folded[far]
    folded = folded[folded]
    folded[_PRIVATE] = folded[[ord(_private(code)) for code in _PRIVATE]]
    return folded


@cache
def lanes() -> npt.NDArray[np.uint16]:
    """Return the lane of each code point of the basic plane, folded; 0 for all but common Chinese characters."""
    codes = folds()[:_BASIC]
    known = np.zeros(_BASIC, np.bool_)
    for first, end in _HAN:
        known |= (codes >= first) & (codes < min(end, _BASIC))
    table = np.where(known, codes - BEFORE, 0).astype(np.uint16)
    table[BEFORE] = 1  # any lane but 0: a code is its own lane and BEFORE exactly where it is known and folded
    return table


def lost_in_gbk(character: str) -> bool:
    """Say whether GBK lacks a folded character, or a form of it: some system will have written a mark instead."""
    code = ord(character)
    return bool(_lacking()[code]) if code < _END else True


@cache
def _lacking() -> Flags:
    lacking = ~np.isin(np.arange(_END), _written("gbk", range(0x81, 0xFF), range(0x40, 0xFF)))
    lacking[:0x80] = False
    lacking[folds()[_han()]] |= lacking[_han()]
    return lacking


def is_han(text: str) -> bool:
    """Say whether a text is nothing but Chinese characters."""
    return all(any(first <= ord(character) < end for first, end in _HAN) for character in text)


# ---- readings


@cache
def readings() -> dict[str, frozenset[str]]:
    """Return every reading of every character: capitals A to Z, without tones, Ü written V."""
    spec = find_spec("pypinyin")  # not imported: the package would read 2.5 MB of phrases first
    assert spec is not None
    assert spec.submodule_search_locations is not None
    raw = (Path(spec.submodule_search_locations[0]) / "pinyin_dict.json").read_text("utf-8")
    return {chr(int(code)): frozenset(text.split(",")) for code, text in json.loads(_plain(raw.upper())).items()}


def share_reading(one: Lanes, other: Lanes) -> Flags:
    """Say where two lanes have a reading in common."""
    masks, ids = _sounds()
    shared: Flags = (masks.take(one) & masks.take(other)) != 0  # rules out nearly all
    rows = np.flatnonzero(shared)
    a, b = ids[one[rows]][:, :, None], ids[other[rows]][:, None, :]
    shared[rows] = ((a == b) & (a > 0)).any(axis=(1, 2))
    return shared


def sounds_like(one: str, other: str) -> bool:
    """Say whether two names of one length differ only in characters that share a reading."""
    known = readings()
    pairs = zip(one, other, strict=True)
    return all(a == b or not known.get(a, _NONE).isdisjoint(known.get(b, _NONE)) for a, b in pairs)


def reads_as(one: str, other: str) -> bool:
    """Say whether one name is wholly or partly the other in Latin letters; the surname may come last."""
    letters, others = len(_LETTERS.findall(one)), len(_LETTERS.findall(other))
    if letters == others:
        return False
    latin, han = (one, other) if letters > others else (other, one)
    latin = _plain(latin)
    return any(_spells(latin, han[place:] + han[:place]) for place in (0, *_ends_of_surname(han)))


def _ends_of_surname(han: str) -> Iterable[int]:
    if _CHINESE < len(han) <= _LONGEST:
        return range(1, len(han))  # a name of parts, whose dot is gone
    return (2,) if _COMPOUND.match(han) else (1,)


def _spells(latin: str, han: str) -> bool:
    known, ends = readings(), {0}
    for character in han:
        ways = {character, *known.get(character, ())}
        ways |= {way.replace("V", form) for way in ways for form in ("U", "YU") if "V" in way}  # 吕 is LV, LU or LYU
        ends = {end + len(way) for end in ends for way in ways if latin.startswith(way, end)}
        if not ends:
            return False
    return len(latin) in ends


def _plain(text: str) -> str:
    """Return text without the marks of tones, and with V for Ü."""
    return _MARKS.sub("", unicodedata.normalize("NFD", text).replace("U\u0308", "V"))


class _Sounds(NamedTuple):
    masks: npt.NDArray[np.uint64]  # by lane: no bit in common means no reading in common
    ids: Lanes  # by lane: the numbers of its readings, 0 for no more


@cache
def _sounds() -> _Sounds:
    known = readings()
    numbers = {syllable: place for place, syllable in enumerate(sorted(set().union(*known.values())), start=1)}
    ids = np.zeros((LAST + 1, max(map(len, known.values()))), np.uint16)
    for character, syllables in known.items():
        lane = ord(character) - BEFORE
        if 0 < lane <= LAST:
            ids[lane, : len(syllables)] = sorted(numbers[syllable] for syllable in syllables)
    bits = np.where(ids > 0, np.uint64(1) << (ids % 64).astype(np.uint64), np.uint64(0))
    return _Sounds(np.bitwise_or.reduce(bits, axis=1), ids)


# ---- forms


def _han() -> Codes:
    return np.concatenate([np.arange(*block, dtype=np.uint32) for block in _HAN])


def _converted(codes: Codes, configuration: str) -> Codes:
    from opencc import OpenCC

    lines = np.stack([codes, np.full_like(codes, _NEWLINE)], axis=1).tobytes().decode("utf-32-le")
    written = np.frombuffer(OpenCC(configuration).convert(lines).encode("utf-32-le"), np.uint32)
    ends = np.flatnonzero(written == _NEWLINE)
    single = np.diff(ends, prepend=-1) == 2  # noqa: PLR2004  one character and the end of its line
    return np.where(single, written[ends - 1], codes)


def _written(encoding: str, leads: Iterable[int], trails: Iterable[int]) -> Codes:
    """Return the code points that an encoding of two bytes can write."""
    lead, trail = np.meshgrid(np.array(leads, np.uint8), np.array(trails, np.uint8), indexing="ij")
    pairs = np.stack([lead, trail, np.full_like(lead, _NEWLINE)], axis=-1).tobytes()
    return np.frombuffer(pairs.decode(encoding, "ignore").encode("utf-32-le"), np.uint32)


def _without_accent(letter: str) -> str:
    plain = unicodedata.normalize("NFD", letter)[0]
    return plain.upper() if plain.isascii() else letter


def _private(code: int) -> str:
    trail = 0x50 + code - _PRIVATE.start
    trail += trail >= 0x7F  # noqa: PLR2004  which is no second byte
    return chr(_LATER[code]) if code in _LATER else bytes([0xFE, trail]).decode("gb18030")
