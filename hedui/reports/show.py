"""A report in the terminal, in one language: the conclusion first, then coverage, family, figures, lines, findings."""

import unicodedata
from collections.abc import Iterable, Sequence

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from catalogue.text import Language
from hedui.reports.model import Answer, Outcome, Record, Report, SourceAnswer, Total
from hedui.reports.words import InWords

# Every state has a sign of its own, so that nothing hangs on colour.
_ANSWERS: dict[Answer, tuple[str, str]] = {
    "found": ("●", "cyan"),
    "none": ("○", "dim"),
    "no_answer": ("✕", "bold red"),
    "not_authorised": ("–", "yellow"),
}
_OUTCOMES: dict[Outcome, str] = {
    "within": "green",
    "exceeded": "bold magenta",
    "not_confirmed": "yellow",
    "cannot_determine": "bold yellow",
}


def show(report: Report, console: Console, language: Language | None = None) -> None:
    """Print a report."""
    words = InWords(report, language)
    for part in (
        _head(report, words),
        *_withheld(report, words),
        _coverage(report, words),
        _members(report, words),
        _totals(report, words),
        _declared(report, words),
        _lines(report, words),
        _findings(report, words),
        _records(words, "report-records", report.records),
        _records(words, "report-unconfirmed", report.unconfirmed),
    ):
        console.print(part)
        console.print()


def _head(report: Report, words: InWords) -> RenderableType:
    household, case = report.household, report.case
    places = {level: words.name(getattr(household, level).name) for level in ("province", "city", "county")}
    conclusion = report.conclusion
    outcome = Text(words.say(f"outcome-{conclusion.outcome}"), style=_OUTCOMES[conclusion.outcome])
    said = [
        _plain(" · ".join(filter(None, [words.say("report-place", **places), household.township]))),
        Text(words.say("report-date", date=report.business_date)),
        Text(
            words.say(
                "report-case",
                case=case.reference,
                kind=words.code("case-kind", case.kind),
                purpose=words.code("purpose", case.purpose),
                authorisation=case.authorisation,
            )
        ),
        Text(words.say("report-policy", version=report.policy.version[:12])),
        Text(),
        Text.assemble(words.say("report-conclusion"), ": ", outcome),
        *(_plain(f"  {words.reason(reason)}") for reason in conclusion.reasons),
        Text(words.say("report-note"), style="italic"),
    ]
    return Panel(Group(*said), title=_plain(words.say("report-title", household=household.reference)))


def _withheld(report: Report, words: InWords) -> list[RenderableType]:
    if not report.withheld:
        return []
    said = [_plain(words.withheld(one)) for one in report.withheld]
    return [Panel(Group(*said), title=words.say("report-withheld-title"), border_style="yellow")]


def _coverage(report: Report, words: InWords) -> RenderableType:
    covered = report.coverage
    legend = Text("  ").join(
        Text.assemble((sign, style), " ", words.say(f"answer-{answer}")) for answer, (sign, style) in _ANSWERS.items()
    )
    parts: list[RenderableType] = [
        Rule(words.say("report-coverage", sources=covered.sources), align="left"),
        Text(
            words.say(
                "report-coverage-counts",
                found=covered.found,
                none=covered.none,
                no_answer=covered.no_answer,
                not_authorised=covered.not_authorised,
            )
        ),
        Text(
            words.say(
                "report-coverage-gaps",
                no_answer=covered.members_without_answer,
                not_authorised=covered.members_not_authorised,
            )
        ),
        Text.assemble(legend, "  ", words.say("report-required-mark")),
    ]
    for kind in ("department", "bank"):
        entries = [entry for entry in report.answers if entry.kind == kind]
        parts += [Text(words.say(f"kind-{kind}"), style="bold"), Columns(_tiles(entries, words), column_first=True)]
    aside = [
        words.say("report-set-aside", source=words.name(entry.name), count=entry.set_aside)
        for entry in report.answers
        if entry.set_aside
    ]
    if aside:
        parts.append(_plain("; ".join(aside)))
    silent = [entry for entry in report.answers if entry.problem is not None or _has_gap(entry)]
    if silent:
        table = _table(words, "report-no-answer", "source", "state", "problem", "member")
        for entry in silent:
            silent_about = ", ".join(member.member for member in entry.members if member.answer == "no_answer")
            _row(table, words.name(entry.name), words.code("state", entry.state), entry.problem or "", silent_about)
        parts.append(table)
    return Group(*parts)


def _has_gap(entry: SourceAnswer) -> bool:
    return entry.state != "accepted" or any(member.answer == "no_answer" for member in entry.members)


def _tiles(entries: Iterable[SourceAnswer], words: InWords) -> list[Text]:
    tiles = []
    for entry in entries:
        sign, style = _ANSWERS[entry.answer]
        mark = "!" if entry.required else " "
        tiles.append(Text.assemble((sign, style), mark, words.name(entry.name)))
    return tiles


def _members(report: Report, words: InWords) -> RenderableType:
    table = _table(words, "report-members", "member", "name", "resident-id", "relation", "authorised")
    for member in report.household.members:
        _row(
            table,
            member.reference,
            member.name,
            member.resident_id,
            words.code("relation", member.relation),
            words.say("report-yes" if member.authorised else "report-no"),
        )
    return table


