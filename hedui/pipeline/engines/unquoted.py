"""Errors of the tools beneath an engine: their kind is passed on, their text is not, for it may quote the data."""

import errno
import os
import re
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from catalogue.problems import Problem, Stop
from hedui.pipeline.workspace import is_full

P = ParamSpec("P")
R = TypeVar("R")

FAULT: Final = "kernel failed: "  # how a worker tells the kind of its error, followed by the kind
_TOLD: Final = (re.compile(rf"{FAULT}(\w+)"), re.compile(r"^(\w+Error):", re.MULTILINE))


def unquoted(engine: str, *kinds: type[Exception]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Turn errors of these kinds into `Stop` (`engine-failed`): without their text, and not in its context.

    A disk that is full stays an `OSError` that says so: whoever knows the folder names it.
    """

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        @wraps(method)
        def unquoting(*given: P.args, **named: P.kwargs) -> R:
            try:
                return method(*given, **named)
            except Problem:
                raise
            except kinds as error:
                full, fault = is_full(error), kind_of(error)
            if full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise Stop("engine-failed", engine=engine, kind=fault)  # after the handler: no context

        return unquoting

    return decorate


def kind_of(error: Exception) -> str:
    """Return the name of an error's kind, or of the one that it reports from a worker."""
    if isinstance(error, Problem):
        return str(error.where.get("kind", error.code))
    found = next((told for pattern in _TOLD if (told := pattern.search(str(error)))), None)
    return found[1] if found else type(error).__name__
