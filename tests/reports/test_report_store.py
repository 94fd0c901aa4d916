"""The report store, in a folder and in memory: batches whole or not at all, one range read a report, leftovers."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from pyarrow.fs import FileSelector

from catalogue.problems import Stop
from hedui.reports import store as storing
from hedui.reports.model import Summary
from hedui.reports.store import ReportStore
from hedui.sealing.errors import Place
from hedui.sealing.suites import GUOMI, INTERNATIONAL
from tests.sealing.world import EPOCH_1, RECIPIENTS, REGIONS, SIGNERS, SIGNING, VAULT

RUN = "2026-06-30.1"
COUNTY = "320102"


def said(number: int, county: str = COUNTY) -> Summary:
    return Summary(f"H{number:06d}", county, f"C{number}", "not_confirmed", 3, 50, 2, 0, 1)


def some(count: int, start: int = 0):
    return [(said(n), f"report {n} ".encode() * (n % 7 + 1)) for n in range(start, start + count)]


@pytest.fixture(params=["file", "memory"])
def store(request, tmp_path) -> ReportStore:
    return ReportStore.at((tmp_path / "store").as_uri() if request.param == "file" else "mock:///store")


@pytest.fixture
def write(store, tmp_path):
    def write_batch(reports, run=RUN, county=COUNTY, suite=INTERNATIONAL, **more):
        return store.write_batch(
            Place(run, county), RECIPIENTS, EPOCH_1, SIGNING, suite, iter(reports), tmp_path, **more
        )

    return write_batch


def opened(store, place, rows):
    """Open with the sealing functions alone: what is in the store is a batch of the format."""
    from hedui.sealing.opening import SignedBatch

    signed = SignedBatch.verify(store.batch_file(place.folder), Place(place.run_id, place.county), SIGNERS)
    assert (signed.head_hash, signed.count) == (place.head_hash, place.count)
    batch = signed.open("3201", REGIONS["3201"])
    shares = batch.shares_whole(store.shares(place.folder), VAULT)
    return [batch.open(store.read(row), row.household_ref, shares) for row in rows]


def files(store) -> list[str]:
    found = store._files.get_file_info(FileSelector(store._full("reports"), recursive=True, allow_not_found=True))
    return sorted(entry.path.partition("reports/")[2] for entry in found)


@pytest.mark.parametrize("suite", [INTERNATIONAL, GUOMI], ids=lambda suite: suite.name)
def test_what_is_written_is_a_batch_and_its_rows_say_where_each_report_lies(store, write, monkeypatch, suite):
    monkeypatch.setattr(storing, "AT_ONCE", 16)
    reports = some(50)
    place, rows = write(reports, suite=suite)

    assert [row.household_ref for row in rows] == [summary.household_ref for summary, _ in reports]
    assert opened(store, place, rows) == [document for _, document in reports]
    assert (place.run_id, place.county, place.count, place.epoch) == (RUN, COUNTY, 50, 1)
    assert place.folder.startswith(f"reports/run={RUN}/county={COUNTY}/attempt=")
    assert {row.shard for row in rows} == {f"{place.folder}/shard-00000.hdr"}
    assert (rows[3].conclusion, rows[3].found, rows[3].findings, rows[3].case_ref) == ("not_confirmed", 3, 1, "C3")
    names = {path.rpartition("/")[2] for path in files(store) if "." in path.rpartition("/")[2]}
    assert names - {f"run={RUN}"} == {"batch.hdb", "shares.hds", "shard-00000.hdr"}


def test_a_long_county_takes_several_shards_and_is_read_the_same_in_one_go(store, write, monkeypatch):
    monkeypatch.setattr(storing, "SHARD_BYTES", 5_000)
    place, rows = write(some(40))
    assert len({row.shard for row in rows}) > 3
    each = [store.read(row) for row in rows]
    assert opened(store, place, rows) == [document for _, document in some(40)]
    assert list(store.read_all(rows)) == each
    assert list(store.read_all(rows[::-1])) == each[::-1]
    assert list(store.read_all(rows[5:30:2])) == each[5:30:2]
    monkeypatch.setattr(storing, "_STRETCH", 3_000)
    assert list(store.read_all(rows)) == each
    assert list(store.read_all([])) == []


def test_a_county_without_reports_is_no_batch(store, write):
    with pytest.raises(ValueError, match="at least one report"):
        write([])
    assert files(store) == []


def test_nothing_readable_waits_in_the_working_area(store, write, tmp_path, monkeypatch):
    """While documents are sealed, what lies beside them is sealed already and has no name."""
    made, seen = [], []

    def temporary(**options):
        made.append(TemporaryFile(**options))  # noqa: SIM115  the store closes it
        return made[0]

    def reports():
        for number in range(storing.AT_ONCE + 1):  # the first block is written away meanwhile
            yield said(number), b"personal " * 20
        seen.append([path for path in tmp_path.iterdir() if path.is_file()])
        made[0].flush()
        seen.append(os.pread(made[0].fileno(), 1 << 20, 0))

    monkeypatch.setattr(storing, "TemporaryFile", temporary)
    write(reports())
    named, spooled = seen
    assert named == []
    assert len(spooled) > 100_000
    assert b"personal" not in spooled


def test_a_second_attempt_disturbs_nothing_and_the_first_can_be_collected(store, write):
    first, rows = write(some(5))
    second, again = write(some(5))
    assert opened(store, first, rows) == opened(store, second, again)

    assert store.collect(RUN, [second.folder]) == 3
    assert store.collect(RUN, [second.folder]) == 0
    assert opened(store, second, again) == [document for _, document in some(5)]
    assert not [path for path in files(store) if first.folder.rpartition("/")[2] in path], "the folder went, too"
    for gone in (
        lambda: store.read(rows[0]),
        lambda: store.batch_file(first.folder),
        lambda: store.shares(first.folder),
    ):
        with pytest.raises(Stop) as missing:
            gone()
        assert missing.value.code == "report-missing"


def test_orphans_of_another_run_are_left_alone(store, write):
    other, rows = write(some(2), run="2026-06-30.2")
    write(some(2))
    assert store.runs() == [RUN, "2026-06-30.2"]
    assert store.collect(RUN, []) == 3
    assert store.runs() == ["2026-06-30.2"]
    assert opened(store, other, rows)
    assert store.collect("2026-06-30.9", []) == 0


def test_what_was_written_after_a_moment_is_no_orphan(store, write):
    before = datetime.now(UTC) - timedelta(seconds=60)
    place, _ = write(some(2))
    assert store.orphans(RUN, [], before) == []
    assert store.collect(RUN, [], before) == 0
    assert store.batch_file(place.folder)
    assert store.collect(RUN, [], datetime.now(UTC) + timedelta(seconds=60)) == 3
    assert files(store) == []


def test_a_draft_is_an_orphan_wherever_it_lies(store, write, monkeypatch):
    place, _ = write(some(2))
    with monkeypatch.context() as patched:
        patched.setattr(ReportStore, "_move", lambda *_: (_ for _ in ()).throw(OSError))
        with pytest.raises(Stop) as unwritable:
            store.put_shares(place.folder, b"x" * 100)
    assert unwritable.value.code == "report-store-unwritable"
    assert unwritable.value.where == {"run": RUN, "county": COUNTY}
    (left,) = store.orphans(RUN, [place.folder])
    assert left.startswith(f"{place.folder}/shares.hds.")
    assert store.collect(RUN, [place.folder]) == 1
    assert store.shares(place.folder) != b"x" * 100


def test_files_are_put_in_the_place_of_others(store, write):
    place, _ = write(some(2))
    for put, read in ((store.put_batch_file, store.batch_file), (store.put_shares, store.shares)):
        put(place.folder, b"another")
        assert read(place.folder) == b"another"
    fetch = store.shares_range(place.folder)
    assert (fetch(2, 3), fetch(5, 100), fetch(100, 5)) == (b"oth", b"er", b"")
    assert store.orphans(RUN, [place.folder]) == []


def test_no_file_can_make_a_reader_take_more_than_the_format_allows(store, write):
    place, _ = write(some(2))
    for put, read, longest in (
        (store.put_batch_file, store.batch_file, storing._LONGEST_BATCH),
        (store.put_shares, store.shares, storing._LONGEST_SHARES),
    ):
        put(place.folder, bytes(longest + 1000))
        assert len(read(place.folder)) == longest


def test_an_attempt_that_fails_half_way_leaves_nothing_in_the_store(store, write):
    def breaking():
        yield from some(3)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write(breaking())
    assert files(store) == []


def test_every_write_is_told_and_the_batch_file_is_the_last(store, write):
    told = []
    write(some(3), done=lambda step: told.append((step, len([f for f in files(store) if f.count(".") > 1]))))
    steps = ["cores", "shard-draft", "shard", "shares-draft", "shares", "batch-draft", "batch"]
    assert [step for step, _ in told] == steps
    assert [count for _, count in told] == [0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("step", ["cores", "shard-draft", "shard", "shares-draft", "shares", "batch-draft", "batch"])
def test_a_process_killed_between_any_two_writes_harms_nobody(tmp_path, step):
    url = (tmp_path / "store").as_uri()
    store = ReportStore.at(url)
    place, rows = store.write_batch(Place(RUN, COUNTY), RECIPIENTS, EPOCH_1, SIGNING, INTERNATIONAL, some(5), tmp_path)
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.reports.test_report_store import *\n"
        "kill = lambda step: step == sys.argv[3] and os.kill(os.getpid(), signal.SIGKILL)\n"
        "ReportStore.at(sys.argv[1]).write_batch(\n"
        "    Place(RUN, COUNTY), RECIPIENTS, EPOCH_1, SIGNING, INTERNATIONAL, some(5), Path(sys.argv[2]), kill)\n"
    )
    command = [sys.executable, "-c", script, url, str(tmp_path), step]
    killed = subprocess.run(command, check=False, env=os.environ | {"PYTHONPATH": str(Path.cwd())})
    assert killed.returncode == -signal.SIGKILL

    assert opened(store, place, rows) == [document for _, document in some(5)]
    assert list(tmp_path.iterdir()) == [tmp_path / "store"], "nothing waits in the working area"
    left = store.orphans(RUN, [place.folder])
    assert len(left) == {"cores": 0, "shard-draft": 1, "shard": 1, "shares-draft": 2, "shares": 2}.get(step, 3)
    assert store.collect(RUN, [place.folder]) == len(left)
    assert {path.name for path in (tmp_path / "store").glob("reports/*/*/*")} == {place.folder.rpartition("/")[2]}


def test_a_row_that_points_beyond_its_shard_is_an_error_not_half_a_report(store, write):
    _, (row,) = write(some(1))
    for wrong in (
        replace(row, length=row.length + 1),
        replace(row, offset=row.length),
        replace(row, offset=-1),
        replace(row, length=0),
        replace(row, length=1 << 40),
        replace(row, shard=row.shard + "x"),
        replace(row, shard=row.shard.rpartition("/")[0]),
    ):
        for read in (store.read, lambda row: list(store.read_all([row]))):
            with pytest.raises(Stop) as error:
                read(wrong)
            assert error.value.code == "report-missing"


@pytest.mark.parametrize("url", ["nonsense://user:secret@host/x", "relative/path"])
def test_an_address_that_is_none_is_not_repeated(url):
    with pytest.raises(Stop) as error:
        ReportStore.at(url)
    assert error.value.code == "report-store-url"
    assert "secret" not in str(error.value)


def test_a_store_that_cannot_be_written_stops(tmp_path):
    (tmp_path / "store").write_text("a file in the way")
    store = ReportStore.at((tmp_path / "store").as_uri())
    with pytest.raises(Stop) as error:
        store.write_batch(Place(RUN, COUNTY), RECIPIENTS, EPOCH_1, SIGNING, INTERNATIONAL, some(1), tmp_path)
    assert error.value.code == "report-store-unwritable"
