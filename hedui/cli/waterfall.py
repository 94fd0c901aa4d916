"""A match drawn as a waterfall: how the pieces of evidence add up to its weight, in the terminal and as SVG."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from catalogue.text import Language, current_language, text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from hedui.pipeline.match_explain import Explained
    from matching.explain import Bar

_LONGEST: Final = 60  # characters of an identifier that are shown
_STEP: Final = 1 / 1024  # of weights
_LABEL, _FIGURE = 34, 7  # cells of the terminal
_BAR, _LINE, _ROOM = "━", "┊", " "
_TAGS: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en"}
_WIDTH, _MARGIN, _ROW, _HEAD, _FIGURES = 760, 24, 46, 110, 140  # of the picture, in pixels
_TICKS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_MOST_TICKS: Final = 12


class Drawing:
    """One match in words and bars, in one language."""

    def __init__(self, match: "Explained", language: Language | None = None) -> None:
        self.match = match
        self.language = language or current_language()
        self.bars = match.waterfall.bars
        self.least, self.most = match.waterfall.span

    def say(self, key: str, **values: object) -> str:
        """Return a message in this waterfall's language."""
        return text(key, self.language, **values)

    @property
    def title(self) -> str:
        """Record, applicant and grade."""
        return self.say(
            "waterfall-title",
            record=shown(self.match.record_id),
            applicant=shown(self.match.applicant_id),
            grade=self.grade(self.match.grade),
        )

    @property
    def subtitle(self) -> str:
        """The weight, and what a weight is."""
        return self.say("waterfall-subtitle", weight=signed(self.match.weight))

    @property
    def reasons(self) -> list[str]:
        """Why the grade is this one: the rule, and a threshold that was not reached."""
        match, limits = self.match, self.match.waterfall.thresholds
        said = []
        if match.below is not None and match.below in limits:
            said.append(
                self.say(
                    "match-rule-threshold",
                    weight=signed(match.weight),
                    grade=self.grade(match.below),
                    threshold=signed(limits[match.below]),
                )
            )
        said.append(self.say(f"match-rule-{match.rule}"))
        if abs(match.waterfall.weight - match.weight) >= _STEP:
            said.append(self.say("waterfall-not-adding"))
        return said

    @property
    def limits(self) -> list[tuple[str, float]]:
        """Grade and threshold, the lowest first."""
        return sorted(self.match.waterfall.thresholds.items(), key=lambda one: one[1])

    @property
    def thresholds(self) -> list[str]:
        """Each threshold in words, the lowest first."""
        return [
            self.say("waterfall-threshold", grade=self.grade(grade), weight=signed(weight))
            for grade, weight in self.limits
        ]

    @property
    def described(self) -> str:
        """The whole picture in a few sentences, for those who hear it."""
        items = [
            self.say("waterfall-item", label=self.label(bar), weight=signed(bar.weight), total=signed(bar.end))
            for bar in self.bars
        ]
        return self.say(
            "waterfall-described",
            count=len(self.bars),
            weight=signed(self.match.weight),
            items=self.say("waterfall-joiner").join(items),
            why=" ".join(self.reasons),
        )

    def label(self, bar: "Bar") -> str:
        """Name a piece of evidence."""
        try:
            return self.say(f"evidence-{bar.code}")
        except KeyError:  # a file of a later version
            return shown(bar.code)

    def grade(self, grade: str) -> str:
        """Name a grade."""
        return self.say(f"summary-grade-{grade}")

    def place(self, weight: float) -> float:
        """Return where a weight lies between the least and the most that is drawn, 0 to 1."""
        return (weight - self.least) / ((self.most - self.least) or 1.0)


def signed(weight: float) -> str:
    """Write a weight with its sign, to a hundredth."""
    return f"{weight:+.2f}".replace("-", "−")


def shown(identifier: str) -> str:
    """Return an identifier fit for a terminal and for XML: short, and without characters that cannot be seen."""
    clean = "".join(character if character.isprintable() else "·" for character in identifier[: _LONGEST + 1])
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"


