"""A holding: one category's records before any source writes them down, each with its owner and what it is worth."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from mock_province.world.lives import Lives
from mock_province.world.people import People
from mock_province.world.streams import Ints, Mask, Stream, chance


@dataclass(frozen=True)
class Holding:
    """n records: who owns each (index into people), the category's items, the as-of date (days) and the worth.

    `worth` is what the record counts for in a total: fen for amounts, 1 or 0 for things; it stays true when
    the amount written down is in the wrong unit.
    """

    owner: Ints
    items: dict[str, pa.Array]
    as_of: Ints
    worth: Ints

    def __len__(self) -> int:
        return len(self.owner)

    def take(self, rows: Ints) -> "Holding":
        """Return some of the records."""
        index = pa.array(rows)
        items = {name: column.take(index) for name, column in self.items.items()}
        return Holding(self.owner[rows], items, self.as_of[rows], self.worth[rows])


Draw = Callable[[People, Lives, Stream], Holding]


def status(owner: Ints, items: dict[str, pa.Array], on: int | Ints) -> Holding:
    """Make a holding that counts nothing."""
    return Holding(owner, items, np.broadcast_to(np.asarray(on, dtype=np.int64), owner.shape), np.zeros_like(owner))


def reported(people: People, rng: Stream, share: float) -> Mask:
    """Who is in this source's extract: every applicant, and `share` of the strangers."""
    return (people.household >= 0) | chance(rng, share, len(people))


def some(mask: Mask) -> Ints:
    """Return the indexes of the people in `mask`."""
    return np.flatnonzero(mask)


def before(rng: Stream, lives: Lives, size: int, years: float) -> Ints:
    """Draw dates within `years` before the business date."""
    return lives.today - rng.integers(10, int(years * 365), size=size)


def after_adulthood(rng: Stream, people: People, lives: Lives, owner: Ints, years: float) -> Ints:
    """Draw dates within `years` before the business date, none before the owner turned 18."""
    grown = np.minimum(people.birth[owner] + 18 * 366, lives.today - 5)
    return np.maximum(before(rng, lives, len(owner), years), grown)
