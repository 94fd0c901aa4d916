"""Drives the stages of one night in this process: sources side by side, then everything else in order."""

import fcntl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import date

from catalogue.problems import Problem, Stop
from catalogue.text import text
from hedui.pipeline import steps
from hedui.pipeline.interrupt import ending_at_once
from hedui.settings import Settings

Progress = Callable[[str], None]


def drive(business_date: date, progress: Progress) -> str:
    """Run or resume the night of a business date to its publication; return the run's id.

    A source that fails is on record and harms no other. Raises `Stop` where a person has to mend something first.
    """
    settings = Settings()
    run_id = steps.select(business_date)
    # Threads that wait for a source cannot be stopped, and need not be: a run survives being cut off anywhere.
    with ending_at_once(lambda: progress(text("progress-interrupted", run=run_id))):
        progress(text("progress-select", run=run_id))
        _ask(settings, run_id, progress)
        if counts := steps.match(run_id):
            progress(text("progress-match", **counts))
        cities = steps.assess(run_id)
        for done, city in enumerate(cities, start=1):
            reports = steps.report(run_id, city)
            progress(text("progress-report", done=done, total=len(cities), city=city, reports=reports))
        steps.publish(run_id)
        progress(text("progress-publish", run=run_id))
    return run_id


def _ask(settings: Settings, run_id: str, progress: Progress) -> None:
    waiting = steps.sources_to_ask(run_id)
    with ThreadPoolExecutor(settings.workers, thread_name_prefix="source") as pool:
        asked = {pool.submit(_one, run_id, source): source for source in waiting}
        for done, future in enumerate(as_completed(asked), start=1):
            state = text("state-accepted") if (problem := future.result()) is None else problem.message()
            progress(text("progress-source", done=done, total=len(asked), source=asked[future], state=state))


def _one(run_id: str, source: str) -> Problem | None:
    problem = _tried(run_id, source)
    if problem is not None and problem.code == "internal-fault":
        return _tried(run_id, source)  # a fault of ours, such as a busy database, is not the source's answer
    return problem


def _tried(run_id: str, source: str) -> Problem | None:
    try:
        attempt = steps.extract(run_id, source)
        steps.validate(run_id, source, steps.land(run_id, source, attempt))
    except Problem as problem:  # recorded by the step
        return problem
    return None


@contextmanager
def alone(business_date: date) -> Iterator[int]:
    """Hold the business date for this process; `Stop` (run-busy) where another one works on it.

    The lock is the kernel's, so a killed process leaves none behind. Gives its file descriptor: a child that inherits
    it goes on holding the date when this process is killed.
    """
    folder = Settings().home / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / f"{business_date}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Stop("run-busy", date=business_date.isoformat()) from None
        yield handle.fileno()
