"""What all formats share: chunks of rows, rows that are not well formed, and what a delivery says about itself."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.grammar import Encoding

CHUNK = 65_536  # rows, for formats read row by row
LOST = "\ufffd"  # stands for bytes that are no character
_NUMBER = re.compile(r"\s*(\d{15}|\d{17}[\dXx])\s*")  # what a resident ID looks like

Numbers = npt.NDArray[np.int64]


class Reject(NamedTuple):
    """A row that cannot be used. `line` and `resident_id` are personal: for the sealed quarantine and nothing else."""

    row: int
    item: str
    reason: str
    line: str
    resident_id: str | None = None  # the cell as delivered, where it could be read


@dataclass(frozen=True)
class Chunk:
    """Well-formed rows as delivered: their numbers, and their cells by column (all of one length)."""

    rows: Numbers
    cells: Mapping[str, pa.StringArray]
    lines: Callable[[Sequence[int]], list[str]]  # raw content of the rows at these positions
    rejects: tuple[Reject, ...] = ()


@dataclass
class Said:
    """What a delivery says about itself, and what was seen of it as a whole. Filled in while it is read."""

    date: str | None = None
    count: str | None = None
    sum: str | None = None
    bytes: str | None = None
    size: int = 0  # of the file
    rows: int = 0
    misfits: int = 0  # rows with another number of fields or bytes than declared
    spoken: int = 0  # lines that hold more than ASCII
    broken: int = 0  # … that are not in the declared encoding
    foreign: int = 0  # … that are UTF-8 where another encoding is declared
    cut: bool = False  # the last line, or the closing part, is missing
    closed: bool = False  # the end was there as it should be: fewer rows than declared are then no cut
    open_end: bool = False  # the last line has no line end
    absent: set[str] = field(default_factory=set)  # mapped columns that no row has had

    def take(self, groups: Mapping[str, str | None]) -> None:
        """Note the groups of a control pattern that were found."""
        for name, text in groups.items():
            if text is not None:
                setattr(self, name, text)


def numbered(first: int, count: int) -> Numbers:
    """Return `count` row numbers from `first`."""
    return np.arange(first, first + count, dtype=np.int64)


def strings(values: Sequence[str | None]) -> pa.StringArray:
    """Make an Arrow array; lone surrogates, which are no characters, become LOST."""
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([v if v is None else v.encode("utf-8", "replace").decode() for v in values], pa.string())


def likely(cells: Iterable[str]) -> str | None:
    """Return the first cell that looks like a resident ID, of those where it may stand in a row that does not fit."""
    return next((cell for cell in cells if _NUMBER.fullmatch(cell)), None)


def legible(cell: str | None) -> str | None:
    """Return a cell of which every byte was a character."""
    return None if cell is None or LOST in cell or "\0" in cell else cell


def dumped(records: Sequence[object]) -> Callable[[Sequence[int]], list[str]]:
    """Give the raw content of records that never were lines."""
    return lambda positions: [json.dumps(records[p], ensure_ascii=False, default=str) for p in positions]


def is_foreign(sample: bytes, declared: Encoding) -> bool:
    """Tell whether bytes declared to be GB are UTF-8, or are UTF-16.

    Chinese in UTF-8 takes three bytes a character, which GB text forms by chance only in rare pairs;
    read as GB it seldom fails: it turns into other, wrong characters.
    """
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if declared == "utf-8" or sample.isascii():
        return False
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(sample) - 3:
            return False
        text = sample[: error.start].decode("utf-8")  # the sample ends inside a character
    return any(c >= "\u0800" for c in text)
