"""A raw delivery → canonical records, streamed; a bad row is set aside, a bad delivery refused as a whole."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogue.categories import Category, categories
from catalogue.problems import Problem, Skip
from connectors.convert import Converted, as_of, convert, identity
from connectors.formats.parts import Chunk, Reject, Said, strings
from connectors.grammar import Dataset, FieldMap, Manifest
from connectors.verdict import Tally, check_date, judge

# Rows that cannot be used. `line` is the row as it came, personal, as is `resident_id`: for the sealed quarantine only.
REJECTS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("item", pa.string(), nullable=False),  # "" where the whole row is meant
        pa.field("reason", pa.string(), nullable=False),  # words under `reason-<code>`
        pa.field("line", pa.string(), nullable=False),
        pa.field("resident_id", pa.string()),  # as delivered; null where it is blank or could not be read
    ]
)
_FORMATS = {  # loaded when first needed
    "delimited": "connectors.formats.delimited",
    "fixed_width": "connectors.formats.fixed_width",
    "spreadsheet": "connectors.formats.spreadsheet",
    "xml": "connectors.formats.xml_elements",
    "json": "connectors.formats.json_pages",
    "table": "connectors.formats.table",
}


class Decoded(NamedTuple):
    """One batch: records in the category's canonical schema (id_key null), and the rows set aside."""

    records: pa.RecordBatch
    rejects: pa.RecordBatch


def decode(manifest: Manifest, dataset: Dataset, raw: Path, business_date: dt.date) -> Iterator[Decoded]:
    """Yield batches of about 64k rows from the folder that `extract` filled for one dataset.

    Memory is bounded by the batch for every format of lines. After the last batch the delivery as a whole is judged:
    Skip with one of empty-delivery, wrong-encoding, missing-column, truncated-delivery, stale-delivery,
    count-mismatch, sum-mismatch, unreadable-delivery, and a few finer ones. So nothing that was
    yielded counts before the iteration has ended well. A sound delivery yields one batch at least, an empty one
    where it vouches for having no rows.
    """
    try:
        yield from _decode(manifest, dataset, raw, business_date)
    except Problem as problem:
        where = {"source": manifest.id, "category": dataset.category, **problem.where}
        raise type(problem)(problem.code, **where) from None
    except Exception as error:  # noqa: BLE001  a library may quote the row that it stumbled over
        raise Skip("decode-failed", source=manifest.id, category=dataset.category, error=type(error).__name__) from None


def _decode(manifest: Manifest, dataset: Dataset, raw: Path, business_date: dt.date) -> Iterator[Decoded]:
    category = categories()[dataset.category]
    said = Said(size=_size(raw))
    tally = Tally(dataset)
    read = cast("Callable[..., Iterator[Chunk]]", import_module(_FORMATS[dataset.format.kind]).read)
    any_ = False
    for chunk in read(raw, dataset, dataset.format, said):
        check_date(said, dataset, business_date)
        yield _batch(chunk, manifest.id, dataset, category, business_date, tally)
        any_ = True
    judge(said, tally, dataset, business_date)
    if not any_:
        yield Decoded(pa.RecordBatch.from_pylist([], category.schema), _rejects([]))


def _size(raw: Path) -> int:
    """Return the size of a delivered file; nothing at all is an empty delivery."""
    delivery = raw / "delivery"
    if not delivery.exists():
        return 0
    size = delivery.stat().st_size
    if size == 0:
        raise Skip("empty-delivery")
    return size


def _batch(
    chunk: Chunk, source: str, dataset: Dataset, category: Category, business_date: dt.date, tally: Tally
) -> Decoded:
    columns: dict[str, pa.Array] = {}
    reasons: list[str] = []
    fault = np.full(len(chunk.rows), -1, np.int16)  # the first field of each row that could not be converted
    for number, field in enumerate(dataset.fields):
        found = _converted(chunk.cells[field.column], field, category)
        columns[field.item] = found.values
        reasons.append(found.reason)
        if found.bad is not None:
            fault[found.bad & (fault < 0)] = number
        tally.add(field, found)
    tally.unread |= bool(chunk.rejects)
    kept = fault < 0
    bad = [int(position) for position in np.flatnonzero(~kept)]
    rejects = [
        Reject(
            int(chunk.rows[position]),
            dataset.fields[fault[position]].item,
            reasons[fault[position]],
            line,
            columns["resident_id"][position].as_py(),
        )
        for position, line in zip(bad, chunk.lines(bad) if bad else (), strict=True)
    ]
    records = _records(chunk.rows[kept], columns, source, category, business_date, pa.array(kept) if bad else None)
    return Decoded(records, _rejects([*_identified(chunk.rejects, dataset), *rejects]))


def _identified(rejects: Sequence[Reject], dataset: Dataset) -> list[Reject]:
    """Read the resident IDs of rows that were not well formed as those of all others: blank is null."""
    field = dataset.field("resident_id")
    if field is None or not rejects:
        return list(rejects)
    cells = strings([reject.resident_id for reject in rejects])
    found = identity(cells, field).values.to_pylist()
    return [reject._replace(resident_id=number) for reject, number in zip(rejects, found, strict=True)]


def _converted(cells: pa.StringArray, field: FieldMap, category: Category) -> Converted:
    if field.item in ("resident_id", "name"):
        return identity(cells, field)
    if field.item == "as_of":
        return as_of(cells, field)
    return convert(cells, field, category.item(field.item))


def _records(
    rows: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    columns: dict[str, pa.Array],
    source: str,
    category: Category,
    business_date: dt.date,
    kept: pa.BooleanArray | None,
) -> pa.RecordBatch:
    """Lay the envelope and the items out in the canonical schema."""
    count = len(rows)
    numbers = pa.array(rows)
    prefix = f"{source}:{category.id}:"  # as catalogue.categories.record_id
    whole = {
        "record_id": pc.binary_join_element_wise(prefix, pc.cast(numbers, pa.string()), ""),
        "source": pa.repeat(source, count),
        "category": pa.repeat(category.id, count),
        "row": numbers,
    }
    if kept is not None:
        columns = {name: values.filter(kept) for name, values in columns.items()}
    if "as_of" not in columns:
        whole["as_of"] = pa.repeat(pa.scalar(business_date, pa.date32()), count)
    arrays = [whole.get(field.name, columns.get(field.name)) for field in category.schema]
    return pa.RecordBatch.from_arrays(
        [
            pa.nulls(count, field.type) if array is None else array
            for array, field in zip(arrays, category.schema, strict=True)
        ],
        schema=category.schema,
    )


def _rejects(rejects: Sequence[Reject]) -> pa.RecordBatch:
    ordered = sorted(rejects, key=lambda reject: reject.row)
    columns = list(zip(*ordered, strict=True)) if ordered else [()] * len(REJECTS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, REJECTS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=REJECTS)
