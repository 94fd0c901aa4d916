"""How much each piece of evidence weighs, and what grade a pair of record and applicant may have.

Fellegi and Sunter (1969): the weight of an observation is log2(m/u), where m is its share among pairs that are one
person and u among pairs that are not. A pair's weight is the sum over its evidence: how many times, in powers of two,
the evidence speaks for one person rather than two.

The weight orders candidates and tells a reviewer why. The grade is given by rules that no weight can override.
"""

from dataclasses import dataclass
from math import log2
from typing import Final, Literal, get_args

Grade = Literal["certain", "probable", "possible"]
GRADES: Final[tuple[Grade, ...]] = get_args(Grade)  # best first

Code = Literal[
    "number-equal",  # both numbers valid and the same
    "number-equal-15",  # the same, after one written with 15 digits was upgraded
    "name-same",
    "name-similar",
    "name-different",
    "name-missing",
    "number-shared",  # other members under verification fit the record as well
]
CODES: Final[tuple[Code, ...]] = get_args(Code)

VERSION: Final = "assumed-1"  # of the figures below: reasoned, not estimated from data
MARGIN: Final = 4.0  # candidates of one grade whose weights are this close are tied: 16 to 1 is not enough to choose

_STEP: Final = 1024  # weights are multiples of 1/1024, so that evidence adds up to the total exactly


@dataclass(frozen=True)
class Chances:
    """Shares of one observation among pairs that are one person (`m`) and among pairs that are not (`u`)."""

    m: float
    u: float

    @property
    def weight(self) -> float:
        """log2(m/u), to 1/1024."""
        return _rounded(log2(self.m / self.u))


CHANCES: Final[dict[Code, Chances]] = {
    # Numbers are unique by law; a few people were once issued the same one, and some use another's: about one in 10**9
    # pairs. With 15 digits: one delivery in a hundred, and ten times as prone to double issue.
    "number-equal": Chances(m=0.97, u=1e-9),
    "number-equal-15": Chances(m=0.01, u=1e-10),
    # Two people of one name: about one pair in 50,000. One character in three alike by chance: one in 1,000.
    "name-same": Chances(m=0.95, u=2e-5),
    "name-similar": Chances(m=0.03, u=1e-3),
    "name-different": Chances(m=0.015, u=0.99398),
    "name-missing": Chances(m=0.005, u=0.005),  # says nothing either way
}


def weight_of(code: Code, rivals: int = 1) -> float:
    """Return the weight of a piece of evidence; for `number-shared`, of being one of `rivals` equal candidates."""
    return _rounded(-log2(rivals)) if code == "number-shared" else CHANCES[code].weight


def grade_of(name: Literal["same", "similar", "different", "missing"]) -> Grade:
    """Return the grade of a pair whose numbers are valid and equal, by how far the names agree.

    Only an exact valid number with the same name is certain. The same number under another name is never accepted and
    never dismissed in silence: it goes to review.
    """
    return {"same": "certain", "similar": "probable", "missing": "probable", "different": "possible"}[name]  # type: ignore[return-value]


def demoted(grade: Grade) -> Grade:
    """Return the best grade that a tied candidate may keep: nothing tied is certain."""
    return "probable" if grade == "certain" else grade


def _rounded(weight: float) -> float:
    return round(weight * _STEP) / _STEP
