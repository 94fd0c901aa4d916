"""One source misbehaves in each known way: the other 54 are unharmed, the run ends degraded, and says who and why."""

import json
from collections.abc import Iterator

import pytest

# (source, fault, state, problem): every transport and every fault at least once
FAULTS = [
    ("taxation", "refuse", "unreachable", "unreachable"),
    ("market_regulation", "hang", "unreachable", "timed-out"),
    ("bank_33", "error", "unreachable", "server-error"),
    ("human_resources", "password", "unreachable", "access-refused"),
    ("bank_04", "empty", "refused", "empty-delivery"),
    ("disabled_federation", "truncated", "refused", "truncated-delivery"),
    ("bank_06", "encoding", "refused", "wrong-encoding"),
    ("bank_21", "stale", "refused", "stale-delivery"),
    ("bank_22", "count", "refused", "count-mismatch"),
    ("transport", "column", "refused", "missing-column"),
    ("bank_08", "rows", "refused", "extract-refused"),
    ("bank_01", "late", "not_delivered", "not-delivered"),
]


@pytest.fixture
def faulty(province) -> Iterator[object]:
    told: list[str] = []

    def tell(source: str, kind: str) -> None:
        told.append(source)
        province.fault(source, kind)

    yield tell
    for source in told:
        province.fault(source, "none")


@pytest.mark.parametrize(("source", "fault", "state", "problem"), FAULTS, ids=[f"{f[0]}-{f[1]}" for f in FAULTS])
def test_one_bad_source_harms_no_other(office, faulty, source, fault, state, problem) -> None:
    faulty(source, fault)
    code, summary = office.night(HEDUI_SOURCE_SECONDS="6")

    states = {s["id"]: s for s in summary["sources"]}
    assert code == 3
    assert summary["state"] == "degraded"
    assert (states[source]["state"], states[source]["problem"]["code"]) == (state, problem)
    assert {s for s, told in states.items() if told["state"] != "accepted"} == {source}
    assert len(states) == 55

    report = json.loads(office.report(summary_household(office)))
    answers = {a["source"]: a for a in report["answers"]}
    assert len(answers) == 55
    assert answers[source]["answer"] == "no_answer"
    assert all(a["answer"] in {"found", "none", "not_authorised"} for s, a in answers.items() if s != source)


def test_all_faults_at_once_are_told_apart(office, faulty) -> None:
    for source, fault, _, _ in FAULTS:
        faulty(source, fault)
    code, summary = office.night(HEDUI_SOURCE_SECONDS="6")
    states = {s["id"]: s for s in summary["sources"]}
    assert code == 3
    for source, _, state, problem in FAULTS:
        assert (states[source]["state"], states[source]["problem"]["code"]) == (state, problem)
    assert sum(s["state"] == "accepted" for s in states.values()) == 55 - len(FAULTS)


def summary_household(office) -> str:
    return json.loads(office.call("report", "list", "--json").stdout)[0]["household"]
