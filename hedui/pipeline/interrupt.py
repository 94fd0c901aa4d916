"""Ctrl-C and its kin: they end the process at once, whatever its threads are in the middle of, and leave nothing.

An exception in the main thread would not do. It comes only when a call into DuckDB or Arrow returns, and then waits for
every thread of every pool, at times for ever.
"""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

INTERRUPTED: Final = 128 + signal.SIGINT  # as shells have it
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GATE: Final = threading.Lock()
_TRIES: Final = 10

_passing: Final[set[Path]] = set()  # folders that must not outlive the process
_done = threading.Event()  # what the block was for is in its place


@contextmanager
def ending_at_once(say: Callable[[], None]) -> Iterator[None]:
    """Within the block, let Ctrl-C, SIGTERM and SIGHUP end the process with 128 + their number; main thread only.

    Before that every folder of `removed_at_last` is removed, and `say` says so, unless `for_good` was passed.
    """
    _done.clear()
    heard, telling = os.pipe()
    os.set_blocking(telling, False)
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heeded = [number for number, handler in before.items() if handler != signal.SIG_IGN]  # nohup stays nohup
    # Python writes the number into the pipe when the signal comes, even while the main thread is deep in a library.
    wakeup = signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
    for number in heeded:
        signal.signal(number, lambda *_: None)
    threading.Thread(target=_listen, args=(heard, say), name="interrupt", daemon=True).start()
    try:
        yield
    finally:
        with _GATE:  # closed for good where the end has begun: what its haste breaks here is nobody's problem
            for number in heeded:
                signal.signal(number, before[number])
            signal.set_wakeup_fd(wakeup)
            os.close(telling)


@contextmanager
def for_good() -> Iterator[None]:
    """Take the one step that puts a result in its place: an interruption comes before it or after it."""
    with _GATE:
        yield
        _done.set()


@contextmanager
def removed_at_last(folder: Path) -> Iterator[Path]:
    """Remove a folder at the end of the block, if it is there; also where the process is interrupted."""
    _passing.add(folder)
    try:
        yield folder
    finally:
        _remove(folder)
        _passing.discard(folder)


def _listen(heard: int, say: Callable[[], None]) -> None:
    with open(heard, "rb", buffering=0) as numbers:
        while number := numbers.read(1):
            if number[0] in _SIGNALS:
                _end(number[0], say)


def _end(number: int, say: Callable[[], None]) -> None:
    _GATE.acquire()
    try:
        with suppress(Exception):  # a terminal that is gone
            if not _done.is_set():
                say()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what breaks from here on is nobody's concern
        for child in _children():  # Spark's Java, which would go on writing
            with suppress(OSError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
        for folder in tuple(_passing):
            _remove(folder)
    finally:
        os._exit(128 + number)


def _children() -> Iterator[int]:
    # Only Linux tells; elsewhere Java ends by itself, soon after.
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread that has just ended
            yield from map(int, task.read_text().split())


def _remove(folder: Path) -> None:
    gone = folder.with_name(f"{folder.name}.gone")
    for _ in range(_TRIES):
        with suppress(OSError):
            folder.rename(gone)  # threads that are still writing find it no more
        shutil.rmtree(gone, ignore_errors=True)
        if not (folder.exists() or gone.exists()):
            break
