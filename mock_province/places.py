"""Where things lie below the mock province's home, and small files written so that others can't read them."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mock_province.sources.layout import Source

OURS_ALONE = 0o600


@dataclass(frozen=True, slots=True)
class Places:
    """The folders and files of one mock province. `home` is absolute."""

    home: Path

    @property
    def province(self) -> Path:
        """What was built: seed, households, business date. Written last."""
        return self.home / "province.json"

    @property
    def values(self) -> Path:
        """Addresses and secrets for Hedui's manifests, one file each."""
        return self.home / "values"

    @property
    def secrets(self) -> Path:
        """What the servers keep to themselves: passwords, host keys, the control token."""
        return self.home / "servers" / "secrets.json"

    @property
    def ports(self) -> Path:
        """The ports in use, kept so that a restart takes the same ones where it can."""
        return self.home / "servers" / "ports.json"

    @property
    def faults(self) -> Path:
        """The faults in force."""
        return self.home / "servers" / "faults.json"

    @property
    def lock(self) -> Path:
        """Held by the server process for as long as it lives; holds its process id."""
        return self.home / "servers" / "servers.pid"

    @property
    def log(self) -> Path:
        """What the servers print."""
        return self.home / "servers" / "servers.log"

    def records(self, source: str, category: str) -> Path:
        """Return where the world keeps the records of one dataset."""
        return self.home / "world" / "records" / source / f"{category}.parquet"

    def pristine(self, source: str) -> Path:
        """Return where the delivery of a source lies as it should be."""
        return self.home / "pristine" / source

    def live(self, source: Source) -> Path:
        """Return where it lies as it is: hard links to the pristine files unless a fault is in force."""
        folder = {"file": "drop", "sftp": "sftp", "oauth2": "pages", "signature": "pages"}[source.transport]
        return self.home / folder / source.id


def write_private(path: Path, text: str) -> None:
    """Replace a small file at once; nobody but its owner can read it at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OURS_ALONE), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Read a small JSON object; empty where there is no such file, or it was cut off by a crash."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, facts: dict[str, Any]) -> None:
    """Write a small JSON object privately."""
    write_private(path, json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time through; the kernel lets go of the lock when its holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, OURS_ALONE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def holder(path: Path) -> int | None:
    """Return the process that holds the lock on `path`; None where nobody does, whatever the file says.

    A process id alone may by now belong to somebody else. The lock can't: it ends with the process that took it.
    """
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
        return int(text) if text.isdecimal() else None
    finally:
        os.close(handle)
    return None


def hold(path: Path) -> int | None:
    """Take the lock on `path` for the rest of this process and write our id into it; None where another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, OURS_ALONE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle
