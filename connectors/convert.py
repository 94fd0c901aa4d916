"""Cells → values of the catalogue's types, a whole column at a time. Money is exact: nothing passes through a float."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catalogue.categories import DECIMAL, MONEY, Item
from connectors.grammar import FieldMap

_SPACES = " \u3000"
_ISO = "%Y-%m-%d"
# What one unit of the delivery is in yuan.
YUAN: dict[str, Decimal] = {"fen": Decimal("0.01"), "yuan": Decimal(1), "wan_yuan": Decimal(10_000)}
_PLAIN = r"^[+-]?0{0,64}[0-9]{1,16}(\.[0-9]{0,8}0{0,64})?$"
_GROUPED = r"^[+-]?[0-9]{1,3}(,[0-9]{3})*(\.[0-9]*)?$"
_INTEGER = r"^[+-]?0{0,64}[0-9]{1,18}$"
_WIDE = pa.decimal128(24, 8)  # 16 digits before the point, 8 behind
_FACTOR = pa.decimal128(7, 2)
_PARTS = {"Y": r"(?P<Y>\d{4})", "m": r"(?P<m>\d{1,2})", "d": r"(?P<d>\d{1,2})"}
_CLOCK = r"\d{1,2}"

Bad = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Converted:
    """A column of values, and which cells could not be converted (null in the column)."""

    values: pa.Array
    bad: Bad | None = None
    reason: str = ""


def identity(cells: pa.StringArray, field: FieldMap) -> Converted:
    """Keep a resident ID or name as delivered: cleaning it is the matcher's business. Blank is null."""
    return Converted(
        pc.if_else(_blank(cells, pc.utf8_trim(cells, _SPACES), field), pa.scalar(None, pa.string()), cells)
    )


def convert(cells: pa.StringArray, field: FieldMap, item: Item) -> Converted:
    """Convert cells to the type of an item. Blank cells, and the field's words for "no value", are null."""
    trimmed = pc.utf8_trim(cells, _SPACES)
    texts = pc.if_else(_blank(cells, trimmed, field), pa.scalar(None, pa.string()), trimmed)
    return _BY_TYPE[item.type](texts, field, item)


def as_of(cells: pa.StringArray, field: FieldMap) -> Converted:
    """Convert a column of as-of dates; every row must have one."""
    found = dates(_trimmed(cells, field), field.date or _ISO)
    return Converted(found.values, _mask(pc.is_null(found.values)), found.reason)


def _trimmed(cells: pa.StringArray, field: FieldMap) -> pa.StringArray:
    trimmed = pc.utf8_trim(cells, _SPACES)
    return pc.if_else(_blank(cells, trimmed, field), pa.scalar(None, pa.string()), trimmed)


def _blank(cells: pa.StringArray, trimmed: pa.StringArray, field: FieldMap) -> pa.BooleanArray:
    blank = pc.or_kleene(pc.is_null(cells), pc.equal(trimmed, ""))
    return pc.or_(blank, pc.is_in(trimmed, pa.array(field.missing, pa.string()))) if field.missing else blank


def dates(texts: pa.StringArray, pattern: str) -> Converted:
    """Convert texts by a date pattern. Days that do not exist are bad."""
    coded = texts.dictionary_encode()  # a file has few different dates
    parsed = _dates(coded.dictionary, pattern)
    values = parsed.take(coded.indices)
    return Converted(values, _mask(pc.and_(pc.is_null(values), pc.is_valid(texts))), "bad-date")


