"""The bars of a waterfall stand on each other and end at the weight."""

from matching.comparison import NAMES, NUMBERS, pack
from matching.explain import of_evidence
from matching.scoring import Model

MODEL = Model.shipped()
PATTERN = pack(NUMBERS.index("sequence"), 1, NAMES.index("same"), rarity=33, birth=2, sex=1, rivals=3)


def test_bars_stand_on_each_other_and_end_at_the_weight() -> None:
    judged = MODEL.judge(PATTERN)
    evidence = [(part["code"], part["weight"]) for part in judged.evidence[0].as_py()]
    found = of_evidence(evidence, MODEL)
    assert [(bar.code, bar.weight) for bar in found.bars] == evidence
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
