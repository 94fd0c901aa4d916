"""The kernel of assessment, `RecordBatch → RecordBatch`: one household a row in, one report document a row out."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import msgspec
import pyarrow as pa

from hedui.reports.assessment import report
from hedui.reports.basis import Basis
from hedui.reports.family import Family, Found, Person, Unusable
from hedui.reports.model import Summary, encode, summary

MONEY = pa.decimal128(18, 2)
MEMBER = pa.struct(
    [
        pa.field("member_ref", pa.string()),
        pa.field("name", pa.string()),
        pa.field("resident_id", pa.string()),
        pa.field("relation", pa.string()),
        pa.field("authorised", pa.bool_()),
        pa.field("declared_monthly_income", MONEY),
        pa.field("declared_financial_assets", MONEY),
        pa.field("declared_vehicles", pa.int64()),
        pa.field("declared_houses", pa.int64()),
    ]
)
EVIDENCE = pa.struct([pa.field("code", pa.string()), pa.field("weight", pa.float64())])
RECORD = pa.struct(
    [
        pa.field("member_ref", pa.string()),
        pa.field("source", pa.string()),
        pa.field("category", pa.string()),
        pa.field("record_id", pa.string()),
        pa.field("as_of", pa.string()),  # ISO 8601
        pa.field("grade", pa.string()),
        pa.field("weight", pa.float64()),
        pa.field("evidence", pa.list_(EVIDENCE)),
        pa.field("items", pa.string()),  # JSON object: money, decimals and dates as strings
    ]
)
UNUSABLE = pa.struct([pa.field(name, pa.string()) for name in ("member_ref", "source", "category")])
_HOUSEHOLD = ("household_ref", "county", "township", "case_ref", "case_kind", "purpose", "authorisation")
FAMILIES = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in _HOUSEHOLD),
        pa.field("members", pa.list_(MEMBER)),
        pa.field("records", pa.list_(RECORD)),
        pa.field("unusable", pa.list_(UNUSABLE)),
    ]
)
_SUMMARY = {
    "household_ref": pa.string(),
    "county": pa.string(),
    "case_ref": pa.string(),
    "conclusion": pa.string(),
    "found": pa.int64(),
    "none": pa.int64(),
    "no_answer": pa.int64(),
    "not_authorised": pa.int64(),
    "findings": pa.int64(),
}
# What the index may hold of each report, and the canonical document.
DOCUMENTS = pa.schema(
    [*(pa.field(name, kind, nullable=False) for name, kind in _SUMMARY.items()), pa.field("document", pa.binary())]
)
_items = msgspec.json.Decoder(dict[str, str | int | None])


def assess_batch(basis: Basis, families: pa.RecordBatch) -> pa.RecordBatch:
    """Assess every household of a batch of FAMILIES; return DOCUMENTS, one row each, in the same order."""
    summaries: list[Summary] = []
    documents: list[bytes] = []
    for family in read(families):
        assessed = report(family, basis)
        summaries.append(summary(assessed))
        documents.append(encode(assessed))
    said = [pa.array([getattr(one, name) for one in summaries], kind) for name, kind in _SUMMARY.items()]
    return pa.RecordBatch.from_arrays([*said, pa.array(documents, pa.binary())], schema=DOCUMENTS)


def read(families: pa.RecordBatch) -> Iterator[Family]:
    """Turn rows of FAMILIES into households."""
    # Whole columns become Python values at once; row by row, pyarrow would take several times as long.
    families = families.cast(FAMILIES)
    plain: Iterator[Any] = zip(*(families.column(name).to_pylist() for name in _HOUSEHOLD), strict=True)
    members = _lists(families.column("members"), _persons)
    records = _lists(families.column("records"), _records)
    unusable = _lists(families.column("unusable"), _unusable)
    return (
        Family(*(*row, persons, found, aside))
        for row, persons, found, aside in zip(plain, members, records, unusable, strict=True)
    )


def _persons(values: Any) -> list[Person]:
    return [Person(*row) for row in zip(*(column.to_pylist() for column in values.flatten()), strict=True)]


def _records(values: Any) -> list[Found]:
    *plain, evidence, items = values.flatten()
    columns = [column.to_pylist() for column in plain]
    grounds = _lists(evidence, _grounds)
    decoded = [_items.decode(text) for text in items.to_pylist()]
    return [Found(*row) for row in zip(*columns, grounds, decoded, strict=True)]


def _unusable(values: Any) -> list[Unusable]:
    return [Unusable(*row) for row in zip(*(column.to_pylist() for column in values.flatten()), strict=True)]


def _grounds(values: Any) -> list[tuple[str, float]]:
    code, weight = values.flatten()
    return list(zip(code.to_pylist(), weight.to_pylist(), strict=True))


def _lists(lists: Any, read_values: Callable[[Any], list[Any]]) -> Iterator[tuple[Any, ...]]:
    """Cut the values of a list column into one tuple a row; a null list is empty."""
    offsets = lists.offsets.to_pylist()
    first = offsets[0]  # of a slice, the values of other rows are not read
    values = read_values(lists.values.slice(first, offsets[-1] - first))
    return (tuple(values[start - first : end - first]) for start, end in pairwise(offsets))