def render(drawing: Drawing, width: int) -> "RenderableType":
    """Draw a waterfall for a terminal of `width` cells."""
    from rich.cells import cell_len
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1, 0, 0), show_edge=False)
    widest = min(max(_LABEL, width // 3), max((cell_len(drawing.label(bar)) for bar in drawing.bars), default=0))
    table.add_column(drawing.say("waterfall-evidence"), width=widest)
    table.add_column("", no_wrap=True)
    table.add_column(drawing.say("waterfall-weight"), justify="right", no_wrap=True)
    table.add_column(drawing.say("waterfall-total"), justify="right", no_wrap=True)
    cells = max(8, width - widest - 2 * _FIGURE - 4)
    for bar in drawing.bars:
        table.add_row(drawing.label(bar), _drawn(drawing, bar, cells), signed(bar.weight), signed(bar.end))
    lines = [Text(f"{_LINE} {words}", style="yellow") for words in drawing.thresholds]
    return Group(
        Text(drawing.title, style="bold"),
        Text(drawing.subtitle),
        Text(),
        table,
        Text(),
        *lines,
        *(Text(reason) for reason in drawing.reasons),
    )


def svg(drawing: Drawing) -> str:
    """Draw a waterfall as one SVG file: text as text, system fonts, a title and a description for screen readers."""

    def x(weight: float) -> str:
        return f"{_MARGIN + drawing.place(weight) * (_WIDTH - 2 * _MARGIN - _FIGURES):.1f}"

    bars = [
        {
            "label": drawing.label(bar),
            "figures": f"{signed(bar.weight)} → {signed(bar.end)}",
            "kind": "for" if bar.weight >= 0 else "against",
            "left": x(min(bar.start, bar.end)),
            "end": x(bar.end),
            "width": f"{max(1.5, float(x(max(bar.start, bar.end))) - float(x(min(bar.start, bar.end)))):.1f}",
            "top": _HEAD + place * _ROW,
        }
        for place, bar in enumerate(drawing.bars)
    ]
    bottom = _HEAD + len(bars) * _ROW
    below = [*drawing.thresholds, *drawing.reasons]
    folded = [line for words in below for line in _folded(words)]
    return str(
        _template().render(
            tag=_TAGS[drawing.language],
            title=drawing.title,
            subtitle=drawing.subtitle,
            description=drawing.described,
            axis=drawing.say("waterfall-axis"),
            bars=bars,
            ticks=[(f"{tick:g}".replace("-", "−"), x(tick)) for tick in _ticks(drawing.least, drawing.most)],
            lines=[
                (drawing.grade(grade), x(weight), "end" if place == 0 else "start")
                for place, (grade, weight) in enumerate(drawing.limits)
            ],
            below=folded,
            top=_HEAD - 8,
            bottom=bottom,
            width=_WIDTH,
            margin=_MARGIN,
            right=_WIDTH - _MARGIN,
            height=bottom + 66 + 22 * len(folded),
        )
    )


def _drawn(drawing: Drawing, bar: "Bar", cells: int) -> "Text":
    from rich.text import Text

    def cell(weight: float) -> int:
        return min(cells - 1, int(drawing.place(weight) * cells))

    drawn = [_ROOM] * cells
    for _, weight in drawing.limits:
        drawn[cell(weight)] = _LINE
    first, last = sorted((cell(bar.start), cell(bar.end)))
    drawn[first : last + 1] = [_BAR] * (last + 1 - first)
    line = Text("".join(drawn), style="yellow")
    line.stylize("bold green" if bar.weight >= 0 else "bold red", first, last + 1)
    return line


def _ticks(least: float, most: float) -> list[float]:
    step = next((step for step in _TICKS if (most - least) / step <= _MOST_TICKS), most - least)
    first = -int(-least // step)
    return [place * step for place in range(first, int(most // step) + 1)]


def _folded(words: str) -> list[str]:
    """Break a line that is too long for the picture; a Chinese character is as wide as two letters."""
    from rich.console import Console
    from rich.text import Text

    lines = Text(words).wrap(Console(width=96), 96)
    return [line.plain.rstrip() for line in lines]


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string((files("hedui.cli") / "waterfall.svg").read_text("utf-8"))
