"""Files of keys: whole or not at all, one writer at a time, and what is replaced is overwritten."""

import multiprocessing
import os
import signal
import stat
import threading
import time

import pytest

from catalogue.problems import Stop
from hedui.keys import files

FORK = multiprocessing.get_context("fork")


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def stopped(call):
    with pytest.raises(Stop) as raised:
        call()
    assert raised.value.message("zh")
    assert raised.value.message("en")
    assert raised.value.hint("zh")
    assert raised.value.hint("en")
    return raised.value.code


@pytest.mark.parametrize("kind", ["keyring", "master", "vault", "worker", "pin"])
def test_each_way_in_which_a_file_cannot_be_read_has_its_words(tmp_path, kind):
    path = tmp_path / "file"
    assert stopped(lambda: files.read(path, kind)) == "key-file-missing"
    path.mkdir()
    assert stopped(lambda: files.read(path, kind)) == "key-file-unreadable"
    path.rmdir()
    path.touch(0o600)
    assert stopped(lambda: files.read(path, kind)) == "key-file-unreadable"
    path.write_bytes(b"x")
    path.chmod(0o601)
    assert stopped(lambda: files.read(path, kind)) == "key-file-open-to-others"
    path.chmod(0o600)
    assert files.read(path, kind) == b"x"
    path.unlink()
    os.mkfifo(path, 0o600)
    assert stopped(lambda: files.read(path, kind)) == "key-file-unreadable"  # and does not wait for a writer


def test_a_file_without_end_is_not_read_to_the_end(tmp_path):
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate((1 << 26) + 1)
    path.chmod(0o600)
    assert stopped(lambda: files.read(path, "keyring")) == "key-file-unreadable"


@pytest.mark.parametrize("put", [files.write, files.write_over])
def test_what_is_written_is_its_owners_only_and_leaves_nothing_beside(tmp_path, put):
    path = tmp_path / "file"
    put(path, "vault", b"one")
    put(path, "vault", b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("put", [files.write, files.write_over])
def test_a_place_that_cannot_be_written_stops(tmp_path, put):
    (tmp_path / "home").write_text("a file, not a folder")
    path = tmp_path / "home" / "vault.json"
    assert stopped(lambda: put(path, "vault", b"x")) == "key-file-unwritable"

    def lock():
        with files.locked(path, "vault"):
            pytest.fail("no lock was to be had")

    assert stopped(lock) == "key-file-unwritable"


def test_only_write_over_overwrites_what_was_there(tmp_path):
    path, other = tmp_path / "file", tmp_path / "hard-link"
    for put, gone in ((files.write, False), (files.write_over, True)):
        path.write_bytes(b"old" * 100)
        os.link(path, other)
        put(path, "vault", b"new")
        assert (b"old" not in other.read_bytes()) is gone
        assert other.stat().st_size == 300
        other.unlink()


@pytest.mark.parametrize("put", [files.write, files.write_over])
def test_content_is_on_the_disk_before_it_takes_the_files_place(tmp_path, put, monkeypatch):
    path, steps = tmp_path / "file", []
    sync, replace = os.fsync, os.replace

    def synced(handle):
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def replaced(*arguments):
        steps.append("replace")
        replace(*arguments)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    put(path, "vault", b"new")
    assert steps == ["file", "replace", "folder"]


def test_a_failure_half_way_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    files.write(path, "vault", b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    for step in ("fsync", "link"):
        with monkeypatch.context() as patch:
            patch.setattr(files.os, step, full)
            assert stopped(lambda: files.write_over(path, "vault", b"new")) == "key-file-unwritable"
        assert path.read_bytes() == b"old"
        files.erase_rest(path, "vault")
        assert [name for name in names(tmp_path) if not name.endswith(".lock")] == ["file"]


@pytest.mark.parametrize("step", range(16))
def test_a_kill_between_any_two_steps_leaves_one_whole_file_and_nothing_that_stays(tmp_path, step):
    path = tmp_path / "file"
    files.write(path, "vault", b"old" * 50)
    other = tmp_path / "hard-link"
    os.link(path, other)  # shows what became of the old file
    child = os.fork()
    if child == 0:
        _die_at(step)
        files.write_over(path, "vault", b"new" * 50)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, -signal.SIGKILL}
    assert path.read_bytes() in {b"old" * 50, b"new" * 50}
    files.erase_rest(path, "vault")
    assert set(names(tmp_path)) <= {"file", "hard-link", ".file.lock"}
    whole = path.read_bytes()
    assert whole in {b"old" * 50, b"new" * 50}
    assert (b"old" in other.read_bytes()) is (whole == b"old" * 50)  # replaced means overwritten, sooner or later
    files.write_over(path, "vault", b"next")
    assert path.read_bytes() == b"next"


def test_the_kills_reach_past_the_last_step(tmp_path):
    path = tmp_path / "file"
    files.write(path, "vault", b"old")
    child = os.fork()
    if child == 0:
        _die_at(15)
        files.write_over(path, "vault", b"new")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _die_at(step):
    # Count the calls that change the disk, and die before the one of this number.
    left = [step]

    def counted(call):
        def one(*arguments, **named):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return call(*arguments, **named)

        return one

    for name in ("link", "fsync", "urandom", "replace", "rename", "unlink"):
        setattr(os, name, counted(getattr(os, name)))


def test_a_second_writer_waits_and_then_says_so(tmp_path):
    path = tmp_path / "file"
    ready, done = FORK.Event(), FORK.Event()

    def hold():
        with files.locked(path, "keyring"):
            ready.set()
            done.wait(20)

    holder = FORK.Process(target=hold)
    holder.start()
    assert ready.wait(20)

    def take():
        with files.locked(path, "keyring", seconds=0.1):
            pytest.fail("two writers at once")

    assert stopped(take) == "key-file-busy"
    threading.Timer(0.2, done.set).start()
    with files.locked(path, "keyring", seconds=20):
        pass
    holder.join()


def test_a_killed_writer_takes_its_lock_along(tmp_path):
    path = tmp_path / "file"
    ready = FORK.Event()

    def hold():
        with files.locked(path, "keyring"):
            ready.set()
            time.sleep(60)

    holder = FORK.Process(target=hold)
    holder.start()
    assert ready.wait(20)
    holder.kill()
    holder.join()
    with files.locked(path, "keyring", seconds=5):
        pass


def test_who_reads_while_others_write_gets_a_whole_file(tmp_path):
    path = tmp_path / "file"
    files.write(path, "keyring", b"a" * 100_000)
    stop = FORK.Event()

    def churn():
        while not stop.is_set():
            for letter in (b"a", b"b"):
                files.write_over(path, "keyring", letter * 100_000)

    writer = FORK.Process(target=churn)
    writer.start()
    try:
        until = time.monotonic() + 1
        while time.monotonic() < until:
            assert len(set(files.read(path, "keyring"))) == 1
    finally:
        stop.set()
        writer.join()


def test_a_file_of_another_account_is_not_called_damaged(tmp_path, monkeypatch):
    path = tmp_path / "keyring.json"
    path.write_bytes(b"x")

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(files.os, "open", refused)  # the superuser, who may run this, is refused nothing
    with pytest.raises(Stop) as stopped:
        files.read(path, "keyring")
    assert stopped.value.code == "key-file-not-yours"
