"""The folder beside a file that is being made: closed to others, gone at the end, swept where it was left."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalogue.problems import Stop
from hedui.pipeline.workspace import is_full, put, scratch


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".")]


def test_it_is_for_one_user_and_for_as_long_as_it_takes(tmp_path: Path) -> None:
    out = tmp_path / "out [1]*?"  # characters that patterns are made of
    with scratch(out) as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / out.name).write_text("new")
        put(folder, out)
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    assert out.read_text() == "new"
    with pytest.raises(ZeroDivisionError), scratch(out):
        raise ZeroDivisionError
    assert not hidden(tmp_path)


def test_what_is_left_behind_is_swept_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    left = [
        tmp_path / name for name in (".out.parquet.0123abcd", ".out.parquet.89abcdef.gone", ".out.parquet.00000000")
    ]
    for folder in left:
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "spilled").write_text("personal")
    (left[0] / "lock").touch()  # the third had its removal cut short
    others = [
        tmp_path / name
        for name in (".other.parquet.0123abcd", ".out.parquet.crc", ".out.parquet.0123abcdef", "0123abcd")
    ]
    for folder in others:
        folder.mkdir()
    file = tmp_path / ".out.parquet.76543210"
    file.write_text("a file")
    with scratch(out) as used:
        assert not [folder for folder in left if folder.exists()]
        with scratch(out) as second:
            assert used.is_dir()
            assert second.is_dir()
            assert used != second
        assert used.is_dir()
    assert sorted(tmp_path.iterdir()) == sorted([*others, file])


def test_a_folder_is_never_seen_without_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def locking(file: object, operation: int) -> None:
        seen.extend(path.name for path in hidden(tmp_path))
        flock(file, operation)

    flock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", locking)
    with scratch(tmp_path / "out") as folder:
        assert seen[0] == f"{folder.name}.new"
        with (folder / "lock").open("r+") as lock, pytest.raises(BlockingIOError):
            flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_without_locks_nothing_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refused)
    with scratch(tmp_path / "out") as first, scratch(tmp_path / "out"):
        assert first.is_dir()
    assert not hidden(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(Stop) as caught, scratch(tmp_path / "nowhere" / "out"):
        pass
    assert caught.value.code == "match-out-unwritable"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("kind", ["with a number", "in words"])
def test_a_full_disk_is_told(tmp_path: Path, code: int, kind: str) -> None:
    words = f"Could not write: {os.strerror(code)}"
    with pytest.raises(Stop) as caught, scratch(tmp_path / "out"):
        raise OSError(code, "no words") if kind == "with a number" else duckdb.IOException(words)
    assert (caught.value.code, caught.value.where) == ("disk-full", {"folder": str(tmp_path)})
    assert not hidden(tmp_path)
    with pytest.raises(OSError, match="no words"), scratch(tmp_path / "out"):
        raise OSError(errno.EIO, "no words")


FULL = {
    "arrow": "pq.write_table(pa.table({'a': range(100_000)}), 'big')",
    "python": "open('big', 'wb').write(bytes(1 << 20))",
    "duckdb": "sort()",
}


@pytest.mark.parametrize("what", FULL)
def test_every_library_is_understood(tmp_path: Path, what: str) -> None:
    code = f"""
import resource, duckdb, pyarrow as pa, pyarrow.parquet as pq
from hedui.pipeline.workspace import is_full
def sort():
    with duckdb.connect(config={{"memory_limit": "60MB", "threads": 1, "temp_directory": "spill"}}) as database:
        database.execute("SET enable_progress_bar = false")
        database.execute("CREATE TABLE t AS SELECT hash(i)::VARCHAR || i AS h FROM range(4000000) t(i) ORDER BY h")
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    {FULL[what]}
except Exception as error:
    print(is_full(error))
"""
    done = subprocess.run([sys.executable, "-B", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n", done.stderr


def test_duckdb_stops_short_of_a_full_disk() -> None:
    words = "failed to offload data block of size 224.0 KiB (18.0 MiB/18.0 MiB used).\nThis limit was set by the "
    assert is_full(duckdb.OutOfMemoryException(f"{words}'max_temp_directory_size' setting."))
    assert not is_full(duckdb.OutOfMemoryException("failed to pin block of size 256.0 KiB (95.3 MiB/95.3 MiB used)"))


def test_not_every_error_is_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error) as caught:
        duckdb.sql("SELECT * FROM read_parquet('nowhere')")
    assert not is_full(caught.value)
    with pytest.raises(OSError, match="nowhere") as missing:
        pq.read_metadata(tmp_path / "nowhere")
    assert not is_full(missing.value)
    assert not is_full(pa.ArrowInvalid("wrong"))
