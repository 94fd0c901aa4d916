"""How much each piece of evidence weighs, and what grade a pair of record and applicant may have.

Fellegi and Sunter (1969): the weight of an observation is log2(m/u), where m is its share among pairs that are one
person and u among pairs that are not. A pair's weight is the sum over its evidence: how many times, in powers of two,
the evidence speaks for one person rather than two.

**The scale.** Pairs are all pairs of a record and an applicant, so nearly all are two people: where one record in ten
belongs to one of 1.27 million applicants, one pair in 12.7 million is one person, and it takes log2(12.7e6) = 23.6 bits
before "one person" is as likely as not. The thresholds follow: `possible` = 24 is break-even; `probable` = 28 lies
`MARGIN` above, where 19 in 20 are right. With fewer applicants, or more records that are theirs, both err on the safe
side. What passes 28 mostly passes it by far, so that of all that is put before a reviewer at least 95 % is right.

**What is counted twice.** Weights may be added only where, among pairs that are not one person, one agreement does not
bring the other about. A birth date that is written in a number which agrees says nothing more: those pairs have figures
of their own (`within_number`). A name's rarity is no evidence beside the name, it is the name's u.

The weight orders candidates and tells a reviewer why. The grade is given by rules that no weight can override.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.comparison import GIVENS, NAMES, NUMBERS, indices, unpack

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Small: TypeAlias = npt.NDArray[np.int8]
Flags: TypeAlias = npt.NDArray[np.bool_]

Grade = Literal["certain", "probable", "possible"]
GRADES: Final[tuple[Grade, ...]] = get_args(Grade)  # best first
NO_MATCH: Final = -1  # in place of an index into GRADES

SIDE: Final = "side-applicant"  # the applicant's number was the wrong one, not the record's
SHARED: Final = "number-shared"  # other members under verification fit the record as well
CODES: Final = (
    *(f"number-{level}" for level in NUMBERS),
    SIDE,
    *(f"name-{level}" for level in NAMES),
    *(f"{field}-{level}" for field in ("birth", "sex") for level in GIVENS[1:]),
    SHARED,
)
_GIVEN_CODES: Final = tuple(code for code in CODES if code.startswith(("birth-", "sex-")))
EVIDENCE: Final = pa.struct([pa.field("code", pa.string()), pa.field("weight", pa.float64())])

MARGIN: Final = 4.0  # candidates whose weights are this close are tied: 16 to 1 is not enough to choose

EXACT: Final = ("equal", "equal-15", "equal-document")
# Either side may have been the wrong one.
SIDED: Final = ("substitution", "swap", "insertion", "deletion", "region", "birth", "sequence")
CLOSE: Final = "close-document"
AGREEING: Final = ("same", "former", "unwritten")
BY_RARITY: Final = ("same", "former")  # their u is u times the share of people who bear the name
# Levels at which the part of the number that agrees holds the birth date, or the sex. A mask may show either.
HOLDING: Final = {
    "birth": tuple(x for x in NUMBERS if x not in {"birth", "equal-document", CLOSE}),
    "sex": tuple(x for x in NUMBERS if x not in {"sequence", "equal-document", CLOSE}),
}
# What never speaks for a match, whatever the figures say.
_NEVER_FOR: Final = ("name-different", "birth-different", "sex-different")
_STEP: Final = 1024  # weights are multiples of 1/1024, so that evidence adds up to the total exactly
_TOP_BAND: Final = 63


@dataclass(frozen=True)
class Chances:
    """Shares of one observation among pairs that are one person (`m`) and among pairs that are not (`u`).

    Two are no shares of the whole. `side-applicant`: the odds against the record's side. `name-same`, `name-former`:
    u is yet to be multiplied by the share of people who bear the name.
    """

    m: float
    u: float

    @property
    def weight(self) -> float:
        """log2(m/u), to 1/1024."""
        return float(_rounded(np.log2(self.m) - np.log2(self.u)))


@dataclass(frozen=True)
class Judged:
    """One entry a pattern."""

    grade: Small  # index into GRADES, or NO_MATCH
    weight: Floats  # the sum of the evidence
    evidence: pa.ListArray  # of EVIDENCE, in the order of CODES


@dataclass(frozen=True)
class Model:
    """The figures that patterns are judged by. Never changed; can be pickled."""

    version: str
    data_date: date  # of the data that the figures were estimated from, or of the reasoning
    source: str  # how they were come by, in a sentence
    chances: Mapping[str, Chances]  # of every code but `number-shared`
    within_number: Mapping[str, Chances]  # of birth and sex, where the number that agrees holds them
    name_share: float  # u0: the chance that two unrelated people bear the same name
    name_weight: float  # n0: how many people's worth of evidence u0 is, against counted names
    probable: float  # thresholds of the weight
    possible: float

    def __post_init__(self) -> None:
        """Refuse (ValueError) a set of figures that is not complete, and figures that have no logarithm."""
        if {*self.chances} != {*CODES} - {SHARED} or {*self.within_number} != {*_GIVEN_CODES}:
            raise ValueError("a model needs figures for every kind of evidence, and for no other")
        for code, both in (*self.chances.items(), *self.within_number.items()):
            if not (0 < both.m < inf and 0 < both.u < inf):
                raise ValueError(f"m and u of {code} must be above zero")
        if not (0 < self.name_share < 1 and self.name_weight > 0):
            raise ValueError("the name prior must be a share and a weight above zero")
        if not self.possible <= self.probable:
            raise ValueError("the threshold of `possible` must not lie above that of `probable`")

    @staticmethod
    @cache
    def shipped() -> "Model":
        """Return the model of `parameters.toml`."""
        return _parsed((files("matching") / "parameters.toml").read_text("utf-8"))

    @staticmethod
    @cache
    def assumed() -> "Model":
        """Return the model of `assumed.toml`: reasoned, not estimated. An estimate starts from it."""
        return _parsed((files("matching") / "assumed.toml").read_text("utf-8"))

    @staticmethod
    def load(path: Path) -> "Model":
        """Read a model that `save` wrote; ValueError where the file is something else."""
        return _parsed(path.read_text("utf-8"))

    def save(self, path: Path) -> None:
        """Write the model as TOML, the same bytes for the same figures; every figure comes back as it was."""
        path.write_text(_written(self), "utf-8")

    def rarity(self, counts: npt.ArrayLike, total: int) -> Small:
        """Return the band b (1 to 63) of names that `counts` of `total` people bear: their share is 2**(-b/2).

        The share is smoothed towards `name_share`: a name that one person in a short list bears need not be rare.
        """
        share = (np.asarray(counts) + self.name_weight * self.name_share) / (total + self.name_weight)
        bands: Small = np.clip(np.rint(-2 * np.log2(share)), 1, _TOP_BAND).astype(np.int8)
        return bands

    def judge(self, patterns: npt.ArrayLike) -> Judged:
        """Return grade, weight and evidence of each pattern (int32[k]; best given once each)."""
        levels = unpack(np.atleast_1d(np.asarray(patterns)))
        observed, weights = self._observed(levels)
        there = observed >= 0
        shared = np.where(levels["rivals"] > 0, weights[:, -1], 0.0)
        total = weights.sum(axis=1)  # exact: multiples of 1/1024
        offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
        codes = pa.array(CODES, pa.string()).take(pa.array(observed[there]))
        parts = pa.StructArray.from_arrays([codes, pa.array(weights[there])], fields=list(EVIDENCE))
        return Judged(self._graded(levels, total - shared), total, pa.ListArray.from_arrays(pa.array(offsets), parts))

    def _observed(self, levels: dict[str, Ints]) -> tuple[Ints, Floats]:
        """Return code (index into CODES, -1: none) and weight of every field, int and float [k, 6]."""
        number, name, rivals = levels["number"], levels["name"], levels["rivals"]
        told = {field: np.isin(number, indices(HOLDING[field], NUMBERS)) for field in HOLDING}
        sided = (levels["side"] == 1) & np.isin(number, indices(SIDED, NUMBERS))
        rare = np.where(np.isin(name, indices(BY_RARITY, NAMES)), levels["rarity"] / 2, 0.0)
        observed = np.stack(
            [
                number,
                np.where(sided, CODES.index(SIDE), -1),
                CODES.index("name-same") + name,
                *(np.where(levels[f] > 0, CODES.index(f"{f}-same") + levels[f] - 1, -1) for f in HOLDING),
                np.where(rivals > 0, CODES.index(SHARED), -1),
            ],
            axis=1,
        )
        apart, within = self._weights
        weights = np.where(observed >= 0, apart[observed], 0.0)
        weights[:, 2] += rare
        for column, field in enumerate(HOLDING, start=3):
            held = told[field] & (levels[field] > 0)
            weights[held, column] = within[observed[held, column]]
        weights[:, 5] = _rounded(-np.log2(np.maximum(rivals, 1)))
        never = np.isin(observed, [CODES.index(code) for code in _NEVER_FOR])
        return observed, np.where(never, np.minimum(weights, 0.0), weights)

    def _graded(self, levels: dict[str, Ints], alone: Floats) -> Small:
        """Apply the rules. `alone` is the weight without the rivals: a tie makes nobody certain and hides nobody."""
        number, name, tied = levels["number"], levels["name"], levels["rivals"] > 0
        exact = np.isin(number, indices(EXACT, NUMBERS))
        close = number == NUMBERS.index(CLOSE)
        agrees = np.isin(name, indices(AGREEING, NAMES))
        # A document without a check character, nearly the same: only with name and birth date.
        borne_out = np.isin(name, indices(BY_RARITY, NAMES)) & (levels["birth"] == GIVENS.index("same"))
        certain = exact & agrees & ~tied
        probable = (exact & (name != NAMES.index("different"))) | (
            ~exact & agrees & (alone >= self.probable) & (~close | borne_out)
        )
        possible = exact | ((alone >= self.possible) & (~close | borne_out))
        return np.select([certain, probable, possible], [0, 1, 2], NO_MATCH).astype(np.int8)

    @cached_property
    def _weights(self) -> tuple[Floats, Floats]:
        """Weights by index into CODES: of a code by itself, and within the number."""
        apart = np.array([self.chances[code].weight if code in self.chances else 0.0 for code in CODES])
        within = np.array([self.within_number[code].weight if code in self.within_number else 0.0 for code in CODES])
        return apart, within


def _rounded(weights: npt.ArrayLike) -> Floats:
    rounded: Floats = np.rint(np.asarray(weights) * _STEP) / _STEP + 0.0  # no minus zero
    return rounded


# The file. Written without a library, because there is none for writing among what is needed anyway.

_HEADER: Final = """\
# What each piece of evidence weighs: see matching/scoring.py. Written by Model.save; read, not edited.
# m: share among pairs of record and applicant that are one person. u: among pairs that are not. weight = log2(m/u).
# side.applicant: odds against the record's side. name.same, name.former: u times the share of people who bear the name.
# within_number: birth date and sex where the part of the number that agrees holds them, and they say little more.
"""


def _written(model: Model) -> str:
    lines = [
        _HEADER,
        f"version = {_quoted(model.version)}",
        f"data_date = {model.data_date.isoformat()}",
        f"source = {_quoted(model.source)}",
        "",
        "[threshold]",
        f"probable = {model.probable!r}",
        f"possible = {model.possible!r}",
        "",
        "[name_prior]",
        f"share = {model.name_share!r}",
        f"weight = {model.name_weight!r}",
    ]
    for table, chances in (("", model.chances), ("within_number.", model.within_number)):
        title = None
        for code in (code for code in CODES if code in chances):
            field, level = code.split("-", 1)
            if field != title:
                lines += ["", f"[{table}{field}]"]
                title = field
            lines.append(f"{level} = {{ m = {float(chances[code].m)!r}, u = {float(chances[code].u)!r} }}")
    return "\n".join(lines) + "\n"


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )  # JSON's strings are TOML's, but for this character


def _parsed(words: str) -> Model:
    try:
        read = tomllib.loads(words)
        return Model(
            version=read["version"],
            data_date=read["data_date"],
            source=read["source"],
            chances=_chances(read, ("number", "side", "name", "birth", "sex")),
            within_number=_chances(read["within_number"], ("birth", "sex")),
            name_share=read["name_prior"]["share"],
            name_weight=read["name_prior"]["weight"],
            probable=read["threshold"]["probable"],
            possible=read["threshold"]["possible"],
        )
    except (KeyError, TypeError, AttributeError, tomllib.TOMLDecodeError) as error:
        raise ValueError("not a model that `Model.save` wrote") from error


def _chances(tables: Mapping[str, Mapping[str, Mapping[str, float]]], fields: tuple[str, ...]) -> dict[str, Chances]:
    return {f"{field}-{level}": Chances(**figures) for field in fields for level, figures in tables[field].items()}
