"""The columns of a file of households: what each is called, and what its cells must hold.

Headings are accepted in Chinese, in English, or as the id of the column. Codes are accepted as such or in the words of
either language. All words come from the message catalogue.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

import pyarrow as pa

from catalogue.categories import MONEY
from catalogue.regions import regions
from catalogue.text import LANGUAGES, text
from hedui.registry.household_file.mistakes import Fault

KINDS = ("new", "reverification", "monitoring", "on_demand")
PURPOSES = (
    "allowance",
    "destitute",
    "margin",
    "rigid_expenditure",
    "disaster",
    "medical",
    "temporary",
    "single_severely_disabled",
    "several_disabled",
    "charity",
    "education",
    "housing",
    "employment",
    "relapse",
    "legal_aid",
    "workers_in_hardship",
    "other",
)
RELATIONS = ("self", "spouse", "child", "parent", "other")
EXAMPLE = "EXAMPLE-"  # households of the template, which must not be taken for real ones

_REFERENCE = re.compile(r"[A-Z][A-Z0-9-]{0,31}")
_LONG_NUMBER = re.compile(r"\d{15}")  # an ID number or an account in the wrong column
_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))"
    r"(?:[ T]00:00(?::00)?)?"
)
_AMOUNT = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d*)?[eE][+-]?\d+")
_LONGEST = 64
_FIRST_YEAR, _LAST_YEAR = 2000, 9999
_LARGEST = Decimal(10) ** 15  # yuan; what a decimal(18, 2) holds
_MANY = 99  # vehicles, houses, members of one household
_YES = ("是", "yes", "y", "true", "1", "√")
_NO = ("否", "no", "n", "false", "0", "×")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `read` turns the text of a cell into its value or raises Fault; text columns have none."""

    id: str
    type: pa.DataType
    read: Callable[[str], object]
    column: bool = True  # the column must be there
    cell: bool = True  # every cell must be filled
    shared: bool = False  # says the same on every row of a household


def _plain(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip()


def _reference(value: str) -> str:
    plain = _plain(value).upper()
    if not _REFERENCE.fullmatch(plain) or _LONG_NUMBER.search(plain):
        raise Fault("reference")
    return plain


def _household(value: str) -> str:
    reference = _reference(value)
    if reference.startswith(EXAMPLE):
        raise Fault("example")
    return reference


def _short_text(value: str) -> str:
    plain = _plain(value)
    if len(plain) > _LONGEST or _LONG_NUMBER.search(plain) or not plain.isprintable():
        raise Fault("short-text", longest=_LONGEST)
    return plain


def _county(value: str) -> str:
    plain = _plain(value)
    if plain not in regions().counties:
        raise Fault("county")
    return plain


def _date(value: str) -> date:
    plain = _plain(value)
    if not (found := _DATE.fullmatch(plain)):
        raise Fault("date")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        read = date(year, month, day)
    except ValueError:
        raise Fault("no-such-day") from None
    if not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        raise Fault("date-implausible", first=_FIRST_YEAR)
    return read


def _number(value: str) -> Decimal:
    plain = _plain(value).removeprefix("¥").removesuffix("元").strip()
    if "万" in plain:
        raise Fault("amount-in-wan")
    if _SCIENTIFIC.fullmatch(plain):
        raise Fault("scientific")
    if not _AMOUNT.fullmatch(plain):
        raise Fault("amount")
    return Decimal(plain.replace(",", ""))


def _amount(value: str) -> Decimal:
    read = _number(value)
    if read < 0:
        raise Fault("negative")
    if read >= _LARGEST:
        raise Fault("amount-too-large")
    if read != (rounded := read.quantize(Decimal("0.01"))):
        raise Fault("amount-decimals")
    return rounded


def _count(value: str, lowest: int = 0) -> int:
    read = _number(value)
    if read != read.to_integral_value():
        raise Fault("whole-number")
    if not lowest <= read <= _MANY:
        raise Fault("count", lowest=lowest, highest=_MANY)
    return int(read)


def _member_number(value: str) -> int:
    return _count(value, 1)


def _yes_no(value: str) -> bool:
    plain = _plain(value).lower()
    if plain in _YES or plain in _NO:
        return plain in _YES
    raise Fault("yes-no")


def _code(prefix: str, codes: tuple[str, ...]) -> Callable[[str], str]:
    @cache
    def words() -> dict[str, str]:
        return {
            word.lower(): code
            for code in codes
            for word in (code, *(text(f"{prefix}-{code}", language) for language in LANGUAGES))
        }

    def read(value: str) -> str:
        plain = _plain(value).lower()
        # 医疗救助 is what 医疗 is called in full.
        found = words().get(plain) or words().get(plain.removesuffix("救助"))
        if found is None:
            raise Fault("code", codes=", ".join(codes))
        return found

    return read


COLUMNS = {
    column.id: column
    for column in (
        Column("household", pa.string(), _household),
        Column("county", pa.string(), _county, shared=True),
        Column("township", pa.string(), _short_text, column=False, cell=False, shared=True),
        Column("case", pa.string(), _reference, shared=True),
        Column("case_kind", pa.string(), _code("case-kind", KINDS), shared=True),
        Column("purpose", pa.string(), _code("purpose", PURPOSES), shared=True),
        Column("authorisation", pa.string(), _short_text, cell=False, shared=True),
        Column("signed_on", pa.date32(), _date, cell=False, shared=True),
        Column("valid_until", pa.date32(), _date, column=False, cell=False, shared=True),
        Column("revoked_on", pa.date32(), _date, column=False, cell=False, shared=True),
        Column("member", pa.int64(), _member_number),
        Column("relation", pa.string(), _code("relation", RELATIONS)),
        Column("name", pa.string(), str),
        Column("resident_id", pa.string(), str),
        Column("signed", pa.bool_(), _yes_no),
        Column("guardian", pa.int64(), _member_number, column=False, cell=False),
        Column("declared_monthly_income", MONEY, _amount, column=False, cell=False),
        Column("declared_financial_assets", MONEY, _amount, column=False, cell=False),
        Column("declared_vehicles", pa.int64(), _count, column=False, cell=False),
        Column("declared_houses", pa.int64(), _count, column=False, cell=False),
    )
}
PERSONAL_TEXT = ("name", "resident_id")  # read by whole columns, not value by value


@cache
def headings() -> dict[str, str]:
    """Return every accepted heading, normalised by `heading`, with the id of its column."""
    return {
        heading(word): column
        for column in COLUMNS
        for word in (column, *(text(f"household-column-{column}", language) for language in LANGUAGES))
    }


def heading(cell: str) -> str:
    """Bring a heading into the one spelling in which headings are compared."""
    return re.sub(r"[\s_*]+", "", unicodedata.normalize("NFKC", cell)).lower()
