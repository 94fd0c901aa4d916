"""The bars of a waterfall stand on each other and end at the weight."""

import numpy as np
import pytest

from matching.comparison import NAMES, NUMBERS, pack
from matching.explain import of_evidence, of_pattern
from matching.scoring import Model

MODEL = Model.shipped()
PATTERN = int(pack(NUMBERS.index("sequence"), 1, NAMES.index("same"), rarity=33, birth=2, sex=1, rivals=3)[0])


def test_bars_stand_on_each_other_and_end_at_the_weight() -> None:
    found = of_pattern(PATTERN, MODEL)
    judged = MODEL.judge(np.array([PATTERN], np.int32))
    assert [bar.code for bar in found.bars] == [part["code"] for part in judged.evidence[0].as_py()]
    assert found.bars[0].start == 0.0
    assert all(one.end == other.start for one, other in zip(found.bars, found.bars[1:], strict=False))
    assert all(bar.end == bar.start + bar.weight for bar in found.bars)
    assert found.bars[-1].end == found.weight == judged.weight[0], "exactly"
    assert found.bars[-1].code == "number-shared"


def test_everything_drawn_lies_within_the_span() -> None:
    found = of_evidence([("number-equal", 3.5), ("name-different", -9.0)], MODEL)
    assert found.span == (-5.5, MODEL.probable)
    assert found.thresholds == {"probable": MODEL.probable, "possible": MODEL.possible}


def test_no_evidence_ends_at_nothing() -> None:
    found = of_evidence([], MODEL)
    assert (found.bars, found.weight) == ((), 0.0)


@pytest.mark.parametrize("rivals", [0, 2])
def test_a_pattern_and_its_evidence_draw_the_same(rivals: int) -> None:
    pattern = pack(NUMBERS.index("equal"), name=NAMES.index("similar"), rivals=rivals)
    (evidence,) = MODEL.judge(pattern).evidence.to_pylist()
    assert of_pattern(int(pattern[0]), MODEL) == of_evidence([(e["code"], e["weight"]) for e in evidence], MODEL)
