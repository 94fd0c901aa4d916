"""Files of keys: for their owner only, written whole or not at all, by one writer at a time.

A write goes to a draft beside the file, to the disk, and then takes the file's place in one step: whoever reads finds
the old file or the new one, and a crash leaves either. Writers hold a lock on a file of its own beside it.
"""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from catalogue.problems import Stop

Kind = Literal["keyring", "master", "vault", "worker", "pin"]

_LARGEST = 1 << 26  # bytes; a keyring of 109 regions with 255 generations each stays below
_PATIENCE = 10.0  # seconds that a writer waits for another
_PAUSE = 0.02


class NotPickled:
    """What holds private keys never leaves its process: a pickle may end up in a queue or a log."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("private keys do not leave their process")


def unreadable(path: Path, kind: Kind) -> Stop:
    """Return the error of a file that is damaged or no file of its kind."""
    return Stop("key-file-unreadable", file=kind, path=str(path))


def read(path: Path, kind: Kind) -> bytes:
    """Return the content. Raises Stop: `key-file-missing`, `key-file-unreadable`, `-open-to-others`, `-not-yours`."""
    try:
        while (content := _read(path, kind)) is None:
            pass  # replaced meanwhile, and perhaps overwritten with noise
    except FileNotFoundError:
        raise Stop("key-file-missing", file=kind, path=str(path)) from None
    except PermissionError:
        raise Stop("key-file-not-yours", file=kind, path=str(path)) from None
    except OSError:
        raise unreadable(path, kind) from None
    if not content or len(content) > _LARGEST:
        raise unreadable(path, kind)
    return content


def _read(path: Path, kind: Kind) -> bytes | None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe in its place must not hang us
    with os.fdopen(handle, "rb") as file:
        held = os.fstat(file.fileno())
        if not stat.S_ISREG(held.st_mode):
            return b""
        if held.st_mode & 0o077:
            mode = f"{stat.S_IMODE(held.st_mode):04o}"
            raise Stop("key-file-open-to-others", file=kind, path=str(path), mode=mode)
        content = file.read(_LARGEST + 1)
        return content if os.path.samestat(held, path.stat()) else None


def write(path: Path, kind: Kind, content: bytes) -> None:
    """Put the content in the file's place, mode 0600. The caller holds `locked`; Stop `key-file-unwritable`."""
    with _unwritable(path, kind), _draft(path, content) as draft:
        draft.replace(path)
        _sync(path.parent)


def write_over(path: Path, kind: Kind, content: bytes) -> None:
    """Like `write`; then overwrite with noise what lay there before. A crash between leaves that to `erase_rest`.

    The caller holds `locked`. What a file system keeps all the same: docs/keys.md.
    """
    with _unwritable(path, kind):
        _erase(_old(path), path)
        with _draft(path, content) as draft:
            if path.exists():
                os.link(path, _old(path))  # so that what is replaced can still be reached
                _sync(path.parent)
            draft.replace(path)
            _sync(path.parent)
        _erase(_old(path), path)


def erase_rest(path: Path, kind: Kind) -> None:
    """Finish what a crash left of `write_over`. Takes the lock if there is something; Stop `key-file-unwritable`."""
    if any(left.exists() for left in (_old(path), _draft_of(path))):
        with locked(path, kind), _unwritable(path, kind):
            _erase(_old(path), path)
            _erase(_draft_of(path), path)


@contextmanager
def locked(path: Path, kind: Kind, seconds: float = _PATIENCE) -> Iterator[None]:
    """Be the only writer of a file. Raises Stop: `key-file-busy` after so many seconds, `key-file-unwritable`."""
    with _unwritable(path, kind):
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(path.with_name(f".{path.name}.lock"), flags, 0o600)
    try:
        _taken(handle, path, kind, seconds)
        yield
    finally:
        os.close(handle)  # and with it the lock; the file stays, so that two writers never lock two files


def _taken(handle: int, path: Path, kind: Kind, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        with _unwritable(path, kind), suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() >= until:
            raise Stop("key-file-busy", file=kind, path=str(path))
        time.sleep(_PAUSE)


@contextmanager
def _unwritable(path: Path, kind: Kind) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = type(error).__name__
        raise Stop("key-file-unwritable", file=kind, path=str(path), error=name) from None


def _draft_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.draft")


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


@contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    # The content, whole and on disk. Whoever writes holds the lock, so a draft that is there was left by a crash.
    draft = _draft_of(path)
    _erase(draft, path)
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        _erase(draft, path)


def _erase(left: Path, path: Path) -> None:
    with suppress(FileNotFoundError):
        handle = os.open(left, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        with os.fdopen(handle, "wb") as file:
            held = os.fstat(file.fileno())
            # A crash before the draft took its place leaves a second name of the file that still counts.
            if not (path.exists() and os.path.samestat(held, path.stat())):
                file.write(os.urandom(held.st_size))
                file.flush()
                os.fsync(file.fileno())
        left.unlink()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
