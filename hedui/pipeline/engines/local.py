"""The engine of one machine: Parquet is read by row group on a thread for each core, DuckDB sorts and spills.

Threads, not processes: kernels are NumPy and Arrow, which leave the interpreter's lock, and share one copy of what they
know.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from hedui.pipeline.duck import open_duckdb
from hedui.pipeline.engines import Files, Kernel, Progress, Screen
from hedui.pipeline.engines.groups import whole_groups
from hedui.pipeline.engines.parquet import BATCH, Piece, in_order, mapped, pieces, write
from hedui.pipeline.engines.unquoted import unquoted

_ENGINE: Final = "local"


class LocalEngine:
    """Runs kernels on this machine. Safe to share between threads: each call opens its own DuckDB."""

    def __init__(self, scratch: Path, *, memory_limit: str = "2GB", threads: int | None = None) -> None:
        """Spill into `scratch`, which is made and may be deleted at any time between calls.

        `memory_limit` bounds DuckDB (its unit in the text). `threads`: None for one a core.
        """
        _allocate_well()
        self._scratch = scratch
        self._memory_limit = memory_limit
        self._threads = threads or os.cpu_count() or 1
        self._ahead = 2 * self._threads  # pieces under way: their results wait in memory

    @unquoted(_ENGINE, duckdb.Error, pa.ArrowException)
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
        all_ = pieces(rows)
        total = sum(piece.rows for piece in all_)
        work = partial(_work, kernel, rows.schema, screen)

        def results() -> Iterator[pa.RecordBatch]:
            done = 0
            # One more than there are cores: now and then one waits for the file, or for the interpreter's lock.
            with ThreadPoolExecutor(self._threads + 1) as pool:
                for piece, batches in in_order(pool, work, all_, self._ahead):
                    yield from batches
                    done += piece.rows
                    if progress:
                        progress(done, total)

        return write(results(), out, schema)

    @unquoted(_ENGINE, duckdb.Error, pa.ArrowException)
    def map_groups(self, kernel: Kernel, rows: Files, order: Sequence[str], out: Path, schema: pa.Schema) -> int:
        """Run `kernel` over whole groups, sorted (see `Engine`)."""
        columns = ", ".join(_quoted(column) for column in rows.schema.names)
        sorting = ", ".join(f"{_quoted(column)} NULLS LAST" for column in order)
        # Folder names such as source=… are not columns, hence no Hive partitioning.
        query = f"""
            SELECT {columns} FROM read_parquet($paths, hive_partitioning = false, union_by_name = true)
            ORDER BY {sorting}
        """
        with self._database() as database:
            reader = database.sql(query, params={"paths": [str(path) for path in rows.paths]}).to_arrow_reader(BATCH)
            with ThreadPoolExecutor(self._threads) as pool:
                groups = in_order(pool, kernel, whole_groups(reader, order[0]), self._ahead)
                return write((result for _, result in groups), out, schema)

    @contextmanager
    def _database(self) -> Iterator[duckdb.DuckDBPyConnection]:
        self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            tempfile.TemporaryDirectory(dir=self._scratch, prefix="duckdb-") as spill,
            open_duckdb(Path(spill), memory_limit=self._memory_limit, threads=self._threads) as connection,
        ):
            yield connection


def _allocate_well() -> None:
    # Arrow's other allocators return memory to the system while one thread works, which stops the others: a tenth to a
    # fifth of the time of matching on two cores. What the user has chosen stays.
    if "ARROW_DEFAULT_MEMORY_POOL" not in os.environ and "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def _work(kernel: Kernel, schema: pa.Schema, screen: Screen | None, piece: Piece) -> list[pa.RecordBatch]:
    return list(mapped(kernel, schema, screen, piece))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
