"""The bars that matching is held to, each beside its figure."""

from dataclasses import dataclass
from typing import Any

from matching.accuracy import GRADES, Kinds, Rows, Share, Tally

CERTAIN_WRONG = 1e-6
FOUND = 0.995
TWO_FOUND = 0.98
QUEUE_RIGHT = 0.95
_TWO = frozenset({"two_in_segment"})


@dataclass(frozen=True)
class Bar:
    """One figure and its bar: a share that must reach `limit` or must not exceed it.

    `sampled`: the share is of a random sample; the bar holds or is broken only where the 95 % interval is clear of it.
    """

    id: str
    share: Share
    limit: float
    at_least: bool
    sampled: bool

    @property
    def holds(self) -> bool | None:
        """Whether it holds; None where nothing was measured, or a sample can't tell."""
        ends = self.share.interval if self.sampled else (self.share.value,) * 2
        if ends is None or self.share.value is None:
            return None
        kept = [end >= self.limit if self.at_least else end <= self.limit for end in ends if end is not None]
        return kept[0] if len(set(kept)) == 1 else None

    def to_dict(self) -> dict[str, Any]:
        """Return what the JSON file says of it."""
        return {
            "id": self.id,
            **share_dict(self.share, interval=self.sampled),
            "limit": self.limit,
            "at_least": self.at_least,
            "holds": self.holds,
        }


def bars(tally: Tally, kinds: Kinds, *, sampled: bool = False) -> tuple[Bar, ...]:
    """Return every bar that the tally has a figure for."""
    certain = tally.grades.get("certain", Rows())
    matches = sum(rows.right + rows.wrong for rows in tally.grades.values())
    sound = tally.sound(kinds)
    kept = tally.total(kinds.intact, kinds.agreeing)
    two = tally.total(_TWO, kinds.agreeing)
    shares = [
        ("certain-wrong", Share(certain.wrong, certain.right + certain.wrong), CERTAIN_WRONG, False),
        ("found", sound.found("probable"), FOUND, True),
        ("two-found", two.found("probable"), TWO_FOUND, True),
        ("intact-review", Share(kept.review, kept.records), 0.0, False),
        ("intact-missed", Share(kept.unmatched, kept.records), 0.0, False),
        ("queue", tally.review().precision, QUEUE_RIGHT, True),
        *((f"rule-{rule.replace('_', '-')}", Share(count, matches), 0.0, False) for rule, count in tally.rules.items()),
    ]
    return tuple(Bar(name, share, limit, at_least, sampled) for name, share, limit, at_least in shares)


def figures(tally: Tally, kinds: Kinds, *, sampled: bool = False) -> dict[str, Any]:
    """Return every figure as JSON has it: shares with what they are of, and with intervals where `sampled`."""

    def told(share: Share) -> dict[str, Any]:
        return share_dict(share, interval=sampled)

    sound = tally.sound(kinds)
    lost = tally.total(kinds.lost)
    matched = sum(fared.records - fared.unmatched for fared in (tally.total(), *tally.strangers.values()))
    review = tally.review()
    return {
        "pairs": {
            "true_pairs": sound.records,
            "without_number": tally.total(kinds.absent).records,
            "unusable_number": lost.records,
            "found": {grade: told(sound.found(grade)) for grade in GRADES},
            "found_of_findable": {
                grade: told(Share(sound.found(grade).hits, sound.records - lost.records)) for grade in GRADES
            },
        },
        "grades": {
            grade: {"right": rows.right, "wrong": rows.wrong, "precision": told(rows.precision)}
            for grade, rows in tally.grades.items()
        },
        "review": {
            "matches": review.right + review.wrong,
            "records": tally.queue,
            "right": told(review.precision),
            "of_matched_records": told(Share(tally.queue, matched)),
        },
        "numbers": {kind: _fared(fared) for kind, fared in tally.by_number().items()},
        "names": {kind: _fared(fared) for kind, fared in tally.by_name(kinds).items()},
        "numbers_and_names": [
            {"number": number, "name": name, **_fared(fared)} for (number, name), fared in sorted(tally.pairs.items())
        ],
        "strangers": {
            kind: _fared(fared) | {"false_positive": told(fared.found("possible"))}
            for kind, fared in sorted(tally.strangers.items())
        },
        "rules": dict(tally.rules),
        "sweep": [
            {"weight": point.weight, "precision": told(point.precision), "recall": told(point.recall)}
            for point in tally.sweep(kinds)
        ],
        "bars": [bar.to_dict() for bar in bars(tally, kinds, sampled=sampled)],
    }


def share_dict(share: Share, *, interval: bool) -> dict[str, Any]:
    """Return a share as JSON has it."""
    told: dict[str, Any] = {"hits": share.hits, "of": share.of, "share": share.value}
    return told | {"interval": share.interval} if interval else told


def _fared(fared: Any) -> dict[str, int]:
    return {"records": fared.records, **vars(fared)}
