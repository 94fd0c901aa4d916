"""Delimited text: one row a line, cells parted by one character."""

import csv as python_csv
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from catalogue.problems import Skip
from connectors.formats.lines import Lines, has_trailer, in_utf8, read_control, take_header, take_trailer
from connectors.formats.parts import LOST, Chunk, Reject, Said, legible, likely, numbered
from connectors.grammar import Delimited, FileDataset


def read(raw: Path, dataset: FileDataset, form: Delimited, said: Said) -> Iterator[Chunk]:
    """Yield the rows of a delimited file. Blank lines are no rows."""
    read_control(raw, dataset, said)
    with (raw / "delivery").open("rb") as file:
        lines = Lines(file, form.encoding, form.quote.encode() if form.quote else None)
        take_header(lines, dataset, said)
        parser = _Parser(form, _names(lines, form), dataset)
        for block in lines.blocks(trailer=has_trailer(dataset)):
            yield parser.parse(in_utf8(block, form.encoding, said), said)
        take_trailer(lines, dataset, form.encoding, said)


def _names(lines: Lines, form: Delimited) -> list[str]:
    if not form.header:
        return list(form.columns)
    line = lines.head()
    if form.quote:
        names = next(python_csv.reader([line], delimiter=form.delimiter, quotechar=form.quote), [])
    else:
        names = line.split(form.delimiter)
    return [name.strip(" \u3000\t") for name in names]


class _Parser:
    """Splits blocks of lines with pyarrow's CSV reader, and says which rows did not fit."""

    def __init__(self, form: Delimited, names: list[str], dataset: FileDataset) -> None:
        wanted = [field.column for field in dataset.fields]
        if missing := sorted(set(wanted) - set(names)):
            raise Skip("missing-column", column=", ".join(missing))
        if twice := sorted({name for name in wanted if names.count(name) > 1}):
            raise Skip("column-twice", column=", ".join(twice))
        self._quote, self._delimiter = form.quote, form.delimiter
        field = dataset.field("resident_id")
        self._number = None if field is None else field.column
        # counted from both ends, as nobody knows where a row that does not fit has one cell too many or too few
        self._number_at = (
            () if self._number is None else (names.index(self._number), names.index(self._number) - len(names))
        )
        self._misfits: list[tuple[int, str]] = []
        # pyarrow wants distinct names: what we do not take is called by its place
        places = [name if name in wanted else f"\0{place}" for place, name in enumerate(names)]
        self._wanted = list(dict.fromkeys(wanted))
        self._places = places
        self._parse = csv.ParseOptions(
            delimiter=form.delimiter,
            quote_char=form.quote or False,
            double_quote=form.quote is not None,
            escape_char=False,
            newlines_in_values=form.quote is not None,
            ignore_empty_lines=True,
            invalid_row_handler=self._misfit,
        )
        self._convert = csv.ConvertOptions(
            column_types=dict.fromkeys(self._wanted, pa.string()),
            include_columns=self._wanted,
            strings_can_be_null=False,
            check_utf8=False,  # we wrote it
        )

    def _misfit(self, row: csv.InvalidRow) -> str:
        self._misfits.append((row.number, row.text))
        return "skip"

    def parse(self, block: bytes, said: Said) -> Chunk:
        """Split a block of UTF-8 lines into cells."""
        table = self._table(block)
        total = table.num_rows + len(self._misfits)
        first = said.rows + 1
        said.rows += total
        said.misfits += len(self._misfits)
        rows = numbered(first, total)
        fits = np.ones(total, bool)
        fits[[number - 1 for number, _ in self._misfits]] = False
        rejects = [
            Reject(first + number - 1, "", "wrong-field-count", text, self._number_in(text))
            for number, text in self._misfits
        ]
        cells = {name: table.column(name).combine_chunks() for name in self._wanted}
        lines = _lines(block, np.flatnonzero(fits), self._quote)
        chunk = Chunk(rows[fits], cells, lines, tuple(rejects))
        return _without_lost(chunk, self._number) if LOST.encode() in block else chunk

    def _number_in(self, text: str) -> str | None:
        """Find the resident ID in a row with another number of cells, where it stands out as one."""
        cells = text.split(self._delimiter)
        if self._quote:
            cells = [cell.strip(self._quote) for cell in cells]
        return likely(cells[at] for at in self._number_at if -len(cells) <= at < len(cells))

    def _table(self, block: bytes) -> pa.Table:
        self._misfits.clear()
        if not block.strip(b"\n"):
            return pa.table({name: pa.array([], pa.string()) for name in self._wanted})
        options = csv.ReadOptions(column_names=self._places, use_threads=False, block_size=len(block) + 1)
        try:
            return csv.read_csv(
                pa.BufferReader(block), read_options=options, parse_options=self._parse, convert_options=self._convert
            )
        except pa.ArrowInvalid:  # quotes that do not pair
            raise Skip("unreadable-delivery", line=0) from None


def _lines(block: bytes, fits: npt.NDArray[np.intp], quote: str | None) -> Callable[[Sequence[int]], list[str]]:
    @cache
    def split() -> list[str]:
        parts = block.split(b"\n")
        if quote:
            parts = _rejoined(parts, quote.encode())
        return [part.decode() for part in parts if part]

    return lambda positions: [split()[fits[position]] for position in positions]


def _rejoined(parts: list[bytes], quote: bytes) -> list[bytes]:
    """Put lines together again that were one row, its line break in quotes."""
    rows: list[bytes] = []
    open_ = False
    for part in parts:
        if open_:
            rows[-1] += b"\n" + part
        else:
            rows.append(part)
        open_ ^= part.count(quote) % 2 == 1
    return rows


def _without_lost(chunk: Chunk, number: str | None) -> Chunk:
    """Set rows aside in which bytes were no character."""
    lost = np.zeros(len(chunk.rows), bool)
    for cells in chunk.cells.values():
        lost |= pc.match_substring(cells, LOST).to_numpy(zero_copy_only=False)
    positions = np.flatnonzero(lost)
    rejects = [
        Reject(
            int(chunk.rows[p]),
            "",
            "broken-character",
            line,
            legible(chunk.cells[number][p].as_py()) if number else None,
        )
        for p, line in zip(positions, chunk.lines([int(p) for p in positions]), strict=True)
    ]
    kept = np.flatnonzero(~lost)
    take = pa.array(kept)
    return Chunk(
        chunk.rows[kept],
        {name: cells.take(take) for name, cells in chunk.cells.items()},
        lambda wanted: chunk.lines([int(kept[p]) for p in wanted]),
        (*chunk.rejects, *rejects),
    )
