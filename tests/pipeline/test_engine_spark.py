"""The Spark engine, on this machine and on a cluster of two workers: the rows of the local one, whatever happens."""

import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalogue.problems import Stop
from hedui.pipeline.engines import Files, Screen, open_engine, spark_session
from hedui.pipeline.engines.local import LocalEngine
from hedui.pipeline.engines.match import match_records
from hedui.pipeline.engines.spark import SparkEngine
from hedui.pipeline.engines.spark_session import Cluster
from matching import resident_id
from tests.pipeline import spark_cluster
from tests.pipeline.spark_cluster import DETAILED, KEYED, PATIENCE, Quoting, SparkCluster, Waiting, assert_same_on_both

SECRET = "11010519491231002X"
# UTF-8 bytes, UTF-16 units and code points order these in three ways; nulls come last.
STRINGS = [
    "",
    "0",
    "A",
    "a",
    "é",
    "ß",
    "张",
    "张伟",
    "欧阳",
    "\ue863",
    "\uff01",
    "\ud7ff",
    "\ufffd",
    "𠀀",
    "𮯠",
    "😀",
    None,
]


@pytest.fixture(scope="module", autouse=True)
def quick_java() -> Iterator[None]:
    """Start every Java here sooner: what it compiles well would not be run often enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        yield


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    started = SparkCluster(tmp_path_factory.mktemp("cluster"))
    yield started
    started.stop()


@pytest.fixture(scope="module", params=["local[2]", "two workers"])
def spark(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    scratch = tmp_path_factory.mktemp("spark") / "the 区域 [1]" / "scratch"
    master = request.param if request.param == "local[2]" else request.getfixturevalue("cluster").url
    engine = SparkEngine(scratch, Cluster(master, memory="512m"))
    yield engine
    engine.close()
    assert not any(scratch.iterdir())


@pytest.fixture
def local(tmp_path: Path) -> LocalEngine:
    return LocalEngine(tmp_path / "local")


@pytest.fixture
def rows(tmp_path: Path) -> Files:
    """3,000 rows: files in several row groups, in folders and with names and columns that engines may stumble over."""
    rng = random.Random(3)  # noqa: S311
    paths = [tmp_path / name for name in ("key=甲/a.parquet", "b[1]{2}*/.hidden.parquet", "c/_under score.parquet")]
    for number, path in enumerate(paths):
        path.parent.mkdir()
        keys = pa.array(rng.choices([*STRINGS, *map(str, range(200))], k=1000), pa.string())
        columns = {
            "value": pa.array(rng.choices(range(10**6), k=1000), pa.int32() if number == 1 else pa.int64()),
            "key": keys.cast(pa.large_string()) if number == 2 else keys,
            f"other{number}": pa.nulls(1000),
        }
        if number == 1:
            columns["later"] = pa.array(range(1000))
        pq.write_table(pa.table(columns), path, row_group_size=250)
    return Files(tuple(paths), KEYED)


def test_map_batches(spark: SparkEngine, local: LocalEngine, rows: Files, tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []

    def run(engine, out):
        return engine.map_batches(spark_cluster.detailed, rows, out, DETAILED, progress=lambda *all_: done.append(all_))

    found = assert_same_on_both(run, local, spark, tmp_path)
    assert found.num_rows == 3000
    assert found.schema.equals(DETAILED)
    assert done[-1] == (3000, 3000)
    assert all(before <= 3000 for before, _ in done)


def test_a_column_that_files_lack_is_null(spark: SparkEngine, local: LocalEngine, rows: Files, tmp_path: Path) -> None:
    schema = pa.schema([("later", pa.int64()), ("other0", pa.string()), ("key", pa.string())])
    given = Files(rows.paths, schema)
    found = assert_same_on_both(
        lambda engine, out: engine.map_batches(spark_cluster.unchanged, given, out, schema), local, spark, tmp_path
    )
    assert found.column("later").null_count == 2000


def test_a_column_may_be_a_dictionary(spark: SparkEngine, local: LocalEngine, rows: Files, tmp_path: Path) -> None:
    keys = pq.read_table(rows.paths[0], partitioning=None).column("key")
    table = pa.table({"value": range(1000), "key": keys.dictionary_encode()})
    pq.write_table(table, tmp_path / "dictionary.parquet", row_group_size=250)
    given = Files((tmp_path / "dictionary.parquet",), KEYED)
    found = assert_same_on_both(
        lambda engine, out: engine.map_batches(spark_cluster.unchanged, given, out, KEYED), local, spark, tmp_path
    )
    assert found.column("key").combine_chunks() == keys.combine_chunks()


def test_a_screen_changes_nothing(spark: SparkEngine, local: LocalEngine, rows: Files, tmp_path: Path) -> None:
    screen = Screen(("value",), spark_cluster.even)

    def run(engine, out, screen=screen):
        return engine.map_batches(spark_cluster.only_even, rows, out, KEYED, screen=screen)

    screened = assert_same_on_both(run, local, spark, tmp_path)
    run(spark, tmp_path / "all.parquet", None)
    assert pq.read_table(tmp_path / "all.parquet").equals(screened)
    assert 0 < screened.num_rows < 3000


def test_map_groups_sorts_and_divides_no_group(
    spark: SparkEngine, local: LocalEngine, rows: Files, tmp_path: Path
) -> None:
    def sort(engine, out):
        return engine.map_groups(spark_cluster.unchanged, rows, ("key", "value"), out, KEYED)

    def add_up(engine, out):
        return engine.map_groups(spark_cluster.total, rows, ("key", "value"), out, KEYED)

    found = assert_same_on_both(sort, local, spark, tmp_path)
    assert found.num_rows == 3000
    name = "spark.sql.execution.arrow.maxRecordsPerBatch"
    options = spark._session.spark.conf
    usual = options.get(name)
    options.set(name, "16")
    found = assert_same_on_both(add_up, local, spark, tmp_path)
    options.set(name, usual)
    keys = found.column("key").to_pylist()
    assert keys == [*sorted(set(keys) - {None}, key=str.encode), None]


@pytest.mark.parametrize("paths", [0, 1])
def test_no_rows(spark: SparkEngine, local: LocalEngine, rows: Files, tmp_path: Path, paths: int) -> None:
    pq.write_table(KEYED.empty_table(), tmp_path / "empty.parquet")
    none = Files((tmp_path / "empty.parquet",) * paths, KEYED)
    found = assert_same_on_both(
        lambda engine, out: engine.map_batches(spark_cluster.detailed, none, out, DETAILED), local, spark, tmp_path
    )
    assert found.schema.equals(DETAILED)
    if paths:
        assert_same_on_both(
            lambda engine, out: engine.map_groups(spark_cluster.total, none, ("key",), out, KEYED),
            local,
            spark,
            tmp_path,
        )


def _written(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes())


def test_an_error_quotes_nothing(
    spark: SparkEngine, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capfd
) -> None:
    source, out = tmp_path / "in" / "secret.parquet", tmp_path / "out" / "out.parquet"
    source.parent.mkdir()
    pq.write_table(pa.table({"key": [SECRET] * 10, "value": range(10)}), source)
    (tmp_path / "in" / "broken.parquet").write_bytes(b"PAR1 " + SECRET.encode() + b" PAR1")
    for kernel, paths, kind in (
        (Quoting(), (source,), "ValueError"),
        (Quoting(KeyError), (source,), "KeyError"),
        (spark_cluster.unchanged, (tmp_path / "in" / "broken.parquet",), "ArrowInvalid"),
    ):
        with pytest.raises(Stop) as problem:
            spark.map_batches(kernel, Files(paths, KEYED), out, KEYED)
        assert problem.value.where == {"engine": "spark", "kind": kind}
        assert (problem.value.__cause__, problem.value.__context__) == (None, None)
    with pytest.raises(Stop) as problem:
        spark.map_groups(Quoting(), Files((source,), KEYED), ("key",), out, KEYED)
    assert problem.value.where["kind"] == "ValueError"
    assert not out.exists()
    assert SECRET not in "".join(capfd.readouterr())
    # Neither the session's folders nor the logs and spills of master, workers and executors hold it.
    assert not [*_written(spark._scratch)]
    assert not [path for folder in tmp_path_factory.getbasetemp().glob("cluster*") for path in _written(folder)]
    assert spark.map_batches(spark_cluster.unchanged, Files((source,), KEYED), out, KEYED) == 10


def test_spark_is_not_heard_outside_this_machine(spark: SparkEngine, rows: Files, tmp_path: Path) -> None:
    spark.map_batches(spark_cluster.unchanged, rows, tmp_path / "out.parquet", KEYED)
    ours = psutil.Process()
    listening = [
        connection.laddr.ip.removeprefix("::ffff:")
        for process in [ours, *ours.children(recursive=True)]
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}


@pytest.fixture
def people(tmp_path: Path) -> tuple[Path, list[Path]]:
    """300 applicants, and records of them and of others with numbers in every state of repair."""
    rng = random.Random(11)  # noqa: S311
    keys = sorted({32010219000101000 + 1000 * rng.randrange(28) + 10**11 * rng.randrange(300) + n for n in range(600)})
    numbers = resident_id.decode(pa.array(keys)).to_pylist()
    names = [rng.choice("王李张刘陈") + rng.choice("伟芳娜敏静") + rng.choice("明华强") for _ in keys]
    ids = [f"H{place:06d}-1" for place in range(300)]
    applicants = {"member_ref": [*ids, "H999999-2"], "resident_id": [*numbers[:300], numbers[0]]}
    pq.write_table(pa.table(applicants | {"name": [*names[:300], names[0]]}), tmp_path / "applicants.parquet")

    def typed(number: str) -> str | None:
        place = rng.randrange(17)
        return rng.choice(
            [
                number,
                f" {number}\t",
                number[:place] + str(rng.randrange(10)) + number[place + 1 :],
                number[:place] + number[place + 1] + number[place] + number[place + 2 :],
                number[:place] + number[place + 1 :],
                number[:place] + "7" + number[place:],
                number[:6] + "********" + number[14:],
                number[:6] + number[8:17],
                "3.20102E+17",
                "",
                None,
            ]
        )

    files = []
    for part in range(3):
        places = rng.choices(range(len(numbers)), k=400)
        records = {
            "record_id": [f"bank_0{part}:deposit:{row}" for row in range(1, 401)],
            "source": [f"bank_0{part}"] * 400,
            "resident_id": [typed(numbers[place]) for place in places],
            "name": [names[place] if row % 10 else rng.choice(["欧阳修", None]) for row, place in enumerate(places)],
        }
        folder = tmp_path / f"source=bank_0{part}" / "attempt=1"
        folder.mkdir(parents=True)
        files.append(folder / "deposit.parquet")
        pq.write_table(pa.table(records), files[-1], row_group_size=150)
    return tmp_path / "applicants.parquet", files


def test_match_records(spark: SparkEngine, local: LocalEngine, people: tuple[Path, list[Path]], tmp_path: Path) -> None:
    found = assert_same_on_both(
        lambda engine, out: match_records(engine, *people, out, applicant_id="member_ref", carry=("source",)),
        local,
        spark,
        tmp_path,
    )
    assert len(set(found.column("grade").to_pylist())) > 1


@pytest.mark.parametrize("spark", ["two workers"], indirect=True)
@pytest.mark.parametrize("verb", ["map_batches", "map_groups"])
def test_a_lost_worker_changes_nothing(
    verb: str, spark: SparkEngine, cluster: SparkCluster, local: LocalEngine, rows: Files, tmp_path: Path
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    order = {"order": ("key", "value")} if verb == "map_groups" else {}
    outs = [tmp_path / "spark.parquet", tmp_path / "local.parquet"]
    failed: list[Exception] = []

    def run() -> None:
        try:
            getattr(spark, verb)(Waiting(marks), rows, out=outs[0], schema=KEYED, **order)
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    running = threading.Thread(target=run)
    running.start()
    deadline = time.monotonic() + PATIENCE
    while True:
        at = {cluster.worker_of(int(mark.name)) for mark in marks.iterdir()} - {None}
        if len(at) == 2:
            break
        assert time.monotonic() < deadline, f"kernels run only on {at}"
        assert running.is_alive(), failed
        time.sleep(0.05)
    lost = min(at)
    cluster.kill(lost)  # its kernel waits: it was in the midst of its work
    (marks / "go").touch()
    running.join()
    assert not failed
    getattr(local, verb)(Waiting(marks), rows, out=outs[1], schema=KEYED, **order)
    assert pq.read_table(outs[0]).equals(pq.read_table(outs[1]))
    cluster.workers[lost] = cluster.add_worker()


@pytest.mark.parametrize("spark", ["local[2]"], indirect=True)
def test_a_working_area_may_be_deleted_between_calls(spark: SparkEngine, rows: Files, tmp_path: Path) -> None:
    handler = signal.getsignal(signal.SIGINT)
    shutil.rmtree(spark._scratch)
    assert spark.map_batches(spark_cluster.unchanged, rows, tmp_path / "out.parquet", KEYED) == 3000
    assert spark._scratch.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in spark._scratch.iterdir()] == [0o700]
    assert signal.getsignal(signal.SIGINT) is handler
    java = spark._session.java
    spark.close()
    assert java.poll() is not None
    assert not any(spark._scratch.iterdir())


def test_settings_say_where_spark_runs(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HEDUI_SPARK_MASTER", "spark://head:7077")
    monkeypatch.setenv("HEDUI_SPARK_HOST", "10.0.0.7")
    engine = open_engine("spark", tmp_path)
    assert engine._cluster == Cluster("spark://head:7077", host="10.0.0.7")
    monkeypatch.setenv("HEDUI_SPARK_MASTER", "yarn and more")
    with pytest.raises(Stop) as problem:
        open_engine("spark", tmp_path)
    assert problem.value.where == {"names": "HEDUI_SPARK_MASTER"}


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(spark_session, "find_spec", lambda _: None)
    monkeypatch.setattr(spark_session.shutil, "which", lambda _: None)
    with pytest.raises(Stop) as problem:
        open_engine("spark", tmp_path)
    assert problem.value.where == {"engine": "spark", "missing": "pyspark, Java"}
    assert "spark" in problem.value.hint("en")
    assert "pyspark" in problem.value.message("zh")


def test_java_is_what_java_home_says(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/opt/java")
    assert spark_session.java_home(tmp_path) == Path("/opt/java")
