"""Scoring and settling: what may be certain, what adds up, and whose a record is."""

import math
import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.text import LANGUAGES, keys, text
from matching import scoring
from matching.match import FROM_APPLICANT, FROM_RECORD, MATCH_SCHEMA, ORDER, score, settle

NUMBER, OLD = "11010519491231002X", "110105491231002"
PAIR = {name: pa.string() for name in (*FROM_RECORD, *FROM_APPLICANT)}


def pair(record: str, name: str | None, applicant: str, applicant_name: str | None, number: str = NUMBER) -> dict:
    return {
        "record_id": record,
        "resident_id": number,
        "name": name,
        "applicant_id": applicant,
        "applicant_resident_id": NUMBER,
        "applicant_name": applicant_name,
    }


def scored(*pairs: dict) -> pa.RecordBatch:
    return score(pa.RecordBatch.from_pylist(list(pairs), schema=pa.schema(PAIR.items())))


def settled(*pairs: dict) -> list[dict]:
    ordered = sorted(pairs, key=lambda p: (p["record_id"], p["applicant_id"]))
    return settle(scored(*ordered)).to_pylist()


@pytest.mark.parametrize(
    ("name", "other", "grade"),
    [
        ("张小明", "张小明", "certain"),
        ("买买提·吐尔逊", "买买提吐尔逊", "certain"),
        ("张小明", "张晓明", "probable"),
        (None, "张小明", "probable"),
        ("张小明", "李大力", "possible"),
        ("张伟", "张伟明", "possible"),
    ],
)
@pytest.mark.parametrize("number", [NUMBER, OLD, " 11010519491231002x"])
def test_only_the_same_name_is_certain(name: str | None, other: str, grade: str, number: str) -> None:
    (match,) = scored(pair("r", name, "a", other, number)).to_pylist()
    assert match["grade"] == grade
    assert match["evidence"][0]["code"] == ("number-equal-15" if number == OLD else "number-equal")


def test_no_chances_could_make_another_name_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    absurd = {code: scoring.Chances(m=1.0, u=1e-300) for code in scoring.CHANCES}
    monkeypatch.setattr(scoring, "CHANCES", absurd)
    assert scored(pair("r", "张小明", "a", "李大力")).to_pylist()[0]["grade"] == "possible"


names = st.sampled_from(["张小明", "张晓明", "李大力", "王伟", None, "买买提·吐尔逊", "买买提吐尔逊"])
pairs = st.builds(
    pair,
    st.sampled_from([f"r{n}" for n in range(6)]),
    names,
    st.sampled_from([f"a{n}" for n in range(5)]),
    names,
    st.sampled_from([NUMBER, OLD]),
)


@settings(deadline=None)  # other work on the machine is no failure
@given(st.lists(pairs, max_size=25, unique_by=lambda p: (p["record_id"], p["applicant_id"])))
def test_settling(candidates: list[dict]) -> None:
    matches = settled(*candidates)
    assert settle(scored()).schema == MATCH_SCHEMA
    for match in matches:
        assert math.fsum(part["weight"] for part in match["evidence"]) == match["weight"], (
            "evidence must add up exactly"
        )
    by_record: dict[str, list[dict]] = {}
    for match in matches:
        by_record.setdefault(match["record_id"], []).append(match)
    assert set(by_record) == {candidate["record_id"] for candidate in candidates}, "no record is lost"
    for kept in by_record.values():
        if len(kept) > 1:  # nobody's for certain, and it says why
            assert {match["grade"] for match in kept}.isdisjoint({"certain"})
            assert all(match["evidence"][-1]["code"] == "number-shared" for match in kept)
    assert [tuple(match[c] for c in ORDER) for match in matches] == sorted(
        tuple(match[c] for c in ORDER) for match in matches
    )
    shuffled = random.Random(1).sample(candidates, len(candidates))  # noqa: S311
    assert settled(*shuffled) == matches


def test_the_better_grade_wins_alone() -> None:
    (match,) = settled(pair("r", "张小明", "H1-1", "张小明"), pair("r", "张小明", "H2-1", "李大力"))
    assert (match["applicant_id"], match["grade"]) == ("H1-1", "certain")


def test_one_person_listed_in_two_households_goes_to_review_in_both() -> None:
    first, second = settled(
        pair("r", "张小明", "H1-1", "张小明"),
        pair("r", "张小明", "H2-1", "张小明"),
        pair("s", "张小明", "H1-1", "张小明"),
    )[:2]
    assert [first["applicant_id"], second["applicant_id"]] == ["H1-1", "H2-1"]
    assert {first["grade"], second["grade"]} == {"probable"}
    assert first["evidence"][-1] == {"code": "number-shared", "weight": -1.0}


def test_an_old_number_on_one_list_does_not_decide_a_tie() -> None:
    matches = settled(
        pair("r", "张小明", "H1-1", "张小明"), pair("r", "张小明", "H2-1", "张小明") | {"applicant_resident_id": OLD}
    )
    assert [match["grade"] for match in matches] == ["probable", "probable"]


def test_other_columns_come_along() -> None:
    batch = pa.RecordBatch.from_pylist(
        [pair("r", "张小明", f"H{n}-1", "张小明") | {"source": "bank_01"} for n in (1, 2)],
        schema=pa.schema([*PAIR.items(), ("source", pa.string())]),
    )
    matches = settle(score(batch))
    assert matches.schema.names == [*MATCH_SCHEMA.names, "source"]
    assert matches.column("source").to_pylist() == ["bank_01", "bank_01"]


def test_chances_are_shares() -> None:
    for side in ("m", "u"):
        total = sum(getattr(scoring.CHANCES[code], side) for code in scoring.CODES if code.startswith("name-"))
        assert total == pytest.approx(1.0, abs=1e-4)


def test_every_evidence_has_words_in_both_languages() -> None:
    for language in LANGUAGES:
        for code in scoring.CODES:
            assert text(f"evidence-{code}", language)
    ours = [{key for key in keys(language) if key.startswith("evidence-")} for language in LANGUAGES]
    assert ours[0] == ours[1] == {f"evidence-{code}" for code in scoring.CODES}


def test_matching_reads_no_files_of_its_own() -> None:
    for module in (Path(scoring.__file__).parent).glob("*.py"):
        assert "open(" not in module.read_text("utf-8")
