"""The engines that run pure kernels over records: here, what any engine does; one module for each.

A kernel takes a `RecordBatch` and gives a `RecordBatch`. It is a module-level function (it may travel to another
process or machine) and its result does not depend on how its input was cut into batches.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import pyarrow as pa

Kernel: TypeAlias = Callable[[pa.RecordBatch], pa.RecordBatch]


@dataclass(frozen=True)
class Files:
    """Rows of Parquet files, whose columns may differ beyond those that are named."""

    paths: tuple[Path, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class EqualityJoin:
    """Pairs of rows whose `key` is equal, pushed down to the engine. A null key equals nothing.

    `many` is the long side, `few` the side that fits into memory. Both map each column of the pairs to the column that
    it comes from.
    """

    many: tuple[Path, ...]
    few: Path
    key: str
    from_many: Mapping[str, str]
    from_few: Mapping[str, str]


Rows: TypeAlias = Files | EqualityJoin


class Engine(Protocol):
    """What runs kernels. Both verbs write one Parquet file, whole or not at all, and return its number of rows."""

    def map_batches(self, kernel: Kernel, rows: Rows, out: Path, schema: pa.Schema) -> int:
        """Run `kernel` over all rows, in any order, and write its results (of `schema`) to `out`, in any order."""

    def map_groups(self, kernel: Kernel, rows: Rows, order: Sequence[str], out: Path, schema: pa.Schema) -> int:
        """Run `kernel` over all rows sorted by `order`, and write its results in that order.

        Rows that are equal in the first column of `order` are one group: no batch holds a part of a group.
        """


def open_engine(name: str, scratch: Path) -> Engine:
    """Return the engine called `name`; what it spills goes into `scratch`, a folder of the working area.

    Raises `Stop` (`engine-unknown`) for a name that is not an engine of this version.
    """
    from hedui.pipeline.engines.local import LocalEngine

    if name != "local":
        from catalogue.problems import Stop

        raise Stop("engine-unknown", engine=name, known="local")
    return LocalEngine(scratch)
