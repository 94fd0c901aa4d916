"""The engine of one machine: Parquet is read by row group on a thread for each core, DuckDB sorts and spills.

Threads, not processes: kernels are NumPy and Arrow, which leave the interpreter's lock, and share one copy of what they
know. A screened read decodes the other columns and hands them on only for the rows that the screen lets through.
"""

import os
import secrets
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from catalogue.problems import Stop
from hedui.pipeline.engines import Files, Kernel, Progress, Screen
from hedui.pipeline.engines.groups import whole_groups

_BATCH: Final = 131_072  # rows: large enough for vectorised kernels, small enough to stay near the processor
_PIECE: Final = 1_000_000  # rows read by one thread at a stretch, at least: what a screen leaves of them fills a batch


@dataclass(frozen=True)
class _Piece:
    """Neighbouring row groups of one file."""

    path: Path
    metadata: pq.FileMetaData
    groups: list[int]
    rows: int


class LocalEngine:
    """Runs kernels on this machine. Safe to share between threads: each call opens its own DuckDB."""

    def __init__(self, scratch: Path, *, memory_limit: str = "2GB", threads: int | None = None) -> None:
        """Spill into `scratch`, which is made and may be deleted at any time between calls.

        `memory_limit` bounds DuckDB (its unit in the text). `threads`: None for one a core.
        """
        self._scratch = scratch
        self._memory_limit = memory_limit
        self._threads = threads or os.cpu_count() or 1

    def map_batches(
        self,
        kernel: Kernel,
        rows: Files,
        out: Path,
        schema: pa.Schema,
        *,
        screen: Screen | None = None,
        progress: Progress | None = None,
    ) -> int:
        """Run `kernel` over all rows (see `Engine`); the results stand in the order of the rows."""
        with _unquoted():
            pieces = [piece for path in rows.paths for piece in _pieces(path)]
        total = sum(piece.rows for piece in pieces)
        work = partial(_mapped, kernel, rows.schema, screen)

        def results() -> Iterator[pa.RecordBatch]:
            done = 0
            with ThreadPoolExecutor(self._threads) as pool:
                for piece, batches in _in_order(pool, work, pieces, 2 * self._threads):
                    yield from batches
                    done += piece.rows
                    if progress:
                        progress(done, total)

        return write(results(), out, schema)

    def map_groups(self, kernel: Kernel, rows: Files, order: Sequence[str], out: Path, schema: pa.Schema) -> int:
        """Run `kernel` over whole groups, sorted (see `Engine`)."""
        columns = ", ".join(_quoted(column) for column in rows.schema.names)
        sorting = ", ".join(f"{_quoted(column)} NULLS LAST" for column in order)
        # Folder names such as source=… are not columns, hence no Hive partitioning.
        query = f"""
            SELECT {columns} FROM read_parquet($paths, hive_partitioning = false, union_by_name = true)
            ORDER BY {sorting}
        """
        with self._reading(query, {"paths": [str(path) for path in rows.paths]}) as batches:
            return write(map(kernel, whole_groups(batches, order[0])), out, schema)

    @contextmanager
    def _reading(self, query: str, parameters: dict[str, object]) -> Iterator[Iterator[pa.RecordBatch]]:
        self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="duckdb-") as spill:
            config: dict[str, str | bool | int | float | list[str]] = {
                "threads": self._threads,
                "memory_limit": self._memory_limit,
                "temp_directory": spill,
                "preserve_insertion_order": "false",
            }
            with _unquoted():
                connection = duckdb.connect(config=config)
            with connection:
                yield _read(connection, query, parameters)


def write(batches: Iterable[pa.RecordBatch], out: Path, schema: pa.Schema) -> int:
    """Write batches to one Parquet file, whole or not at all; return the number of rows."""
    out.parent.mkdir(parents=True, exist_ok=True)
    # Under a name of its own: a killed run leaves no half file, and two at once do not write into each other's.
    unfinished = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    rows = 0
    try:
        with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
            for batch in batches:
                if batch.num_rows:
                    writer.write_batch(
                        batch.cast(schema)
                    )  # DuckDB forgets nullability and names list items its own way
                    rows += batch.num_rows
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _pieces(path: Path) -> Iterator[_Piece]:
    metadata = pq.read_metadata(path)
    groups: list[int] = []
    rows = 0
    for group in range(metadata.num_row_groups):
        groups.append(group)
        rows += metadata.row_group(group).num_rows
        if rows >= _PIECE or group + 1 == metadata.num_row_groups:
            yield _Piece(path, metadata, groups, rows)
            groups, rows = [], 0


