"""A model's figures estimated from data without known truth, by expectation and maximisation.

Fellegi and Sunter (1969) model the pairs as a mixture: with probability p a pair is one person and its observations are
drawn from the shares m, otherwise from u, each field by itself. Winkler (1988) estimates p, m and u by EM (Dempster,
Laird and Rubin, 1977). As Enamorado, Fifield and Imai (2019) do, what is missing says nothing either way, and counts of
patterns stand for the pairs.

- **E**: a pattern with chances M if one person and U if two is one person with probability pM / (pM + (1-p)U).
- **M**: p, m and u become the shares of the pairs so divided, with the shares of the start model added as if they had
  been seen in some more pairs (a Dirichlet prior): a level that the data lacks keeps a figure, and little data moves
  little.

No round lowers the likelihood times the prior. Four things keep the estimate honest:

- Pairs are *all* pairs of a record and an applicant. Those that are no candidates have no number in common: they are
  surely two people, and are counted as such. So u is a share of the whole, as weights and thresholds take it to be.
- A name's u is the counted share of people who bear it, never estimated: `name-same` has one m.
- Masked numbers and close documents are partly looked for by name, so how often they agree by chance is not to be seen
  among candidates. They keep the ratio of m and u that was reasoned, and so does what is seen too seldom.
- Which class is "one person" is fixed by the start. An estimate in which they have changed places is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from matching.comparison import GIVENS, NAMES, NUMBERS, Patterns, indices, unpack, with_rivals
from matching.scoring import BY_RARITY, CLOSE, EXACT, HOLDING, SIDE, SIDED, Chances, Model

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Shares: TypeAlias = Mapping[str, Floats]  # by field; one entry a level

LEAST: Final = 1_000  # candidate pairs that an estimate needs
FEW: Final = 10  # pairs of one person in which a level must have been seen for a weight of its own

_BY_NAME: Final = ("masked", "masked-weak", CLOSE)
_OWN: Final = tuple(level for level in NUMBERS if level not in _BY_NAME)
_ESTIMATED: Final = tuple(  # code, field, and its place among the shares of the field
    (f"{field}-{level}", field, place)
    for field, levels in (("number", _OWN), ("name", NAMES), ("birth", GIVENS[1:]), ("sex", GIVENS[1:]))
    for place, level in enumerate(levels)
)
_WORTH_M: Final = 100.0  # pairs of one person that the start model's shares are worth
_WORTH_U: Final = 1_000.0  # pairs of two people, among candidates
_WORTH_ALL: Final = 1e10  # pairs of two people, among all: ten thousand records by a million applicants
_MOST_ROUNDS: Final = 5_000
_STILL: Final = 1e-4  # relative change of every figure at which the estimate stands


@dataclass(frozen=True)
class _Field:
    """What was observed of one field: a level for each pattern, -1 where nothing was or nothing is estimated."""

    level: Ints
    prior: Floats  # pairs by level, added to those observed

    def shares(self, pairs: Floats) -> Floats:
        """Return the share of each level; `pairs` says how many of each pattern belong to the class."""
        counts = self.prior + _by_level(self.level, pairs, len(self.prior))
        shares: Floats = counts / counts.sum()
        return shares

    def logs(self, shares: Floats) -> Floats:
        """Return the logarithm of each pattern's share; 0 where nothing was observed."""
        return np.where(self.level >= 0, _log(shares)[self.level], 0.0)


@dataclass(frozen=True)
class _Class:
    """The observations of one class of pairs, and the logarithm of those chances of a pattern that stay as they are."""

    fields: Mapping[str, _Field]
    fixed: Floats

    def logs(self, shares: Shares) -> Floats:
        """Return the logarithm of each pattern's chance."""
        return self.fixed + sum((field.logs(shares[name]) for name, field in self.fields.items()), np.float64(0))

    def shares(self, pairs: Floats) -> dict[str, Floats]:
        """Return the shares of each field; with no pairs, the prior's."""
        return {name: field.shares(pairs) for name, field in self.fields.items()}

    def prior_log(self, shares: Shares) -> float:
        """Return the logarithm of the prior of `shares`, but for a constant."""
        return sum(float(field.prior @ _log(shares[name])) for name, field in self.fields.items())


@dataclass(frozen=True)
class _Estimate:
    """Shares of the levels in both classes, and the share of all pairs that are one person."""

    p: float
    m: Shares
    u: Shares


