"""The summary as a page: whole, self-contained, in both languages, and closed to hostile text."""

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path

import pytest
from lxml import html

from catalogue.labels import Label
from catalogue.text import text
from hedui.pipeline.summary import example, page
from hedui.pipeline.summary.model import Cause, Quarantined, Reports, Summary

EXAMPLES = {"complete": example.complete, "degraded": example.degraded, "failed": example.stopped}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}</style>"
FOLDER = Path(str(files("hedui.pipeline.summary"))) / "template"


@pytest.fixture(scope="module", params=EXAMPLES)
def shown(request):
    return page.render(EXAMPLES[request.param]())


def test_same_data_same_page():
    assert page.render(example.degraded()) == page.render(example.degraded())


def test_every_source_once_in_the_picture_and_once_in_the_table(shown):
    tree = html.fromstring(shown)
    tiles = tree.xpath("//*[@data-source]/@data-source")
    rows = tree.xpath("//table//tr[starts-with(@id, 'source-')]/@id")
    expected = [source.id for source in example.complete().sources]
    assert tiles == expected
    assert rows == [f"source-{source}" for source in expected]


def test_asks_nothing_of_the_outside(shown):
    assert not re.search(
        r"https?:|//[a-z]+\.|url\(|@import|<script|<link|<img|<iframe|<object|<form|javascript:", shown
    )
    tree = html.fromstring(shown)
    assert not tree.xpath("//@src | //@style | //@*[starts-with(name(), 'on')]")
    assert all(address.startswith("#") for address in tree.xpath("//@href"))


def test_policy_admits_our_styles_alone(shown):
    tree = html.fromstring(shown)
    [policy] = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    [style] = re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert shown.index("Content-Security-Policy") < shown.index("<style>")


def test_all_words_in_both_languages(shown):
    tree = html.fromstring(shown)
    assert len(tree.xpath("//span[@lang='zh-CN']")) == len(tree.xpath("//span[@lang='en']"))
    for element in tree.xpath("//span[@lang]"):
        assert element.text_content().strip()
    # Outside the marked pairs there are only figures, ids, codes, commands, places and the name of the house.
    for marked in tree.xpath("//head | //code | //*[@lang and not(self::html)] | //p[@class='brand']"):
        marked.drop_tree() if marked.tag != "head" else marked.clear()
    rest = " ".join(tree.xpath("//body")[0].text_content().split())
    rest = re.sub(r"\b(B|KiB|MiB|GiB|TiB)\b", "", rest)
    assert re.fullmatch(r"[\d\s,.:–·-]*", rest), rest


def test_ids_are_unique_and_labels_resolve(shown):
    tree = html.fromstring(shown)
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for named in (*tree.xpath("//@aria-labelledby"), *tree.xpath("//label/@for")):
        assert named in ids


@pytest.mark.parametrize(("language", "tag"), [("zh", "zh-CN"), ("en", "en")])
def test_opens_in_the_language_asked(language, tag):
    tree = html.fromstring(page.render(example.complete(), language))
    assert tree.get("lang") == tag
    assert tree.xpath("//input[@checked]/@id") == [f"language-{language}"]


def test_degraded_run_tells_every_problem_and_what_to_do():
    summary = example.degraded()
    tree = html.fromstring(page.render(summary))
    assert "降级完成" in tree.xpath("string(//h1)")
    assert "exit code" in tree.xpath("string(//*[@class='facts'])").lower()
    problems = tree.xpath("//article")
    assert [problem.get("id") for problem in problems] == [f"problem-{source.id}" for source in summary.failures]
    for source, problem in zip(summary.failures, problems, strict=True):
        told = problem.text_content()
        for part in (source.label.zh, source.label.en, source.problem.code):
            assert part in told
        for language in ("zh", "en"):
            assert source.problem.message.within(language) in told
            assert source.problem.hint.within(language) in told
            assert text(f"summary-state-{source.state}", language) in told
    assert "hedui nightly --date 2026-06-30" in tree.xpath("//code/text()")


def test_picture_has_a_text_that_names_what_is_missing():
    caption = html.fromstring(page.render(example.degraded())).xpath("string(//figcaption)")
    for source in example.degraded().failures:
        assert source.label.zh in caption
        assert source.label.en in caption


