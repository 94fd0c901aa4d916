"""A real Spark cluster on loopback, kernels that its workers can import, and a comparison of engines."""

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hedui.pipeline.engines import Engine
from hedui.pipeline.engines.spark_session import java_home

PATIENCE = 120  # seconds: a machine may be busy


def assert_same_on_both(run: Callable[[Engine, Path], Any], one: Engine, other: Engine, folder: Path) -> pa.Table:
    """Run something that writes a Parquet file on both engines; its result and the file must be the same."""
    outs = [folder / f"{secrets.token_hex(4)}.parquet" for _ in range(2)]
    results = [run(engine, out) for engine, out in zip((one, other), outs, strict=True)]
    tables = [pq.read_table(out) for out in outs]
    assert results[0] == results[1]
    assert tables[0].schema.equals(tables[1].schema, check_metadata=True)
    assert tables[0].equals(tables[1])
    return tables[0]


class SparkCluster:
    """A standalone master and workers of one core each, from the pyspark wheel."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        import pyspark

        self.folder = folder
        self._program = Path(pyspark.__file__).parent / "bin" / "spark-class"
        self._environment = os.environ | {
            "JAVA_HOME": str(java_home(folder)),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(folder / "spill"),
            "SPARK_DAEMON_MEMORY": "256m",
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"spark://127.0.0.1:{port}"
        self._master = self._start("master.Master", "--port", str(port))
        deadline = time.monotonic() + PATIENCE
        while not _answers(port):
            assert time.monotonic() < deadline, "the master does not answer"
            time.sleep(0.1)
        self.workers = [self.add_worker() for _ in range(workers)]

    def add_worker(self) -> "subprocess.Popen[bytes]":
        work = self.folder / "work" / secrets.token_hex(4)
        return self._start("worker.Worker", "--cores", "1", "--memory", "1g", "--work-dir", str(work), self.url)

    def worker_of(self, pid: int) -> int | None:
        """Return the place of the worker that a process belongs to."""
        try:
            above = {process.pid for process in psutil.Process(pid).parents()}
        except psutil.NoSuchProcess:
            return None
        return next((place for place, worker in enumerate(self.workers) if worker.pid in above), None)

    def kill(self, place: int) -> None:
        """Kill a worker and all that it started, as a machine does that loses its power."""
        worker = psutil.Process(self.workers[place].pid)
        for process in [worker, *worker.children(recursive=True)]:
            process.kill()
        self.workers[place].wait()

    def stop(self) -> None:
        for process in (*self.workers, self._master):
            process.send_signal(signal.SIGTERM)
        for process in (*self.workers, self._master):
            process.wait(PATIENCE)

    def _start(self, name: str, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [str(self._program), f"org.apache.spark.deploy.{name}", "--host", "127.0.0.1", "--webui-port", "0"]
        with (self.folder / f"{name}-{secrets.token_hex(4)}.log").open("wb") as log:
            return subprocess.Popen([*command, *arguments], env=self._environment, stdout=log, stderr=log)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


KEYED = pa.schema([("key", pa.string()), ("value", pa.int64())])
DETAIL = pa.struct([pa.field("code", pa.string()), pa.field("weight", pa.float64())])
DETAILED = pa.schema(
    [
        pa.field("key", pa.string()),
        pa.field("half", pa.int32(), nullable=False),
        pa.field("details", pa.list_(DETAIL), nullable=False),
    ]
)


def unchanged(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch


def detailed(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Give types of every kind that engines are tempted to change."""
    values = batch.column("value").to_pylist()
    details = [[{"code": f"c{part}", "weight": value / 1024} for part in range(value % 3)] for value in values]
    columns = [batch.column("key"), pa.array([value // 2 for value in values], pa.int32()), pa.array(details)]
    return pa.RecordBatch.from_arrays([c.cast(f.type) for c, f in zip(columns, DETAILED, strict=True)], schema=DETAILED)


def total(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Add up each key: wrong as soon as a group is divided."""
    sums = pa.Table.from_batches([batch]).group_by("key", use_threads=False).aggregate([("value", "sum")])
    return sums.rename_columns(["key", "value"]).cast(KEYED).sort_by("key").combine_chunks().to_batches()[0]


def even(batch: pa.RecordBatch) -> Any:
    return pc.indices_nonzero(pc.equal(pc.bit_wise_and(batch.column("value"), 1), 0)).to_numpy().astype("int64")


def only_even(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.take(pa.array(even(batch)))


@dataclass(frozen=True)
class Quoting:
    """Fails with what it read."""

    kind: type[Exception] = ValueError

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        raise self.kind(batch.column("key").to_pylist())


@dataclass(frozen=True)
class Waiting:
    """Marks in a folder that it runs, and in which process, and goes on when the folder has a file `go`."""

    folder: Path

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        (self.folder / str(os.getpid())).touch()
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / "go").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return batch
