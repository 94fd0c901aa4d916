"""What was done to a trail whose chain does not hold: read from where entries say they stand and what they follow.

An entry that is still what was hashed knows its own number and the hash of the one before it. So a missing number was
deleted; of two with one number the one that nothing follows was inserted; one that stands behind a later one was moved;
and one that is not what the next one follows was edited and hashed anew.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from hedui.access.entry import ZERO

Kind = Literal["edited", "deleted", "inserted", "reordered"]
Found = tuple[Kind, int, int]


class Seen(NamedTuple):
    """One entry as it was met."""

    seq: int  # where table or file put it
    prev: bytes
    hash: bytes
    own: int | None  # the number that it was hashed with; None where it is not what was hashed
    edited: bool = False  # it is not whole


def diagnosed(entries: Iterable[Seen]) -> tuple[list[Found], int]:
    """Return what was done, kind by kind: (kind, first, last) by numbers, and the last number; neighbours are one.

    An inserted entry is named by where it stands, all others by the numbers that they were given.
    """
    numbers, rows = _numbered(entries)
    genuine, inserted = _told_apart(numbers, rows)
    found: list[Found] = [
        *_runs("edited", _edited(rows, genuine)),
        *_deleted(sorted(genuine)),
        *_runs("inserted", inserted),
        *_reordered(number for place, number in enumerate(numbers) if genuine[number] == place),
    ]
    if not found:  # nothing else explains it: the number beside an entry was changed, not the entry
        beside = (number for number, seen in zip(numbers, rows, strict=True) if seen.seq != number)
        found = list(_runs("edited", beside))
    return found, max(genuine, default=0)


def _numbered(entries: Iterable[Seen]) -> tuple[list[int], list[Seen]]:
    # What is not what was hashed cannot be asked for its number: it counts as the one after its neighbour.
    numbers: list[int] = []
    rows: list[Seen] = []
    last, hashed = 0, ZERO
    for seen in entries:
        last = last + 1 if seen.own is None else seen.own
        numbers.append(last)
        rows.append(seen._replace(prev=hashed) if seen.prev == hashed else seen)  # one object: there are millions
        hashed = seen.hash
    return numbers, rows


def _told_apart(numbers: list[int], rows: list[Seen]) -> tuple[dict[int, int], list[int]]:
    # The place of the genuine entry of every number, and the places (from 1) of those that were put in.
    genuine: dict[int, int] = {}
    several: dict[int, list[int]] = {}
    for place, number in enumerate(numbers):
        first = genuine.setdefault(number, place)
        if first != place:
            several.setdefault(number, [first]).append(place)
    inserted: list[int] = []
    for number in sorted(several, reverse=True):
        follower = rows[genuine[number + 1]] if number + 1 in genuine else None
        prev = None if follower is None or follower.own is None else follower.prev
        # The one that the next entry follows; then one that is still what was hashed; then the first.
        ranks = {at: (rows[at].hash == prev, rows[at].own is not None, -at) for at in several[number]}
        genuine[number] = max(ranks, key=lambda at: ranks[at])
        inserted += [at + 1 for at in several[number] if at != genuine[number]]
    return genuine, sorted(inserted)


def _edited(rows: list[Seen], genuine: dict[int, int]) -> list[int]:
    numbers = {number for number, at in genuine.items() if rows[at].edited}
    for number, at in genuine.items():
        seen = rows[at]
        before = ZERO if number == 1 else rows[genuine[number - 1]].hash if number - 1 in genuine else None
        if seen.own is None or before in {None, seen.prev}:
            continue
        numbers.add(max(number - 1, 1))  # it was hashed anew: the next one still follows what it was
    return sorted(numbers)


def _deleted(numbers: list[int]) -> Iterator[Found]:
    last = 0
    for number in numbers:
        if number > last + 1:
            yield "deleted", last + 1, number - 1
        last = number


def _reordered(numbers: Iterable[int]) -> Iterator[Found]:
    # Numbers that stand behind a larger one, together with that one; what overlaps is told as one.
    highest = low = high = 0
    for number in numbers:
        if number < highest:
            if low and number > high:
                yield "reordered", low, high
                low = 0
            low, high = min(number, low) if low else number, max(high, highest)
        highest = max(highest, number)
    if low:
        yield "reordered", low, high


def _runs(kind: Kind, numbers: Iterable[int]) -> Iterator[Found]:
    first = last = 0
    for number in numbers:
        if first and number != last + 1:
            yield kind, first, last
            first = 0
        first, last = first or number, number
    if first:
        yield kind, first, last
