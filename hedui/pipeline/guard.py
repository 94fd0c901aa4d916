"""The last wall against personal data in tracebacks: an unforeseen error keeps its kind and place, not its text."""

import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from catalogue.problems import Problem, Stop

_ROOT = Path(__file__).resolve().parents[2]
P = ParamSpec("P")
R = TypeVar("R")


def guarded(step: Callable[P, R]) -> Callable[P, R]:
    """Let nothing out of a step but problems, which hold no personal value, and none of the errors behind them.

    Libraries quote the data they choke on in their error texts, so neither the text nor the chain is passed on: an
    unforeseen error becomes a `Stop` that names its type and where in our code it happened.
    """

    @wraps(step)
    def alone(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return step(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  anything at all may carry a personal value
            told = as_problem(error, step.__name__)
        told.__cause__ = told.__context__ = None
        raise told.with_traceback(None)  # outside the handlers: neither the original nor its frames' values go along

    return alone


def as_problem(error: Exception, stage: str) -> Problem:
    """Return what may be said of an error: itself if it is a problem, else its kind and place."""
    if isinstance(error, Problem):
        return error
    return Stop("internal-fault", stage=stage, kind=type(error).__qualname__, place=_place(error))


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if Path(f.filename).is_relative_to(_ROOT) and ".venv" not in f.filename]
    return " < ".join(f"{Path(f.filename).relative_to(_ROOT)}:{f.lineno}" for f in reversed(ours[-4:])) or "unknown"
