"""DuckDB as every stage opens it: bounded, spilling where it is told, and silent."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def open_duckdb(spill: Path, *, memory_limit: str, threads: int | None = None) -> "duckdb.DuckDBPyConnection":
    """Open a database in memory that spills into `spill`. `threads`: None for one a core.

    It reaches for nothing outside, and draws no progress bar: DuckDB would draw it on standard output, into `--json`.
    """
    import duckdb

    database = duckdb.connect(
        config={
            "threads": threads or os.cpu_count() or 1,
            "memory_limit": memory_limit,
            "temp_directory": str(spill),
            "preserve_insertion_order": "false",  # whoever needs an order says so
            "autoinstall_known_extensions": "false",
        }
    )
    database.execute("SET enable_progress_bar = false")
    return database
