"""What waits in the working area for publication: index rows and batches, one file a city."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hedui.pipeline.workspace import whole
from hedui.registry.batches import BatchPlace
from hedui.registry.runs import ReportIndexRow

_BYTES = ("head_hash", "signer")
_BATCHES = b"batches"  # in the same file as their rows, so that neither is ever there without the other


def path_of(reported: Path, city: str) -> Path:
    """Return the file of a city."""
    return reported / f"city={city}.parquet"


def write(path: Path, rows: Sequence[ReportIndexRow], places: Sequence[BatchPlace]) -> None:
    """Write what was sealed of a city, whole or not at all."""
    said = [place._asdict() | {name: getattr(place, name).hex() for name in _BYTES} for place in places]
    table = pa.Table.from_pylist([asdict(row) for row in rows])
    with whole(path) as draft:
        pq.write_table(table.replace_schema_metadata({_BATCHES: json.dumps(said).encode()}), draft)


def places(path: Path) -> list[BatchPlace]:
    """Return the batches of a city; none where an older build wrote the file."""
    said = json.loads((pq.read_schema(path).metadata or {}).get(_BATCHES, b"[]"))
    if any(place.keys() != set(BatchPlace._fields) for place in said):
        return []
    return [BatchPlace(**{**place, **{name: bytes.fromhex(place[name]) for name in _BYTES}}) for place in said]


def rows(path: Path) -> Iterator[ReportIndexRow]:
    """Give the index rows of a city."""
    for batch in pq.ParquetFile(path).iter_batches():
        for row in batch.to_pylist():
            yield ReportIndexRow(**row)


def count(path: Path) -> int:
    """Return how many reports of a city were sealed."""
    return int(pq.read_metadata(path).num_rows)
