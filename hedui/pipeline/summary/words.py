"""What terminal and page say alike: figures as words, labels of codes, and what to do next."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from rich.cells import cell_len

from catalogue.labels import Label
from catalogue.text import Language, text
from hedui.pipeline.summary.model import Households, Source, Summary

# China has kept one time without daylight saving since 1991: a fixed offset needs no time-zone files on the machine.
CHINA = timezone(timedelta(hours=8))
_HAN = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_OPEN, _CLOSE = "（“‘《「", "，。；：！？、）”’》」"
_PIECE = re.compile(
    rf"[{_OPEN}]*(?:[\d,.%]+ [{_HAN}]|[^\s{_HAN}{_OPEN}{_CLOSE}]+|[^\s{_OPEN}]|[{_OPEN}])[{_CLOSE}]*\s*"
)
NOTHING = "–"  # not known, which is not zero


@dataclass(frozen=True)
class Step:
    """One thing to do next: `summary-step-<key>`, and the command that does it."""

    key: str
    values: dict[str, str] = field(default_factory=dict)
    command: str = ""

    def words(self, language: Language) -> str:
        """Say it."""
        return text(f"summary-step-{self.key}", language, **self.values)


def number(value: int | None) -> str:
    """Group a count by thousands; a dash where it is not known."""
    return NOTHING if value is None else f"{value:,}"


def size(value: int) -> str:
    """Say a number of bytes in the largest unit that keeps it at 1 or more."""
    amount, unit = float(value), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024 or unit == "TiB":  # noqa: PLR2004  a binary thousand
            break
        amount /= 1024
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def duration(seconds: float | None, language: Language) -> str:
    """Say a time span in the two units that matter; a dash where it is not known."""
    if seconds is None:
        return NOTHING
    whole = round(seconds)
    if seconds < 10:  # noqa: PLR2004  below it a tenth of a second is worth showing
        return text("summary-seconds", language, seconds=f"{seconds:.1f}")
    if whole < 60:  # noqa: PLR2004
        return text("summary-seconds", language, seconds=whole)
    if whole < 3600:  # noqa: PLR2004
        return text("summary-minutes", language, minutes=whole // 60, seconds=whole % 60)
    return text("summary-hours", language, hours=whole // 3600, minutes=whole % 3600 // 60)


def clock(moment: datetime | None, after: datetime | None = None) -> str:
    """Say a moment in China Standard Time, to the second; without the date where it is that of `after`."""
    if moment is None:
        return NOTHING
    here = moment.astimezone(CHINA)
    same_day = after is not None and after.astimezone(CHINA).date() == here.date()
    return here.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S")


def age(days: int | None, language: Language) -> str:
    """Say an age in days; a dash where there is no as-of date."""
    return NOTHING if days is None else text("summary-days", language, days=days)


def reason(code: str, language: Language) -> str:
    """Say why a row is in quarantine, in the words of whoever set it aside (`reason-<code>`); else its code."""
    try:
        return text(f"reason-{code}", language)
    except KeyError:
        return code


def headline(summary: Summary, language: Language) -> str:
    """Say the run in one sentence."""
    accepted = summary.by_state["accepted"].sources
    return text(
        f"summary-headline-{summary.state}",
        language,
        verified=number(summary.households.verified if summary.households else None),
        accepted=accepted,
        sources=len(summary.sources),
        missing=len(summary.sources) - accepted,
    )


def coverage(summary: Summary, language: Language) -> str:
    """Say the coverage picture: sources by state, and the names of all that were not accepted."""
    said = [text("summary-coverage-all", language, sources=len(summary.sources))]
    for state, figures in summary.by_state.items():
        if not figures.sources:
            continue
        words = text(f"summary-state-{state}", language)
        names = [s.label.within(language) for s in summary.sources if s.state == state]
        key = "summary-coverage-count" if state in {"accepted", "pending"} else "summary-coverage-named"
        said.append(text(key, language, state=words, count=figures.sources, names=_list(names, language)))
    return "".join(said) if language == "zh" else " ".join(said)


def not_verified(households: Households) -> list[tuple[str, int]]:
    """List reasons (codes) and households, most first, none that are zero."""
    return sorted(((r, n) for r, n in households.not_verified.items() if n), key=lambda item: (-item[1], item[0]))


def required_missing(summary: Summary) -> tuple[Source, ...]:
    """Return the required sources that were not accepted: their absence leaves conclusions undetermined."""
    return tuple(s for s in summary.sources if s.required and s.state != "accepted")


def steps(summary: Summary) -> list[Step]:
    """Say what to do next, most urgent first."""
    again = f"hedui nightly --date {summary.business_date}"
    if summary.state == "failed":
        first = [] if summary.problem else [Step("interrupted")]
        return [*first, *([Step("mend")] if summary.problem else []), Step("resume", command=again)]
    found: list[Step] = []
    if summary.state == "degraded":
        found.append(Step("again", command=again))
    if required_missing(summary):
        found.append(Step("undetermined", {"sources": number(len(required_missing(summary)))}))
    if summary.by_reason and (rows := sum(summary.by_reason.values())):
        found.append(Step("quarantine", {"rows": number(rows)}))
    if summary.matches and (unconfirmed := summary.matches.probable + summary.matches.possible):
        found.append(Step("unconfirmed", {"matches": number(unconfirmed)}))
    return [*found, Step("read", command="hedui report list")]


def order(first: Language) -> tuple[Language, Language]:
    """Return the two languages, the reader's first."""
    return ("zh", "en") if first == "zh" else ("en", "zh")


def label_both(label: Label, first: Language) -> tuple[str, str]:
    """Return a label in the reader's language and in the other."""
    return (label.zh, label.en) if first == "zh" else (label.en, label.zh)


def wrapped(said: str, width: int) -> str:
    """Break a text into lines of at most `width` cells, Chinese or not.

    Chinese breaks between any two characters, but no line begins with closing punctuation, ends with an opening one,
    or parts a figure from its measure word (GB/T 15834).
    """
    lines, line = [], ""
    for piece in _PIECE.findall(said):
        if line and cell_len((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return "\n".join([*lines, line.rstrip()])


def _list(names: list[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(names)
