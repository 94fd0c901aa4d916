"""Scoring: what no figures may lift, what adds up, and where the thresholds put what is known."""

import itertools
import math
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.text import LANGUAGES, keys, text
from matching.comparison import GIVENS, NAMES, NUMBERS, SIDES, pack, unpack, with_rivals
from matching.scoring import CODES, GRADES, NO_MATCH, SHARED, Chances, Judged, Model

BANDS, RIVALS = (0, 1, 24, 63), (0, 2, 63)
EVERY = pack(
    *np.array(
        list(
            itertools.product(
                range(len(NUMBERS)), range(len(SIDES)), range(len(NAMES)), BANDS, range(3), range(3), RIVALS
            )
        )
    ).T
)  # every pattern, with a few bands and numbers of rivals
LEVELS = unpack(EVERY)
NUMBER = np.array(NUMBERS)[LEVELS["number"]]
NAME = np.array(NAMES)[LEVELS["name"]]
BIRTH = np.array(GIVENS)[LEVELS["birth"]]
EXACT = np.isin(NUMBER, ["equal", "equal-15", "equal-document"])
CLOSE = NUMBER == "close-document"
AGREES = np.isin(NAME, ["same", "former", "unwritten"])
TIED = LEVELS["rivals"] > 0

SHIPPED = Model.shipped()


def judged(number: str, name: str, rarity: int = 0, **more: int) -> tuple[str, float]:
    """Grade and weight of one pattern."""
    one = SHIPPED.judge(pack(NUMBERS.index(number), name=NAMES.index(name), rarity=rarity, **more))
    return (*GRADES, "none")[one.grade[0]], float(one.weight[0])


def made_of(draw: st.DrawFn) -> Model:
    """A model of absurd figures."""
    figure = st.floats(1e-300, 1.0)
    chances = {code: Chances(draw(figure), draw(figure)) for code in SHIPPED.chances}
    within = {code: Chances(draw(figure), draw(figure)) for code in SHIPPED.within_number}
    low, high = sorted((draw(st.floats(-2000, 2000)), draw(st.floats(-2000, 2000))))
    return replace(SHIPPED, chances=chances, within_number=within, possible=low, probable=high)


def certain_of_everything() -> Model:
    sure = Chances(1.0, 1e-300)
    return replace(
        SHIPPED,
        chances=dict.fromkeys(SHIPPED.chances, sure),
        within_number=dict.fromkeys(SHIPPED.within_number, sure),
        possible=-1e6,
        probable=-1e6,
    )


def doubtful_of_everything() -> Model:
    never = Chances(1e-300, 1.0)
    return replace(
        SHIPPED,
        chances=dict.fromkeys(SHIPPED.chances, never),
        within_number=dict.fromkeys(SHIPPED.within_number, never),
        possible=1e6,
        probable=1e6,
    )


def check_rules(model: Model, found: Judged) -> None:
    grade = np.array([*GRADES, "none"])[found.grade]
    assert (EXACT & AGREES & ~TIED)[grade == "certain"].all(), "certain without an exact number, alike name, alone"
    assert AGREES[(grade == "probable") & ~EXACT].all(), "a number that is not exact, without the name"
    assert (NAME != "different")[EXACT & (grade == "probable")].all()
    assert np.isin(grade[EXACT & (NAME == "different")], ["possible"]).all(), "neither accepted nor dismissed"
    assert (grade[EXACT] != "none").all(), "an exact number was dismissed"
    assert np.isin(grade[EXACT & (NAME != "different")], ["certain", "probable"]).all()
    borne_out = np.isin(NAME, ["same", "former"]) & (BIRTH == "same")
    assert (grade[CLOSE & ~borne_out] == "none").all(), "a close document without name and birth date"
    assert (grade[EXACT & AGREES & ~TIED] == "certain").all(), "an intact number and an agreeing name go to review"
    alone = model.judge(with_rivals(EVERY, 0)).weight
    assert (grade[(alone < model.probable) & ~EXACT] != "probable").all()
    assert (grade[(alone < model.possible) & ~EXACT] == "none").all()


@pytest.mark.parametrize("model", [SHIPPED, certain_of_everything(), doubtful_of_everything()])
def test_no_figures_lift_a_grade_beyond_its_rule(model: Model) -> None:
    check_rules(model, model.judge(EVERY))


