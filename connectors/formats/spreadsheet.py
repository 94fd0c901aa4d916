"""Spreadsheets (.xlsx): a sheet with title rows, a row of names, and data."""

import datetime as dt
import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from catalogue.problems import Skip
from connectors.formats.lines import read_control
from connectors.formats.parts import CHUNK, Chunk, Said, dumped, numbered, strings
from connectors.formats.workbook import weigh
from connectors.grammar import ControlLines, FileDataset, Spreadsheet

_EXACT = 1e15  # a spreadsheet keeps 15 digits of a number

Cells = list[str]


def read(raw: Path, dataset: FileDataset, form: Spreadsheet, said: Said) -> Iterator[Chunk]:
    """Yield the rows of a sheet. Rows without any content are no rows."""
    read_control(raw, dataset, said)
    path = raw / "delivery"
    weigh(path)
    rows = _rows(path, form)
    titles = list(islice(rows, form.header_row - 1))
    names = next(rows, [])
    control = dataset.control if isinstance(dataset.control, ControlLines) else None
    if control is not None and control.header is not None:
        _take(control.header, list(chain(*titles)), "header", said)
    wanted = [field.column for field in dataset.fields]
    if missing := sorted(set(wanted) - set(names)):
        raise Skip("missing-column", column=", ".join(missing))
    if twice := sorted({name for name in wanted if names.count(name) > 1}):
        raise Skip("column-twice", column=", ".join(twice))
    filled = (row for row in rows if any(row))
    last: Cells | None = next(filled, None) if control is not None and control.trailer is not None else None
    batch: list[Cells] = []
    for row in filled:
        if last is not None:
            row, last = last, row  # noqa: PLW2901  the last row is held back: it is the trailer
        batch.append(row)
        if len(batch) == CHUNK:
            yield _chunk(batch, names, wanted, said)
            batch = []
    yield _chunk(batch, names, wanted, said)
    said.closed = True  # a workbook that was cut is no zip
    if control is not None and control.trailer is not None:
        said.cut = not _matches(control.trailer, last or [], said)


def _chunk(batch: list[Cells], names: list[str], wanted: list[str], said: Said) -> Chunk:
    first = said.rows + 1
    said.rows += len(batch)
    places = {name: names.index(name) for name in wanted}
    cells = {name: strings([row[place] if place < len(row) else "" for row in batch]) for name, place in places.items()}
    return Chunk(numbered(first, len(batch)), cells, dumped(batch))


def _take(pattern: str, cells: Cells, part: str, said: Said) -> None:
    if not _matches(pattern, cells, said):
        raise Skip("control-unreadable", part=part)


def _matches(pattern: str, cells: Cells, said: Said) -> bool:
    found = re.fullmatch(pattern, " ".join(cell for cell in cells if cell))
    if found is not None:
        said.take(found.groupdict())
    return found is not None


def _rows(path: Path, form: Spreadsheet) -> Iterator[Cells]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        if form.sheet is not None and form.sheet not in names:
            raise Skip("missing-sheet", sheet=form.sheet)
        sheet = book.get_sheet_by_name(form.sheet or names[0])
        for row in sheet.iter_rows():  # empty rows on top are among them: header_row counts as a person does
            yield [_text(cell) for cell in row]
    except (python_calamine.CalamineError, OSError, ValueError, IndexError):
        raise Skip("unreadable-delivery", line=0) from None


def _text(cell: object) -> str:
    """Say a cell as the sheet shows it.

    A number of more than 15 digits has lost its end in the spreadsheet: it is shown in scientific notation, as the
    program shows it, so that nobody takes it for an ID number.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        if abs(cell) >= _EXACT:
            return f"{cell:.5E}"
        return str(int(cell)) if cell == int(cell) else f"{cell:.15g}"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time(0) else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)
