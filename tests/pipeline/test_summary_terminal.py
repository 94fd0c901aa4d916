"""The summary in a terminal: complete in both languages, 80 cells wide, and readable when piped."""

import io
import re
from importlib.resources import files
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from catalogue.labels import Label
from catalogue.text import text
from hedui.pipeline.summary import example, terminal
from hedui.pipeline.summary.model import Cause, Quarantined, Summary

EXAMPLES = {"complete": example.complete, "degraded": example.degraded, "failed": example.stopped}


def screen(summary, language="zh", width=80, **options):
    out = io.StringIO()
    terminal.render(summary, language, Console(file=out, width=width, **options))
    return out.getvalue()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("width", [80, 60, 120])
def test_fits_the_width_without_colour(name, language, width):
    shown = screen(EXAMPLES[name](), language, width)
    assert "\x1b" not in shown
    assert max(cell_len(line) for line in shown.splitlines()) <= width


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_quiet_night_is_one_screen(language):
    assert len(screen(example.complete(), language).splitlines()) <= 52


@pytest.mark.parametrize("name", EXAMPLES)
def test_says_the_same_in_either_order_of_languages(name):
    summary = EXAMPLES[name]()
    first, second = _words(screen(summary, "zh", 300)), _words(screen(summary, "en", 300))
    assert first == second


@pytest.mark.parametrize("language", ["zh", "en"])
def test_headings_stand_in_both_languages_the_readers_first(language):
    shown = screen(example.degraded(), language)
    for key in ("households", "matches", "quarantine", "stages", "coverage", "failures", "reports", "next"):
        pair = [text(f"summary-{key}", code) for code in ("zh", "en")]
        assert " ".join(pair if language == "zh" else pair[::-1]) in shown


def test_every_source_stands_once_in_the_coverage_picture():
    shown = screen(example.degraded())
    picture = shown[shown.index("覆盖情况") : shown.index("数据源 sources ")]
    for number in range(1, 44):
        assert len(re.findall(rf"\b{number:02}[✓✗!-]", picture)) == 1
    for department in example.DEPARTMENTS:
        assert len(re.findall(rf"[✓✗!-]\S+ {department}\b", picture)) == 1


def test_state_is_a_sign_before_it_is_a_colour():
    shown = screen(example.degraded())
    for cell in ("06✓", "07✗", "19!", "30-", "!自然资源 natural_resources", "-残联 disabled_federation"):
        assert cell in shown
    for state in ("✗ 已拒收 refused", "! 无法连接 unreachable", "- 未送达 not delivered", "✓ 已接收 accepted"):
        assert state in shown


def test_degraded_run_names_every_failed_source_and_what_to_do():
    summary = example.degraded()
    shown = screen(summary)
    assert "降级完成 Degraded" in shown
    assert "退出码 exit code 3" in shown
    for source in summary.failures:
        assert source.id in shown
        assert source.label.zh in shown
        assert source.problem.code in shown
    assert "hedui nightly --date 2026-06-30" in shown


def test_figures():
    shown = screen(example.degraded(), width=100)
    for line in (
        r"已核对家庭 households verified +1,946",
        r"其中无法判断 of which undetermined +1,946",
        r"未核对家庭 households not verified +54",
        r"授权已到期 authorisation expired +31",
        r"确定 certain +24,318",
        r"可能 possible +112",
        r"1,204  字段数不符  another number of fields",
        r"提取 extract +━+ +1 min 14 s",
        r"已接收 accepted +47 +531,290 +31 d \(transport\)",
        r"已拒收 refused +4 +– +–",
        r"file:///srv/hedui/store/reports/run=2026-06-30.1",
    ):
        assert re.search(line, shown), line


def test_a_stopped_run_says_why_and_claims_nothing():
    shown = screen(example.stopped())
    assert "✗ 未发布 Not published" in shown
    assert text("problem-no-households", "zh") in shown
    assert text("problem-no-households-hint", "en") in shown
    assert "尚未统计" in shown  # households: not counted, which is not zero
    assert "尚未校验" in shown
    assert "退出码 exit code 4" in shown


def test_many_failures_of_one_kind_are_told_thrice_and_all_named():
    run = example.complete()
    dead = [
        source.model_copy(update={"state": "unreachable", "rows": None, "as_of": None, "problem": _cause(source.id)})
        if source.kind == "bank"
        else source
        for source in run.sources
    ]
    shown = screen(Summary.model_validate(run.model_dump() | {"sources": dead}))
    assert all(f"bank_{number:02}" in shown for number in range(1, 44))
    assert shown.count("问题代码 of-a-plug-in") == 6  # three of the required, three of the others
    assert len(shown.splitlines()) <= 100


def test_data_cannot_steer_the_terminal():
    run = example.degraded()
    sources = [
        source.model_copy(
            update={
                "label": Label(zh="\x1b]0;x\x07[red]银行", en="\x1b[31mBank\r\n"),
                "problem": Cause(code="of-a-plug-in", where={"file": "\x1b[2J[bold]"}),
            }
        )
        if source.id == "bank_07"
        else source
        for source in run.sources
    ]
    quarantine = [Quarantined(source="bank_01", reason="\x1b[31m", rows=1)]
    shown = screen(Summary.model_validate(run.model_dump() | {"sources": sources, "quarantine": quarantine}))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)
    assert "[red]银行" in shown  # shown as it is, never taken as markup


def test_every_state_of_a_source_has_a_sign_of_its_own():
    assert len(set(terminal.SIGNS.values())) == len(terminal.SIGNS)
    assert all(cell_len(sign) == 1 for sign in terminal.SIGNS.values())


def test_colour_where_the_terminal_has_it():
    assert "\x1b[" in screen(example.degraded(), force_terminal=True, color_system="truecolor", no_color=False)


def test_no_chinese_or_english_outside_the_catalogue():
    source = (Path(str(files("hedui.pipeline.summary"))) / "terminal.py").read_text("utf-8")
    assert not re.search(r"[\u4e00-\u9fff]", source)


def _cause(source):
    return Cause(code="of-a-plug-in", where={"source": source})


def _words(shown):
    # times of reading order aside, the same words: rules and bars left out
    return sorted(re.findall(r"[^\s─━]+", shown))
