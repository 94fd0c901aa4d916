"""The faults that a source can be told to have, and the way to tell it while the servers run."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from catalogue.problems import Stop
from mock_province.places import Places
from mock_province.sources.known import sources
from mock_province.sources.layout import Source, Transport

NONE = "none"
NETWORK = ("refuse", "hang", "error", "password")
CONTENT = ("empty", "truncated", "encoding", "stale", "count", "column", "rows", "late")
KINDS = (*NETWORK, *CONTENT)

# A folder has no server that could fail with an error, and no password.
_NOT_FOR: dict[Transport, frozenset[str]] = {"file": frozenset({"error", "password"})}
_SECONDS = 600  # at full size a delivery is written again in a few minutes


def applicable(source: Source) -> tuple[str, ...]:
    """Return the kinds of fault that make sense for the way a source delivers."""
    barred = _NOT_FOR.get(source.transport, frozenset())
    return tuple(kind for kind in KINDS if kind not in barred)


def check(source: str, kind: str) -> Source:
    """Return the layout of `source`; Stop where it, the kind, or their combination does not exist."""
    found = sources().get(source)
    if found is None:
        raise Stop("mock-unknown-source", source=source)
    if kind != NONE and kind not in applicable(found):
        raise Stop("mock-fault-does-not-apply", source=source, kind=kind, kinds=", ".join(applicable(found)))
    return found


def set_fault(home: Path, source: str, kind: str) -> None:
    """Put a fault in force (`none`: take it away); returns when it is. Stop where the servers are not up."""
    check(source, kind)
    call(home, "/faults", {"source": source, "kind": kind})


def clear(home: Path, source: str) -> None:
    """Take the fault of a source away; its delivery is as it was."""
    set_fault(home, source, NONE)


def current(home: Path) -> dict[str, str]:
    """Return the faults in force, by source."""
    found: dict[str, str] = call(home, "/faults")
    return found


def call(home: Path, path: str, body: dict[str, str] | None = None) -> Any:
    """Ask the control endpoint of the running servers; Stop where nothing answers."""
    values = Places(home.absolute()).values
    try:
        address = (values / "mock_control_url").read_text("utf-8").strip()
        token = (values / "mock_control_token").read_text("utf-8").strip()
        request = urllib.request.Request(  # noqa: S310  the address is ours, on loopback
            address + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy
        with opener.open(request, timeout=_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Stop("mock-control-refused", status=error.code, log=str(Places(home.absolute()).log)) from None
    except (FileNotFoundError, OSError, ValueError):
        raise Stop("mock-not-up", home=str(home)) from None
