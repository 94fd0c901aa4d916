"""Records of the world → the text of every cell as one source writes it, a batch at a time.

Everything here works on whole columns: tens of millions of records pass through.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mock_province.sources.layout import Code, Column, Dataset, Date, Form, Money, Number, Unit

if TYPE_CHECKING:  # the stubs know Arrow's arrays as generic; at run time they are not
    Cells: TypeAlias = pa.Array[Any]
else:
    Cells = pa.Array

BATCH = 1 << 17  # rows in hand at a time
BAD_AMOUNT = "12.3.4.5"
_TOO_FEW = 3  # how many rows the `count` twist does not own up to
UNKNOWN_CODE = "Z"  # no source uses it, and it fits the narrowest column

# How a delivery departs from the truth, when it is told to (see `mock_province.faults`).
Twist = Literal["stale", "count", "column", "rows", "mojibake", "short"]
_PLACES: dict[Unit, int] = {"yuan": 2, "fen": 0, "wan_yuan": 6}


@dataclass(frozen=True, slots=True)
class Control:
    """What a delivery says about itself: business date, rows, and the sum of its money item as it will be written."""

    date: dt.date
    count: int
    sum: str  # empty where the dataset has no sum

    def fill(self, template: str) -> str:
        """Put the control data into a control line, title or file name."""
        return template.format(date=self.date, count=self.count, sum=self.sum)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One dataset of one source for one business date, with or without a twist.

    `records` is the world's file: row, as_of, resident_id, name, the items, defect (null: the row is as it should be).
    """

    dataset: Dataset
    records: Path
    business_date: dt.date
    twist: Twist | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are sent; the `column` twist leaves out the first item of the category."""
        if self.twist != "column":
            return self.dataset.columns
        lost = next(c for c in self.dataset.columns if c.item not in {None, "resident_id", "name", "as_of"})
        return tuple(c for c in self.dataset.columns if c is not lost)

    @property
    def in_band_date(self) -> dt.date:
        """The business date that the delivery itself states."""
        return self.business_date - dt.timedelta(days=1) if self.twist == "stale" else self.business_date

    def control(self) -> Control:
        """Count and sum up what will be delivered. An amount that can't be read counts nothing in the sum."""
        with pq.ParquetFile(self.records) as file:
            count = file.metadata.num_rows
            total = Decimal(0)
            item = self.dataset.sum_item
            for batch in file.iter_batches(BATCH, columns=["row", "defect", item]) if item else ():
                sound = pc.not_equal(self._defects(batch), "bad_amount")
                part = pc.sum(pc.filter(batch.column(item), pc.fill_null(sound, fill_value=True))).as_py()
                total += part or Decimal(0)
        if self.twist == "count":  # fewer than are there, so that nobody takes it for a truncated delivery
            count = count - _TOO_FEW if count > _TOO_FEW else count + 1
        return Control(self.in_band_date, count, _sum_text(total, self.dataset.sum_unit) if item else "")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the cells as text, null where there is no value; one column per column that is sent."""
        wanted = {"row", "as_of", "defect", *(c.item for c in self.columns if c.item)}
        with pq.ParquetFile(self.records) as file:
            left = file.metadata.num_rows * 6 // 10 if self.twist == "short" else file.metadata.num_rows
            for batch in file.iter_batches(BATCH, columns=sorted(wanted)):
                if left <= 0:
                    return
                part = batch.slice(0, left)
                left -= part.num_rows
                yield self._cells(part)

    def _cells(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        defects = self._defects(batch)
        spoilt = {self._spoilt(defect): defect for defect in possible_defects(self.dataset)}
        arrays: list[Cells] = []
        for column in self.columns:
            cells = self._written(column, batch)
            if (defect := spoilt.get(column.name)) is not None:
                hit = pc.fill_null(pc.equal(defects, defect), fill_value=False)
                cells = pc.if_else(hit, pa.scalar(garbage(defect, column.form), pa.string()), cells)
            arrays.append(cells)
        return pa.RecordBatch.from_arrays(arrays, names=[c.name for c in self.columns])

    def _written(self, column: Column, batch: pa.RecordBatch) -> Cells:
        if column.item is None:
            return pa.repeat(pa.scalar(column.filler, pa.string()), batch.num_rows)
        values = batch.column(column.item)
        if column.item == "as_of" and self.twist == "stale":
            values = pc.subtract(values.cast(pa.int32()), pa.scalar(1, pa.int32())).cast(pa.date32())
        cells = written(values, column.form)
        return mojibake(cells) if self.twist == "mojibake" and column.form == TEXT_FORM else cells

    def _defects(self, batch: pa.RecordBatch) -> Cells:
        planted = batch.column("defect").cast(pa.string())
        if self.twist != "rows":
            return planted
        kinds = pa.array(possible_defects(self.dataset))
        index = pc.subtract(batch.column("row"), 1)
        spread = pc.subtract(index, pc.multiply(pc.divide(index, 10), 10))  # index mod 10
        thirds = pc.is_in(spread, pa.array([0, 3, 7], pa.int64()))
        turn = pc.subtract(index, pc.multiply(pc.divide(index, len(kinds)), len(kinds)))
        return pc.if_else(thirds, pc.take(kinds, turn), planted)

    def _spoilt(self, defect: str) -> str:
        return next(c.name for c in self.dataset.columns if _suffers(c, defect))


TEXT_FORM: Form = Column("", None).form


def _suffers(column: Column, defect: str) -> bool:
    match defect:
        case "missing_id":
            return column.item == "resident_id"
        case "bad_date":
            return isinstance(column.form, Date) and column.item != "as_of"
        case "bad_amount":
            return isinstance(column.form, Money)
        case "unknown_code":
            return isinstance(column.form, Code)
        case _:
            raise ValueError(f"the world plants a defect of unknown kind: {defect}")


def possible_defects(dataset: Dataset) -> list[str]:
    """Return the kinds of bad row that this dataset can have, by the columns that it has."""
    kinds = ("missing_id", "bad_date", "bad_amount", "unknown_code")
    return [kind for kind in kinds if any(_suffers(c, kind) for c in dataset.columns)]


def garbage(defect: str, form: Form) -> str | None:
    """Return what stands in the spoilt cell of a bad row."""
    if defect == "bad_date" and isinstance(form, Date):  # the 99th of the 13th month
        return form.pattern.replace("%Y", "2026").replace("%m", "13").replace("%d", "99")
    return {"missing_id": None, "bad_amount": BAD_AMOUNT, "unknown_code": UNKNOWN_CODE}[defect]


def written(values: Cells, form: Form) -> Cells:
    """Write one column of values in one form. Null stays null."""
    match form:
        case Date(pattern, bare):
            days = values.dictionary_encode()  # a few thousand different ones among millions
            cells = pc.strftime(days.dictionary, format=pattern)
            cells = pc.replace_substring(cells, pattern="/0", replacement="/") if bare else cells
            return pc.take(cells, days.indices)
        case Money(unit, thousands):
            cells = _rescaled(values, _PLACES[unit]).cast(pa.string())
            return _grouped(cells) if thousands else cells
        case Number():
            cells = values.cast(pa.string())
            cells = pc.replace_substring_regex(cells, pattern=r"(\.\d*[1-9])0+$", replacement=r"\1")
            return pc.replace_substring_regex(cells, pattern=r"\.0+$", replacement="")
        case Code(codes):
            ours, theirs = pa.array(list(codes)), pa.array(list(codes.values()))
            places = pc.index_in(values.cast(pa.string()), value_set=ours)
            if places.null_count != values.null_count:
                raise ValueError("a layout lacks a code that the world uses")
            return pc.take(theirs, places)
        case _:
            return values.cast(pa.string())


def _rescaled(yuan: Cells, places: int) -> Cells:
    """Move the decimal point: decimal(18,2) yuan read again with another scale is the amount in another unit."""
    if yuan.type != pa.decimal128(18, 2):
        raise TypeError(f"an amount is {yuan.type}, expected decimal128(18, 2)")
    kind = pa.decimal128(18, places)
    return pa.Array.from_buffers(kind, len(yuan), yuan.buffers(), offset=yuan.offset)


def _grouped(amounts: Cells) -> Cells:
    """1234567.50 → 1,234,567.50."""
    while pc.any(pc.match_substring_regex(amounts, r"\d{4}[.,]")).as_py():
        amounts = pc.replace_substring_regex(amounts, pattern=r"(\d)(\d{3})([.,])", replacement=r"\1,\2\3")
    return amounts


def _sum_text(total: Decimal, unit: Unit) -> str:
    scaled = total.scaleb(2 - _PLACES[unit]) if unit == "wan_yuan" else total.scaleb(2) if unit == "fen" else total
    return f"{scaled:.{_PLACES[unit]}f}"


def mojibake(cells: Cells) -> Cells:
    """Spoil text as a system does that takes UTF-8 for Latin-1: 张 becomes å¼ followed by a control character."""
    table = cells.dictionary_encode()
    words = [None if w is None else w.encode().decode("latin-1") for w in table.dictionary.to_pylist()]
    return pc.take(pa.array(words, pa.string()), table.indices)