def test_state_is_a_word_and_a_shape_before_it_is_a_colour():
    tree = html.fromstring(page.render(example.degraded()))
    for source in example.degraded().sources:
        [tile] = tree.xpath(f"//*[@data-source='{source.id}']")
        [row] = tree.xpath(f"//*[@id='source-{source.id}']")
        assert tile.xpath(f".//*[contains(@class, 'icon-{source.state}')]")
        assert text(f"summary-state-{source.state}", "zh") in row.text_content()
        if source.state != "accepted":
            assert text(f"summary-state-{source.state}", "en") in tile.text_content()


def test_a_stopped_run_says_why_and_claims_nothing():
    tree = html.fromstring(page.render(example.stopped()))
    told = tree.text_content()
    assert text("problem-no-households", "zh") in told
    for key in ("households-none", "quarantine-unknown", "matches-none", "reports-none"):
        assert text(f"summary-{key}", "en") in told
    assert not tree.xpath("//*[@id='failures']")


def test_hostile_text_stays_text():
    run = example.degraded()
    sources = [
        source.model_copy(
            update={
                "label": Label(zh=HOSTILE, en=HOSTILE),
                "problem": Cause(code=HOSTILE, where={"file": HOSTILE}),
            }
        )
        if source.id == "bank_07"
        else source
        for source in run.sources
    ]
    changed = {
        "sources": sources,
        "quarantine": [Quarantined(source="bank_01", reason=HOSTILE, rows=3)],
        "reports": Reports(place=HOSTILE, count=1, counties=1),
        "problem": Cause(code=HOSTILE),
        "run_id": HOSTILE,
    }
    plain, shown = page.render(run), page.render(Summary.model_validate(run.model_dump() | changed))
    tree = html.fromstring(shown)
    assert not tree.xpath("//script | //img | //@onerror")
    assert shown.count("<style>") == shown.count("</style>") == 1
    assert (
        re.search(r"<style>.*</style>", shown, re.DOTALL).group()
        == re.search(r"<style>.*</style>", plain, re.DOTALL).group()
    )
    assert tree.text_content().count(HOSTILE) >= 10
    assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(.{0,4})", shown)


def test_an_empty_summary_is_a_page_too():
    run = example.stopped()
    tree = html.fromstring(page.render(Summary.model_validate(run.model_dump() | {"sources": [], "stages": []})))
    assert "未发布" in tree.xpath("string(//h1)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrasts_meet_wcag_aa(scheme):
    colours = _colours(scheme)
    grounds = ("paper", "surface")
    text_on = [(ink, ground) for ink in ("ink", "soft") for ground in (*grounds, "sunk")]
    states = ("accepted", "refused", "unreachable", "not-delivered", "pending")
    text_on += [(state, ground) for state in states for ground in (f"{state}-tint", "surface", "paper")]
    text_on += [(ink, f"{state}-tint") for ink in ("ink", "soft") for state in states] + [("surface", "ink")]
    graphics = [("edge", ground) for ground in grounds] + [("accent", "sunk"), ("accent", "paper")]
    poor = {pair: _contrast(*(colours[name] for name in pair)) for pair in text_on}
    assert {pair: round(ratio, 2) for pair, ratio in poor.items() if ratio < 4.5} == {}
    faint = {pair: _contrast(*(colours[name] for name in pair)) for pair in graphics}
    assert {pair: round(ratio, 2) for pair, ratio in faint.items() if ratio < 3} == {}


def test_no_words_in_the_template_but_the_catalogues():
    template = (FOLDER / "page.html").read_text("utf-8").replace("核对</b>", "").replace(">中文<", "")
    assert not re.search(r"[\u4e00-\u9fff]", template)


def _colours(scheme):
    style = (FOLDER / "page.css").read_text("utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    block = light if scheme == "light" else dark
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))
    return {name: _rgb(value) for name, value in found.items()}


def _rgb(value):
    digits = value[1:] if len(value) == 7 else "".join(digit * 2 for digit in value[1:])
    return [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]


def _contrast(one, other):
    # WCAG 2.2, relative luminance and contrast ratio
    def luminance(rgb):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
