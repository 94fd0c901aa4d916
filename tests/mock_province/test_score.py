"""The score sees a planted miss and a planted stranger, and is not fooled by sources and members that were left out."""

import json
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from catalogue.text import LANGUAGES
from mock_province.score import score
from mock_province.world.build import build
from mock_province.world.extracts import ROW_ERRORS
from mock_province.world.name_errors import NAME_ERRORS
from mock_province.world.number_errors import NUMBER_ERRORS
from mock_province.world.rates import AGREEING_NAMES, INTACT_NUMBERS

COLUMNS = {"record_id": pa.string(), "member_ref": pa.string(), "grade": pa.string(), "counted": pa.bool_()}


@pytest.fixture(scope="module")
def truth(tmp_path_factory) -> pa.Table:
    home = tmp_path_factory.mktemp("world")
    build(home, business_date=date(2026, 6, 30), households=150)
    return pq.read_table(home / "truth.parquet")


@pytest.fixture(scope="module")
def everything(truth) -> dict[str, set[str]]:
    ours = truth.filter(truth["authorised"])
    return {
        "sources_accepted": set(truth["source"].to_pylist()),
        "members_reported": set(ours["member_ref"].to_pylist()),
    }


@pytest.fixture(scope="module")
def perfect(truth) -> list[dict]:
    """Return a certain match for each promised record, worked out row by row."""
    return [
        {"record_id": row["record_id"], "member_ref": row["member_ref"], "grade": "certain", "counted": True}
        for row in truth.to_pylist()
        if row["authorised"]
        and row["row_error"] in {"none", "wrong_unit"}
        and row["number_error"] in INTACT_NUMBERS
        and row["name_error"] in AGREEING_NAMES
    ]


def table(rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema(COLUMNS))


def test_a_perfect_run_holds(truth, everything, perfect) -> None:
    found = score(table(perfect), truth, **everything)
    assert found.holds
    assert found.promised == found.kept == len(perfect) > 500
    assert (found.strangers_counted, found.wrongly_counted, found.missed, found.misplaced) == (0, 0, (), ())
    certain = found.grades[0]
    assert (certain.right, certain.wrong, certain.precision) == (len(perfect), 0, 1)
    assert 0.9 < certain.recall < 1


def test_a_planted_miss_is_seen_and_named(truth, everything, perfect) -> None:
    found = score(table(perfect[1:]), truth, **everything)
    assert not found.holds
    assert found.promised - found.kept == 1
    assert found.missed == (perfect[0]["record_id"],)


def test_probable_is_not_certain(truth, everything, perfect) -> None:
    found = score(table([perfect[0] | {"grade": "probable", "counted": False}, *perfect[1:]]), truth, **everything)
    assert not found.holds
    assert [g.right for g in found.grades] == [len(perfect) - 1, 1, 0]
    assert found.grades[1].recall == pytest.approx(len(perfect) / found.grades[1].findable)


def test_a_planted_stranger_in_a_total_is_seen_and_named(truth, everything, perfect) -> None:
    stranger = truth.filter(pc.is_null(truth["member_ref"]))["record_id"][0].as_py()
    planted = perfect[0] | {"record_id": stranger}
    found = score(table([*perfect, planted]), truth, **everything)
    assert not found.holds
    assert (found.strangers_counted, found.wrongly_counted, found.misplaced) == (1, 1, (stranger,))
    unconfirmed = score(table([*perfect, planted | {"grade": "possible", "counted": False}]), truth, **everything)
    assert unconfirmed.holds
    assert unconfirmed.grades[2].wrong == 1
    assert unconfirmed.grades[2].precision == 0


def test_another_applicants_record_in_a_total_is_seen(truth, everything, perfect) -> None:
    other = next(row for row in perfect if row["member_ref"] != perfect[0]["member_ref"])
    found = score(table([*perfect, perfect[0] | {"member_ref": other["member_ref"]}]), truth, **everything)
    assert not found.holds
    assert (found.strangers_counted, found.wrongly_counted) == (0, 1)


def test_a_record_that_does_not_exist_counts_as_wrong(truth, everything, perfect) -> None:
    found = score(table([*perfect, perfect[0] | {"record_id": "bank_01:deposit:999999999"}]), truth, **everything)
    assert not found.holds
    assert found.wrongly_counted == 1


def test_nothing_is_promised_of_a_source_or_member_left_out(truth, everything, perfect) -> None:
    kept = [row for row in perfect if not row["record_id"].startswith("housing:")]
    accepted = everything["sources_accepted"] - {"housing"}
    assert score(table(kept), truth, **everything | {"sources_accepted": accepted}).holds
    someone = perfect[0]["member_ref"]
    kept = [row for row in perfect if row["member_ref"] != someone]
    others = everything["members_reported"] - {someone}
    assert score(table(kept), truth, **everything | {"members_reported": others}).holds
    assert not score(table(kept), truth, **everything).holds


def test_promising_nothing_is_not_keeping_it(truth, everything) -> None:
    found = score(table([]), truth, sources_accepted=(), members_reported=everything["members_reported"])
    assert found.promised == 0
    assert not found.holds
    assert found.grades[0].precision is None
    assert found.grades[0].recall is None


def test_errors_are_counted_by_kind(truth, everything, perfect) -> None:
    found = score(table(perfect), truth, **everything)
    ours = [row for row in truth.to_pylist() if row["authorised"]]
    for error in found.errors:
        sound = [r for r in ours if error.field == "row" or r["row_error"] in {"none", "wrong_unit"}]
        hit = [r for r in sound if r[f"{error.field}_error"] == error.kind]
        assert error.records == len(hit) > 0
        assert error.wrong == 0
    assert {e.field for e in found.errors} == {"number", "name", "row"}
    by_kind = {(e.field, e.kind): e for e in found.errors}
    assert by_kind["number", "fifteen"].certain > 0
    assert by_kind["number", "substitution"].certain == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_words_and_no_line_is_personal(truth, everything, perfect, language) -> None:
    from catalogue.text import text

    for kind in {*NUMBER_ERRORS, *NAME_ERRORS, *ROW_ERRORS}:
        assert text(f"score-error-{kind}", language)
    said = score(table(perfect[3:]), truth, **everything).lines(language)
    assert len(said) > 10
    assert text("score-broken", language) in said
    assert any(perfect[0]["record_id"] in line for line in said)
    assert text("score-holds", language) in score(table(perfect), truth, **everything).lines(language)


def test_json_says_what_the_lines_say(truth, everything, perfect) -> None:
    found = score(table(perfect), truth, **everything)
    read = json.loads(found.to_json())
    assert read["holds"] is True
    assert read["promised"] == len(perfect)
    assert [row["grade"] for row in read["grades"]] == ["certain", "probable", "possible"]
    assert read["grades"][0]["precision"] == 1
