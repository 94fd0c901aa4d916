"""What is wrong with a delivery as a whole: each fault told apart from the others."""

import datetime as dt
import re
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from catalogue.problems import Skip
from connectors.convert import YUAN, Converted
from connectors.formats.parts import Said, is_foreign
from connectors.grammar import ControlQuery, Dataset, FieldMap

_SAMPLE = 200  # names of each batch
_NUMBER = re.compile(r"[+-]?\d{1,28}(\.\d{1,8})?")


class Tally:
    """The sum over all rows of the item that the delivery gives a sum for, in yuan."""

    def __init__(self, dataset: Dataset) -> None:
        self._item = dataset.control.sum_item
        self.sum = Decimal(0)
        self.unread = False  # an amount could not be read: the sum is a lower bound at best
        self.negative = False  # an amount is below zero
        self.spoken = 0  # names looked at that hold more than ASCII
        self.spoiled = 0  # … that were decoded wrongly by somebody before us

    def add(self, field: FieldMap, found: Converted) -> None:
        """Take a column into account; rows count even where another of their fields is bad."""
        if field.item == "name":
            self._listen(found.values)
        if field.item != self._item:
            return
        self.sum += pc.sum(found.values).as_py() or Decimal(0)
        self.unread |= found.bad is not None and bool(found.bad.any())
        self.negative |= bool(pc.any(pc.less(found.values, Decimal(0))).as_py())

    def _listen(self, names: pa.StringArray) -> None:
        """Look at some names: a source can send text that is well-formed and yet was UTF-8 read as something else."""
        for name in names.slice(0, _SAMPLE).to_pylist():
            if name and not name.isascii():
                self.spoken += 1
                self.spoiled += _is_spoiled(name)


def _is_spoiled(name: str) -> bool:
    """Tell 张三 from what becomes of it when its UTF-8 is taken for Latin-1 (å¼ ä¸‰) or for GB (寮犱笁)."""
    for encoding in ("latin-1", "gb18030"):
        try:
            original = name.encode(encoding)
        except UnicodeEncodeError:
            continue
        if is_foreign(original, "gb18030"):
            return True
    return False


def check_date(said: Said, dataset: Dataset, business_date: dt.date) -> None:
    """Skip `stale-delivery` as soon as the delivery has said that it is of another date."""
    if said.date is None:
        return
    pattern = "%Y-%m-%d" if isinstance(dataset.control, ControlQuery) else dataset.control.date
    try:
        date = dt.datetime.strptime(said.date, pattern).date()  # noqa: DTZ007  a date, no time
    except ValueError:
        raise Skip("control-unreadable", part="date") from None
    if date != business_date:
        raise Skip("stale-delivery", expected=business_date.isoformat(), found=date.isoformat())


def judge(said: Said, tally: Tally, dataset: Dataset, business_date: dt.date) -> None:
    """Skip with the first fault of a delivery that was read to its end; the order tells causes from effects."""
    if said.rows == 0 and not said.cut:
        _judge_empty(said, dataset)
    if 2 * max(said.foreign, said.broken) > said.spoken or 2 * tally.spoiled > tally.spoken:
        raise Skip("wrong-encoding", expected=getattr(dataset.format, "encoding", "-"))
    if said.rows and said.absent:
        raise Skip("missing-column", column=", ".join(sorted(said.absent)))
    if 2 * said.misfits > said.rows:
        raise Skip("missing-column", column="unnamed")
    if said.cut:
        raise Skip("truncated-delivery")
    check_date(said, dataset, business_date)
    if said.date is None:
        raise Skip("control-unreadable", part="date")
    _judge_size(said)
    _judge_count(said)
    _judge_sum(said, tally, dataset)


def _judge_empty(said: Said, dataset: Dataset) -> None:
    if not (dataset.may_be_empty and said.count is not None and said.count.strip("0 ") == ""):
        raise Skip("empty-delivery")


def _judge_size(said: Said) -> None:
    if said.bytes is None:
        return
    declared = int(said.bytes) if said.bytes.isdecimal() else -1
    if said.size < declared:
        raise Skip("truncated-delivery")
    if said.size != declared:
        raise Skip("size-mismatch", declared=said.bytes, found=said.size)


def _judge_count(said: Said) -> None:
    if said.count is None or not said.count.strip().isdecimal():
        raise Skip("control-unreadable", part="count")
    declared = int(said.count)
    if declared > said.rows and (said.open_end or not said.closed):
        raise Skip("truncated-delivery")
    if declared != said.rows:
        raise Skip("count-mismatch", declared=declared, found=said.rows)


def _judge_sum(said: Said, tally: Tally, dataset: Dataset) -> None:
    control = dataset.control
    field = dataset.field(control.sum_item) if control.sum_item else None
    if field is None:
        return
    text = (said.sum or "").replace(",", "").strip()
    if not text and said.rows == 0:
        return  # vouched for by the count: the sum over no rows is null in SQL
    if not _NUMBER.fullmatch(text):
        raise Skip("control-unreadable", part="sum")
    declared = Decimal(text) * YUAN[control.sum_unit or field.unit or "yuan"]
    # Where some amounts could not be read (the source may have summed them or not), the others are a part of the sum.
    fits = (tally.negative or tally.sum <= declared) if tally.unread else tally.sum == declared
    if not fits:
        raise Skip("sum-mismatch")  # without the sums: an extract of one account would give its balance away
