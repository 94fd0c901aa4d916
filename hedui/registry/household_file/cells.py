"""Reading a spreadsheet or CSV into columns of text, whatever the order of its columns.

The kind of file is told by its content, not by its name. What makes a whole file unreadable is a Stop; what is wrong
with single cells is a list of mistakes.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from catalogue.problems import Stop
from hedui.registry.household_file.columns import COLUMNS, heading, headings
from hedui.registry.household_file.mistakes import Mistake

pc: Any = pyarrow.compute  # its stubs lack much of it

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # what Office wrote before .xlsx, and how it wraps an encrypted one
_ZIP = b"PK\x03\x04"
_LARGEST = 4 << 30  # bytes of an unpacked workbook: what unpacks to more was made to do harm
_EMPTY = ("", None)
_WIDEST = 256  # cells of a row that are looked at
_BLOCK = 50_000  # rows turned into Arrow at a time
_OVERLAP = 1024  # bytes of a sheet's part that are looked at twice, so that no cell is cut
_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number, not more
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*(<(?:\w+:)?f\b)?")
_ADDRESS = re.compile(rb'\br="([A-Z]+)(\d+)"')


@dataclass
class Sheet:
    """The filled rows of a file: the row number of each, and a column of text for each known heading (null: empty)."""

    rows: pa.Int64Array
    columns: dict[str, pa.StringArray]
    letters: dict[str, str]  # which column of ours stands under which letter
    mistakes: list[Mistake] = field(default_factory=list)


def read(path: Path) -> Sheet:
    """Read the first sheet of an .xlsx, or a CSV in UTF-8 or GB18030.

    Raises Stop: `import-no-file`, `import-empty-file`, `import-old-xls`, `import-password`, `import-not-a-spreadsheet`.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_OLE))
    except OSError:
        raise Stop("import-no-file", path=str(path)) from None
    if not start:
        raise Stop("import-empty-file", path=str(path))
    if start == _OLE:
        encrypted = "EncryptedPackage".encode("utf-16-le") in path.read_bytes()
        raise Stop("import-password" if encrypted else "import-old-xls", path=str(path))
    return _workbook(path) if start.startswith(_ZIP) else _csv(path)


