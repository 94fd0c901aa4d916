"""Pictures of how right matching is: by weight, precision against recall, and by kind of error.

Their words are English in any language: a machine may have no Chinese font.
"""

from collections.abc import Mapping
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from matching.accuracy import GRADES, Fared, Kinds, Point, Rows, Tally

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS: Final = {"certain": "#1b7837", "probable": "#7fbf7b", "possible": "#fdb863", "unmatched": "#b2182b"}
_BLUE, _ORANGE = "#2166ac", "#b35806"


def draw(tally: Tally, kinds: Kinds, folder: Path, title: str) -> list[Path]:
    """Write every picture as SVG and PNG into `folder`; return their paths. The same figures give the same SVG."""
    import matplotlib as mpl

    mpl.use("Agg")
    points = tally.sweep(kinds)
    written = []
    with mpl.rc_context(
        {"svg.hashsalt": "hedui", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    ):
        figures = {
            "threshold": _threshold(points),
            "precision-recall": _precision_recall(points, tally, kinds),
            "errors": _errors(tally, kinds),
        }
        for name, figure in figures.items():
            figure.suptitle(title, fontsize=10)
            for kind in ("svg", "png"):
                path = folder / f"{name}.{kind}"
                # A picture holds no date, so that it changes only with its figures.
                figure.savefig(path, dpi=144, metadata={"Date": None} if kind == "svg" else {"Software": None})
                written.append(path)
    return written


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _threshold(points: tuple[Point, ...]) -> "Figure":
    """Draw what accepting every match of at least a weight would give: shares, and what is missing to all."""
    figure = _figure(8, 6)
    upper, lower = figure.subplots(2, 1, sharex=True)
    weights = [point.weight for point in points]
    for label, colour, shares in (
        ("right among accepted (precision)", _BLUE, [point.precision.value or 0.0 for point in points]),
        ("found of true pairs (recall)", _ORANGE, [point.recall.value or 0.0 for point in points]),
    ):
        upper.step(weights, shares, where="post", color=colour, label=label)
        # A logarithmic scale has no zero: where nothing is missing, there is no line.
        lower.step(weights, [1 - share or nan for share in shares], where="post", color=colour)
    upper.set_ylabel("share")
    upper.legend(loc="lower left", frameon=False)
    lower.set_ylabel("1 - share; no line: nothing missing")
    lower.set_yscale("log")
    lower.set_xlabel("accepted from this weight on (powers of two)")
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    return figure


def _precision_recall(points: tuple[Point, ...], tally: Tally, kinds: Kinds) -> "Figure":
    """Draw precision against recall by weight, and where the grades stand."""
    figure = _figure(6, 5)
    axes = figure.subplots()
    axes.step(
        [point.recall.value or 0.0 for point in points],
        [point.precision.value or 0.0 for point in points],
        where="post",
        color=_BLUE,
        label="by weight",
    )
    taken, sound = Rows(), tally.sound(kinds)
    for grade in GRADES:
        taken = taken + tally.grades.get(grade, Rows())
        if (precision := taken.precision.value) is not None and sound.records:
            label = f"{grade} and better" if grade != GRADES[0] else grade
            place = (sound.found(grade).value or 0.0, precision)
            axes.plot(*place, "o", color=_COLOURS[grade], label=f"{label} ({place[0]:.4%}, {place[1]:.4%})")
    # What matters lies between the certain matches and everything.
    certain = sound.found(GRADES[0]).value or 0.0
    axes.set_xlim(left=min(0.99, max(0.0, certain - (1 - certain))))
    axes.set_xlabel("found of true pairs (recall)")
    axes.set_ylabel("right among accepted (precision)")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", frameon=False)
    return figure


def _errors(tally: Tally, kinds: Kinds) -> "Figure":
    """Draw how true pairs fared by kind of number and by kind of name."""
    panels = {"number": tally.by_number(), "name": tally.by_name(kinds)}
    heights = [max(len(rows), 1) for rows in panels.values()]
    figure = _figure(9, 2 + 0.24 * sum(heights))
    for axes, (field, rows) in zip(
        figure.subplots(len(panels), 1, height_ratios=heights, squeeze=False)[:, 0], panels.items(), strict=True
    ):
        _stacked(axes, rows)
        axes.set_title(f"by {field} (records)", loc="left", fontsize=9)
    handles, words = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside lower center", ncols=len(words), frameon=False)
    return figure


def _stacked(axes: "Axes", rows: Mapping[str, Fared]) -> None:
    kinds = [kind for kind, fared in rows.items() if fared.records][::-1]
    totals = [rows[kind].records for kind in kinds]
    start = [0.0] * len(kinds)
    for outcome, colour in _COLOURS.items():
        shares = [getattr(rows[kind], outcome) / total for kind, total in zip(kinds, totals, strict=True)]
        axes.barh(kinds, shares, left=start, color=colour, label=outcome, height=0.8)
        start = [done + share for done, share in zip(start, shares, strict=True)]
    labels: list[Any] = [f"{kind} ({total:,})" for kind, total in zip(kinds, totals, strict=True)]
    axes.set_yticks(range(len(kinds)), labels)
    axes.set_xlim(0, 1)
    axes.margins(y=0.01)