def fit(
    patterns: Mapping[int, int], *, records: int, applicants: int, start: Model, data_date: date, source: str
) -> Model:
    """Return `start` with figures estimated from the candidates of `records` records among `applicants` applicants.

    `patterns` counts *all* candidate pairs by pattern, before any is dropped for its grade or weight; rivals do not
    matter. Thresholds, the name prior and the figures within numbers stay. With fewer than `LEAST` candidates, or where
    the estimate makes no sense, all figures of `start` stay, and the model's `source` says so.
    """
    observed, counts = _merged(patterns)
    said = f"{int(counts.sum())} candidate pairs of {records} records and {applicants} applicants ({source})"
    if counts.sum() < LEAST:
        return replace(start, source=f"{start.source}; kept, for there were too few: {said}")
    others = max(float(records) * applicants - float(counts.sum()), 0.0)
    own = np.isin(unpack(observed)["number"], indices(_OWN, NUMBERS))
    climb = _Climb(observed[own], counts[own], others, start)
    rounds = climb.run()
    model = replace(
        _assembled(start, climb.at, observed, counts),
        version=f"em-{data_date.isoformat()}",
        data_date=data_date,
        source=f"EM in {len(rounds)} rounds from {start.version}, over {said}",
    )
    if not _sensible(model):
        return replace(start, source=f"{start.source}; kept, for no sensible estimate came of {said}")
    return model


class _Climb:
    """EM over patterns whose candidates were found by number alone, and `others`: pairs that are no candidates."""

    def __init__(self, patterns: Patterns, counts: Floats, others: float, start: Model) -> None:
        self.counts = counts
        self.others = others
        self.one, self.two = _classes(patterns, start, others)
        levels = unpack(patterns)
        sure = np.isin(levels["number"], indices(EXACT, NUMBERS)) & (levels["name"] == NAMES.index("same"))
        none = np.zeros(len(counts))
        self.at = _Estimate(self._share(counts[sure]), self.one.shares(none), self.two.shares(none))

    def run(self) -> list[float]:
        """Climb until the estimate stands; return what each round started from (`step`)."""
        reached = []
        for _ in range(_MOST_ROUNDS):
            before = self.at
            reached.append(self.step())
            if _moved(before, self.at) < _STILL:
                break
        return reached

    def step(self) -> float:
        """Do one round; return the logarithm of likelihood times prior before it, but for a constant."""
        at = self.at
        chance, logs = _divided(at, self.one, self.two)
        # Those that are no candidates count in the prior of u, at the level "none".
        had = float(self.counts @ logs) + self.others * np.log1p(-at.p) + np.log(at.p) + np.log1p(-at.p)
        had += self.one.prior_log(at.m) + self.two.prior_log(at.u)
        one = self.counts * chance
        self.at = _Estimate(self._share(one), self.one.shares(one), self.two.shares(self.counts - one))
        return float(had)

    def _share(self, one: Floats) -> float:
        return float((one.sum() + 1) / (self.counts.sum() + self.others + 2))


def _classes(patterns: Patterns, start: Model, others: float) -> tuple[_Class, _Class]:
    """Return the class of pairs that are one person and of those that are two, over the same patterns."""
    levels = unpack(patterns)
    number, name = levels["number"], levels["name"]
    own = np.array([_OWN.index(level) if level in _OWN else -1 for level in NUMBERS])
    sided = np.isin(number, indices(SIDED, NUMBERS))
    by_rarity = np.isin(name, indices(BY_RARITY, NAMES))
    missing = name == NAMES.index("missing")
    m, u = _reasoned(start, "m"), _reasoned(start, "u")
    u["number"][-1] += others
    seen = {"number": own[number], "side": np.where(sided, levels["side"], -1), "name": np.where(missing, -1, name)}
    fixed_m, fixed_u = np.zeros(len(number)), np.where(by_rarity, -levels["rarity"] / 2 * np.log(2), 0.0)
    for place, level in enumerate(NUMBERS):
        if level not in _OWN:
            fixed_m[number == place] += np.log(start.chances[f"number-{level}"].m)
            fixed_u[number == place] += np.log(start.chances[f"number-{level}"].u)
    for level in BY_RARITY:
        fixed_u[name == NAMES.index(level)] += np.log(start.chances[f"name-{level}"].u)
    for field, holding in HOLDING.items():
        held = np.isin(number, indices(holding, NUMBERS))
        seen[field] = np.where(held, -1, levels[field] - 1)
        for place, level in enumerate(GIVENS[1:], start=1):
            chances = start.within_number[f"{field}-{level}"]
            fixed_m[held & (levels[field] == place)] += np.log(chances.m)
            fixed_u[held & (levels[field] == place)] += np.log(chances.u)
    seen_by_two = seen | {"name": np.where(by_rarity, -1, seen["name"])}
    return (
        _Class({field: _Field(seen[field], m[field]) for field in seen}, fixed_m),
        _Class({field: _Field(seen_by_two[field], u[field]) for field in seen}, fixed_u),
    )