@settings(deadline=None, max_examples=25)  # other work on the machine is no failure
@given(st.data())
def test_no_absurd_figures_do_either(data: st.DataObject) -> None:
    model = st.composite(made_of)()
    drawn = data.draw(model)
    found = drawn.judge(EVERY)
    check_rules(drawn, found)
    check_sums(found)


def check_sums(found: Judged) -> None:
    offsets = found.evidence.offsets.to_numpy()
    weights = found.evidence.values.field("weight").to_numpy()
    assert (weights * 1024 == np.rint(weights * 1024)).all(), "weights are multiples of 1/1024"
    for start, end, total in zip(offsets[:-1], offsets[1:], found.weight, strict=True):
        added = 0.0
        for weight in weights[start:end].tolist():
            added += weight
        assert added == total, "evidence must add up exactly"
        assert math.fsum(weights[start:end]) == total


def test_evidence_adds_up_exactly_for_every_pattern() -> None:
    check_sums(SHIPPED.judge(EVERY))


def test_a_tie_lowers_a_grade_and_hides_nothing() -> None:
    alone, tied = SHIPPED.judge(with_rivals(EVERY, 0)), SHIPPED.judge(with_rivals(EVERY, 63))
    known = alone.grade != NO_MATCH
    assert ((tied.grade != NO_MATCH) == known).all()
    assert (tied.grade[known] == np.maximum(alone.grade[known], GRADES.index("probable"))).all()
    lost = round(math.log2(63) * 1024) / 1024
    assert (alone.weight - tied.weight == lost).all()


@pytest.mark.parametrize("model", [SHIPPED, certain_of_everything()])
def test_what_differs_lifts_nothing(model: Model) -> None:
    for field in ("birth", "sex"):
        levels = dict(LEVELS)
        unknown = model.judge(pack(**levels | {field: 0}))
        differs = model.judge(pack(**levels | {field: GIVENS.index("different")}))
        assert (differs.weight <= unknown.weight).all()
        rank = np.array([0, 1, 2, 3])  # the last is no match
        assert (rank[differs.grade] >= rank[unknown.grade]).all()


def test_evidence_names_what_was_observed() -> None:
    pattern = pack(NUMBERS.index("substitution"), 1, NAMES.index("same"), 30, birth=1, sex=2, rivals=2)
    (evidence,) = SHIPPED.judge(pattern).evidence.to_pylist()
    assert [part["code"] for part in evidence] == [
        "number-substitution",
        "side-applicant",
        "name-same",
        "birth-same",
        "sex-different",
        "number-shared",
    ]
    assert evidence[-1]["weight"] == -1.0
    (bare,) = SHIPPED.judge(pack(NUMBERS.index("equal"), 1, NAMES.index("missing"), 30)).evidence.to_pylist()
    assert [part["code"] for part in bare] == ["number-equal", "name-missing"], "a side only where one was wrong"
    assert bare[1]["weight"] == 0.0


def test_a_common_name_weighs_less_and_only_where_names_agree() -> None:
    common, rare = (judged("substitution", "same", band)[1] for band in (24, 38))
    assert rare - common == 7.0
    assert judged("substitution", "similar", 24) == judged("substitution", "similar", 38)


def test_a_birth_date_that_the_number_holds_is_not_counted_again() -> None:
    for number in NUMBERS:
        gained = judged(number, "same", 30, birth=1)[1] - judged(number, "same", 30)[1]
        assert (gained > 10) == (number in {"birth", "equal-document", "close-document"}), number
        assert 0 < gained < 20
        male = judged(number, "same", 30, sex=1)[1] - judged(number, "same", 30)[1]
        assert (male > 0.9) == (number in {"sequence", "equal-document", "close-document"}), number


COMMON, USUAL, RARE = 24, 32, 38  # 张伟: one person in 4,096; one in 65,536; one in 524,288


