"""The grammar of a manifest: one TOML file that says all there is to know about one source.

Strict throughout: unknown keys are refused, and every mistake is named at once (see `connectors.manifest`).
The reference with an example of each kind is docs/manifest.md.
"""

import datetime as dt
import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, StringConstraints
from pydantic_core import PydanticCustomError

from catalogue.labels import Label, Strict

VALUE_NAME = r"\$\{([a-z][a-z0-9_]*)\}"
DATE_PARTS = re.compile(r"%(.)")
_PATH_DATE = re.compile(r"\{date:([^{}]+)\}")


def _pattern_of_a_date(text: str) -> str:
    parts = DATE_PARTS.findall(text)
    if sorted(p for p in parts if p in "Ymd") != ["Y", "d", "m"] or set(parts) - set("YmdHMS"):
        raise PydanticCustomError("date-pattern", "a date pattern")
    return text


def _pattern_of_lines(text: str) -> str:
    try:
        groups = set(re.compile(text).groupindex)
    except re.error:
        raise PydanticCustomError("regex", "a regular expression") from None
    if groups - {"date", "count", "sum", "bytes"}:
        raise PydanticCustomError("regex-groups", "groups named date, count, sum or bytes")
    return text


def _template_of_a_path(text: str) -> str:
    plain = _PATH_DATE.sub("", text)
    if {"{", "}", "\\", "\0"} & set(plain):
        raise PydanticCustomError("path-template", "a path with {date:…}")
    if any(set(DATE_PARTS.findall(p)) - set("Ymd") or not DATE_PARTS.findall(p) for p in _PATH_DATE.findall(text)):
        raise PydanticCustomError("path-template", "a path with {date:…}")
    return text


