"""Counts of right and wrong matches, against a truth worked out by hand."""

import random
from functools import reduce
from math import sqrt
from operator import add

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from matching.accuracy import Fared, Kinds, Rows, Share, Tally, against_labels, against_truth

KINDS = Kinds(
    intact=frozenset({"none", "fifteen"}),
    agreeing=frozenset({"none", "dot"}),
    absent=frozenset({"missing"}),
    lost=frozenset({"scientific"}),
)
EXACT = ("number-equal", "name-same")
REPAIRED = ("number-substitution", "name-same")
CERTAIN = {"certain_without_exact_number_and_name", "certain_on_a_wrong_number"}


def matches(*rows: tuple) -> pa.Table:
    """Make matches of (record, applicant, grade, weight, codes); the evidence adds up."""
    return pa.Table.from_pylist(
        [
            {
                "record_id": record,
                "applicant_id": applicant,
                "grade": grade,
                "weight": weight,
                "evidence": [{"code": code, "weight": weight / len(codes)} for code in codes],
            }
            for record, applicant, grade, weight, codes in rows
        ],
        schema=pa.schema(
            [
                ("record_id", pa.string()),
                ("applicant_id", pa.string()),
                ("grade", pa.string()),
                ("weight", pa.float64()),
                ("evidence", pa.list_(pa.struct([("code", pa.string()), ("weight", pa.float64())]))),
            ]
        ),
    )


def truth(*rows: tuple) -> pa.Table:
    """Make a truth of (record, applicant or None, number, name, likeness)."""
    columns = ("record_id", "applicant_id", "number", "name", "likeness")
    return pa.Table.from_pylist(
        [dict(zip(columns, row, strict=True)) for row in rows], schema=pa.schema([(c, pa.string()) for c in columns])
    )


TRUTH = truth(
    ("r1", "a1", "none", "none", None),
    ("r2", "a2", "substitution", "none", None),
    ("r3", "a3", "none", "mangled", None),
    ("r4", "a4", "missing", "none", None),
    ("r5", "a5", "scientific", "none", None),
    ("r6", None, "none", "none", "twin"),
    ("r7", None, "none", "none", "twin"),
    ("r8", None, "none", "none", None),
    ("r9", "a9", "none", "dot", None),
)
MATCHES = matches(
    ("r1", "a1", "certain", 40.0, EXACT),
    ("r2", "a2", "probable", 20.25, REPAIRED),
    ("r3", "a3", "possible", 10.0, ("number-equal", "name-different")),
    ("r6", "a1", "possible", 9.9, ("number-substitution", "name-similar")),
    ("r9", "a1", "probable", 30.0, ("number-equal", "name-same", "number-shared")),
    ("r9", "a9", "probable", 30.0, ("number-equal", "name-same", "number-shared")),
)


@pytest.fixture(params=["table", "parquet"])
def put(request, tmp_path):
    """Hand tables over as they are, or as Parquet files."""

    def given(table: pa.Table, name: str):
        if request.param == "table":
            return table
        pq.write_table(table, tmp_path / name)
        return tmp_path / name

    return given


@pytest.fixture
def tally(put) -> Tally:
    return against_truth(put(MATCHES, "m"), put(TRUTH, "t"), KINDS)


def test_every_grade_has_its_right_and_wrong_matches(tally) -> None:
    assert tally.grades == {"certain": Rows(1, 0), "probable": Rows(2, 1), "possible": Rows(1, 1)}
    assert tally.review() == Rows(3, 2)
    assert tally.queue == 4


def test_true_pairs_fare_by_kind_of_number_and_name(tally) -> None:
    assert tally.pairs["none", "none"] == Fared(certain=1)
    assert tally.pairs["substitution", "none"] == Fared(probable=1, review=1)
    assert tally.pairs["none", "mangled"] == Fared(possible=1, review=1)
    assert tally.pairs["none", "dot"] == Fared(probable=1, elsewhere=1, review=1)
    assert tally.pairs["missing", "none"] == tally.pairs["scientific", "none"] == Fared(unmatched=1)
    assert list(tally.by_number()) == ["none", "missing", "scientific", "substitution"]
    assert tally.by_name(KINDS)["none"].records == 3  # the row without a number is no true pair
    intact = tally.total(KINDS.intact, KINDS.agreeing)
    assert (intact.records, intact.review) == (2, 1)


def test_found_shares_count_what_is_lost_but_not_what_was_never_there(tally) -> None:
    sound = tally.sound(KINDS)
    assert [sound.found(grade) for grade in ("certain", "probable", "possible")] == [
        Share(1, 5),
        Share(3, 5),
        Share(4, 5),
    ]


def test_strangers_are_counted_by_likeness_whether_matched_or_not(tally) -> None:
    assert tally.strangers == {
        "twin": Fared(possible=1, unmatched=1, elsewhere=1, review=1),
        "none": Fared(unmatched=1),
    }
    assert tally.strangers["twin"].found("possible") == Share(1, 2)


def test_the_sweep_accepts_from_the_top(tally) -> None:
    points = {point.weight: (point.precision, point.recall) for point in tally.sweep(KINDS)}
    assert points[40.0] == (Share(1, 1), Share(1, 5))
    assert points[30.0] == (Share(2, 3), Share(2, 5))
    assert points[20.0] == (Share(3, 4), Share(3, 5))  # 20.25, rounded down
    assert points[9.5] == (Share(4, 6), Share(4, 5))
    assert list(points) == sorted(points, reverse=True)


