"""The summary as one HTML file that needs nothing else: no request, no script, both languages inside.

Every piece of text stands there twice, marked by language; a pair of radio buttons shows one of them. A browser too
old for that selector shows both. Styles are admitted by their hash alone, so injected markup could not even restyle.
"""

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from catalogue.labels import Label
from catalogue.text import LANGUAGES, Language, text
from hedui.pipeline.summary import words
from hedui.pipeline.summary.model import EXIT_CODES, GRADES, STATUSES, Source, Summary

if TYPE_CHECKING:
    from jinja2 import Template

_TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
_BAR = 100  # width of a full bar, in the units of its own drawing


def render(summary: Summary, language: Language = "zh") -> str:
    """Return the page; it opens in `language`."""
    template, style = _template()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return template.render(
        run=summary,
        language=language,
        style=Markup(style),  # noqa: S704  our own file
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        groups=_groups(summary),
        reasons=_reasons(summary),
        longest=max((stage.seconds or 0 for stage in summary.stages), default=0),
        most_rows=max((source.rows or 0 for source in summary.sources), default=0),
        steps=words.steps(summary),
        exit_codes=EXIT_CODES,
        not_verified=words.not_verified,
        grades=GRADES,
        statuses=STATUSES,
    )


def said(label: Label) -> Markup:
    """Mark up one text in both languages."""
    return Markup("").join(
        Markup('<span lang="{}">{}</span>').format(_TAGS[language], label.within(language)) for language in LANGUAGES
    )


def phrase(key: str, **values: object) -> Markup:
    """Mark up the message `summary-<key>` in both languages."""
    return said(Label(zh=text(f"summary-{key}", "zh", **values), en=text(f"summary-{key}", "en", **values)))


def title(key: str) -> Markup:
    """Mark up the message `summary-<key>` as a heading: the catalogue keeps English lower-case for the terminal."""
    return said(Label(zh=text(f"summary-{key}", "zh"), en=_capital(text(f"summary-{key}", "en"))))


def bar(part: float, whole: float) -> Markup:
    """Draw `part` of `whole`; the figure beside it says the same, so the drawing is hidden from screen readers."""
    width = max(0.8, _BAR * part / whole) if part and whole else 0
    return Markup(
        '<svg class="bar" viewBox="0 0 {0} 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="track" width="{0}" height="6"/><rect width="{1}" height="6"/></svg>'
    ).format(_BAR, f"{width:.1f}")


def _capital(english: str) -> str:
    return english[:1].upper() + english[1:]


def _in_both(say: Callable[[Any, Language], str], value: object) -> Markup:
    return said(Label(zh=say(value, "zh"), en=say(value, "en")))


def _groups(summary: Summary) -> list[tuple[str, list[Source]]]:
    kinds = (("departments", "department"), ("banks", "bank"))
    groups = [(heading, [s for s in summary.sources if s.kind == kind]) for heading, kind in kinds]
    return [(heading, sources) for heading, sources in groups if sources]


def _reasons(summary: Summary) -> dict[str, Markup]:
    """Say, by source, why its rows are in quarantine."""
    return {
        source: said(
            Label(zh="、".join(_reason_rows(summary, source, "zh")), en=", ".join(_reason_rows(summary, source, "en")))
        )
        for source, rows in summary.quarantined.items()
        if rows
    }


def _reason_rows(summary: Summary, source: str, language: Language) -> list[str]:
    entries = [entry for entry in summary.quarantine or () if entry.source == source and entry.rows]
    return [f"{words.reason(entry.reason, language)} {words.number(entry.rows)}" for entry in entries]


@cache
def _template() -> "tuple[Template, str]":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hedui.pipeline.summary", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"t": phrase, "title": title, "said": said, "bar": bar, "text": text}
    environment.filters |= {
        "number": words.number,
        "clock": words.clock,
        "size": words.size,
        "duration": lambda seconds: _in_both(words.duration, seconds),
        "age": lambda days: _in_both(words.age, days),
        "reason": lambda code: said(Label(zh=words.reason(code, "zh"), en=_capital(words.reason(code, "en")))),
        "headline": lambda summary: _in_both(words.headline, summary),
        "coverage": lambda summary: _in_both(words.coverage, summary),
    }
    loader = environment.loader
    assert loader is not None
    style, _, _ = loader.get_source(environment, "page.css")
    return environment.get_template("page.html"), style