@pytest.mark.parametrize(
    ("number", "name", "rarity", "grades"),
    [
        ("substitution", "same", COMMON, {"probable"}),
        ("swap", "same", COMMON, {"probable"}),
        ("insertion", "same", COMMON, {"probable"}),
        ("deletion", "same", COMMON, {"probable"}),
        ("region", "same", COMMON, {"probable"}),
        ("birth", "same", USUAL, {"probable"}),
        ("sequence", "same", USUAL, {"probable"}),
        ("masked", "same", USUAL, {"probable"}),
        ("masked-weak", "same", COMMON, {"possible", "none"}),
        ("masked-weak", "same", RARE, {"probable"}),
        ("masked-weak", "similar", 0, {"none"}),
        ("masked-weak", "missing", 0, {"none"}),
        ("masked", "different", 0, {"none"}),
        ("masked", "missing", 0, {"none"}),
        ("substitution", "different", 0, {"none"}),
        ("region", "different", 0, {"none"}),
        ("sequence", "similar", 0, {"none"}),  # a twin: one surname, and all but the sequence
        ("sequence", "different", 0, {"none"}),
        ("equal-text", "same", USUAL, {"probable"}),
        ("equal-text", "different", 0, {"none"}),
    ],
)
def test_the_shipped_figures_say_what_reason_says(number: str, name: str, rarity: int, grades: set[str]) -> None:
    assert judged(number, name, rarity)[0] in grades


def test_rarity() -> None:
    counts = np.array([0, 1, 3, 270, 3_000, 1_270_000])
    bands = SHIPPED.rarity(counts, 1_270_000)
    assert bands.dtype == np.int8
    assert (np.diff(bands) < 0).all()
    assert bands[3] == 25  # 张伟
    assert bands[-1] == 1, "0 stands for no band"
    few = SHIPPED.rarity(np.array([1]), 100)[0]
    assert few < SHIPPED.rarity(np.array([1]), 1_270_000)[0], "in a short list a name need not be rare"
    assert 26 <= few <= 34


def test_a_model_comes_back_as_it_was(tmp_path: Path) -> None:
    odd = replace(
        SHIPPED,
        source='a "quoted" \\ path, 一月\nnext line\ttab \x00',
        chances=SHIPPED.chances | {"number-equal": Chances(0.1 + 0.2, 5e-324)},
    )
    for model in (SHIPPED, odd):
        model.save(tmp_path / "model.toml")
        assert Model.load(tmp_path / "model.toml") == model
        first = (tmp_path / "model.toml").read_bytes()
        Model.load(tmp_path / "model.toml").save(tmp_path / "again.toml")
        assert (tmp_path / "again.toml").read_bytes() == first
        assert pickle.loads(pickle.dumps(model)) == model  # noqa: S301


@pytest.mark.parametrize("bad", [0.0, -1.0, math.inf, math.nan])
def test_figures_without_a_logarithm_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="number-equal"):
        replace(SHIPPED, chances=SHIPPED.chances | {"number-equal": Chances(0.5, bad)})


def test_a_set_of_figures_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="every kind"):
        replace(SHIPPED, chances={"number-equal": Chances(0.9, 0.1)})
    with pytest.raises(ValueError, match="threshold"):
        replace(SHIPPED, possible=29.0, probable=28.0)
    (tmp_path / "cut.toml").write_text("version = 'x'", "utf-8")
    with pytest.raises(ValueError, match="not a model"):
        Model.load(tmp_path / "cut.toml")


def test_shares_are_shares() -> None:
    m = {code: chances.m for code, chances in SHIPPED.chances.items()}
    sided = ("substitution", "swap", "insertion", "deletion", "region", "birth", "sequence")
    numbers = sum(m[f"number-{x}"] * (1 + m["side-applicant"] * (x in sided)) for x in NUMBERS)
    assert numbers == pytest.approx(1.0, abs=0.01)
    assert sum(m[f"name-{level}"] for level in NAMES) == pytest.approx(1.0, abs=1e-6)
    u = sum(SHIPPED.chances[f"name-{level}"].u for level in NAMES if level not in {"same", "former"})
    assert u == pytest.approx(1.0, abs=1e-2)


def test_every_evidence_has_words_in_both_languages() -> None:
    for language in LANGUAGES:
        ours = {key for key in keys(language) if key.startswith("evidence-")}
        assert ours == {f"evidence-{code}" for code in CODES}
        words = [text(key, language) for key in ours]
        assert len(set(words)) == len(words), "each says something of its own"
    assert SHARED in CODES