def test_a_good_matching_breaks_no_rule(tally) -> None:
    assert set(tally.rules.values()) == {0}
    assert len(tally.rules) == 5


@pytest.mark.parametrize(
    ("grade", "codes", "broken"),
    [
        ("certain", REPAIRED, CERTAIN),
        ("certain", ("number-equal", "name-similar"), CERTAIN),
        ("certain", (*EXACT, "number-shared"), CERTAIN),
        ("certain", EXACT, {"certain_on_a_wrong_number"}),
        ("probable", ("number-masked", "name-similar"), {"accepted_without_number_or_name"}),
        ("probable", ("number-masked", "name-former"), set()),
        ("possible", ("number-masked", "name-different"), set()),
        ("possible", ("name-same", "birth-same"), {"name_alone"}),
        ("possible", ("name-same", "number-shared"), {"name_alone"}),
    ],
)
def test_a_broken_rule_is_counted(grade, codes, broken) -> None:
    found = against_truth(matches(("r2", "a2", grade, 20.0, codes)), TRUTH, KINDS).rules
    assert {rule for rule, count in found.items() if count} == broken


def test_evidence_that_does_not_add_up_is_counted() -> None:
    wrong = matches(("r1", "a1", "certain", 40.0, EXACT)).set_column(3, "weight", pa.array([40.0009765625]))
    assert against_truth(wrong, TRUTH, KINDS).rules["evidence_does_not_add_up"] == 1


def test_a_match_of_a_record_that_nobody_knows_is_wrong() -> None:
    found = against_truth(matches(("r99", "a1", "certain", 40.0, EXACT)), TRUTH, KINDS)
    assert found.grades["certain"] == Rows(0, 1)
    assert found.strangers["unknown"] == Fared(certain=1, elsewhere=1)


def test_a_record_matched_only_to_another_applicant_is_not_found() -> None:
    found = against_truth(matches(("r1", "a2", "certain", 40.0, EXACT)), TRUTH, KINDS)
    assert found.pairs["none", "none"] == Fared(unmatched=1, elsewhere=1)
    assert found.sound(KINDS).found("possible") == Share(0, 5)


def test_counts_of_several_worlds_add_up() -> None:
    rng = random.Random(3)  # noqa: S311
    rows = [
        (f"r{n}", rng.choice(["a1", "a2", None]), rng.choice(["none", "swap"]), "none", rng.choice([None, "twin"]))
        for n in range(300)
    ]
    found = [
        (row[0], rng.choice(["a1", "a2"]), rng.choice(["certain", "possible"]), float(rng.randrange(9)), EXACT)
        for row in rows
        if rng.random() < 0.7
    ]
    parts = [
        against_truth(
            matches(*(m for m in found if int(m[0][1:]) % 3 == part)),
            truth(*(row for row in rows if int(row[0][1:]) % 3 == part)),
            KINDS,
        )
        for part in range(3)
    ]
    whole, summed = against_truth(matches(*found), truth(*rows), KINDS), reduce(add, parts)
    assert dict(summed.weights) == dict(whole.weights)
    assert (summed.pairs, summed.grades, summed.strangers, summed.rules, summed.queue) == (
        whole.pairs,
        whole.grades,
        whole.strangers,
        whole.rules,
        whole.queue,
    )


def test_nothing_matched_is_a_figure_too() -> None:
    found = against_truth(matches(), TRUTH, KINDS)
    assert found.sound(KINDS).found("possible") == Share(0, 5)
    assert found.review().precision.value is None
    assert found.sweep(KINDS) == ()


def labels(*rows: tuple, kinds: bool = False) -> pa.Table:
    """Make labels of (record, applicant, is it the same person)."""
    table = {name: [row[place] for row in rows] for place, name in enumerate(("record_id", "applicant_id", "is_match"))}
    return pa.table(table | ({"number_error": ["none"] * len(rows), "name_error": [None] * len(rows)} if kinds else {}))


LABELS = (("r1", "a1", True), ("r6", "a1", False), ("r9", "a1", True), ("r9", "a9", False), ("r4", "a4", True))


@pytest.mark.parametrize("kinds", [False, True])
def test_labelled_pairs_alone_are_counted(put, kinds) -> None:
    found = against_labels(put(MATCHES, "m"), put(labels(*LABELS, kinds=kinds), "l"), KINDS)
    assert found.grades == {"certain": Rows(1, 0), "probable": Rows(1, 1), "possible": Rows(0, 1)}
    assert found.sound(KINDS) == Fared(certain=1, probable=1, unmatched=1, elsewhere=1, review=1)
    assert list(found.pairs) == [("none" if kinds else "unknown", "unknown")]
    assert found.strangers == {}
    assert ("certain_on_a_wrong_number" in found.rules) is kinds


@pytest.mark.parametrize(("hits", "of"), [(90, 100), (1, 7), (0, 10), (10, 10), (3, 3_000_000)])
def test_the_ends_of_an_interval_are_where_the_share_seen_is_just_not_odd(hits, of) -> None:
    # What defines it: a true share p for which the share seen lies 1.96 standard errors (of p) away.
    low, high = Share(hits, of).interval
    assert 0 <= low <= hits / of <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert abs(end - hits / of) == pytest.approx(1.959964 * sqrt(end * (1 - end) / of), rel=1e-6)


def test_nothing_of_nothing_has_no_share() -> None:
    assert Share(0, 0).interval is None
    assert Share(0, 0).value is None
