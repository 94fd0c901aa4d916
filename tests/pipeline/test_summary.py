"""The summary's data: what it derives, what it refuses, and that its JSON is stable and free of surprises."""

import json
import re
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from catalogue.text import LANGUAGES, text
from hedui.cli import exits
from hedui.pipeline.summary import example, words
from hedui.pipeline.summary.model import (
    EXIT_CODES,
    GRADES,
    STATUSES,
    Cause,
    Households,
    NotVerified,
    Quarantined,
    RunState,
    SourceStatus,
    Stage,
    StageName,
    Summary,
)

EXAMPLES = {"complete": example.complete, "degraded": example.degraded, "failed": example.stopped}
PACKAGE = Path(str(files("hedui.pipeline.summary")))


@pytest.mark.parametrize("name", EXAMPLES)
def test_json_is_read_back_whole(name):
    summary = EXAMPLES[name]()
    again = Summary.model_validate_json(summary.to_json())
    assert again == summary
    assert again.to_json() == summary.to_json()


@pytest.mark.parametrize("name", EXAMPLES)
def test_json_keys_are_the_documented_ones(name):
    document = json.loads(EXAMPLES[name]().to_json())
    assert list(document) == [
        *("version", "run_id", "business_date", "started_at", "finished_at", "published", "households", "sources"),
        *("quarantine", "matches", "stages", "reports", "problem"),
        *("state", "exit_code", "seconds", "ages", "by_state", "by_reason"),
    ]
    assert list(document["sources"][0]) == [
        *("id", "kind", "label", "required", "state", "as_of", "rows", "seconds", "attempts", "problem"),
    ]


@pytest.mark.parametrize(("state", "code"), [("complete", 0), ("degraded", 3), ("failed", 4)])
def test_state_means_its_exit_code(state, code):
    summary = EXAMPLES[state]()
    assert (summary.state, summary.exit_code) == (state, code)


def test_exit_codes_are_those_of_every_command():
    assert EXIT_CODES == {"complete": exits.COMPLETE, "degraded": exits.DEGRADED, "failed": exits.STOPPED}


@pytest.mark.parametrize("state", [state for state in STATUSES if state != "accepted"])
def test_one_source_that_is_not_accepted_degrades_the_run(state):
    sources = list(example.complete().sources)
    sources[30] = sources[30].model_copy(update={"state": state, "rows": None, "as_of": None})
    assert _with(example.complete(), sources=sources).state == "degraded"


def test_nothing_missing_becomes_zero():
    failed, ran = example.stopped(), example.degraded()
    assert failed.households is None
    assert failed.by_reason is None
    assert failed.by_state["accepted"].rows is None
    assert ran.by_state["unreachable"].rows is None
    assert ran.ages["bank_07"] is None
    assert ran.quarantined["bank_07"] is None  # refused before a row was judged
    assert ran.quarantined["bank_41"] == 1_204  # refused for its rows
    assert ran.quarantined["bank_01"] == 0


def test_ages_and_sums():
    summary = example.degraded()
    assert summary.ages["transport"] == 31
    assert summary.ages["agriculture"] == 0
    assert summary.by_state["accepted"].oldest_days == 31
    assert summary.by_state["accepted"].rows == sum(s.rows or 0 for s in summary.sources)
    assert sum(found.sources for found in summary.by_state.values()) == 55
    assert list(summary.by_reason.items())[:2] == [("wrong-field-count", 1_204), ("bad-number", 112)]
    assert summary.households.total == 2_000


def test_failures_come_required_first():
    failures = example.degraded().failures
    assert len(failures) == 8
    assert [s.required for s in failures] == sorted((s.required for s in failures), reverse=True)
    assert example.stopped().failures == ()  # not asked yet is not a failure


@pytest.mark.parametrize(
    "change",
    [
        {"sources": lambda run: [*run.sources, run.sources[0]]},
        {"quarantine": lambda _: [Quarantined(source="bank_99", reason="bad-date", rows=1)]},
        {"sources": lambda run: [run.sources[0].model_dump() | {"state": "refused"}]},
        {"sources": lambda run: [run.sources[0].model_dump() | {"problem": {"code": "late", "where": {}}}]},
        {"sources": lambda run: [run.sources[0].model_dump() | {"rows": -1}]},
        {"started_at": lambda _: "2026-07-01T01:00:00"},
        {"name": lambda _: "a key that does not exist"},
    ],
    ids=[
        "source-twice",
        "unknown-source",
        "rows-of-refused",
        "problem-of-accepted",
        "negative",
        "no-zone",
        "unknown-key",
    ],
)
def test_contradictions_are_refused(change):
    run = example.complete()
    with pytest.raises(ValidationError):
        _with(run, **{key: make(run) for key, make in change.items()})


def test_more_undetermined_than_verified_is_refused():
    with pytest.raises(ValidationError):
        Households(verified=1, undetermined=2)


def test_a_problem_without_words_is_still_told():
    cause = Cause(code="of-a-plug-in", where={"source": "bank_07", "line": 12})
    for language in LANGUAGES:
        assert "of-a-plug-in" in cause.message.within(language)
        assert "bank_07" in cause.message.within(language)
        assert cause.hint.within(language)


