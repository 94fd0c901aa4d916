"""The last wall against personal data in tracebacks: an unforeseen error keeps its kind and place, not its text."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalogue.problems import Problem, Stop

_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def guarded(stage: str) -> Iterator[None]:
    """Turn an unforeseen error into a `Stop` that names its type and where in our code it happened.

    Libraries quote the data they choke on in their error texts, so the text is not passed on.
    """
    fault: Stop | None = None
    try:
        yield
    except Problem:
        raise
    except Exception as error:  # noqa: BLE001  anything at all may carry a personal value
        fault = Stop("internal-fault", stage=stage, kind=type(error).__qualname__, place=_place(error))
    if fault is not None:
        raise fault  # outside the handler: the original is not chained and so never printed


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if Path(f.filename).is_relative_to(_ROOT) and ".venv" not in f.filename]
    return " < ".join(f"{Path(f.filename).relative_to(_ROOT)}:{f.lineno}" for f in reversed(ours[-4:])) or "unknown"
