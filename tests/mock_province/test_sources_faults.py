"""Each fault in the content of a delivery does what it says, leaves the rest alone, and goes away without a trace."""

import datetime as dt
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from catalogue.problems import Stop
from mock_province import faults
from mock_province.places import Places
from mock_province.sources import pages
from mock_province.sources.deliver import deliver_files, disturb_files, restore_files
from mock_province.sources.known import sources
from mock_province.sources.layout import Json, Source

DAY = dt.date(2026, 6, 30)
ONE_OF_EACH = ["bank_01", "bank_02", "bank_07", "bank_21", "bank_24", "bank_33", "bank_34", "taxation", "transport",
               "disabled_federation", "agriculture"]  # fmt: skip
Write = Callable[..., pa.Table]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def prepared(places: Places, source_id: str, write_records: Write) -> Source:
    source = sources()[source_id]
    gbk = source.transport in {"sftp", "file"} and source_id.startswith("bank_") and int(source_id[-2:]) % 2 == 0
    for dataset in source.datasets:
        write_records(places.records(source_id, dataset.category), dataset.category, gbk=gbk)
    deliver_files(places, source, DAY)
    return source


def content(places: Places, source: Source) -> dict[str, bytes]:
    live = places.live(source)
    return {str(p.relative_to(live)): p.read_bytes() for p in sorted(live.rglob("*")) if p.is_file()}


def answers(places: Places, source: Source) -> dict[str, bytes]:
    """Return what a reader gets: files, or the first page of each dataset."""
    if source.transport in {"sftp", "file"}:
        return content(places, source)
    found = {}
    for dataset in source.datasets:
        form = dataset.format
        assert isinstance(form, Json)
        path = places.live(source) / f"{dataset.category}.arrow"
        if facts := pages.facts(path):
            found[dataset.category] = pages.page(path, form, facts, 0, 1000)
    return found


@pytest.mark.parametrize("kind", faults.CONTENT)
@pytest.mark.parametrize("source_id", ONE_OF_EACH)
def test_a_fault_changes_the_delivery_and_the_cure_brings_it_back(
    source_id: str, kind: str, places: Places, write_records: Write
) -> None:
    source = prepared(places, source_id, write_records)
    before = answers(places, source)
    disturb_files(places, source, DAY, kind)
    assert answers(places, source) != before
    disturb_files(places, source, DAY, "count")  # another fault takes the place of the first
    restore_files(places, source)
    assert answers(places, source) == before
    assert all(before.values())


@pytest.mark.parametrize("source_id", ONE_OF_EACH)
def test_late_is_nothing_and_empty_is_nothing_inside(source_id: str, places: Places, write_records: Write) -> None:
    source = prepared(places, source_id, write_records)
    names = set(answers(places, source))
    disturb_files(places, source, DAY, "late")
    assert answers(places, source) == {}
    disturb_files(places, source, DAY, "empty")
    found = answers(places, source)
    assert set(found) == names
    assert all(data == b"" for name, data in found.items() if not name.endswith(".ok"))


@pytest.mark.parametrize("source_id", ["bank_01", "bank_24", "bank_34", "disabled_federation", "agriculture"])
def test_truncated_is_the_same_delivery_cut_inside_a_row(source_id: str, places: Places, write_records: Write) -> None:
    source = prepared(places, source_id, write_records)
    before = answers(places, source)
    disturb_files(places, source, DAY, "truncated")
    for name, data in answers(places, source).items():
        if not name.endswith(".ok"):
            assert before[name].startswith(data)
            assert 0 < len(data) < len(before[name])
            assert not data.endswith(b"\n")


def test_a_truncated_workbook_is_no_workbook(places: Places, write_records: Write) -> None:
    source = prepared(places, "transport", write_records)
    disturb_files(places, source, DAY, "truncated")
    (path,) = places.live(source).iterdir()
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(path)


@pytest.mark.parametrize(
    ("source_id", "declared", "really"),
    [("bank_02", "gbk", "utf-8"), ("bank_21", "gb18030", "utf-8"), ("agriculture", "utf-8-sig", "gb18030"),
     ("disabled_federation", "utf-8", "gb18030"), ("bank_33", "utf-8", "gb18030")],
)  # fmt: skip
def test_the_wrong_encoding_holds_the_same_words(
    source_id: str, declared: str, really: str, places: Places, write_records: Write
) -> None:
    source = prepared(places, source_id, write_records)
    before = answers(places, source)
    disturb_files(places, source, DAY, "encoding")
    for name, data in answers(places, source).items():
        if not name.endswith(".ok"):
            assert data.decode(really) == before[name].decode(declared)
            assert data != before[name]