def _dates(texts: pa.StringArray, pattern: str) -> pa.Date32Array:
    parts = pc.extract_regex(texts, date_regex(pattern))
    year, month, day = (
        pc.fill_null(pc.cast(pc.struct_field(parts, name), pa.int32()), 0).to_numpy(zero_copy_only=False)
        for name in ("Y", "m", "d")
    )
    whole = (year > 0) & (month >= 1) & (month <= 12)  # noqa: PLR2004  the months of a year
    months = np.where(whole, (year.astype(np.int64) - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first, after = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    days = first + (day - 1)
    good = whole & (day >= 1) & (days < after)
    return pa.array(days, pa.date32(), mask=~good)


def date_regex(pattern: str) -> str:
    """Turn a date pattern into a regular expression with groups Y, m and d.

    One-digit months and days are accepted where something parts the figures: 2026/1/31.
    """
    regex = ""
    pieces = re.split(r"%(.)", pattern)
    for position, piece in enumerate(pieces):
        if position % 2 == 0:
            regex += re.escape(piece)
            continue
        before, after = pieces[position - 1], pieces[position + 1]
        alone = (before != "" or position == 1) and (after != "" or position == len(pieces) - 2)
        part = _PARTS.get(piece, _CLOCK)
        regex += part if alone else part.replace("{1,2}", "{2}")
    return f"^{regex}$"


def _money(texts: pa.StringArray, field: FieldMap, _: Item) -> Converted:
    number, bad = _numbers(texts, grouped=field.thousands)
    yuan = pc.multiply(number, pa.scalar(YUAN[field.unit or "yuan"], _FACTOR))
    values, lossy = _narrowed(yuan, MONEY, exact=True)
    return Converted(values, bad | lossy, "bad-money")


def _decimal(texts: pa.StringArray, field: FieldMap, item: Item) -> Converted:
    texts = pc.replace_substring_regex(texts, r"(\.[0-9]{8})[0-9]+$", r"\1")
    number, bad = _numbers(texts, grouped=field.thousands)
    factor = Decimal(100) if item.unit == "percent" and field.unit == "fraction" else Decimal(1)
    # a measure with more than four decimals (a third of a flat) is rounded; money never is
    values, lossy = _narrowed(pc.multiply(number, pa.scalar(factor, _FACTOR)), DECIMAL, exact=False)
    return Converted(values, bad | lossy, "bad-number")


def _numbers(texts: pa.StringArray, *, grouped: bool) -> tuple[pa.Decimal128Array, Bad]:
    """Read plain decimal numbers; what is not one becomes null and is marked."""
    if grouped:
        fits = pc.match_substring_regex(texts, _GROUPED)
        plain = pc.replace_substring(texts, ",", "")
        texts = pc.if_else(fits, plain, texts)
    good = pc.match_substring_regex(texts, _PLAIN)
    bad = _mask(pc.invert(good))
    return pc.cast(pc.if_else(good, texts, pa.scalar(None, pa.string())), _WIDE), bad


def _narrowed(numbers: pa.Decimal128Array, to: pa.Decimal128Type, *, exact: bool) -> tuple[pa.Decimal128Array, Bad]:
    """Bring numbers to a type's digits; those that do not fit become null and are marked."""
    rounded = pc.round(numbers, to.scale, "half_to_even")
    most = pa.scalar(Decimal(10) ** (to.precision - to.scale))
    fits = pc.less(pc.abs(rounded), most)
    if exact:
        fits = pc.and_(fits, pc.equal(rounded, numbers))
    return pc.cast(pc.if_else(fits, rounded, pa.scalar(None, rounded.type)), to), _mask(pc.invert(fits))


def _integer(texts: pa.StringArray, field: FieldMap, _: Item) -> Converted:
    if field.thousands:
        texts = pc.if_else(pc.match_substring_regex(texts, _GROUPED), pc.replace_substring(texts, ",", ""), texts)
    good = pc.match_substring_regex(texts, _INTEGER)
    values = pc.cast(pc.if_else(good, texts, pa.scalar(None, pa.string())), pa.int64())
    return Converted(values, _mask(pc.invert(good)), "bad-number")


def _date(texts: pa.StringArray, field: FieldMap, _: Item) -> Converted:
    return dates(texts, field.date or _ISO)


def _code(texts: pa.StringArray, field: FieldMap, item: Item) -> Converted:
    codes = field.codes or {code: code for code in item.codes}
    ours = pa.array(list(codes.values()), pa.string())
    values = ours.take(pc.index_in(texts, pa.array(list(codes), pa.string())))
    return Converted(values, _mask(pc.and_(pc.is_null(values), pc.is_valid(texts))), "unknown-code")


def _text(texts: pa.StringArray, _field: FieldMap, _item: Item) -> Converted:
    return Converted(texts)


_BY_TYPE: dict[str, Callable[[pa.StringArray, FieldMap, Item], Converted]] = {
    "text": _text,
    "code": _code,
    "date": _date,
    "money": _money,
    "integer": _integer,
    "decimal": _decimal,
}


def _mask(marks: pa.BooleanArray) -> Bad:
    """Turn marks into numpy; where there was no value there is nothing bad."""
    return np.asarray(pc.fill_null(marks, False), bool)  # noqa: FBT003  pyarrow's way
