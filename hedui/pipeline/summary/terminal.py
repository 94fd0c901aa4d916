"""The summary on one screen of a terminal: headings in both languages, the reader's own first.

A state is a sign and a word before it is a colour, so the screen reads the same when piped or printed.
"""

from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from catalogue.labels import Label
from catalogue.text import Language, text
from hedui.pipeline.summary import words
from hedui.pipeline.summary.model import GRADES, RunState, Source, SourceStatus, Summary

# One cell wide in every terminal, Chinese ones included.
SIGNS: dict[SourceStatus, str] = {
    "accepted": "✓",
    "refused": "✗",
    "unreachable": "!",
    "not_delivered": "-",
    "pending": "?",
}
_STYLES: dict[SourceStatus, str] = {
    "accepted": "green",
    "refused": "bold red",
    "unreachable": "bold yellow",
    "not_delivered": "bold magenta",
    "pending": "bright_black",
}
_RUN: dict[RunState, tuple[str, str]] = {
    "complete": ("✓", "bold green"),
    "degraded": ("!", "bold yellow"),
    "failed": ("✗", "bold red"),
}
_BESIDE = 78  # from this width on, two blocks of figures stand side by side
_DETAILED = 3  # sources with one kind of problem that are told in full; the rest of them are named
_BAR = 6
_UNITS: Language = "en"  # h, min, s and d are read in both languages


def render(summary: Summary, language: Language, console: Console) -> None:
    """Print the summary to `console`; `language` comes first in every line that carries both."""
    screen = _Screen(summary, language, console.width)
    console.print(screen.whole(), highlight=False, markup=False, emoji=False)