@pytest.mark.parametrize("source_id", ["bank_01", "bank_04", "bank_21", "bank_26", "bank_33", "taxation"])
def test_yesterdays_delivery_comes_under_todays_name(source_id: str, places: Places, write_records: Write) -> None:
    source = prepared(places, source_id, write_records)
    before = answers(places, source)
    disturb_files(places, source, DAY, "stale")
    now = answers(places, source)
    assert set(now) == set(before)
    for data in now.values():
        text = data.decode("gb18030" if source_id < "bank_33" else "utf-8")
        assert "2026-06-29" in text or "20260629" in text
        assert "20260630" not in text


@pytest.mark.parametrize("source_id", ["bank_02", "bank_21", "bank_34"])
def test_a_wrong_count_is_too_small_and_the_sum_stays_right(
    source_id: str, places: Places, write_records: Write
) -> None:
    source = prepared(places, source_id, write_records)
    before = {n: d.splitlines() for n, d in answers(places, source).items()}
    disturb_files(places, source, DAY, "count")
    for name, data in answers(places, source).items():
        lines = data.splitlines()
        if source_id == "bank_34":
            old, new = json.loads(b"".join(before[name])), json.loads(data)
            assert new["control"] == old["control"] | {"count": old["control"]["count"] - 3}
            assert new["customers"] == old["customers"]
        else:
            assert lines[:-1] == before[name][:-1]
            assert lines[-1] == before[name][-1].replace(b"43", b"40", 1)


@pytest.mark.parametrize(
    ("source_id", "lost", "kept"),
    [("bank_01", b"ACCT_NO", b"ACCT_TYPE"), ("taxation", b"declarationNo", b"incomeItem"),
     ("bank_34", b"accountNo", b"openDate"), ("disabled_federation", b"<number>", b"<category>")],
)  # fmt: skip
def test_a_missing_column_is_gone_with_its_cells(
    source_id: str, lost: bytes, kept: bytes, places: Places, write_records: Write
) -> None:
    source = prepared(places, source_id, write_records)
    name, before = next(iter(answers(places, source).items()))
    assert lost in before
    disturb_files(places, source, DAY, "column")
    now = answers(places, source)[name]
    assert lost not in now
    assert kept in now


def test_three_rows_in_ten_are_bad(places: Places, write_records: Write) -> None:
    source = prepared(places, "bank_07", write_records)
    (path,) = places.live(source).rglob("*.csv")
    before = path.read_bytes().decode("gb18030").splitlines()
    disturb_files(places, source, DAY, "rows")
    after = path.read_bytes().decode("gb18030").splitlines()
    assert len(after) == len(before) == 1 + 43 + 1
    changed = [i for i, (a, b) in enumerate(zip(before[1:-1], after[1:-1], strict=True)) if a != b]
    assert changed == [i for i in range(43) if i % 10 in {0, 3, 7}]
    assert any("12.3.4.5" in after[i + 1] for i in changed)


def test_a_file_drop_can_vanish_or_hang(places: Places, write_records: Write) -> None:
    source = prepared(places, "bank_21", write_records)
    before = content(places, source)
    disturb_files(places, source, DAY, "refuse")
    assert not places.live(source).exists()
    disturb_files(places, source, DAY, "hang")
    kinds = [p.stat().st_mode for p in places.live(source).iterdir()]
    assert len(kinds) == 2
    assert all(stat.S_ISFIFO(mode) for mode in kinds)
    restore_files(places, source)
    assert content(places, source) == before


def test_only_faults_that_make_sense_are_taken() -> None:
    for source in sources().values():
        barred = set(faults.KINDS) - set(faults.applicable(source))
        assert barred == ({"error", "password"} if source.transport == "file" else set())
    with pytest.raises(Stop, match="mock-fault-does-not-apply") as refused:
        faults.check("transport", "password")
    assert "refuse, hang, empty" in refused.value.hint("en")
    with pytest.raises(Stop, match="mock-unknown-source"):
        faults.check("bank_44", "late")
    with pytest.raises(Stop, match="mock-fault-does-not-apply"):
        faults.check("bank_01", "gone")


def test_a_character_that_the_encoding_cannot_hold_is_an_error_without_the_character(
    places: Places, write_records: Write
) -> None:
    source = sources()["bank_08"]
    write_records(places.records("bank_08", "deposit"), "deposit", gbk=False)
    with pytest.raises(ValueError, match="gbk") as refused:
        deliver_files(places, source, DAY)
    assert "䶮" not in str(refused.value)
    assert refused.value.__cause__ is None
