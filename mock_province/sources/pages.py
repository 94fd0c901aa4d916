"""JSON deliveries: every record is written as JSON text once, in a file that the servers cut pages from."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mock_province.sources.files import appearing, joined
from mock_province.sources.layout import Column, Json, Money, Number, Text
from mock_province.sources.wire import Cells, Delivery

_SCHEMA = pa.schema([("record", pa.large_string())])
_NUMBER = r"^-?\d+(\.\d+)?$"
_CONTROL = r"[\x00-\x1f]"


# -- preparing -------------------------------------------------------------------------------------------------------


def write(delivery: Delivery, form: Json, path: Path, *, encoding: str = "utf-8", cut: bool = False) -> None:
    """Write the records (`path`, Arrow) and what every page says about them (beside it, `.json`).

    `encoding` and `cut` are faults of the answers: the bytes are in another encoding than stated, or end too soon.
    """
    control = delivery.control()
    facts = {"date": control.date.isoformat(), "count": control.count, "sum": control.sum}
    with appearing(path) as file, pa.ipc.new_file(file, _SCHEMA) as out:
        for cells in delivery.batches():
            records = _records(delivery.columns, cells, form.nested)
            out.write_batch(pa.RecordBatch.from_arrays([records.cast(pa.large_string())], schema=_SCHEMA))
    with appearing(path.with_suffix(".json")) as file:
        file.write(json.dumps(facts | {"encoding": encoding, "cut": cut, "empty": False}).encode())


def _records(columns: Sequence[Column], cells: pa.RecordBatch, nested: str | None) -> Cells:
    if nested is None:
        return joined(_object(columns, cells, 0))
    outer = [c for c in columns if not c.name.startswith(f"{nested}/")]
    inner = [c for c in columns if c.name.startswith(f"{nested}/")]
    heads = joined(_object(outer, cells, 0)[:-1])  # the closing brace follows the inner array
    elements = joined(_object(inner, cells, 1))
    starts = _starts(heads)
    edges = pa.array(np.append(starts, len(heads)), pa.int32())
    lists = pa.ListArray.from_arrays(edges, elements.cast(pa.string()))
    return joined([pc.take(heads, starts), f',"{nested}":[', pc.binary_join(lists, ","), "]}"])


def _starts(heads: Cells) -> "np.typing.NDArray[np.int64]":
    """Find where a run of equal heads begins: rows of one person in a row are one record."""
    if len(heads) == 0:
        return np.zeros(0, np.int64)
    changes = pc.not_equal(heads.slice(1), heads.slice(0, len(heads) - 1))
    return np.concatenate([[0], np.flatnonzero(changes.to_numpy(zero_copy_only=False)) + 1])


def _object(columns: Sequence[Column], cells: pa.RecordBatch, depth: int) -> list[Cells | str]:
    parts: list[Cells | str] = ["{"]
    for key, group in groupby(columns, key=lambda c: c.name.split("/")[depth]):
        members = list(group)
        parts.append(f'{"," if len(parts) > 1 else ""}"{key}":')
        if len(members[0].name.split("/")) == depth + 1:
            parts.append(_value(cells.column(members[0].name), members[0]))
        else:
            parts += _object(members, cells, depth + 1)
    return [*parts, "}"]


def _value(column: Cells, layout: Column) -> Cells:
    text = _escaped(column, layout.name) if isinstance(layout.form, Text) else column  # others are plain by nature
    text = joined(['"', text, '"']).cast(pa.string())
    if layout.typed and isinstance(layout.form, Money | Number):
        text = pc.if_else(pc.match_substring_regex(column, _NUMBER), column, text)
    return pc.if_else(pc.is_valid(column), text, "null")


def _escaped(column: Cells, name: str) -> Cells:
    for plain, escape in (("\\", "\\\\"), ('"', '\\"'), ("\t", "\\t")):
        column = pc.replace_substring(column, plain, escape)
    if pc.any(pc.match_substring_regex(column, _CONTROL)).as_py():
        raise ValueError(f"a value of {name} holds a control character")
    return column


# -- serving ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What every page says about the delivery, and how the answers are spoilt."""

    date: str
    count: int
    sum: str
    encoding: str = "utf-8"
    cut: bool = False
    empty: bool = False


def facts(path: Path) -> Facts | None:
    """Read what the delivery says about itself; None while nothing has been delivered."""
    try:
        return Facts(**json.loads(path.with_suffix(".json").read_bytes()))
    except FileNotFoundError:
        return None


def make_empty(path: Path) -> None:
    """Let the answers be zero bytes long."""
    with appearing(path.with_suffix(".json")) as file:
        file.write(json.dumps(asdict(Facts("", 0, "", empty=True))).encode())


def cursor_of(offset: int) -> str:
    """Return an opaque cursor for a place in the delivery."""
    return base64.urlsafe_b64encode(f"after:{offset}".encode()).decode().rstrip("=")


def offset_of(cursor: str) -> int | None:
    """Read a cursor; None for one that this server never gave out."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    number = text.removeprefix("after:")
    return int(number) if text.startswith("after:") and number.isascii() and number.isdecimal() else None


def page(path: Path, form: Json, stated: Facts, offset: int, size: int) -> bytes:
    """Cut one page, `size` records from `offset`, and put the envelope around it."""
    if stated.empty:
        return b""
    with pa.memory_map(str(path)) as mapped:
        records = pa.ipc.open_file(mapped).read_all().column("record")
        rows = ",".join(records.slice(offset, size).to_pylist())
        more = offset + size < len(records)
    year, month, day = stated.date.split("-")
    values = {
        "$date": json.dumps(form.date.replace("%Y", year).replace("%m", month).replace("%d", day)),
        "$count": str(stated.count),
        "$sum": json.dumps(stated.sum),
        "$sum_number": stated.sum,
        "$next": json.dumps(cursor_of(offset + size) if more else None),
        "$page": str(offset // size + 1),
        "$size": str(size),
        "$records": f"[{rows}]",
    }
    body = form.envelope
    for name, value in values.items():
        body = body.replace(f'"{name}"', value)
    data = body.encode(stated.encoding)
    return data[: len(data) * 6 // 10] if stated.cut else data
