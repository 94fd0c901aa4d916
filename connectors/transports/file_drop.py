"""File drop: the source puts files into a folder that we can read."""

import os
import stat
from pathlib import Path

from catalogue.problems import Retry, Skip
from connectors.errand import Errand
from connectors.grammar import Companion, FileDataset, FileManifest
from connectors.landing import Landing

_BLOCK = 1 << 20


def fetch(errand: Errand[FileManifest, FileDataset]) -> None:
    """Copy the delivery, and its control file if it has one."""
    folder = Path(errand.value(errand.manifest.transport.folder))
    if not folder.is_dir():
        raise Retry("unreachable")
    _copy(folder, errand.at(errand.dataset.path), "delivery", errand.landing)
    if isinstance(errand.dataset.control, Companion):
        _copy(folder, errand.at(errand.dataset.control.path), "control", errand.landing)


def _copy(folder: Path, path: str, name: str, landing: Landing) -> None:
    descriptor = _open(folder, path)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise Retry("not-a-file", file=path)
        with landing.file(name) as sink:
            while block := os.read(descriptor, _BLOCK):
                sink.write(block)
        # A file that grows or changes under our hands is still being written: what we have is a piece of it.
        # (A writer that pauses is found later, by the delivery's own count.)
        after = os.fstat(descriptor)
        if (after.st_size, after.st_mtime_ns) != (sink.bytes, before.st_mtime_ns):
            raise Retry("still-being-written", file=path)
    finally:
        os.close(descriptor)


def _open(folder: Path, path: str) -> int:
    """Open a file inside the folder: no link leads out of it, and a pipe in its place does not make us wait."""
    try:
        real = (folder / path).resolve(strict=True)
        if not real.is_relative_to(folder.resolve()):
            raise Skip("not-a-file", file=path)
        return os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise Skip("not-delivered", file=path) from None
    except PermissionError:
        raise Skip("access-refused") from None
    except OSError:
        raise Retry("unreachable") from None
