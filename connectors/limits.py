"""The time that a source has, kept even where it stops answering in the middle of a call that cannot be interrupted."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from catalogue.problems import Retry

T = TypeVar("T")
_GRACE = 2.0  # seconds for work that was told to stop to close what it holds


class Limit:
    """One source's time. Work asks it how long is left; who waits for the work tells it when time is up."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.doing = "-"  # what is being fetched, for the message when time is up
        self._ends = time.monotonic() + seconds
        self._over = threading.Event()
        self._aborts: list[Callable[[], None]] = []

    @property
    def left(self) -> float:
        """Seconds left, never below a millisecond: many a library takes 0 for "no limit"."""
        return max(self._ends - time.monotonic(), 0.001)

    @property
    def idle(self) -> float:
        """Seconds to wait for the next sign of life: a third of the whole, so that another try still fits."""
        return min(self.left, self.seconds / 3)

    def check(self) -> None:
        """Retry if time is up."""
        if self._over.is_set() or time.monotonic() >= self._ends:
            raise self.timed_out()

    def timed_out(self) -> Retry:
        """Make the problem to raise when time is up."""
        return Retry("timed-out", category=self.doing, seconds=f"{self.seconds:g}")

    def sleep(self, seconds: float) -> None:
        """Wait, at most until time is up."""
        self._over.wait(min(seconds, self.left))
        self.check()

    @contextmanager
    def aborting(self, action: Callable[[], None]) -> Iterator[None]:
        """Have `action` called from another thread if time runs out meanwhile: it must free a blocked call."""
        self._aborts.append(action)
        try:
            yield
        finally:
            self._aborts.remove(action)

    def give_up(self) -> None:
        """Declare the time over and free whatever still waits."""
        self._over.set()
        for action in tuple(self._aborts):
            action()


def within(seconds: float, work: Callable[[Limit], T]) -> T:
    """Return what `work` returns; Retry `timed-out` if that takes longer.

    The work runs in a daemon thread. If it cannot be stopped it is left behind, and the limit that it holds
    keeps it from publishing anything (see `Landing`).
    """
    limit = Limit(seconds)
    done = threading.Event()
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work(limit))
        except BaseException as error:  # noqa: BLE001  handed over to the waiting thread
            failures.append(error)
        finally:
            done.set()

    threading.Thread(target=run, name="hedui-extract", daemon=True).start()
    try:
        in_time = done.wait(seconds)
    finally:
        limit.give_up()
    if not in_time:
        done.wait(_GRACE)
        raise limit.timed_out()
    if failures:
        raise failures[0]
    return results[0]
