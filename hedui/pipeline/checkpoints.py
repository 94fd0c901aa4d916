"""Named points inside the stages at which a run may be cut off, so that survival can be tested at each of them.

`HEDUI_KILL_AT=<name>` kills this process with SIGKILL when it first gets there. The fault tests find the names by
reading the code for `checkpoint("…")`, so a new point is covered by itself.
"""

import os
import signal


def checkpoint(name: str) -> None:
    """Mark a point between two writes."""
    if os.environ.get("HEDUI_KILL_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
