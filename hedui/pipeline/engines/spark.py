"""The engine of many machines: Spark hands out pieces of files and sorts; the same kernels run in its Python workers.

Files are read in the workers by the local engine's own code, so that both engines see the same rows: Spark's
reader passes over files whose name begins with a dot, takes brackets in paths for patterns, and knows fewer types.
All machines see the same folders under the same names.
"""

import pickle
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from hedui.pipeline.engines import Files, Kernel, Progress, Screen
from hedui.pipeline.engines.groups import whole_groups
from hedui.pipeline.engines.parquet import Piece, mapped, pieces, write
from hedui.pipeline.engines.spark_session import Cluster, Session, check_installed, session
from hedui.pipeline.engines.unquoted import FAULT, kind_of, unquoted

if TYPE_CHECKING:
    from pyspark import Broadcast, SparkContext
    from pyspark.sql import DataFrame, SparkSession

_TASK: Final = 1_000_000  # rows: about a second's work, so that a lost worker costs little
_LOOK: Final = 0.5  # seconds between two looks at the progress
_ENGINE: Final = "spark"

_Batches: TypeAlias = Iterator[pa.RecordBatch]


class SparkEngine:
    """Runs kernels on Spark. Safe to share between threads; the session starts with the first call."""

    def __init__(self, scratch: Path, cluster: Cluster | None = None) -> None:
        """Spill into `scratch`, which is made and may be deleted at any time between calls.

        Raises `Stop` (`engine-missing`) where pyspark or Java is not installed.
        """
        check_installed()
        self._scratch = scratch.absolute()
        self._cluster = cluster or Cluster()
        self._session: Session | None = None

    def close(self) -> None:
        """Stop the session now; without this it is stopped when no engine refers to it any more."""
        if self._session:
            self._session.stop()

    @unquoted(_ENGINE, Exception)
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
        with self._working() as spark, _broadcast(spark, (kernel, screen)) as known:
            all_ = pieces(rows)

            def results(piece: Piece) -> Iterable[pa.RecordBatch]:
                kernel, screen = known.value
                return mapped(kernel, rows.schema, screen, piece)

            with _watched(spark.sparkContext, sum(piece.rows for piece in all_), progress):
                return self._written(_read(spark, all_, results, schema), out, schema)

    @unquoted(_ENGINE, Exception)
    def map_groups(self, kernel: Kernel, rows: Files, order: Sequence[str], out: Path, schema: pa.Schema) -> int:
        """Run `kernel` over whole groups, sorted (see `Engine`)."""
        with self._working() as spark, _broadcast(spark, kernel) as known:
            from pyspark.sql import functions

            all_ = pieces(rows)
            given = _nullable(rows.schema)

            def unchanged(piece: Piece) -> Iterable[pa.RecordBatch]:
                return mapped(lambda batch: batch, rows.schema, None, piece)

            def results(batches: _Batches) -> _Batches:
                return map(known.value, whole_groups((batch.cast(given) for batch in batches), order[0]))

            sorting = [functions.col(f"`{column}`").asc_nulls_last() for column in order]
            read = _read(spark, all_, unchanged, given)
            # A range of the first column has whole groups in it, and one range follows the other.
            ranges = read.repartitionByRange(_tasks(spark.sparkContext, all_), sorting[0])
            return self._written(_run(results, ranges.sortWithinPartitions(*sorting), schema), out, schema)

    @contextmanager
    def _working(self) -> Iterator["SparkSession"]:
        self._session = session(self._cluster, self._scratch)
        spark, work = self._session.spark, secrets.token_hex(8)
        spark.sparkContext.setJobGroup(work, "hedui")
        try:
            yield spark
        except BaseException:  # Ctrl-C as well: nobody waits for the rest
            with suppress(Exception):  # Java may be gone
                spark.sparkContext.cancelJobGroup(work)
            raise

    def _written(self, frame: "DataFrame", out: Path, schema: pa.Schema) -> int:
        """Let the workers write parts, and put these together in their order."""
        self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="spark-parts-") as folder:
            frame.write.parquet(f"{folder}/parts")
            parts = sorted(Path(folder, "parts").glob("part-*"))
            return write((batch for part in parts for batch in _batches(part)), out, schema)


def _tasks(context: "SparkContext", all_: Sequence[Piece]) -> int:
    return max(2 * context.defaultParallelism, sum(piece.rows for piece in all_) // _TASK)


def _read(
    spark: "SparkSession",
    all_: list[Piece],
    results: Callable[[Piece], Iterable[pa.RecordBatch]],
    schema: pa.Schema,
) -> "DataFrame":
    """Return what `results` makes of the pieces, in their order."""
    places = [replace(piece, metadata=None) for piece in all_]  # that is long, and in the file as well

    def run(numbers: _Batches) -> _Batches:
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                yield from results(places[number])

    tasks = max(1, min(len(all_), _tasks(spark.sparkContext, all_)))
    return _run(run, spark.range(0, len(all_), numPartitions=tasks), schema)


def _run(work: Callable[[_Batches], _Batches], frame: "DataFrame", schema: pa.Schema) -> "DataFrame":
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    known = from_arrow_schema(_nullable(schema))
    plain = to_arrow_schema(known)  # Spark names list items its own way

    def guarded(batches: _Batches) -> _Batches:
        # An error's text may quote data, and Spark would carry it through several logs: only its kind leaves here.
        fault = ""
        try:
            for batch in work(batches):
                yield batch.cast(plain)
        except Exception as error:  # noqa: BLE001
            fault = kind_of(error)
        if fault:
            raise RuntimeError(FAULT + fault)

    return frame.mapInArrow(guarded, known)


def _nullable(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(field.name, field.type) for field in schema])


def _batches(part: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(part) as file:
        yield from file.iter_batches()


@dataclass(frozen=True)
class _Packed:
    """A pickle, and in the workers what it was made of. An encrypted broadcast cannot take large arrays as they are."""

    content: bytes

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle.loads, (self.content,)


@contextmanager
def _broadcast(spark: "SparkSession", value: Any) -> Iterator["Broadcast[Any]"]:
    # A kernel may know hundreds of megabytes: it travels once to each machine, not with each task.
    known = spark.sparkContext.broadcast(_Packed(pickle.dumps(value, pickle.HIGHEST_PROTOCOL)))
    try:
        yield known
    finally:
        known.destroy()


@contextmanager
def _watched(context: "SparkContext", total: int, progress: Progress | None) -> Iterator[None]:
    """Tell `progress`, while the job of this thread runs, how much of it is done."""
    if progress is None:
        yield
        return
    tracker, group, over = context.statusTracker(), context.getLocalProperty("spark.jobGroup.id"), threading.Event()

    def look() -> None:
        while not over.wait(_LOOK):
            jobs = [job for job in map(tracker.getJobInfo, tracker.getJobIdsForGroup(group)) if job]
            stages = [stage for job in jobs for stage in map(tracker.getStageInfo, job.stageIds) if stage]
            tasks = sum(stage.numTasks for stage in stages)
            if tasks:
                progress(total * sum(stage.numCompletedTasks for stage in stages) // tasks, total)

    watching = threading.Thread(target=look, daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
    progress(total, total)