def _reasoned(start: Model, side: str) -> dict[str, Floats]:
    """Return how many pairs of each level the start's `side` (m or u) is worth: the prior of each field."""

    def of(field: str, levels: tuple[str, ...]) -> Floats:
        return np.array([getattr(start.chances[f"{field}-{level}"], side) for level in levels])

    odds = getattr(start.chances[SIDE], side)
    numbers = of("number", _OWN) * np.where(np.isin(_OWN, SIDED), 1 + odds, 1.0)
    names = of("name", NAMES)
    names[NAMES.index("missing")] = 0.0
    worth = _WORTH_M
    if side == "m":
        numbers = np.append(numbers / numbers.sum(), 0.0) * worth
    else:
        worth = _WORTH_U
        numbers = np.append(numbers, 1 - numbers.sum()) * _WORTH_ALL
        names[indices(BY_RARITY, NAMES)] = 0.0
    return {
        "number": numbers,  # by _OWN, and none
        "side": np.array([1.0, odds]) / (1 + odds) * worth,
        "name": names / names.sum() * worth,
        **{field: of(field, GIVENS[1:]) * worth for field in HOLDING},
    }


def _divided(at: _Estimate, one: _Class, two: _Class) -> tuple[Floats, Floats]:
    """Return each pattern's chance of being one person, and the logarithm of its chance of being seen at all."""
    as_one, as_two = np.log(at.p) + one.logs(at.m), np.log1p(-at.p) + two.logs(at.u)
    logs: Floats = np.logaddexp(as_one, as_two)
    return np.exp(as_one - logs), logs


def _assembled(start: Model, at: _Estimate, patterns: Patterns, counts: Floats) -> Model:
    """Return `start` with the estimate, as figures of a model."""
    one, two = _classes(patterns, start, 0.0)
    pairs = counts * _divided(at, one, two)[0]
    seen = _seen(patterns, one, pairs)

    def share(code: str) -> float:
        return float((seen[code] + _WORTH_M * start.chances[code].m) / (pairs.sum() + _WORTH_M))

    by_name = {f"number-{level}": share(f"number-{level}") for level in _BY_NAME}
    missing = share("name-missing")
    left = {"number": 1 - sum(by_name.values()), "name": 1 - missing}  # for the levels that were estimated
    m = {code: at.m[field][place] * left.get(field, 1.0) for code, field, place in _ESTIMATED}
    u = {code: at.u[field][place] * (1 - missing if field == "name" else 1.0) for code, field, place in _ESTIMATED}
    for figures, shares in ((m, at.m), (u, at.u)):
        of_record, of_applicant = shares["side"]
        figures |= {f"number-{level}": figures[f"number-{level}"] * of_record for level in SIDED}
        figures[SIDE] = of_applicant / of_record
    m |= by_name
    u |= {
        code: m[code] * start.chances[code].u / start.chances[code].m
        for code in m
        if seen[code] < FEW or code in by_name
    }
    u |= {f"name-{level}": start.chances[f"name-{level}"].u for level in BY_RARITY}
    m["name-missing"] = u["name-missing"] = missing
    return replace(start, chances={code: Chances(float(m[code]), float(u[code])) for code in start.chances})


def _seen(patterns: Patterns, one: _Class, pairs: Floats) -> dict[str, float]:
    """Return in how many of `pairs` each code was seen; birth and sex where they say something of their own."""
    levels = unpack(patterns)
    places = {field: (levels[field], len(known)) for field, known in (("number", NUMBERS), ("name", NAMES))}
    places |= {field: (one.fields[field].level, 2) for field in HOLDING}
    known = {"number": NUMBERS, "name": NAMES, **dict.fromkeys(HOLDING, GIVENS[1:])}
    seen = {
        f"{field}-{level}": float(count)
        for field, (place, size) in places.items()
        for level, count in zip(known[field], _by_level(place, pairs, size), strict=True)
    }
    return seen | {SIDE: float(pairs[one.fields["side"].level == 1].sum())}


def _sensible(model: Model) -> bool:
    chances = model.chances
    return (
        all(chances[f"number-{level}"].weight > 0 for level in NUMBERS)
        and chances["name-same"].m > 0.5  # noqa: PLR2004  most people are called by their name
        and chances["name-different"].weight < 0
    )


def _merged(patterns: Mapping[int, int]) -> tuple[Patterns, Floats]:
    given = np.fromiter(patterns.keys(), dtype=np.int32, count=len(patterns))
    counts = np.fromiter(patterns.values(), dtype=np.float64, count=len(patterns))
    merged, place = np.unique(with_rivals(given, 0), return_inverse=True)
    return merged, _by_level(place, counts, len(merged))


def _moved(before: _Estimate, after: _Estimate) -> float:
    """Return the largest change of a figure, relative to what it was."""
    changes = [abs(after.p / before.p - 1)]
    for old, new in ((before.m, after.m), (before.u, after.u)):
        for field, shares in old.items():
            kept = shares > 0
            changes.append(float(np.abs(new[field][kept] / shares[kept] - 1).max(initial=0.0)))
    return max(changes)


def _by_level(levels: Ints, pairs: Floats, size: int) -> Floats:
    seen = levels >= 0
    return np.bincount(levels[seen], pairs[seen], size).astype(np.float64)


def _log(values: Floats) -> Floats:
    return np.log(np.where(values > 0, values, 1.0))  # a share of nothing is never asked for