def _path_of_a_file(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise PydanticCustomError("path-outside", "a path inside the folder")
    return _template_of_a_path(text)


def _path_of_a_url(text: str) -> str:
    if not text.startswith("/") or text.startswith("//") or {"?", "#"} & set(text) or ".." in text.split("/"):
        raise PydanticCustomError("url-path", "a path that begins with /")
    return _template_of_a_path(text)


Text = Annotated[str, StringConstraints(min_length=1)]
Secret = Annotated[str, StringConstraints(pattern=rf"^{VALUE_NAME}$")]  # never written in a manifest itself
DatePattern = Annotated[str, AfterValidator(_pattern_of_a_date)]
LinePattern = Annotated[str, AfterValidator(_pattern_of_lines)]
FilePath = Annotated[str, AfterValidator(_path_of_a_file)]
UrlPath = Annotated[str, AfterValidator(_path_of_a_url)]
Pointer = Annotated[str, StringConstraints(pattern=r"^(/[^/]+)*$")]  # JSON pointer, RFC 6901
ElementPath = Annotated[str, StringConstraints(pattern=r"^([^/@]+(/[^/@]+)*(/@[^/@]+)?|@[^/@]+)$")]
Encoding = Literal["utf-8", "gbk", "gb18030"]
MoneyUnit = Literal["fen", "yuan", "wan_yuan"]


# -- transports: how to reach the source ---------------------------------------------------------------------


class FileDrop(Strict):
    """Files that the source puts into a folder."""

    kind: Literal["file"]
    folder: Text


class Sftp(Strict):
    """Files fetched by SFTP from a server whose key is pinned."""

    kind: Literal["sftp"]
    host: Text
    port: Annotated[Text | int, Field(union_mode="left_to_right")] = 22
    username: Text
    password: Secret
    host_key: Text  # OpenSSH public key line


class OAuth2(Strict):
    """Client credentials (RFC 6749, 4.4)."""

    kind: Literal["oauth2"]
    token_url: Text
    client_id: Text
    client_secret: Secret
    scope: Text | None = None


class Signature(Strict):
    """Requests signed by HTTP message signatures (RFC 9421), hmac-sha256."""

    kind: Literal["signature"]
    key_id: Text
    secret: Secret


class Http(Strict):
    """An HTTP API. Plain http is accepted on loopback only."""

    kind: Literal["http"]
    base_url: Text
    auth: Annotated[OAuth2 | Signature, Field(discriminator="kind")]
    ca_file: Text | None = None  # a private certificate authority


class Database(Strict):
    """A database that grants us a read-only view. Anywhere but on loopback TLS is verified."""

    kind: Literal["database"]
    url: Text  # SQLAlchemy URL without user and password
    username: Text
    password: Secret
    ca_file: Text | None = None  # a private certificate authority


# -- formats: how bytes become rows --------------------------------------------------------------------------


class Delimited(Strict):
    """One row a line, cells parted by one character."""

    kind: Literal["delimited"]
    encoding: Encoding
    delimiter: Annotated[str, StringConstraints(pattern=r"^[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x7e]$")]
    header: StrictBool  # names in the first line (after the control header, if there is one)
    columns: tuple[Text, ...] = ()  # names, where there is no header
    quote: Literal['"'] | None = None


class FixedColumn(Strict):
    """One column of a fixed-width line."""

    name: Text
    bytes: Annotated[int, Field(ge=1, le=4000)]


class FixedWidth(Strict):
    """One row a line, columns cut by bytes, not by characters."""

    kind: Literal["fixed_width"]
    encoding: Encoding
    columns: Annotated[tuple[FixedColumn, ...], Field(min_length=1)]


class Spreadsheet(Strict):
    """A sheet of an .xlsx or .xls workbook."""

    kind: Literal["spreadsheet"]
    sheet: Text | None = None  # none: the first
    header_row: Annotated[int, Field(ge=1, le=100)] = 1  # rows above it are titles


class Xml(Strict):
    """One element a row. Names are local names: namespaces are not looked at."""

    kind: Literal["xml"]
    record: Text


class Json(Strict):
    """Pages of JSON."""

    kind: Literal["json"]
    records: Pointer  # to the array of records
    each: Pointer | None = None  # an array inside a record: one row per element


# -- control data: how a delivery vouches for itself ---------------------------------------------------------


class _Control(Strict):
    date: DatePattern = "%Y-%m-%d"  # how the business date is written in the control data
    sum_item: str | None = None  # the money item that is summed
    sum_unit: MoneyUnit | None = None  # none: the unit of that item's field


class ControlLines(_Control):
    """A first and/or last line (of a sheet: title rows, last row) that match a pattern with named groups."""

    kind: Literal["lines"]
    header: LinePattern | None = None
    trailer: LinePattern | None = None


class Companion(_Control):
    """A second file beside the delivery."""

    kind: Literal["companion"]
    path: FilePath
    encoding: Encoding = "utf-8"
    pattern: LinePattern  # searched for in the whole text


class Pointers(_Control):
    """Members of the JSON envelope, the same on every page."""

    kind: Literal["pointers"]
    date_at: Pointer
    count_at: Pointer
    sum_at: Pointer | None = None


class Elements(_Control):
    """Elements or attributes of an XML document, by path below the root."""

    kind: Literal["elements"]
    date_at: ElementPath
    count_at: ElementPath
    sum_at: ElementPath | None = None


class ControlQuery(Strict):
    """A query that returns one row: business_date, row_count and, with `sum_item`, amount_sum."""

    kind: Literal["query"]
    query: Text
    sum_item: str | None = None
    sum_unit: MoneyUnit | None = None


# -- paging --------------------------------------------------------------------------------------------------


class ByNumber(Strict):
    """Pages counted up until one is empty."""

    kind: Literal["page"]
    page_parameter: Text = "page"
    size_parameter: Text = "size"
    size: Annotated[int, Field(ge=1, le=10_000)] = 500
    first: Literal[0, 1] = 1


class ByCursor(Strict):
    """Pages linked by a cursor, until it is null, empty or absent."""

    kind: Literal["cursor"]
    cursor_parameter: Text = "cursor"
    size_parameter: Text = "size"
    size: Annotated[int, Field(ge=1, le=10_000)] = 500
    next_at: Pointer


# -- datasets ------------------------------------------------------------------------------------------------


class FieldMap(Strict):
    """Where one item of the category comes from, and how it is written there."""

    item: Text  # an item of the category, or resident_id | name | as_of
    column: Text  # JSON: a pointer inside the record; XML: a path inside the element
    date: DatePattern | None = None
    unit: Text | None = None
    codes: dict[str, str] | None = None
    missing: tuple[str, ...] = ()  # words that mean "no value", beside the empty cell
    thousands: StrictBool = False  # amounts are written 1,234.50


class _Dataset(Strict):
    category: str
    fields: Annotated[tuple[FieldMap, ...], Field(min_length=1)]
    may_be_empty: StrictBool = False  # no rows and a control count of 0 is an answer, not a fault

    def field(self, item: str) -> FieldMap | None:
        """Return the mapping of one item, if it is delivered."""
        return next((f for f in self.fields if f.item == item), None)


class FileDataset(_Dataset):
    """A dataset that arrives as a file."""

    path: FilePath
    format: Annotated[Delimited | FixedWidth | Spreadsheet | Xml, Field(discriminator="kind")]
    control: Annotated[ControlLines | Companion | Elements, Field(discriminator="kind")]


class HttpDataset(_Dataset):
    """A dataset asked for page by page."""

    path: UrlPath
    date_parameter: Text = "date"
    date_format: DatePattern = "%Y-%m-%d"
    paging: Annotated[ByNumber | ByCursor, Field(discriminator="kind")]
    format: Json
    control: Pointers


class TableFormat(Strict):
    """Rows of a query, kept as Arrow. Needs no mention in a manifest."""

    kind: Literal["table"] = "table"


class DatabaseDataset(_Dataset):
    """A dataset that a query returns. `:business_date` is bound, never pasted in."""

    query: Text
    control: ControlQuery
    format: TableFormat = TableFormat()


Dataset = FileDataset | HttpDataset | DatabaseDataset


# -- the whole -----------------------------------------------------------------------------------------------


class _Manifest(Strict):
    id: str  # the name of the file
    kind: Literal["department", "bank"]
    name: Label
    required: StrictBool
    seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None

    def at(self, path: str, business_date: dt.date) -> str:
        """Fill `{date:…}` in a path of this manifest."""
        return _PATH_DATE.sub(lambda found: business_date.strftime(found[1]), path)


class FileManifest(_Manifest):
    """A source that drops files."""

    transport: FileDrop
    datasets: Annotated[tuple[FileDataset, ...], Field(min_length=1)]


class SftpManifest(_Manifest):
    """A source whose files are fetched by SFTP."""

    transport: Sftp
    datasets: Annotated[tuple[FileDataset, ...], Field(min_length=1)]


class HttpManifest(_Manifest):
    """A source with an HTTP API."""

    transport: Http
    datasets: Annotated[tuple[HttpDataset, ...], Field(min_length=1)]


class DatabaseManifest(_Manifest):
    """A source that lets us query a database."""

    transport: Database
    datasets: Annotated[tuple[DatabaseDataset, ...], Field(min_length=1)]


Manifest = FileManifest | SftpManifest | HttpManifest | DatabaseManifest
KINDS: dict[str, type[Any]] = {
    "file": FileManifest,
    "sftp": SftpManifest,
    "http": HttpManifest,
    "database": DatabaseManifest,
}
