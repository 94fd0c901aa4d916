"""File drop: what is copied, what is not there yet, and what only looks like a file."""

import os
from datetime import date

import pytest

from catalogue.problems import Problem, Retry, Skip, Stop
from connectors.extract import extract
from connectors.landing import Receipt
from connectors.transports import file_drop
from connectors.values import Values

DAY = date(2026, 1, 31)


@pytest.fixture
def drop(make, tmp_path, ending):
    """A folder, and what fetches from it."""
    folder = tmp_path / "drop"
    folder.mkdir()
    (tmp_path / "values").mkdir()
    (tmp_path / "values" / "bank_x_folder").write_text(str(folder), "utf-8")
    manifest = make("headerless")

    def fetch(seconds: float = 5.0, manifest=manifest):
        return extract(manifest, DAY, tmp_path / "into", Values(tmp_path / "values"), seconds=seconds)

    fetch.folder, fetch.into, fetch.make, fetch.ending = folder, tmp_path / "into", make, ending
    return fetch


def code(fetch, **more) -> str:
    try:
        fetch(**more)
    except Problem as problem:
        return fetch.ending(problem)
    return "fetched"


def test_the_delivery_lands_as_it_is_with_a_receipt_written_last(drop) -> None:
    content = os.urandom(3 << 20)
    (drop.folder / "DEP_20260131.txt").write_bytes(content)
    receipt = drop()
    assert (drop.into / "deposit" / "delivery").read_bytes() == content
    assert receipt == Receipt.read(drop.into)
    assert receipt.bytes == len(content)
    assert [f.name for f in receipt.datasets[0].files] == ["delivery"]
    assert {p.name for p in drop.into.rglob("*")} == {"deposit", "delivery", "receipt.json"}
    assert (drop.into / "deposit" / "delivery").stat().st_mode & 0o077 == 0


def test_a_second_extract_leaves_nothing_of_the_first(drop) -> None:
    (drop.folder / "DEP_20260131.txt").write_bytes(b"a")
    drop()
    (drop.folder / "DEP_20260131.txt").unlink()
    assert code(drop) == "Skip not-delivered"
    assert not (drop.into / "receipt.json").exists()
    assert not (drop.into / "deposit" / "delivery").exists()


def test_the_control_file_comes_too(drop) -> None:
    manifest = drop.make(
        "headerless",
        ("header = 'H(?P<date>\\d{8})'\ntrailer = 'T(?P<count>\\d+)\\|(?P<sum>-?[\\d.]+)'",
         "path = \"{date:%Y%m%d}.ctl\"\npattern = '(?P<date>\\d+) (?P<count>\\d+) (?P<sum>.+)'"),
        ('kind = "lines"', 'kind = "companion"'),
    )  # fmt: skip
    (drop.folder / "DEP_20260131.txt").write_bytes(b"a")
    assert code(drop, manifest=manifest) == "Skip not-delivered"
    (drop.folder / "20260131.ctl").write_bytes(b"20260131 1 1")
    assert [f.name for f in drop(manifest=manifest).datasets[0].files] == ["delivery", "control"]


def test_a_folder_that_is_gone_is_tried_again_and_then_unreachable(drop) -> None:
    drop.folder.rmdir()
    assert code(drop, seconds=6.0) == "Retry unreachable"


def test_a_pipe_in_place_of_the_file_does_not_make_us_wait(drop) -> None:
    os.mkfifo(drop.folder / "DEP_20260131.txt")
    assert code(drop, seconds=6.0) == "Retry not-a-file"


def test_a_folder_or_a_link_that_leads_out_is_no_delivery(drop, tmp_path) -> None:
    (tmp_path / "secret").write_bytes(b"root:x:0")
    (drop.folder / "DEP_20260131.txt").symlink_to(tmp_path / "secret")
    assert code(drop) == "Skip not-a-file"
    (drop.folder / "DEP_20260131.txt").unlink()
    (drop.folder / "DEP_20260131.txt").mkdir()
    assert code(drop, seconds=6.0) == "Retry not-a-file"


def test_a_file_that_grows_while_it_is_read_is_not_taken(drop, monkeypatch) -> None:
    file = drop.folder / "DEP_20260131.txt"
    file.write_bytes(b"x" * 10)
    real = file_drop.os.fstat

    def fstat(descriptor: int):
        found = real(descriptor)
        with file.open("ab") as more:
            more.write(b"y")
        return found

    monkeypatch.setattr(file_drop.os, "fstat", fstat)
    assert code(drop, seconds=6.0) == "Retry still-being-written"
    monkeypatch.undo()
    assert code(drop) == "fetched"


def test_a_source_cannot_fill_the_disk(drop, monkeypatch) -> None:
    monkeypatch.setattr("connectors.landing.MAX_BYTES", 100)
    (drop.folder / "DEP_20260131.txt").write_bytes(b"x" * 101)
    assert code(drop) == "Skip too-large"
    assert not list(drop.into.rglob("deliver*"))


def test_a_missing_value_stops(drop, tmp_path) -> None:
    (tmp_path / "values" / "bank_x_folder").unlink()
    with pytest.raises(Stop) as caught:
        drop()
    assert caught.value.code == "missing-value"


def test_the_manifest_can_shorten_the_limit(drop) -> None:
    manifest = drop.make("headerless", ("required = true", "required = true\nseconds = 0.2"))
    drop.folder.rmdir()
    with pytest.raises(Retry):
        drop(seconds=3600, manifest=manifest)


def test_an_error_inside_the_program_quotes_nothing(drop, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("张三 11010519491231002X")

    monkeypatch.setattr(file_drop, "_copy", broken)
    with pytest.raises(Skip) as caught:
        drop()
    assert caught.value.code == "fetch-failed"
    assert "张三" not in str(caught.value)
    assert caught.value.__cause__ is None
