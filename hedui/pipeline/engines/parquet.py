"""Parquet in and out, as every engine reads and writes it: in pieces, through a screen, whole or not at all."""

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from hedui.pipeline.engines import Files, Kernel, Screen

BATCH: Final = 262_144  # rows: large enough for vectorised kernels, small enough to stay near the processor
_PIECE: Final = 1_000_000  # rows read by one thread at a stretch, at least: what a screen leaves of them fills a batch

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Piece:
    """Neighbouring row groups of one file."""

    path: Path
    groups: list[int]
    rows: int
    metadata: pq.FileMetaData | None  # the file's; None to read it again


def pieces(rows: Files) -> list[Piece]:
    """Divide files into what one thread or task reads at a stretch, in their order."""
    return [piece for path in rows.paths for piece in _pieces(path.absolute())]


def mapped(kernel: Kernel, schema: pa.Schema, screen: Screen | None, piece: Piece) -> Iterator[pa.RecordBatch]:
    """Run a kernel over the rows of a piece, read as `schema`, that the screen lets through."""
    return map(kernel, _filled(_screened(schema, screen, piece)))


def in_order(pool: Executor, work: Callable[[T], R], items: Iterable[T], ahead: int) -> Iterator[tuple[T, R]]:
    """Do the work of a few items at a time in a pool; give items and results in their order."""
    waiting: deque[tuple[T, Future[R]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) > ahead:
                first, result = waiting.popleft()
                yield first, result.result()
        while waiting:
            first, result = waiting.popleft()
            yield first, result.result()
    finally:
        for _, left in waiting:
            left.cancel()


def write(batches: Iterable[pa.RecordBatch], out: Path, schema: pa.Schema) -> int:
    """Write batches to one Parquet file, whole or not at all; return the number of rows."""
    out.parent.mkdir(parents=True, exist_ok=True)
    # Under a name of its own: a killed run leaves no half file, and two at once do not write into each other's.
    unfinished = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    rows = 0
    try:
        with pq.ParquetWriter(unfinished, schema, compression="snappy", use_dictionary=_repeating(schema)) as writer:
            for batch in batches:
                if batch.num_rows:
                    # The cast: DuckDB forgets nullability and names list items its own way.
                    writer.write_batch(batch.cast(schema))
                    rows += batch.num_rows
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _repeating(schema: pa.Schema) -> list[str]:
    # The columns in which a dictionary saves something: identifiers hardly repeat, and integers are short as they are.
    leaves = []
    for field in schema:
        inner = [f".list.element.{child.name}" for child in field.type.value_type] if field.type.num_fields else [""]
        if not (field.name.endswith("_id") or pa.types.is_integer(field.type)):
            leaves += [field.name + each for each in inner]
    return leaves


def _pieces(path: Path) -> Iterator[Piece]:
    metadata = pq.read_metadata(path)
    groups: list[int] = []
    rows = 0
    for group in range(metadata.num_row_groups):
        groups.append(group)
        rows += metadata.row_group(group).num_rows
        if rows >= _PIECE or group + 1 == metadata.num_row_groups:
            yield Piece(path, groups, rows, metadata)
            groups, rows = [], 0


def _screened(schema: pa.Schema, screen: Screen | None, piece: Piece) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(piece.path, metadata=piece.metadata, memory_map=True) as file:
        there = pa.schema([field for field in schema if field.name in file.schema_arrow.names])
        looked_at = pa.schema([field for field in schema if screen and field.name in screen.columns])
        for read in file.iter_batches(BATCH, row_groups=piece.groups, columns=there.names, use_threads=False):
            batch = _conformed(read, there)
            if screen:
                batch = batch.take(pa.array(screen.rows(_conformed(batch, looked_at))))
            yield _conformed(batch, schema)


def _conformed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    there = set(batch.schema.names)
    arrays = [
        batch.column(field.name).cast(field.type) if field.name in there else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    lenient = pa.schema([field.with_nullable(nullable=True) for field in schema])  # kernels give back what they got
    return pa.RecordBatch.from_arrays(arrays, schema=lenient)


def _filled(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Put small batches together, up to `BATCH` rows."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if held and rows + batch.num_rows > BATCH:
            yield pa.concat_batches(held)
            held, rows = [], 0
        if batch.num_rows:
            held.append(batch)
            rows += batch.num_rows
    if held:
        yield pa.concat_batches(held)
