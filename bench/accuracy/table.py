"""What a person reads of the figures: tables, and each bar with whether it holds."""

from collections.abc import Iterable, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.accuracy.bars import Bar, bars
from catalogue.text import text
from matching.accuracy import GRADES, Fared, Kinds, Share, Tally

_PER_MILLION = 1_000_000
_CROSS = 20  # kinds of number and name that are told together; the JSON file has all
_FARED = (*GRADES, "unmatched", "elsewhere")


def show(console: Console, tally: Tally, kinds: Kinds, *, sampled: bool = False) -> None:
    """Print every table of one comparison."""
    _grades(console, tally, kinds, sampled=sampled)
    _told(console, tally, kinds)
    _fared(console, "accuracy-numbers", tally.by_number())
    _fared(console, "accuracy-names", tally.by_name(kinds))
    cross = {
        f"{_kind(number)} × {_kind(name)}": fared
        for (number, name), fared in sorted(tally.pairs.items(), key=lambda entry: -entry[1].records)
        if number not in kinds.intact | kinds.absent | kinds.lost and name not in kinds.agreeing
    }
    _fared(console, "accuracy-cross", dict(list(cross.items())[:_CROSS]))
    strangers = {"no_likeness" if kind == "none" else kind: fared for kind, fared in sorted(tally.strangers.items())}
    _fared(console, "accuracy-strangers", strangers, strangers=True)
    show_bars(console, bars(tally, kinds, sampled=sampled))


def show_bars(console: Console, shown: Iterable[Bar]) -> None:
    """Print each bar, its figure, and whether it holds."""
    rows = []
    for bar in shown:
        low_high = bar.share.interval if bar.sampled else None
        verdict = {True: "accuracy-holds", False: "accuracy-broken", None: "accuracy-unmeasured"}[bar.holds]
        rows.append(
            [
                text(f"accuracy-bar-{bar.id}"),
                _percent(bar.share, low_high),
                f"{bar.share.hits:,} / {bar.share.of:,}",
                ("≥ " if bar.at_least else "≤ ") + _limit(bar.limit),
                text(verdict),
            ]
        )
    _table(console, "accuracy-bars", ("bar", "value", "counts", "limit", "verdict"), rows)


def _limit(limit: float) -> str:
    if limit * _PER_MILLION >= 1000:  # noqa: PLR2004  beyond, per cent are easier to read
        return f"{limit:.1%}"
    return f"{limit * _PER_MILLION:.0f} / 1,000,000" if limit else "0"


def _grades(console: Console, tally: Tally, kinds: Kinds, *, sampled: bool) -> None:
    sound = tally.sound(kinds)
    rows = []
    for grade, counts in tally.grades.items():
        share, found = counts.precision, sound.found(grade)
        rows.append(
            [
                text(f"score-grade-{grade}"),
                f"{counts.right:,}",
                f"{counts.wrong:,}",
                _percent(share, share.interval if sampled else None),
                _percent(found, found.interval if sampled else None),
            ]
        )
    _table(console, "accuracy-grades", ("grade", "right", "wrong", "precision", "found"), rows)


def _told(console: Console, tally: Tally, kinds: Kinds) -> None:
    sound, review = tally.sound(kinds), tally.review()
    lost, absent = tally.total(kinds.lost).records, tally.total(kinds.absent).records
    findable = Share(sound.found("probable").hits, sound.records - lost)
    matched = sum(fared.records - fared.unmatched for fared in (tally.total(), *tally.strangers.values()))
    queue = Share(tally.queue, matched)
    console.print(text("accuracy-true-pairs", pairs=f"{sound.records:,}", absent=f"{absent:,}", lost=f"{lost:,}"))
    console.print(text("accuracy-findable", share=_percent(findable)))
    load = text(
        "accuracy-review", records=f"{tally.queue:,}", rows=f"{review.right + review.wrong:,}", share=_percent(queue)
    )
    console.print(load)


def _fared(console: Console, title: str, fared: Mapping[str, Fared], *, strangers: bool = False) -> None:
    shown = {kind: counts for kind, counts in fared.items() if counts.records}
    if not shown:
        return
    rows = [
        [
            _kind(kind) if title != "accuracy-cross" else kind,
            f"{counts.records:,}",
            *(f"{getattr(counts, column):,}" for column in _FARED[: 4 if strangers else 5]),
            _percent(counts.found("possible" if strangers else "probable")),
        ]
        for kind, counts in shown.items()
    ]
    last = ("fpr",) if strangers else ("elsewhere", "share")
    _table(console, title, ("kind", "records", *GRADES, "unmatched", *last), rows)


def _table(console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(title=text(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 0))
    for place, column in enumerate(columns):
        heading = text(f"score-grade-{column}" if column in GRADES else f"accuracy-column-{column}")
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _kind(kind: str) -> str:
    for key in (f"accuracy-kind-{kind}", f"score-error-{kind}"):
        try:
            return text(key)
        except KeyError:
            continue
    return kind  # a word of somebody's own labelling


def _percent(share: Share, interval: tuple[float, float] | None = None) -> str:
    if share.value is None:
        return "–"
    if interval is None:
        return f"{share.value:.4%}"
    return f"{share.value:.2%} [{interval[0]:.2%}, {interval[1]:.2%}]"
