"""The engines that run pure kernels over records: here, what any engine does; one module for each.

A kernel takes a `RecordBatch` and gives a `RecordBatch`. It can be pickled (it may travel to another process or
machine), does not mind being called by several threads at once, and its result does not depend on how its input was
cut into batches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Kernel: TypeAlias = Callable[[pa.RecordBatch], pa.RecordBatch]
Progress: TypeAlias = Callable[[int, int], None]  # rows done, rows in all


@dataclass(frozen=True)
class Files:
    """Rows of Parquet files, read as `schema`: columns beyond it are left out, a column that a file lacks is null."""

    paths: tuple[Path, ...]
    schema: pa.Schema


@dataclass(frozen=True)
class Screen:
    """A cheap look at a few columns that says for which rows a kernel could have a result.

    It promises that `kernel(batch)` equals `kernel(batch.take(rows(batch)))`; `rows` needs only `columns`, gives
    positions in ascending order, and is a kernel in every other way. An engine may use it or not.
    """

    columns: tuple[str, ...]
    rows: Callable[[pa.RecordBatch], npt.NDArray[np.int64]]


class Engine(Protocol):
    """What runs kernels. Both verbs write one Parquet file, whole or not at all, and return its number of rows."""

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
        """Run `kernel` over all rows, in any order, and write its results (of `schema`) to `out`, in any order."""

    def map_groups(self, kernel: Kernel, rows: Files, order: Sequence[str], out: Path, schema: pa.Schema) -> int:
        """Run `kernel` over all rows sorted by `order`, and write its results in that order.

        Strings are sorted by their UTF-8 bytes, nulls come last. Rows that are equal in the first column of `order` are
        one group: no batch holds a part of a group.
        """


def open_engine(name: str, scratch: Path) -> Engine:
    """Return the engine called `name`; what it spills goes into `scratch`, a folder of the working area.

    Raises `Stop`: `engine-unknown` for a name that is not an engine of this version, `engine-missing` where what it
    needs is not installed.
    """
    from hedui.pipeline.engines.local import LocalEngine

    if name == "local":
        return LocalEngine(scratch)
    if name == "spark":
        from hedui.pipeline.engines.spark import SparkEngine
        from hedui.pipeline.engines.spark_session import Cluster
        from hedui.settings import Settings

        said = Settings()
        return SparkEngine(scratch, Cluster(said.spark_master, said.spark_host, said.spark_python, said.spark_memory))
    from catalogue.problems import Stop

    raise Stop("engine-unknown", engine=name, known="local, spark")