def letter(index: int) -> str:
    """Return the letters by which a spreadsheet calls its column number `index`, counted from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _workbook(path: Path) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
                raise Stop("import-not-a-spreadsheet", path=str(path))
            with CalamineWorkbook.from_path(path) as book:
                names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
                sheet = book.get_sheet_by_name(names[0])
                left = sheet.start[1] if sheet.start else 0
                merged = sheet.merged_cell_ranges or []
                part = _part(archive, book.sheet_names.index(names[0]))
                found = _table(sheet.iter_rows(), left)
                cells = [Mistake(row + 1, letter(column), "merged-cell") for (row, column), _ in merged]
                cells += _computed(archive, part)
                found.mistakes += [replace(m, column=found.letters.get(m.column, m.column)) for m in cells]
    except (CalamineError, zipfile.BadZipFile, KeyError, IndexError, OSError, EOFError, RuntimeError):
        raise Stop("import-not-a-spreadsheet", path=str(path)) from None
    return found


def _part(archive: zipfile.ZipFile, index: int) -> str:
    # The archive member that holds a sheet: workbook → relationship → part.
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        book = etree.fromstring(archive.read("xl/workbook.xml"), parser)
        relations = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), parser)
    except etree.XMLSyntaxError:
        raise KeyError from None
    sheet = book.findall("{*}sheets/{*}sheet")[index]
    key = next(value for name, value in sheet.items() if name.endswith("}id"))
    target = next(relation.get("Target", "") for relation in relations if relation.get("Id") == key)
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _computed(archive: zipfile.ZipFile, part: str) -> list[Mistake]:
    # Cells with a formula, whose stored result may be stale, and cells that hold an error.
    found: dict[Mistake, None] = {}
    with archive.open(part) as file:
        text = b""
        while chunk := file.read(1 << 20):
            text = text[-_OVERLAP:] + chunk
            if b"<f" in text or b":f" in text or b't="e"' in text:
                found |= dict.fromkeys(_computed_cells(text))
    return list(found)


def _computed_cells(text: bytes) -> Iterator[Mistake]:
    for cell in _CELL.finditer(text):
        attributes, formula = cell[1], cell[2]
        if (formula or b't="e"' in attributes) and (place := _ADDRESS.search(attributes)):
            yield Mistake(int(place[2]), place[1].decode(), "formula-cell" if formula else "error-cell")


def _csv(path: Path) -> Sheet:
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # a spreadsheet's "Unicode text"
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise Stop("import-not-a-spreadsheet", path=str(path)) from None
    if "\0" in text:
        raise Stop("import-not-a-spreadsheet", path=str(path))
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return _table(rows, 0)
    except csv.Error:
        raise Stop("import-broken-csv", path=str(path), line=rows.line_num) from None


def _table(rows: Iterator[Sequence[Any]], left: int) -> Sheet:
    # `left`: columns of the spreadsheet before the first that the rows hold.
    first = [(_text(cell) or "").strip() for cell in next(rows, [])]
    places, mistakes = _headings(first, left)
    parts: dict[str, list[pa.StringArray]] = {column: [] for column in places}
    numbers: list[pa.Int64Array] = []
    strays: dict[int, int] = {}
    number = 2
    while block := list(islice(rows, _BLOCK)):
        filled = [(number + at, row) for at, row in enumerate(block) if any(cell not in _EMPTY for cell in row)]
        number += len(block)
        numbers.append(pa.array([at for at, _ in filled], pa.int64()))
        columns = list(zip_longest(*(row[:_WIDEST] for _, row in filled)))  # None where a row of a CSV ends early
        for column, place in places.items():
            parts[column].append(_trimmed(columns[place] if place < len(columns) else [None] * len(filled)))
        for place, at in _without_heading(columns, first):
            strays.setdefault(place, filled[at][0])
    texts = {column: pa.chunked_array(chunks, pa.string()).combine_chunks() for column, chunks in parts.items()}
    letters = {letter(left + place): column for column, place in places.items()}
    sheet = Sheet(pa.chunked_array(numbers, pa.int64()).combine_chunks(), texts, letters, mistakes)
    sheet.mistakes += [Mistake(row, letter(left + place), "no-heading") for place, row in strays.items()]
    if not len(sheet.rows):
        sheet.mistakes.append(Mistake(2, "household", "no-rows"))
    return sheet


def _without_heading(columns: list[tuple[Any, ...]], first: list[str]) -> Iterator[tuple[int, int]]:
    # Columns filled under no heading, and where first; in a CSV, the sign of a delimiter within a value.
    for place, column in enumerate(columns):
        if place >= len(first) or not first[place]:
            yield from ((place, at) for at, cell in islice(filter(_filled, enumerate(column)), 1))


def _filled(cell: tuple[int, Any]) -> bool:
    return cell[1] not in _EMPTY


def _trimmed(cells: Sequence[Any]) -> pa.StringArray:
    written = pa.array([cell if type(cell) is str else _text(cell) for cell in cells], pa.string())
    trimmed = pc.utf8_trim_whitespace(written)
    filled: pa.StringArray = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    return filled


def _headings(first: list[str], left: int) -> tuple[dict[str, int], list[Mistake]]:
    places: dict[str, int] = {}
    mistakes: list[Mistake] = []
    for place, cell in enumerate(first):
        if not cell:
            continue
        column = headings().get(heading(cell))
        if column is None:
            # Not quoted: where the headings are missing, the first row holds people.
            mistakes.append(Mistake(1, letter(left + place), "unknown-column"))
        elif column in places:
            mistakes.append(Mistake(1, column, "repeated-column", {"first": letter(left + places[column])}))
        else:
            places[column] = place
    mistakes += [Mistake(1, name, "missing-column") for name, c in COLUMNS.items() if c.column and name not in places]
    return places, mistakes


def _text(cell: object) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        if abs(cell) >= _EXACT or cell != cell:  # noqa: PLR0124  not a number
            return f"{float(cell):e}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else str(cell)
