"""Names of people: parts, drawn by frequency, and the text made of them."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mock_province.world.streams import Ints, Mask, Stream, chance, pick

DOTTED = -1  # in place of a surname: a name of two parts with a dot
DOT = "·"
_NONE = -1
_SHORT_BEFORE, _SHORT_AFTER = 0.14, 0.2  # share of one-character given names, born before and after 1980
_RARE_SHARE = 0.004
_FLATTEN = 12  # how evenly given-name characters are used: weight 1 / (rank + 12)


@dataclass(frozen=True)
class Vocabulary:
    """What names are made of, with the readings, forms and substitutes that errors need."""

    surnames: tuple[str, ...]
    surname_weights: npt.NDArray[np.float64]
    given: tuple[str, ...]  # characters; the rare ones last
    men: npt.NDArray[np.float64]  # weights over `given`
    women: npt.NDArray[np.float64]
    rare_from: int  # index of the first rare character
    dotted: tuple[str, ...]  # parts of dotted names
    dotted_men: Ints
    dotted_women: Ints
    dotted_fathers: Ints
    reading: dict[str, str]  # character or compound surname → toneless pinyin
    homophones: dict[str, tuple[str, ...]]  # character → others of the same reading
    traditional: dict[str, str]
    variants: dict[str, str]
    rare: dict[str, str]  # rare character → what a clerk types instead


@cache
def vocabulary() -> Vocabulary:
    """Read `names.toml`."""
    raw = tomllib.loads((files("mock_province.world") / "names.toml").read_text("utf-8"))
    families = {pinyin: dict(_twos(group.split())) for pinyin, group in raw["surnames"].items()}
    surnames = {name: float(share) for group in families.values() for name, share in group.items()}
    rare = dict(raw["rare"].values())  # pairs of characters
    rank: dict[str, dict[str, int]] = {
        sex: {c: place for place, c in enumerate("".join(raw[sex].values()))} for sex in ("men", "women")
    }
    common = list(dict.fromkeys([*rank["men"], *rank["women"]]))
    given = (*common, *rare)

    def weights(sex: str) -> npt.NDArray[np.float64]:
        used = [1 / (rank[sex][c] + _FLATTEN) if c in rank[sex] else 0.0 for c in common]
        each = _RARE_SHARE * sum(used) / len(rare)
        return np.array([*used, *([each] * len(rare))])

    parts = tuple(dict.fromkeys(part for group in raw["dotted"].values() for part in group))

    def places(group: str) -> Ints:
        return np.array([parts.index(part) for part in raw["dotted"][group]], dtype=np.int64)

    reading: dict[str, str] = {}
    for table in (raw["men"], raw["women"], families, {p: pair[0] for p, pair in raw["rare"].items()}):
        for pinyin, group in table.items():
            reading.update(dict.fromkeys(group, pinyin))
    return Vocabulary(
        surnames=tuple(surnames),
        surname_weights=np.array(list(surnames.values())),
        given=given,
        men=weights("men"),
        women=weights("women"),
        rare_from=len(common),
        dotted=parts,
        dotted_men=places("men"),
        dotted_women=places("women"),
        dotted_fathers=places("fathers"),
        reading=reading,
        homophones=_homophones(reading, set(common) | {s for s in surnames if len(s) == 1}),
        traditional=_pairs(raw["forms"]["traditional"]),
        variants=_pairs(raw["forms"]["variant"]),
        rare=rare,
    )


def _homophones(reading: dict[str, str], usable: set[str]) -> dict[str, tuple[str, ...]]:
    by_reading: dict[str, list[str]] = {}
    for character in sorted(usable):
        by_reading.setdefault(reading[character], []).append(character)
    return {c: tuple(o for o in group if o != c) for group in by_reading.values() for c in group if len(group) > 1}


def _twos(words: list[str]) -> "zip[tuple[str, str]]":
    return zip(words[::2], words[1::2], strict=True)


def _pairs(text: str) -> dict[str, str]:
    return {pair[0]: pair[1] for pair in text.split() if pair[0] != pair[1]}


@dataclass(frozen=True)
class Names:
    """Names of n people, as indexes into the vocabulary.

    `surname` is DOTTED for names with a dot; `second` is -1 for given names of one character.
    """

    surname: Ints
    first: Ints
    second: Ints

    def take(self, index: Ints) -> "Names":
        """Return the names of some of the people."""
        return Names(self.surname[index], self.first[index], self.second[index])

    def where(self, mask: Mask, other: "Names") -> "Names":
        """Return these names, those of `other` where `mask` is true."""
        return Names(
            np.where(mask, other.surname, self.surname),
            np.where(mask, other.first, self.first),
            np.where(mask, other.second, self.second),
        )

    @staticmethod
    def joined(parts: "list[Names]") -> "Names":
        """Put several lists of names one after the other."""
        return Names(*(np.concatenate([getattr(p, f) for p in parts]) for f in ("surname", "first", "second")))

    @property
    def dotted(self) -> Mask:
        """Which names carry a dot."""
        return np.asarray(self.surname == DOTTED)

    @property
    def rare(self) -> Mask:
        """Which names hold a character that GBK cannot carry."""
        first = vocabulary().rare_from
        return ~self.dotted & ((self.first >= first) | (self.second >= first))

    def text(self) -> pa.StringArray:
        """Write the names."""
        known = vocabulary()
        plain = pc.binary_join_element_wise(
            pa.array(known.surnames).take(pa.array(np.maximum(self.surname, 0))),
            pa.array([*known.given, *known.dotted]).take(pa.array(self.first)),
            pa.array([*known.given, ""]).take(pa.array(np.where(self.second < 0, len(known.given), self.second))),
            "",
        )
        if not self.dotted.any():
            return plain
        rows = np.flatnonzero(self.dotted)
        parts = pa.array(known.dotted)
        dotted = pc.binary_join_element_wise(
            parts.take(pa.array(self.first[rows])), parts.take(pa.array(self.second[rows])), DOT
        )
        return pc.replace_with_mask(plain, pa.array(self.dotted), dotted)


def draw_given(rng: Stream, male: Mask, birth_year: Ints) -> tuple[Ints, Ints]:
    """Draw given names of one or two characters; -1 for no second character."""
    known, size = vocabulary(), len(male)
    pairs = [np.where(male, pick(rng, size, known.men), pick(rng, size, known.women)) for _ in range(2)]
    short = chance(rng, np.where(birth_year < 1980, _SHORT_BEFORE, _SHORT_AFTER), size)  # noqa: PLR2004
    return pairs[0], np.where(short, _NONE, pairs[1])


def draw(rng: Stream, male: Mask, birth_year: Ints, surname: Ints | None = None) -> Names:
    """Draw names; `surname` gives the family's (DOTTED for a dotted name), otherwise it is drawn too."""
    known, size = vocabulary(), len(male)
    drawn = pick(rng, size, known.surname_weights)
    family = drawn if surname is None else surname
    first, second = draw_given(rng, male, birth_year)
    choice = rng.integers(0, len(known.dotted_men) * len(known.dotted_women), size=size)
    own = np.where(
        male, known.dotted_men[choice % len(known.dotted_men)], known.dotted_women[choice % len(known.dotted_women)]
    )
    father = known.dotted_fathers[rng.integers(0, len(known.dotted_fathers), size=size)]
    dotted = family == DOTTED
    return Names(family, np.where(dotted, own, first), np.where(dotted, father, second))