class _Screen:
    """The blocks of one screen."""

    def __init__(self, summary: Summary, language: Language, width: int) -> None:
        self.summary = summary
        self.language = language
        self.width = width

    def whole(self) -> RenderableType:
        left = [*self.households(), Text(), *self.matches()]
        right = self.stages()
        if self.width >= _BESIDE:
            figures = Table.grid(expand=True, padding=(0, 0, 0, 2))
            figures.add_column(ratio=43)
            figures.add_column(ratio=35)
            figures.add_row(Group(*left), Group(*right))
            blocks: list[RenderableType] = [figures]
        else:
            blocks = [*left, Text(), *right]
        parts = [
            *self.head(),
            *blocks,
            Text(),
            *self.quarantine(),
            Text(),
            *self.coverage(),
            *self.failures(),
            Text(),
            *self.after(),
        ]
        return Group(*parts)

    def head(self) -> list[RenderableType]:
        run = self.summary
        sign, style = _RUN[run.state]
        top = Table.grid(expand=True)
        top.add_column(ratio=1)
        top.add_column(justify="right")
        state = self._both(f"summary-run-state-{run.state}", style)
        top.add_row(self._both("summary-run").append(f"  {run.run_id}", "bold"), Text(f"{sign} ", style) + state)
        facts = [("business-date", str(run.business_date)), ("started", words.clock(run.started_at))]
        line = Text("   ").join(self._both(f"summary-{key}").append(f" {value}", "bold") for key, value in facts)
        said = self._said("", Label(zh=words.headline(run, "zh"), en=words.headline(run, "en")))
        return [top, Rule(style=style), said, line, Text()]

    def households(self) -> list[RenderableType]:
        heading = self._heading("summary-households")
        if (found := self.summary.households) is None:
            return [heading, self._both("summary-households-none")]
        rows = _figures()
        rows.add_row(self._both("summary-verified"), Text(words.number(found.verified), "bold"))
        if found.undetermined:
            rows.add_row(self._indented("summary-undetermined"), words.number(found.undetermined))
        if found.members is not None:
            rows.add_row(self._both("summary-members"), words.number(found.members))
        rows.add_row(self._both("summary-not-verified"), Text(words.number(found.total - found.verified), "bold"))
        for reason, count in words.not_verified(found):
            rows.add_row(self._indented(f"summary-not-verified-{reason}"), words.number(count))
        return [heading, rows]

    def matches(self) -> list[RenderableType]:
        heading = self._heading("summary-matches")
        if self.summary.matches is None:
            return [heading, self._both("summary-matches-none")]
        rows = _figures()
        for grade in GRADES:
            rows.add_row(self._both(f"summary-grade-{grade}"), words.number(getattr(self.summary.matches, grade)))
        return [heading, rows]

    def stages(self) -> list[RenderableType]:
        longest = max((stage.seconds or 0 for stage in self.summary.stages), default=0)
        rows = Table.grid(expand=True, padding=(0, 1, 0, 0))
        rows.add_column(no_wrap=True)
        rows.add_column(width=_BAR)
        rows.add_column(justify="right", ratio=1, no_wrap=True)
        for stage in self.summary.stages:
            name = self._both(f"summary-stage-{stage.name}")
            if stage.state == "failed":
                rows.add_row(name, Text("✗", "bold red"), self._both("summary-stage-failed", "bold red"))
            elif stage.seconds is None:
                rows.add_row(name, Text(), words.NOTHING)
            else:
                bar = "━" * max(1, round(_BAR * stage.seconds / (longest or 1)))
                rows.add_row(name, Text(bar, "blue"), _duration(stage.seconds))
        whole = _figures()
        whole.add_row(self._both("summary-took"), Text(_duration(self.summary.seconds), "bold"))
        return [self._heading("summary-stages"), whole, rows]

    def quarantine(self) -> list[RenderableType]:
        by_reason = self.summary.by_reason
        if not by_reason:
            key = "unknown" if by_reason is None else "none"
            return [self._heading("summary-quarantine"), self._both(f"summary-quarantine-{key}")]
        wide = max(len(words.number(count)) for count in by_reason.values())
        heading = self._heading("summary-quarantine", words.number(sum(by_reason.values())))
        return [heading, *(self._reason(code, count, wide) for code, count in by_reason.items())]

    def _reason(self, code: str, count: int, wide: int) -> RenderableType:
        label = Label(zh=words.reason(code, "zh"), en=words.reason(code, "en"))
        if label.zh == label.en:  # a code without words
            label = Label(zh=code, en="")
        return self._said(f"  {words.number(count):>{wide}}  ", label)

    def coverage(self) -> list[RenderableType]:
        parts: list[RenderableType] = [self._heading("summary-coverage", str(len(self.summary.sources)))]
        departments = [s for s in self.summary.sources if s.kind == "department"]
        banks = [s for s in self.summary.sources if s.kind == "bank"]
        if departments:
            parts += [self._both("summary-departments"), self._grid([self._department(s) for s in departments], 1)]
        if banks:
            parts += [self._both("summary-banks"), self._grid([self._bank(s) for s in banks], 2)]
        return [*parts, self.states()]

    def states(self) -> RenderableType:
        table = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style="")
        table.add_column(self._both("summary-state"))
        for key in ("summary-sources", "summary-rows", "summary-oldest"):
            table.add_column(self._both(key), justify="right")
        for state, found in self.summary.by_state.items():
            if found.sources:
                sign = Text(f"{SIGNS[state]} ", _STYLES[state])
                name = sign + self._both(f"summary-state-{state}", _STYLES[state])
                table.add_row(name, words.number(found.sources), words.number(found.rows), self._oldest(state))
        return table

    def _oldest(self, state: SourceStatus) -> str:
        dated = [(s.as_of, s.id) for s in self.summary.sources if s.state == state and s.as_of]
        if not dated:
            return words.NOTHING
        days = words.age(self.summary.by_state[state].oldest_days, _UNITS)
        return f"{days} ({min(dated)[1]})" if len({as_of for as_of, _ in dated}) > 1 else days

    def failures(self) -> list[RenderableType]:
        parts: list[RenderableType] = []
        if self.summary.problem:
            heading = self._heading("summary-stopped-by", self.summary.problem.code)
            told = self._said("  ", self.summary.problem.message)
            parts += [Text(), heading, told, self._said("  → ", self.summary.problem.hint)]
        if self.summary.failures:
            parts += [Text(), self._heading("summary-failures", str(len(self.summary.failures)))]
        for _, same in groupby(sorted(self.summary.failures, key=_kind), key=_kind):
            parts += self._failure(list(same))
        return parts

    def after(self) -> list[RenderableType]:
        parts: list[RenderableType] = []
        if reports := self.summary.reports:
            where = _hanging("  ", self._both("summary-reports-place").append(f" {_clean(reports.place)}"))
            parts += [self._heading("summary-reports", words.number(reports.count)), where]
        else:
            parts += [self._heading("summary-reports"), self._both("summary-reports-none")]
        parts += [Text(), self._heading("summary-next")]
        for place, step in enumerate(words.steps(self.summary), start=1):
            label = Label(zh=step.words("zh"), en=step.words("en"))
            parts.append(self._said(f"{place} ", label, f"$ {step.command}" if step.command else ""))
        code = self.summary.exit_code
        meaning = Label(zh=text(f"summary-exit-{code}", "zh"), en=text(f"summary-exit-{code}", "en"))
        mark = " ".join(text("summary-exit-code", known) for known in words.order(self.language))
        return [*parts, self._said(f"{mark} {code}  ", meaning)]

    def _failure(self, same: list[Source]) -> list[RenderableType]:
        state = same[0].state
        problem = same[0].problem
        heading = Text(f"{SIGNS[state]} ", _STYLES[state]) + self._both(f"summary-state-{state}", _STYLES[state])
        parts: list[RenderableType] = [heading.append(f"  {_clean(problem.code)}" if problem else "")]
        for source in same[:_DETAILED]:
            first, second = words.label_both(source.label, self.language)
            name = Text(f"  {source.id} ", "bold").append(_clean(first)).append(f" {_clean(second)}", "dim")
            if source.required:
                name.append("  ").append(self._both("summary-required"))
            parts += [name, *([self._said("    ", source.problem.message)] if source.problem else [])]
        if rest := ", ".join(source.id for source in same[_DETAILED:]):
            parts.append(_hanging("  ", self._both("summary-likewise").append(f": {rest}")))
        hints = {source.problem.hint: None for source in same[:_DETAILED] if source.problem}
        return [*parts, *(self._said("  → ", hint) for hint in hints)]

    def _said(self, mark: str, label: Label, command: str = "") -> RenderableType:
        """Set a sentence in both languages, and a command, behind `mark`: on one line, or each from a new one."""
        room = self.width - cell_len(mark)
        first, second = (_clean(said) for said in words.label_both(label, self.language))
        pieces = [(first, ""), (second, "dim"), (command, "bold cyan")]
        lines = [Text(words.wrapped(piece, room), style) for piece, style in pieces if piece]
        together = Text("  ").join(lines)
        return _hanging(mark, *([together] if together.cell_len <= room else lines))

    def _department(self, source: Source) -> Text:
        sign = Text(SIGNS[source.state], _STYLES[source.state])
        strong = "bold" if source.state != "accepted" else ""
        return sign.append(_clean(source.label.zh), strong or "default").append(f" {source.id}", strong or "dim")

    def _bank(self, source: Source) -> Text:
        strong = _STYLES[source.state] if source.state != "accepted" else ""
        return Text(source.short, strong).append(SIGNS[source.state], _STYLES[source.state])

    def _grid(self, cells: list[Text], gap: int) -> RenderableType:
        """Lay cells out in as many columns as the width takes, row by row."""
        grid = Table.grid(padding=(0, gap, 0, 0))
        across = next(n for n in range(len(cells), 0, -1) if n == 1 or _width(cells, n, gap) <= self.width)
        for start in range(0, len(cells), across):
            grid.add_row(*cells[start : start + across])
        return grid

    def _both(self, key: str, style: str = "") -> Text:
        first, second = (text(key, code) for code in words.order(self.language))
        return Text(first, style) if first == second else Text(first, style).append(f" {second}", style or "dim")

    def _indented(self, key: str) -> Text:
        return Text("  ") + self._both(key)

    def _heading(self, key: str, figure: str = "") -> RenderableType:
        first, second = (text(key, code) for code in words.order(self.language))
        title = Text(first, "bold").append(f" {second}", "dim").append(f"  {figure}" if figure else "", "bold")
        return Rule(title, align="left", style="dim")


def _figures() -> Table:
    rows = Table.grid(expand=True, padding=(0, 1, 0, 0))
    rows.add_column(ratio=1)
    rows.add_column(justify="right", no_wrap=True)
    return rows


def _hanging(mark: str, *lines: Text) -> RenderableType:
    said = Text("\n").join(lines)
    if not mark:
        return said
    grid = Table.grid()
    grid.add_column(width=cell_len(mark), no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(mark, said)
    return grid


def _width(cells: list[Text], across: int, gap: int) -> int:
    columns = [max(cell.cell_len for cell in cells[column::across]) for column in range(across)]
    return sum(columns) + gap * (across - 1)


def _duration(seconds: float | None) -> str:
    return words.duration(seconds, _UNITS)


def _kind(source: Source) -> tuple[bool, str, str]:
    return (not source.required, source.state, source.problem.code if source.problem else "")


def _clean(given: str) -> str:
    """Keep data from steering the terminal: whatever is not printable becomes a space."""
    return "".join(character if character.isprintable() else " " for character in given)