def _in_order(
    pool: ThreadPoolExecutor,
    work: "partial[list[pa.RecordBatch]]",
    pieces: list[_Piece],
    ahead: int,
) -> Iterator[tuple[_Piece, list[pa.RecordBatch]]]:
    waiting: deque[tuple[_Piece, Future[list[pa.RecordBatch]]]] = deque()
    try:
        for piece in pieces:
            waiting.append((piece, pool.submit(work, piece)))
            if len(waiting) >= ahead:
                first, result = waiting.popleft()
                yield first, result.result()
        while waiting:
            first, result = waiting.popleft()
            yield first, result.result()
    finally:
        for _, left in waiting:
            left.cancel()


def _mapped(kernel: Kernel, schema: pa.Schema, screen: Screen | None, piece: _Piece) -> list[pa.RecordBatch]:
    return [kernel(batch) for batch in _filled(_screened(schema, screen, piece))]


def _screened(schema: pa.Schema, screen: Screen | None, piece: _Piece) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(piece.path, metadata=piece.metadata) as file:
        have = [name for name in schema.names if name in file.schema_arrow.names]
        early = [name for name in have if screen and name in screen.columns]
        late = [name for name in have if name not in early]
        for first, second in zip(_batches(file, piece, early), _batches(file, piece, late), strict=True):
            columns = dict(zip(early + late, first.columns + second.columns, strict=True))
            rows = first.num_rows or second.num_rows
            if screen:
                chosen = screen.rows(_conformed(columns, _only(schema, screen.columns), rows))
                columns = {
                    name: column.cast(schema.field(name).type).take(
                        pa.array(chosen)
                    )  # not every type can be taken from
                    for name, column in columns.items()
                }
                rows = len(chosen)
            yield _conformed(columns, schema, rows)


def _filled(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Put small batches together, up to `_BATCH` rows."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if held and rows + batch.num_rows > _BATCH:
            yield pa.concat_batches(held)
            held, rows = [], 0
        if batch.num_rows:
            held.append(batch)
            rows += batch.num_rows
    if held:
        yield pa.concat_batches(held)


def _batches(file: pq.ParquetFile, piece: _Piece, columns: list[str]) -> Iterator[pa.RecordBatch]:
    if columns:
        with _unquoted():
            read = file.iter_batches(_BATCH, row_groups=piece.groups, columns=columns, use_threads=False)
        while True:
            with _unquoted():
                batch = next(read, None)
            if batch is None:
                return
            yield batch.select(columns)
    else:
        for _ in range(0, piece.rows, _BATCH):
            yield pa.RecordBatch.from_pydict({})


def _only(schema: pa.Schema, names: tuple[str, ...]) -> pa.Schema:
    return pa.schema([field for field in schema if field.name in names])


def _conformed(columns: dict[str, pa.Array], schema: pa.Schema, rows: int) -> pa.RecordBatch:
    arrays = [
        columns[field.name].cast(field.type) if field.name in columns else pa.nulls(rows, field.type)
        for field in schema
    ]
    lenient = pa.schema([field.with_nullable(nullable=True) for field in schema])  # kernels give back what they got
    return pa.RecordBatch.from_arrays(arrays, schema=lenient)


def _read(connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, object]) -> Iterator[pa.RecordBatch]:
    with _unquoted():
        reader = connection.sql(query, params=parameters).to_arrow_reader(_BATCH)
    batch: pa.RecordBatch | None
    while reader:
        with _unquoted():
            batch = next(reader, None)
        if batch is None:
            return
        yield batch


@contextmanager
def _unquoted() -> Iterator[None]:
    # The errors of DuckDB and Arrow may quote the data being read: their kind is passed on, their text is not.
    fault = ""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        fault = type(error).__name__
    if fault:
        raise Stop("engine-failed", engine="local", kind=fault)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