def test_a_problem_has_the_words_of_its_code():
    cause = Cause(code="no-run", where={"date": "2026-06-30", "registry": "var"})
    assert cause.message.zh == text("problem-no-run", "zh", date="2026-06-30", registry="var")
    assert cause.hint.en == text("problem-no-run-hint", "en", date="2026-06-30")


@given(st.dictionaries(st.text(min_size=1).filter(lambda k: k not in {"self", "code"}), st.text() | st.integers()))
def test_any_place_survives_json(where):
    cause = Cause(code="of-a-plug-in", where=where)
    assert Cause.model_validate_json(cause.model_dump_json()) == cause


def test_every_code_has_words_in_both_languages():
    families = {
        "run-state": get_args(RunState),
        "headline": get_args(RunState),
        "exit": EXIT_CODES.values(),
        "state": get_args(SourceStatus),
        "grade": GRADES,
        "stage": [*get_args(StageName), *get_args(Stage.model_fields["state"].annotation)],
        "not-verified": get_args(NotVerified),
        "step": re.findall(r'Step\("([a-z]+)"', (PACKAGE / "words.py").read_text("utf-8")),
        "problem": ["unknown", "unknown-hint"],
    }
    named = {f"{family}-{code}" for family, codes in families.items() for code in codes}
    assert named <= _messages("zh").keys()
    assert not {key for key in _messages("zh").keys() - named if key not in _sources_text()}, "messages nobody uses"


def test_both_catalogues_have_the_same_messages_and_placeholders():
    chinese, english = _messages("zh"), _messages("en")
    assert chinese.keys() == english.keys()
    assert {k: _placeholders(v) for k, v in chinese.items()} == {k: _placeholders(v) for k, v in english.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_problems_of_the_examples_have_words(language):
    for source in example.degraded().failures:
        assert source.id in source.problem.message.within(language)
        assert source.problem.message.within(language) == text(
            f"problem-{source.problem.code}", language, **source.problem.where
        )


def test_what_to_do_next_follows_from_what_happened():
    def keys(summary):
        return [step.key for step in words.steps(summary)]

    assert keys(example.complete()) == ["quarantine", "unconfirmed", "read"]
    assert keys(example.degraded()) == ["again", "undetermined", "quarantine", "unconfirmed", "read"]
    assert keys(example.stopped()) == ["mend", "resume"]
    assert keys(_with(example.stopped(), problem=None)) == ["interrupted", "resume"]
    assert words.steps(example.degraded())[0].command == "hedui nightly --date 2026-06-30"


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (None, "–", "–"),
        (0.04, "0.0 秒", "0.0 s"),
        (9.94, "9.9 秒", "9.9 s"),
        (59.4, "59 秒", "59 s"),
        (59.6, "1 分 0 秒", "1 min 0 s"),
        (3599.7, "1 小时 0 分", "1 h 0 min"),
        (7_260, "2 小时 1 分", "2 h 1 min"),
    ],
)
def test_durations(seconds, zh, en):
    assert (words.duration(seconds, "zh"), words.duration(seconds, "en")) == (zh, en)


def test_moments_are_told_in_china_time():
    started = example.STARTED
    assert words.clock(started) == "2026-07-01 01:00:00"
    assert words.clock(started + timedelta(hours=2), started) == "03:00:00"
    assert words.clock(started + timedelta(hours=23), started) == "2026-07-02 00:00:00"


@given(st.text(alphabet=st.sampled_from("核对家庭，。（）“” abcdefg 0123,\u3000"), max_size=120), st.integers(8, 60))
def test_wrapping_loses_nothing_and_keeps_the_width(said, width):
    from rich.cells import cell_len

    lines = words.wrapped(said, width).split("\n")
    assert "".join("".join(lines).split()) == "".join(said.split())
    for line in lines:
        assert cell_len(line) <= width or len(words._PIECE.findall(line)) == 1


def test_wrapping_keeps_punctuation_and_measure_words_where_they_belong():
    lines = words.wrapped("已核对 1,946 户；55 个数据源中已接收 47 个，缺 8 个。", 22).split("\n")
    assert not any(line[0] in "，。；" for line in lines)
    assert not any(re.search(r"\d$", line) for line in lines)


def _with(summary, **changes):
    # by way of plain data, so that every validator runs again
    return Summary.model_validate(summary.model_dump(mode="python") | changes)


def _messages(language):
    content = (Path(str(files("catalogue"))) / "messages" / language / "summary.ftl").read_text("utf-8")
    return dict(re.findall(r"^summary-([\w-]+) = (.+)$", content, re.MULTILINE))


def _placeholders(message):
    return sorted(re.findall(r"\{ \$(\w+) \}", message))


def _sources_text():
    named = "\n".join(p.read_text("utf-8") for p in [*PACKAGE.glob("*.py"), *PACKAGE.glob("template/*.html")])
    plain = re.findall(r'(?:\bt|title|fact)\("([\w-]+)"', named) + re.findall(r'"summary-([\w-]+)"', named)
    return {*plain, "departments", "banks", "business-date", "started", "quarantine-none", "quarantine-unknown"}
