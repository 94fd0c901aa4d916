"""Where plain personal data lie on their way: the working area of a run, and the folder beside one file to be made."""

import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from catalogue.problems import Stop
from hedui.pipeline.interrupt import for_good, removed_at_last

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SAID_FULL: Final = (*map(os.strerror, _FULL), "max_temp_directory_size")  # DuckDB has words only
_LOCK: Final = "lock"


@dataclass(frozen=True)
class SourceArea:
    """What one attempt at one source leaves behind: as delivered, in canonical form, and accepted."""

    root: Path

    @property
    def raw(self) -> Path:
        """Bytes as delivered, one folder a category."""
        return self.root / "raw"

    @property
    def landed(self) -> Path:
        """Canonical records and rejected rows, two Parquet files a category."""
        return self.root / "landed"

    @property
    def accepted(self) -> Path:
        """Canonical records that passed validation, one Parquet file a category."""
        return self.root / "accepted"

    @property
    def set_aside(self) -> Path:
        """Whom the rows set aside are about, where their numbers could be read."""
        return self.root / "set_aside.parquet"


@dataclass(frozen=True)
class Workspace:
    """Paths of one run's working area."""

    root: Path

    @classmethod
    def of(cls, home: Path, run_id: str) -> "Workspace":
        """Return the working area of a run, readable by its owner only."""
        root = home / "work" / f"run={run_id}"
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(root)

    @property
    def applicants(self) -> Path:
        """Members under a live authorisation."""
        return self.root / "applicants.parquet"

    @property
    def households(self) -> Path:
        """One row a household in the run, with all its members and what they declared."""
        return self.root / "households.parquet"

    @property
    def answers(self) -> Path:
        """One row a source: whether it answered."""
        return self.root / "answers.parquet"

    @property
    def unusable(self) -> Path:
        """Members about whom a source delivered a row that had to be set aside: what they have there is not known."""
        return self.root / "unusable.parquet"

    @property
    def matches(self) -> Path:
        """Records matched to members."""
        return self.root / "matches"

    @property
    def assessed(self) -> Path:
        """Report documents before sealing, one file a county."""
        return self.root / "assessed"

    @property
    def reported(self) -> Path:
        """Index rows of sealed reports that wait for publication, one file a city."""
        return self.root / "reported"

    def source(self, source: str, attempt: int) -> SourceArea:
        """Return the area of one attempt; attempts never share a folder, so a killed one harms nothing."""
        return SourceArea(self.root / f"source={source}" / f"attempt={attempt}")

    def delete(self) -> None:
        """Remove everything; harmless where nothing is left. An error is raised: personal data would stay."""
        if self.root.exists():
            shutil.rmtree(self.root)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a draft to write that becomes `path` at the end of the block, so that no one ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    yield draft
    draft.replace(path)


@contextmanager
def scratch(out: Path) -> Iterator[Path]:
    """Give a folder beside `out` for what leads to it: of this user alone, gone at the end, interrupted or not.

    What killed processes left there for the same `out` goes first. Raises `Stop`: `match-out-unwritable`, and
    `disk-full` where anything in the block finds the disk full.
    """
    folder = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    problem = None
    with removed_at_last(folder):
        try:
            lock = _made(folder)
        except OSError as error:
            unwritable = Stop("match-out-unwritable", path=str(out), kind=type(error).__name__)
            problem = _disk_full(out) if is_full(error) else unwritable
        else:
            with lock:
                _sweep(out)
                try:
                    yield folder
                except Exception as error:
                    if not is_full(error):
                        raise
                    problem = _disk_full(out)
    if problem:
        raise problem from None


def put(folder: Path, out: Path) -> None:
    """Put the file of the name of `out` from `folder` into its place, whole; what was there is replaced."""
    with for_good():
        (folder / out.name).replace(out)


def is_full(error: Exception) -> bool:
    """Say whether an error means that there is no room: disk, quota, or a limit on the size of files."""
    numbered = isinstance(error, OSError) and error.errno in _FULL
    return numbered or any(words in str(error) for words in _SAID_FULL)


def _disk_full(out: Path) -> Stop:
    return Stop("disk-full", folder=str(out.parent.absolute()))


def _made(folder: Path) -> IO[str]:
    # The kernel lets go of the lock when the process ends, however that comes. No folder has this name without a lock.
    with removed_at_last(folder.with_name(f"{folder.name}.new")) as new:
        new.mkdir(mode=0o700)
        lock = (new / _LOCK).open("w")
        with suppress(OSError):  # a file system without locks, on which nothing is swept
            fcntl.flock(lock, fcntl.LOCK_EX)
        new.rename(folder)
    return lock


def _sweep(out: Path) -> None:
    ours = re.compile(rf"\.{re.escape(out.name)}\.[0-9a-f]{{8}}(\.gone)?")
    with suppress(OSError):  # a folder that may be written, and not be read
        for folder in out.parent.iterdir():
            if ours.fullmatch(folder.name) and not _in_use(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    try:
        with (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:  # its removal was cut short
        return False
    except OSError:
        return True
    return False
