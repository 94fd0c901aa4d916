"""The local engine: any cut into batches, one process or several, the same rows; and matching on top of it."""

import errno
import os
import random
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from catalogue.problems import Stop
from hedui.pipeline.engines import Files, Screen, local, open_engine, parquet
from hedui.pipeline.engines.groups import whole_groups
from hedui.pipeline.engines.local import LocalEngine
from hedui.pipeline.engines.match import match_records
from matching import resident_id
from matching.match import MATCH_SCHEMA

SCHEMA = pa.schema([("key", pa.string()), ("value", pa.int64())])


def double(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.set_column(1, "value", pc.multiply(batch.column("value"), 2))


def total(batch: pa.RecordBatch) -> pa.RecordBatch:
    sums = pa.Table.from_batches([batch]).group_by("key", use_threads=False).aggregate([("value", "sum")])
    return sums.rename_columns(["key", "value"]).cast(SCHEMA).combine_chunks().to_batches()[0]


def cut_into(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(local, "BATCH", rows)
    monkeypatch.setattr(parquet, "BATCH", rows)


@pytest.fixture
def engine(tmp_path: Path) -> LocalEngine:
    return LocalEngine(tmp_path / "scratch")


@pytest.fixture
def rows(tmp_path: Path) -> tuple[Path, ...]:
    """Two files in folders that look like Hive partitions, with other columns in another order."""
    paths = tmp_path / "key=a" / "one.parquet", tmp_path / "key=b" / "two.parquet"
    for number, path in enumerate(paths):
        path.parent.mkdir()
        values = range(number * 500, number * 500 + 500)
        columns = {"value": list(values), "key": [f"k{value % 7}" for value in values], f"other{number}": [1] * 500}
        pq.write_table(pa.table(columns), path)
    return paths


def test_map_batches(engine: LocalEngine, rows: tuple[Path, ...], tmp_path: Path, monkeypatch) -> None:
    cut_into(monkeypatch, 128)
    out = tmp_path / "out.parquet"
    assert engine.map_batches(double, Files(rows, SCHEMA), out, SCHEMA) == 1000
    assert sorted(pq.read_table(out).column("value").to_pylist()) == [2 * value for value in range(1000)]


@pytest.mark.parametrize("batch", [1, 64, 65_536])
def test_map_groups_never_divides_a_group(rows: tuple[Path, ...], tmp_path: Path, monkeypatch, batch: int) -> None:
    cut_into(monkeypatch, batch)
    engine, out = LocalEngine(tmp_path / "scratch"), tmp_path / "out.parquet"
    assert engine.map_groups(total, Files(rows, SCHEMA), ("key", "value"), out, SCHEMA) == 7
    expected = {f"k{key}": sum(value for value in range(1000) if value % 7 == key) for key in range(7)}
    assert pq.read_table(out).to_pylist() == [{"key": key, "value": expected[key]} for key in sorted(expected)]


def test_groups_are_cut_only_between_keys() -> None:
    rng = random.Random(5)  # noqa: S311
    keys = sorted(rng.choices("abcdefgh", k=60))
    table = pa.table({"key": keys, "value": list(range(60))})
    for size in (1, 2, 3, 7, 59, 60, 100):
        parts = list(whole_groups(iter(table.to_batches(max_chunksize=size)), "key"))
        assert pa.Table.from_batches(parts).equals(table)
        seen = [set(part.column("key").to_pylist()) for part in parts]
        assert sum(len(each) for each in seen) == len(set(keys))


def test_null_keys_are_one_group_and_come_last(engine: LocalEngine, tmp_path: Path) -> None:
    source, out = tmp_path / "rows.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"key": [None, "b", None, "a", "b"], "value": [1, 2, 3, 4, 5]}, SCHEMA), source)
    assert engine.map_groups(total, Files((source,), SCHEMA), ("key", "value"), out, SCHEMA) == 3
    assert pq.read_table(out).to_pylist() == [
        {"key": "a", "value": 4},
        {"key": "b", "value": 7},
        {"key": None, "value": 4},
    ]


def test_a_column_that_a_file_lacks_is_null(engine: LocalEngine, rows: tuple[Path, ...], tmp_path: Path) -> None:
    schema, out = pa.schema([*SCHEMA, ("other1", pa.int64())]), tmp_path / "out.parquet"
    assert engine.map_batches(double, Files(rows, schema), out, schema) == 1000
    found = pq.read_table(out)
    assert (found.schema.names, found["other1"].null_count) == (schema.names, 500)


def odd_values(batch: pa.RecordBatch) -> np.ndarray:
    assert batch.schema.names == ["value"], "a screen sees its own columns only"
    return np.flatnonzero(batch.column("value").to_numpy() % 2)


@pytest.mark.parametrize("size", [3, 128, 131_072])
def test_a_screen_spares_the_kernel_rows(rows: tuple[Path, ...], tmp_path: Path, monkeypatch, size: int) -> None:
    cut_into(monkeypatch, size)
    seen = []

    def kernel(batch: pa.RecordBatch) -> pa.RecordBatch:
        seen.append(batch.num_rows)
        return batch

    out = tmp_path / "out.parquet"
    engine, screen = LocalEngine(tmp_path / "scratch"), Screen(("value",), odd_values)
    assert engine.map_batches(kernel, Files(rows, SCHEMA), out, SCHEMA, screen=screen) == 500
    assert pq.read_table(out).column("value").to_pylist() == list(range(1, 1000, 2)), "in the order of the files"
    assert pq.read_table(out).column("key").to_pylist() == [f"k{value % 7}" for value in range(1, 1000, 2)]
    assert sum(seen) == 500


def test_progress_ends_at_all_rows(engine: LocalEngine, rows: tuple[Path, ...], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    engine.map_batches(double, Files(rows, SCHEMA), tmp_path / "out", SCHEMA, progress=lambda *at: told.append(at))
    assert told == [(500, 1000), (1000, 1000)]


def test_a_failing_kernel_leaves_no_output_and_no_spill(rows: tuple[Path, ...], tmp_path: Path) -> None:
    def breaks(_: pa.RecordBatch) -> pa.RecordBatch:
        raise RuntimeError

    engine, out = LocalEngine(tmp_path / "scratch"), tmp_path / "out.parquet"
    with pytest.raises(RuntimeError):
        engine.map_batches(breaks, Files(rows, SCHEMA), out, SCHEMA)
    with pytest.raises(RuntimeError):
        engine.map_groups(breaks, Files(rows, SCHEMA), ("key",), out, SCHEMA)
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"one.parquet", "two.parquet"}


def test_an_error_of_duckdb_is_not_quoted(tmp_path: Path) -> None:
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 11010519491231002X PAR1")
    with pytest.raises(Stop) as problem:
        LocalEngine(tmp_path / "scratch").map_batches(double, Files((bad,), SCHEMA), tmp_path / "out", SCHEMA)
    assert problem.value.code == "engine-failed"
    assert problem.value.__context__ is None
    assert "110105" not in str(problem.value)


def test_spills_within_its_memory_and_cleans_up(tmp_path: Path) -> None:
    source = tmp_path / "rows.parquet"
    duckdb.sql(
        "COPY (SELECT md5(i::VARCHAR) || md5((-i)::VARCHAR) AS key, i AS value FROM range(700_000) t(i))"
        f" TO '{source}' (FORMAT parquet)"
    )
    engine = LocalEngine(tmp_path / "scratch", memory_limit="60MB", threads=1)
    out = tmp_path / "out.parquet"
    assert engine.map_groups(double, Files((source,), SCHEMA), ("key",), out, SCHEMA) == 700_000
    keys = pq.read_table(out).column("key").combine_chunks()
    assert pc.all(pc.less_equal(keys[:-1], keys[1:])).as_py()
    assert not any((tmp_path / "scratch").iterdir())


_SPILLING = """
import resource, sys
from pathlib import Path
import pyarrow as pa
from hedui.pipeline.engines import Files
from hedui.pipeline.engines.local import LocalEngine
schema = pa.schema([("key", pa.string()), ("value", pa.int64())])
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
source, folder = map(Path, sys.argv[1:])
try:
    engine = LocalEngine(folder, memory_limit="60MB", threads=1)
    engine.map_groups(lambda batch: batch, Files((source,), schema), ("key",), folder / "out", schema)
except OSError as error:
    print(error.errno, error, error.__context__)
"""


def test_a_full_disk_stays_one_when_it_is_spilling(tmp_path: Path) -> None:
    source = tmp_path / "rows.parquet"
    rows = "SELECT md5(i::VARCHAR) || md5((-i)::VARCHAR) AS key, i AS value FROM range(700_000) t(i)"
    duckdb.sql(f"COPY ({rows}) TO '{source}' (FORMAT parquet)")
    command = [sys.executable, "-c", _SPILLING, str(source), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{errno.ENOSPC} {OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))} None\n"


def test_unknown_engine_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(Stop) as problem:
        open_engine("abacus", tmp_path)
    assert "local" in problem.value.hint("en")
    assert isinstance(open_engine("local", tmp_path), LocalEngine)


@pytest.fixture
def people(tmp_path: Path) -> tuple[Path, list[Path]]:
    """300 applicants, two of them one person in two households; 3 files of records of these and of 300 others."""
    rng = random.Random(11)  # noqa: S311
    keys = [32010219000101000 + 1000 * day + 10**11 * rng.randrange(300) for day in range(28)] * 25
    keys = sorted({key + number % 1000 for number, key in enumerate(keys)})[:600]
    numbers = resident_id.decode(pa.array(keys)).to_pylist()
    names = [rng.choice("王李张刘陈") + rng.choice("伟芳娜敏静") + rng.choice("明华强") for _ in keys]
    refs = [f"H{place:06d}-1" for place in range(300)]
    applicants = pa.table(
        {
            "member_ref": [*refs, "H999999-2"],
            "county": ["320102"] * 301,
            "resident_id": [*numbers[:300], numbers[0]],
            "id_key": [*keys[:300], keys[0]],
            "name": [*names[:300], names[0]],
        }
    )
    pq.write_table(applicants, tmp_path / "applicants.parquet")
    files = []
    for part in range(3):
        places = [1, 0, *rng.choices(range(600), k=398)]
        typed = [f" {numbers[place]}\t" if place % 5 == 0 else numbers[place].lower() for place in places]
        records = {
            "record_id": [f"bank_0{part}:deposit:{row}" for row in range(1, 401)],
            "source": [f"bank_0{part}"] * 400,
            "category": ["deposit"] * 400,
            "resident_id": typed,
            "id_key": resident_id.encode(pa.array(typed)),
            "name": [names[place] if row % 10 else "欧阳修" for row, place in enumerate(places)],
        }
        folder = tmp_path / f"source=bank_0{part}" / "attempt=1"
        folder.mkdir(parents=True)
        pq.write_table(pa.table(records), folder / "deposit.parquet")
        files.append(folder / "deposit.parquet")
    return tmp_path / "applicants.parquet", files


def test_match_records(people: tuple[Path, list[Path]], tmp_path: Path, monkeypatch) -> None:
    applicants, records = people
    engine = LocalEngine(tmp_path / "scratch")
    out = tmp_path / "matches.parquet"
    carry = ("source", "category")
    outcome = match_records(engine, applicants, records, out, applicant_id="member_ref", carry=carry)
    matches = pq.read_table(out)
    assert matches.schema.equals(pa.schema([*MATCH_SCHEMA, *((name, pa.string()) for name in carry)]))
    assert sum(outcome.grades.values()) == matches.num_rows <= sum(outcome.patterns.values())
    assert (outcome.records, outcome.applicants, outcome.capped) == (1200, 301, 0)

    expected = {}
    known = pq.read_table(applicants).to_pylist()
    for path in records:
        for record in pq.read_table(path, partitioning=None).to_pylist():
            fits = [one for one in known if one["id_key"] == record["id_key"]]
            for one in fits:
                same = one["name"] == record["name"]
                grade = ("certain" if len(fits) == 1 else "probable") if same else "possible"
                expected[record["record_id"], one["member_ref"]] = grade
    found = {(m["record_id"], m["applicant_id"]): m["grade"] for m in matches.to_pylist()}
    assert found == expected
    assert list(found) == sorted(found)
    assert {"probable"} < set(found.values())
    assert all(m["record_id"].startswith(f"{m['source']}:{m['category']}:") for m in matches.to_pylist())
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]

    cut_into(monkeypatch, 50)
    again = tmp_path / "again.parquet"
    match_records(
        LocalEngine(tmp_path, threads=1), applicants, records[::-1], again, applicant_id="member_ref", carry=carry
    )
    assert pq.read_table(again).equals(matches), "order of files, size of batches and threads must not matter"


def test_match_without_records(tmp_path: Path, people: tuple[Path, list[Path]]) -> None:
    out = tmp_path / "none" / "matches.parquet"
    outcome = match_records(open_engine("local", tmp_path), people[0], [], out, applicant_id="member_ref")
    assert outcome.grades == {"certain": 0, "probable": 0, "possible": 0}
    assert (outcome.records, outcome.numbers) == (0, {})
    assert pq.read_table(out).schema.equals(MATCH_SCHEMA)


def test_records_with_the_same_id_are_refused(tmp_path: Path, people: tuple[Path, list[Path]]) -> None:
    applicants, records = people
    out = tmp_path / "matches.parquet"
    with pytest.raises(Stop) as problem:
        match_records(LocalEngine(tmp_path), applicants, [*records, records[0]], out, applicant_id="member_ref")
    assert (problem.value.code, out.exists()) == ("match-duplicate-records", False)
