"""A source's time is kept whatever it does, and late work publishes nothing."""

import threading
import time

import pytest

from catalogue.problems import Retry, Skip
from connectors.landing import Landing
from connectors.limits import Limit, within


def code(work) -> str:
    with pytest.raises((Retry, Skip)) as caught:
        work()
    return f"{type(caught.value).__name__} {caught.value.code}"


def test_what_is_done_in_time_is_returned() -> None:
    assert within(5, lambda limit: limit.left > 4) is True


def test_a_problem_of_the_work_is_raised_here() -> None:
    def work(_: Limit) -> None:
        raise Skip("not-delivered", file="a")

    assert code(lambda: within(5, work)) == "Skip not-delivered"


def test_work_that_cannot_be_stopped_is_left_behind_and_publishes_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("connectors.limits._GRACE", 0.05)
    free, ended = threading.Event(), threading.Event()
    outcome: list[str] = []

    def work(limit: Limit) -> None:
        landing = Landing(tmp_path / "d", limit)
        landing.clear()
        try:
            with landing.file("delivery") as sink:
                sink.write(b"in time")
                free.wait(30)
        except Retry as problem:
            outcome.append(problem.code)
        ended.set()

    assert code(lambda: within(0.2, work)) == "Retry timed-out"
    free.set()
    assert ended.wait(10)
    assert outcome == ["timed-out"]
    assert list((tmp_path / "d").iterdir()) == []


def test_a_blocked_call_is_freed() -> None:
    blocked, freed = threading.Event(), []

    def work(limit: Limit) -> None:
        with limit.aborting(blocked.set):
            blocked.wait(30)
            freed.append(True)

    started = time.monotonic()
    assert code(lambda: within(0.2, work)) == "Retry timed-out"
    assert freed
    assert time.monotonic() - started < 20


def test_a_pause_ends_with_the_limit() -> None:
    assert code(lambda: within(0.2, lambda limit: limit.sleep(60))) == "Retry timed-out"
