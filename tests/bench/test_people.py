"""The data that benchmarks run on: files and truth agree, equal sizes give equal files, errors as frequent as said."""

from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from bench import people
from bench.people import SOURCES, Size
from matching import resident_id
from mock_province.world.number_errors import NUMBER_ERRORS
from mock_province.world.rates import AGREEING_NAMES, INTACT_NUMBERS, rates

SIZE = Size(records=60_000, applicants=5_000, share=0.3, seed=7)
FILES = ("applicants.parquet", "records.parquet", "truth.parquet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("people")
    people.write(home, SIZE)
    return home


@pytest.fixture
def ask(folder):
    """Run SQL over the three files, which are tables of their names."""
    connection = duckdb.connect()
    for file in FILES:
        connection.execute(f"CREATE VIEW {Path(file).stem} AS FROM '{folder / file}'")
    return lambda sql: connection.execute(sql).fetchall()


def test_the_sizes_are_those_asked_for(ask):
    assert ask("SELECT count(*), count(DISTINCT applicant_id), count(DISTINCT resident_id) FROM applicants") == [
        (5_000, 5_000, 5_000)
    ]
    assert ask("SELECT count(*), count(DISTINCT record_id) FROM records") == [(60_000, 60_000)]
    ((theirs,),) = ask("SELECT count(applicant_id) FROM truth")
    assert theirs == pytest.approx(60_000 * SIZE.share, abs=len(SOURCES))


def test_the_truth_stands_row_by_row_beside_the_records(folder):
    records, truth = (pq.read_table(folder / file) for file in FILES[1:])
    assert records["record_id"].equals(truth["record_id"])
    assert records.column_names == ["record_id", "resident_id", "name"]
    assert truth.column_names == ["record_id", "applicant_id", "number_error", "name_error"]


def test_an_intact_number_is_its_applicants_and_nobody_else_has_one(ask, folder):
    intact = ", ".join(f"'{kind}'" for kind in INTACT_NUMBERS)
    applicants, records = (pq.read_table(folder / file) for file in FILES[:2])
    connection = duckdb.connect()
    connection.register("a", applicants.append_column("key", resident_id.encode(applicants["resident_id"])))
    connection.register("r", records.append_column("key", resident_id.encode(records["resident_id"])))
    wrong, missed, found = connection.execute(f"""
        SELECT count(*) FILTER (a.applicant_id IS NOT NULL AND a.applicant_id IS DISTINCT FROM t.applicant_id),
            count(*) FILTER (a.applicant_id IS NULL AND t.applicant_id IS NOT NULL AND number_error IN ({intact})),
            count(a.applicant_id)
        FROM r JOIN '{folder / "truth.parquet"}' AS t USING (record_id) LEFT JOIN a ON a.key = r.key
    """).fetchall()[0]
    assert (wrong, missed) == (0, 0)
    assert found > 60_000 * SIZE.share * 0.9


def test_a_stranger_with_an_applicants_number_is_passed_over():
    ours = people._applicants(Size(records=0, applicants=100))
    assert len(people._unlike(ours.people, ours)) == 0


def test_an_agreeing_name_is_the_applicants(ask):
    written = ask("""
        SELECT name_error, avg((a.name = r.name)::INT) FROM truth JOIN records AS r USING (record_id)
        JOIN applicants AS a USING (applicant_id) GROUP BY name_error
    """)
    same = dict(written)
    assert same["none"] == 1
    assert all(same[kind] == 0 for kind in same if kind != "none")
    assert set(AGREEING_NAMES) <= set(same)


def test_errors_are_as_frequent_as_published(ask):
    """Over those kinds that can happen to every number; each source has its own rates."""
    mean = {
        kind: sum(rates(source).number[kind] for source, _ in SOURCES) / len(SOURCES)
        for kind in NUMBER_ERRORS[1:]
        if kind not in {"fifteen", "lower_x"}
    }
    seen = dict(ask("SELECT number_error, count(*) / 60000 FROM truth GROUP BY 1"))
    for kind, rate in mean.items():
        assert seen[kind] == pytest.approx(rate, rel=0.1, abs=4 * (rate / 60_000) ** 0.5), kind
    masked = ask("SELECT DISTINCT split_part(record_id, ':', 1) FROM truth WHERE number_error = 'masked' ORDER BY 1")
    assert masked == [("bank_07",), ("bank_13",), ("bank_27",), ("bank_39",)]


def test_strangers_resemble_applicants(ask):
    """One character of the number away, and another person."""
    ((near,),) = ask("""
        SELECT count(*) FROM applicants AS a JOIN records AS r
        ON r.resident_id[1:14] = a.resident_id[1:14] AND a.name = r.name AND r.resident_id <> a.resident_id
        JOIN truth AS t ON t.record_id = r.record_id AND t.applicant_id IS NULL AND t.number_error = 'none'
    """)
    assert near > 100


def test_sources_follow_one_another_and_their_rows_are_numbered(folder):
    ids = pq.read_table(folder / "records.parquet", columns=["record_id"])["record_id"].to_pylist()
    assert ids != sorted(ids)
    sources = [i.rsplit(":", 1)[0] for i in ids]
    assert list(dict.fromkeys(sources)) == [":".join(source) for source in SOURCES]
    rows = [int(i.rsplit(":", 1)[1]) for i in ids]
    assert rows[:3] == [1, 2, 3]
    assert all(row == 1 or row == before + 1 for before, row in pairwise(rows))


def test_equal_sizes_give_equal_files(folder, tmp_path):
    people.write(tmp_path, SIZE)
    for file in FILES:
        assert (tmp_path / file).read_bytes() == (folder / file).read_bytes()


def test_another_seed_gives_other_people(ask, tmp_path):
    people.write(tmp_path, Size(records=100, applicants=100, share=0.3, seed=8))
    other = tmp_path / "applicants.parquet"
    assert ask(f"SELECT count(*) FROM applicants JOIN '{other}' USING (resident_id)")[0][0] < 5


def test_a_large_source_comes_in_pieces_that_number_on(monkeypatch, tmp_path):
    monkeypatch.setattr(people, "_PIECE", 200)
    people.write(tmp_path, Size(records=10_000, applicants=100))
    ids = pq.read_table(tmp_path / "records.parquet")["record_id"].to_pylist()
    assert len(set(ids)) == len(ids) == 10_000
    assert [i for i in ids if i.startswith("bank_01:")][-1] == "bank_01:deposit:222"


class TestDrawn:
    size = Size(records=100, applicants=50)

    def test_kept_where_a_folder_is_named(self, monkeypatch, tmp_path):
        monkeypatch.setenv("HEDUI_BENCH_DATA", str(tmp_path))
        with people.drawn(self.size) as first:
            before = (first / "records.parquet").stat().st_mtime_ns
        with people.drawn(self.size) as again:
            assert again == first
            assert (again / "records.parquet").stat().st_mtime_ns == before

    def test_deleted_afterwards_otherwise(self, monkeypatch):
        monkeypatch.delenv("HEDUI_BENCH_DATA", raising=False)
        with people.drawn(self.size) as folder:
            assert (folder / "truth.parquet").exists()
        assert not folder.exists()

    def test_complete_or_not_at_all(self, monkeypatch, tmp_path):
        monkeypatch.setenv("HEDUI_BENCH_DATA", str(tmp_path))

        def stop(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(people, "_draw", stop)
            with pytest.raises(KeyboardInterrupt), people.drawn(self.size):
                pass
        assert list(tmp_path.iterdir()) == []
