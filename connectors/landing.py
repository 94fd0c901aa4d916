"""Where a delivery is put down as it came: under a temporary name first, receipt last."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from catalogue.labels import Strict
from catalogue.problems import Skip
from connectors.limits import Limit

MAX_BYTES = 64 << 30  # of one dataset: a source must not fill the disk


class FileReceipt(Strict):
    """One file as fetched."""

    name: str
    bytes: int
    sha256: str


class DatasetReceipt(Strict):
    """What was fetched of one dataset."""

    category: str
    files: tuple[FileReceipt, ...]
    tries: int


class Receipt(Strict):
    """What was fetched of one source for one business date. Holds nothing personal."""

    source: str
    business_date: str
    datasets: tuple[DatasetReceipt, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all files together."""
        return sum(file.bytes for dataset in self.datasets for file in dataset.files)

    @classmethod
    def read(cls, folder: Path) -> "Receipt":
        """Read the receipt of a finished extract; FileNotFoundError where it never finished."""
        return cls.model_validate_json((folder / "receipt.json").read_bytes())

    def write(self, folder: Path) -> None:
        """Write `receipt.json` in one step."""
        part = folder / ".receipt.json.part"
        part.write_text(self.model_dump_json(indent=1), "utf-8")
        part.replace(folder / "receipt.json")


class Sink:
    """A file being written: counts, hashes, and keeps to the limits of size and time."""

    def __init__(self, file: BinaryIO, limit: Limit, allowed: int) -> None:
        self._file = file
        self._limit = limit
        self._allowed = allowed
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> int:
        """Append bytes; Retry if time is up, Skip if there are too many."""
        self._limit.check()
        if self.bytes + len(data) > self._allowed:
            raise Skip("too-large", limit=f"{MAX_BYTES >> 30} GiB")
        self._file.write(data)
        self._hash.update(data)
        self.bytes += len(data)
        return len(data)

    def receipt(self, name: str) -> FileReceipt:
        """Say what was written."""
        return FileReceipt(name=name, bytes=self.bytes, sha256=self._hash.hexdigest())


class Landing:
    """The folder of one dataset. Files appear in it whole or not at all, and never after time is up."""

    def __init__(self, folder: Path, limit: Limit) -> None:
        self._folder = folder
        self._limit = limit
        self._files: list[FileReceipt] = []

    def clear(self) -> None:
        """Start afresh: another try leaves nothing of the one before."""
        self._files.clear()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True)

    @contextmanager
    def file(self, name: str) -> Iterator[Sink]:
        """Open a file for writing; it gets its name when the block ends well."""
        part = self._folder / f".{name}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                sink = Sink(file, self._limit, MAX_BYTES - sum(f.bytes for f in self._files))
                yield sink
            self._limit.check()
            part.replace(self._folder / name)
        finally:
            part.unlink(missing_ok=True)
        self._files.append(sink.receipt(name))

    @property
    def files(self) -> tuple[FileReceipt, ...]:
        """The files landed so far."""
        return tuple(self._files)
