"""How the evidence of one match adds up: the bars of its waterfall. No words and no drawing; others do that."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from matching.scoring import Grade, Model


@dataclass(frozen=True)
class Bar:
    """One piece of evidence, from the total before it to the total after it; in bits."""

    code: str
    weight: float
    start: float
    end: float


@dataclass(frozen=True)
class Waterfall:
    """The evidence of one match in order, and the least weight of each grade that needs one."""

    bars: tuple[Bar, ...]
    thresholds: dict[Grade, float]

    @property
    def weight(self) -> float:
        """Where the last bar ends."""
        return self.bars[-1].end if self.bars else 0.0

    @property
    def span(self) -> tuple[float, float]:
        """Return the least and the most weight that a drawing must hold: 0, every total and every threshold."""
        reached = [0.0, *(bar.end for bar in self.bars), *self.thresholds.values()]
        return min(reached), max(reached)


def of_evidence(evidence: Iterable[tuple[str, float]], model: Model) -> Waterfall:
    """Return the waterfall of a match's evidence (code and weight); `model` is what judged it."""
    parts = list(evidence)
    totals = accumulate((weight for _, weight in parts), initial=0.0)  # exact: weights are multiples of 1/1024
    bars = (Bar(*part, *reached) for part, reached in zip(parts, pairwise(totals), strict=True))
    return Waterfall(tuple(bars), {"probable": model.probable, "possible": model.possible})
