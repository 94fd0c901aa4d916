"""The layout of a delivery, as typed data: its columns, how each value is written, the format around them, the way out.

A layout says what the source *sends*. Column names are those of the source; `item` ties a column to a column of the
world's records (an item of the category, or resident_id, name, as_of); a column without an item is filler that a real
core system also sends and Hedui has no use for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["utf-8", "utf-8-sig", "gbk", "gb18030"]
Unit = Literal["yuan", "fen", "wan_yuan"]


# -- how one value is written --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """As it is."""


@dataclass(frozen=True, slots=True)
class Date:
    """A date by strftime pattern; `bare` drops leading zeros (2026/1/31)."""

    pattern: str = "%Y-%m-%d"
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in yuan (two decimals), fen (whole) or 万元 (six decimals, so that no fen is lost)."""

    unit: Unit = "yuan"
    thousands: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal or integer without trailing zeros."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code of the catalogue under the source's own name for it."""

    codes: Mapping[str, str]


Form = Text | Date | Money | Number | Code
TEXT = Text()
NUMBER = Number()


# -- columns -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """One column as delivered.

    `name` is a column name; in XML and JSON a path of names joined by `/`.
    `width`, `pad` and `right` matter in fixed-width files only: bytes, the padding, and the side of the text.
    `typed` matters in JSON, spreadsheets and tables: a number, a real date cell, a typed column, instead of text.
    """

    name: str
    item: str | None
    form: Form = TEXT
    filler: str = ""  # the value of a column without an item
    width: int = 0
    pad: Literal["space", "wide", "zero"] = "space"
    right: bool = False
    typed: bool = False


# -- formats -------------------------------------------------------------------------------------------------
# Templates are filled with {date} (a date: {date:%Y%m%d}), {count} and {sum}.


@dataclass(frozen=True, slots=True)
class Delimited:
    """Lines of cells. `lead` stands above the header, `trail` below the last row, `companion` beside the file."""

    encoding: Encoding
    delimiter: str
    header: bool
    quoted: bool = False
    newline: str = "\n"
    lead: str | None = None
    trail: str | None = None
    companion: tuple[str, str] | None = None  # path, text


@dataclass(frozen=True, slots=True)
class FixedWidth:
    """Lines of columns measured in bytes."""

    encoding: Encoding
    lead: str
    trail: str
    newline: str = "\r\n"


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """One sheet of an .xlsx workbook: a title row, the header, the rows."""

    sheet: str
    title: str


@dataclass(frozen=True, slots=True)
class Xml:
    """A document with its control data in attributes of the root."""

    root: str
    namespace: str
    record: str
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Json:
    """Pages of JSON.

    `envelope` is the body as JSON text; its values "$date", "$count", "$sum", "$sum_number" (a bare number),
    "$records", "$next", "$page" and "$size" are replaced.
    With `nested` consecutive rows of one person become one record holding an array under that name.
    """

    path: str
    envelope: str
    paging: Literal["page", "cursor"]
    page_parameter: str
    size_parameter: str
    date_parameter: str = "date"
    date: str = "%Y-%m-%d"  # in the query and in the envelope
    nested: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A view in the source's database."""

    view: str


Format = Delimited | FixedWidth | Spreadsheet | Xml | Json | Table


# -- the whole -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dataset:
    """One category as one source delivers it."""

    category: str
    columns: tuple[Column, ...]
    format: Format
    path: str = ""  # of the file, below the source's folder: DEP_{date:%Y%m%d}.txt
    sum_item: str | None = None  # the money item that the control data sum up
    sum_unit: Unit = "yuan"


@dataclass(frozen=True, slots=True)
class ControlTable:
    """Where a database keeps its control data, by the names of the columns."""

    name: str
    dataset: str  # the category
    batch: str  # the business date under which the batch is filed
    data: str  # the business date of the data themselves
    count: str
    sum: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """The database of one department, and two columns that each of its views has."""

    database: str
    batch: str  # under which date a row is filed
    order: str  # the number of the row
    control: ControlTable


Transport = Literal["file", "sftp", "oauth2", "signature", "database"]


@dataclass(frozen=True, slots=True)
class Source:
    """One department or bank."""

    id: str
    transport: Transport
    datasets: tuple[Dataset, ...]
    exchange: Exchange | None = None  # transport `database`
