"""The engine of one machine: DuckDB reads, joins, sorts, spills; kernels run beside it, in processes when it pays."""

import multiprocessing
import secrets
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalogue.problems import Stop
from hedui.pipeline.engines import EqualityJoin, Kernel, Rows

_BATCH: Final = 65_536  # rows: large enough for vectorised kernels, small enough for the processor's cache
_POOL_AFTER: Final = 2_000_000  # rows: starting processes costs as much as working on so many here


class LocalEngine:
    """Runs kernels on this machine. Safe to share between threads: each call opens its own DuckDB."""

    def __init__(
        self,
        scratch: Path,
        *,
        memory_limit: str = "2GB",
        threads: int | None = None,
        processes: int | None = None,
        pool_after: int = _POOL_AFTER,
    ) -> None:
        """Spill into `scratch`, which is made and may be deleted at any time between calls.

        `memory_limit` bounds DuckDB (its unit in the text). `threads` and `processes`: None for one a core. Kernels run
        in this process for the first `pool_after` rows, and for all with `processes` 1.
        """
        self._scratch = scratch
        self._memory_limit = memory_limit
        self._threads = threads or multiprocessing.cpu_count()
        self._processes = processes or multiprocessing.cpu_count()
        self._pool_after = pool_after

    def map_batches(self, kernel: Kernel, rows: Rows, out: Path, schema: pa.Schema) -> int:
        """Run `kernel` over all rows, in any order (see `Engine`)."""
        with self._reading(*_query(rows)) as batches:
            return _write(self._mapped(kernel, batches), out, schema)

    def map_groups(self, kernel: Kernel, rows: Rows, order: Sequence[str], out: Path, schema: pa.Schema) -> int:
        """Run `kernel` over whole groups, sorted (see `Engine`)."""
        query, parameters = _query(rows)
        sorting = ", ".join(f"{_quoted(column)}" for column in order)
        with self._reading(f"SELECT * FROM ({query}) ORDER BY {sorting}", parameters) as batches:
            return _write(self._mapped(kernel, _whole_groups(batches, order[0])), out, schema)

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

    def _mapped(self, kernel: Kernel, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Run the kernel here for the first batches, then in processes if there are more and that is possible."""
        alone = self._processes == 1 or multiprocessing.current_process().daemon  # a daemon may have no children
        rows = 0
        for batch in batches:
            yield kernel(batch)
            rows += batch.num_rows
            if rows >= self._pool_after and not alone:
                break
        following = next(batches, None)
        if following is not None:
            yield from self._in_processes(kernel, chain([following], batches))

    def _in_processes(self, kernel: Kernel, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        # Spawned, not forked: DuckDB's threads are running. Results keep the order of their batches.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self._processes, mp_context=context) as pool:
            waiting: deque[Future[pa.RecordBatch]] = deque()
            for batch in batches:
                waiting.append(pool.submit(kernel, batch))
                if len(waiting) > 2 * self._processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


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
    # DuckDB's errors may quote the data it was reading: their kind is passed on, their text is not.
    fault = ""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        fault = type(error).__name__
    if fault:
        raise Stop("engine-failed", engine="local", kind=fault)


def _query(rows: Rows) -> tuple[str, dict[str, object]]:
    # Folder names such as source=… are not columns, hence no Hive partitioning.
    if isinstance(rows, EqualityJoin):
        columns = [f"many.{_quoted(column)} AS {_quoted(name)}" for name, column in rows.from_many.items()]
        columns += [f"few.{_quoted(column)} AS {_quoted(name)}" for name, column in rows.from_few.items()]
        query = f"""
            SELECT {", ".join(columns)}
            FROM read_parquet($many, hive_partitioning = false, union_by_name = true) AS many
            JOIN read_parquet($few, hive_partitioning = false) AS few USING ({_quoted(rows.key)})
        """
        return query, {"many": [str(path) for path in rows.many], "few": str(rows.few)}
    columns = [_quoted(column) for column in rows.columns]
    query = f"SELECT {', '.join(columns)} FROM read_parquet($paths, hive_partitioning = false, union_by_name = true)"
    return query, {"paths": [str(path) for path in rows.paths]}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _whole_groups(batches: Iterator[pa.RecordBatch], key: str) -> Iterator[pa.RecordBatch]:
    """Cut sorted batches anew where the key changes, so that no group is divided."""
    held: list[pa.RecordBatch] = []  # the last group so far: it may go on in the next batch
    for batch in batches:
        if not batch.num_rows:
            continue
        keys = batch.column(key)
        last = batch.num_rows - pc.sum(pc.equal(keys, keys[-1])).as_py()
        if held and held[0].column(key)[0] != keys[0]:
            yield _joined(held)
            held = []
        if last:
            yield _joined([*held, batch.slice(0, last)])
            held = []
        held.append(batch.slice(last))
    if held:
        yield _joined(held)


def _joined(parts: list[pa.RecordBatch]) -> pa.RecordBatch:
    return parts[0] if len(parts) == 1 else pa.Table.from_batches(parts).combine_chunks().to_batches()[0]


def _write(batches: Iterator[pa.RecordBatch], out: Path, schema: pa.Schema) -> int:
    out.parent.mkdir(parents=True, exist_ok=True)
    # Under a name of its own: a killed run leaves no half file, and two at once do not write into each other's.
    unfinished = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    rows = 0
    with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        for batch in batches:
            if batch.num_rows:
                writer.write_batch(batch.cast(schema))  # DuckDB forgets nullability and names list items its own way
                rows += batch.num_rows
    unfinished.replace(out)
    return rows
