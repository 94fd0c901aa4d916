"""Ctrl-C and its kin, on real processes: the command ends at once, says so, and leaves nothing beside the output."""

import os
import pty
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from matching import resident_id

SAID = "Stopped: nothing was written, and a file that was there is as it was\n"
PATIENCE = 3  # seconds: on an idle machine it takes a tenth of one
ROWS = 250_000
STARTED: list[subprocess.Popen[str]] = []

# Matching that never ends: the main thread waits for threads that no exception reaches, and that go on writing.
STUCK = """
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hedui.pipeline import match_files

def matching(engine, applicants, records, out, **_):
    (out.parent / "deep").mkdir()
    def write():
        while True:
            time.sleep(0.001)
            with suppress(OSError):
                (out.parent / "deep" / str(time.monotonic_ns())).write_text("personal")
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(write) for _ in range(2)]
        waiting[0].result()

match_files.match_records = matching
"""
# The signal comes when the result has just been put in its place.
LATE = """
import os, signal, time
from hedui.pipeline import match_files
put = match_files.put
def late(folder, out):
    put(folder, out)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
match_files.put = late
"""


@pytest.fixture(scope="module")
def heap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Applicants, and twice as many records, half of which are theirs: some seconds of work."""
    folder = tmp_path_factory.mktemp("heap")
    rng = np.random.default_rng(5)
    days = np.datetime64("1950-01-01") + rng.integers(0, 18_000, 2 * ROWS)
    births = np.char.replace(days.astype(str), "-", "").astype(np.int64)
    keys = np.unique(rng.choice([320102, 320104], 2 * ROWS) * 10**11 + births * 1000 + rng.integers(1, 900, 2 * ROWS))
    numbers = resident_id.decode(pa.array(rng.permutation(keys)))
    names = pa.array(["张伟", "王芳", "欧阳娜娜", "刘洋"]).take(pa.array(np.arange(len(numbers)) % 4))
    for role, count in (("record", len(numbers)), ("applicant", ROWS)):
        ids = pa.array(np.arange(count)).cast(pa.string())
        table = {f"{role}_id": ids, "resident_id": numbers[:count], "name": names[:count]}
        pq.write_table(pa.table(table), folder / f"{role}s.parquet", row_group_size=100_000)
    return folder


@pytest.fixture
def desk(heap: Path, tmp_path: Path) -> Path:
    """A folder for the output, with an output that is there already."""
    (tmp_path / "matches.parquet").write_bytes(b"what was there")
    return tmp_path


def begin(heap: Path, desk: Path, before: str = "", **more: object) -> subprocess.Popen[str]:
    arguments = [heap / "records.parquet", "--applicants", heap / "applicants.parquet", "--out", "matches.parquet"]
    code = f"{before}\nfrom hedui.cli import main\nmain()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "match", *map(str, arguments)],
        cwd=desk,
        env=os.environ | {"HEDUI_LANGUAGE": "en", "TERM": "xterm"},
        text=True,
        **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more),  # type: ignore[call-overload]
    )
    STARTED.append(process)
    return process


def wait_for(found: Callable[[], object]) -> None:
    for _ in range(600):
        if found():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def scratch(desk: Path) -> list[Path]:
    return [path for path in desk.iterdir() if path.name.startswith(".")]


def untouched(desk: Path) -> bool:
    return {path.name: path.read_bytes() for path in desk.iterdir()} == {"matches.parquet": b"what was there"}


@pytest.fixture(autouse=True)
def none_is_left() -> Iterator[None]:
    yield
    while STARTED:
        with STARTED.pop() as process:
            process.kill()


def end(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Send a signal; return exit code and standard error, and fail where it takes long."""
    process.send_signal(number)
    said = process.communicate(timeout=PATIENCE)[1]
    return process.returncode, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_threads_that_hang_hold_nobody_up(heap: Path, desk: Path, number: int) -> None:
    process = begin(heap, desk, STUCK)
    wait_for(lambda: list(desk.glob(".*/deep/*")))
    assert end(process, number) == (128 + number, SAID)
    assert untouched(desk)


def test_ctrl_c_at_any_moment(heap: Path, desk: Path) -> None:
    moments = random.Random(11)  # noqa: S311
    codes = []
    for _ in range(6):
        process = begin(heap, desk)
        wait_for(lambda: scratch(desk))
        time.sleep(moments.uniform(0, 1.5))
        if process.poll() is None:
            code, said = end(process, signal.SIGINT)
            codes.append(code)
            assert (code, said) in {(130, SAID), (130, ""), (-2, ""), (0, "")}  # the later ones: it was done already
            assert not scratch(desk)
            assert untouched(desk) == (said == SAID)
        (desk / "matches.parquet").write_bytes(b"what was there")
    assert codes.count(130) >= 3


def test_ctrl_c_that_comes_too_late_says_nothing_untrue(heap: Path, desk: Path) -> None:
    process = begin(heap, desk, LATE)
    assert process.communicate(timeout=120)[1] == ""
    assert process.returncode == 130
    assert [path.name for path in desk.iterdir()] == ["matches.parquet"]
    assert pq.read_table(desk / "matches.parquet").num_rows == ROWS


def test_what_a_shell_has_told_to_ignore_is_ignored(heap: Path, desk: Path) -> None:
    process = begin(heap, desk, f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{STUCK}")  # nohup
    wait_for(lambda: list(desk.glob(".*/deep/*")))
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    assert end(process, signal.SIGINT) == (130, SAID)


def test_a_terminal_has_its_bar_and_gets_its_cursor_back(heap: Path, desk: Path) -> None:
    master, slave = pty.openpty()
    process = begin(heap, desk, STUCK, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    shown = b""
    while b"Matching" not in shown:
        shown += os.read(master, 1 << 16)
    wait_for(lambda: list(desk.glob(".*/deep/*")))
    process.send_signal(signal.SIGINT)
    try:
        while more := os.read(master, 1 << 16):
            shown += more
    except OSError:  # how a terminal ends
        pass
    os.close(master)
    assert process.wait(PATIENCE) == 130
    assert shown.replace(b"\r", b"").endswith(SAID.encode())
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")
    assert untouched(desk)


def test_what_a_killed_run_left_goes_with_the_next(heap: Path, desk: Path) -> None:
    lives, dies = (begin(heap, desk, STUCK) for _ in range(2))
    wait_for(lambda: len(list(desk.glob(".*/deep"))) == 2)
    dies.kill()
    dies.communicate()
    assert len(scratch(desk)) == 2
    assert (desk / scratch(desk)[0]).stat().st_mode & 0o777 == 0o700
    done = begin(heap, desk)
    assert done.communicate(timeout=120)[1] == ""
    assert done.returncode == 0
    (left,) = scratch(desk)
    assert lives.poll() is None
    assert left.joinpath("deep").is_dir(), "of the one that still runs"
    assert end(lives, signal.SIGINT)[0] == 130
    assert not scratch(desk)
