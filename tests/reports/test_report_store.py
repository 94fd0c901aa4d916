"""The report store on a local file system: one range read a report, attempts apart, orphans collected."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from catalogue.problems import Stop
from hedui.reports import store as storing
from hedui.reports.model import Summary
from hedui.reports.store import ReportStore

RUN = "2026-06-30.1"


def said(number: int, county: str = "320102") -> Summary:
    return Summary(f"H{number:06d}", county, f"C{number}", "not_confirmed", 3, 50, 2, 0, 1)


def some(count: int, start: int = 0):
    return [(said(n), f"sealed report {n}".encode() * (n % 7 + 1)) for n in range(start, start + count)]


@pytest.fixture
def store(tmp_path) -> ReportStore:
    return ReportStore.at((tmp_path / "store").as_uri())


def test_what_is_written_is_read_back_by_its_row(store):
    reports = some(50)
    rows = store.write_shards(RUN, "320102", iter(reports))

    assert [row.household_ref for row in rows] == [summary.household_ref for summary, _ in reports]
    assert [store.read(row) for row in rows] == [sealed for _, sealed in reports]
    assert rows[3].shard.startswith("reports/run=2026-06-30.1/county=320102/attempt=")
    assert (rows[3].conclusion, rows[3].found, rows[3].findings, rows[3].case_ref) == ("not_confirmed", 3, 1, "C3")


def test_a_long_county_takes_several_shards(store, monkeypatch):
    monkeypatch.setattr(storing, "SHARD_BYTES", 200)
    reports = some(40)
    rows = store.write_shards(RUN, "320102", reports)

    assert len({row.shard for row in rows}) > 3
    assert [store.read(row) for row in rows] == [sealed for _, sealed in reports]


def test_a_county_without_reports_leaves_no_shard(store):
    assert store.write_shards(RUN, "320102", []) == []
    assert store.orphans(RUN, []) == []


def test_a_second_attempt_disturbs_nothing_and_the_first_can_be_collected(store):
    first = store.write_shards(RUN, "320102", some(5))
    second = store.write_shards(RUN, "320102", some(5))

    assert {row.shard for row in first}.isdisjoint(row.shard for row in second)
    assert [store.read(row) for row in first] == [store.read(row) for row in second]

    kept = {row.shard for row in second}
    assert store.collect(RUN, kept) == 1
    assert store.collect(RUN, kept) == 0
    assert [store.read(row) for row in second] == [sealed for _, sealed in some(5)]
    with pytest.raises(Stop) as gone:
        store.read(first[0])
    assert gone.value.code == "report-missing"


def test_orphans_of_another_run_are_left_alone(store):
    other = store.write_shards("2026-06-30.2", "320102", some(2))
    store.write_shards(RUN, "320102", some(2))
    assert store.collect(RUN, []) == 1
    assert store.read(other[0])


def test_an_attempt_that_fails_half_way_leaves_only_an_unfinished_shard(store):
    def breaking():
        yield from some(3)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write_shards(RUN, "320102", breaking())
    (left,) = store.orphans(RUN, [])
    assert left.endswith(".part")
    assert store.collect(RUN, []) == 1


def test_a_process_killed_while_writing_harms_nobody(store, tmp_path):
    rows = store.write_shards(RUN, "320102", some(5))
    script = (
        "import os, signal\n"
        "from hedui.reports.store import ReportStore\n"
        "from hedui.reports.model import Summary\n"
        "def reports():\n"
        "    yield Summary('H1', '320102', 'C1', 'within', 0, 55, 0, 0, 0), b'x' * 3_000_000\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"ReportStore.at({(tmp_path / 'store').as_uri()!r}).write_shards({RUN!r}, '320102', reports())\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script], check=False, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
    )
    assert killed.returncode == -signal.SIGKILL

    assert [store.read(row) for row in rows] == [sealed for _, sealed in some(5)]
    assert store.collect(RUN, {row.shard for row in rows}) == 1


def test_a_row_that_points_beyond_its_shard_is_an_error_not_half_a_report(store):
    (row,) = store.write_shards(RUN, "320102", some(1))
    for wrong in (
        replace(row, length=row.length + 1),
        replace(row, offset=row.length),
        replace(row, offset=-1),
        replace(row, length=0),
        replace(row, length=1 << 40),
        replace(row, shard=row.shard + "x"),
    ):
        with pytest.raises(Stop) as error:
            store.read(wrong)
        assert error.value.code == "report-missing"


@pytest.mark.parametrize("url", ["nonsense://user:secret@host/x", "relative/path"])
def test_an_address_that_is_none_is_not_repeated(url):
    with pytest.raises(Stop) as error:
        ReportStore.at(url)
    assert error.value.code == "report-store-url"
    assert "secret" not in str(error.value)


def test_a_store_that_cannot_be_written_stops(tmp_path):
    (tmp_path / "store").write_text("a file in the way")
    with pytest.raises(Stop) as error:
        ReportStore.at((tmp_path / "store").as_uri()).write_shards(RUN, "320102", some(1))
    assert error.value.code == "report-store-unwritable"