def _totals(report: Report, words: InWords) -> RenderableType:
    found = report.totals
    table = _table(words, "report-totals", "kind", "value", "basis")
    rows: list[tuple[str, Total]] = [
        ("financial_assets", found.financial_assets),
        ("income", found.income.total),
        ("houses", found.houses),
        ("other_real_estate", found.other_real_estate),
        ("vehicles", found.vehicles),
        ("vessels", found.vessels),
        ("machinery", found.machinery),
        ("companies", found.companies),
    ]
    for kind, total in rows:
        value = words.found(total.value, total.unit, at_least=total.at_least)
        if kind in words.withheld_figures:
            _row(table, words.say(f"subject-{kind}"), words.say("report-withheld"), "")
        else:
            _row(table, words.say(f"subject-{kind}"), value, words.basis(total))
    return Group(table, *_income(report, words))


def _income(report: Report, words: InWords) -> list[RenderableType]:
    income = report.totals.income
    tables: list[RenderableType] = []
    if income.months:
        table = _table(words, "report-income", "month", "amount")
        for month in income.months:
            _row(table, month.month, words.figure(month.amount, "yuan"))
        tables.append(table)
    monthly = {origin for month in income.months for origin in month.origins}
    longer = [period for period in income.periods if not monthly.issuperset(period.origins)]
    if longer:
        table = _table(words, "report-income-periods", "member", "category", "period", "amount")
        for period in longer:
            unknown = words.say("report-unknown")
            dates = f"{period.period_from or unknown} – {period.period_to or unknown}"
            amount = words.figure(period.amount, "yuan")
            _row(table, period.member, words.category(period.category), dates, amount)
        tables.append(table)
    return tables


def _declared(report: Report, words: InWords) -> RenderableType:
    table = _table(words, "report-declared", "what", "declared", "found", "difference")
    for one in report.declared:
        subject = words.say(f"subject-{one.item}")
        declared = words.declared(one)
        found, difference = (
            words.found(figure, one.unit, at_least=one.at_least) for figure in (one.found, one.difference)
        )
        if ("income" if one.item == "monthly_income" else one.item) in words.withheld_figures:
            found = difference = words.say("report-withheld")
        _row(table, subject if one.month is None else f"{subject} ({one.month})", declared, found, difference)
    return table


def _lines(report: Report, words: InWords) -> RenderableType:
    table = _table(words, "report-lines", "line", "found", "limit", "outcome")
    parts: list[RenderableType] = [table]
    for line in report.lines:
        _row(
            table,
            words.name(line.label),
            words.say("report-withheld")
            if line.id in words.withheld_figures
            else words.found(line.value, line.unit, at_least=line.at_least),
            words.figure(line.limit, line.unit),
            Text(words.say(f"outcome-{line.outcome}"), style=_OUTCOMES[line.outcome]),
        )
        parts.append(Text(words.name(line.label), style="bold"))
        parts += [_plain(f"  {words.step(step)}") for step in line.steps]
        parts += [_plain(f"  {basis}", style="dim") for basis in words.line_basis(line)]
    return Group(*parts)


def _findings(report: Report, words: InWords) -> RenderableType:
    said: list[RenderableType] = [Rule(words.say("report-findings"), align="left")]
    if not report.findings:
        said.append(Text(words.say("report-findings-withheld" if report.withheld else "report-no-findings")))
    for number, finding in enumerate(report.findings, 1):
        said.append(_plain(f"{number}. {words.finding(finding)}"))
        said += [_plain(f"   {words.origin(origin)}", style="dim") for origin in finding.origins]
    return Group(*said)


def _records(words: InWords, title: str, records: Sequence[Record]) -> RenderableType:
    if not records:
        return Group(Rule(words.say(title), align="left"), Text(words.say("report-none-listed")))
    # Why a certain match is one is plain: number and name agree. The others are for a person to judge.
    last = "counted" if records[0].grade == "certain" else "evidence"
    table = _table(words, title, "member", "source", "category", "as-of", "items", last)
    for record in records:
        _row(
            table,
            record.member,
            words.source(record.source),
            words.category(record.category),
            record.as_of,
            words.items(record),
            words.counted(record) if last == "counted" else words.evidence(record),
        )
    return table


def _row(table: Table, *cells: str | Text) -> None:
    table.add_row(*(_plain(cell) if isinstance(cell, str) else cell for cell in cells))


def _plain(words: str, style: str = "") -> Text:
    """Return text that means nothing to the terminal: sources deliver whatever people once typed."""
    return Text("".join("\N{REPLACEMENT CHARACTER}" if _is_control(char) else char for char in words), style=style)


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf"} and char != "\n"


def _table(words: InWords, title: str, *columns: str) -> Table:
    table = Table(title=words.say(title), title_justify="left", title_style="bold", show_lines=False)
    for column in columns:
        right = column in {"amount", "declared", "found", "difference", "limit", "value"}
        table.add_column(words.say(f"report-column-{column}"), justify="right" if right else "left", overflow="fold")
    return table
