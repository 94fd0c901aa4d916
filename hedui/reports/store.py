"""The store of sealed reports: the files of every batch on any `pyarrow.fs` URL, one range read a report.

A batch is the reports of one county in one run (docs/sealed-report.md). It exists for readers only once the registry's
transaction has published it, so what a killed attempt leaves is harmless until it is collected.
"""

import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Literal, Protocol, Self

import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType, LocalFileSystem

from catalogue.problems import Stop
from hedui.registry.batches import BatchPlace
from hedui.registry.runs import ReportIndexRow
from hedui.reports.model import Summary
from hedui.sealing import layout
from hedui.sealing.batch import Sealer, Vault
from hedui.sealing.errors import Place
from hedui.sealing.keys import PublicKey, signing_key_id
from hedui.sealing.opening import SignedBatch
from hedui.sealing.shares import LONGEST_HEAD, Fetch
from hedui.sealing.suites import Suite

__all__ = ["BatchPlace", "Located", "ReportStore", "Step"]

SHARD_BYTES = 64 << 20  # a shard is closed once it is this long
AT_ONCE = 512  # documents that are sealed together
BATCH, SHARES = "batch.hdb", "shares.hds"

_UNFINISHED = ".part"
_STRETCH = 4 << 20  # bytes of neighbouring reports that are read together
# Nothing is longer than the format allows, so no file can make a reader take more memory than that.
_LONGEST_REPORT = layout.MAX_BODY + (1 << 12)
_LONGEST_BATCH = 1 << 16
_LONGEST_SHARES = LONGEST_HEAD + sum(layout.block_range(layout.MAX_REPORTS // layout.BLOCK, layout.MAX_REPORTS))

Step = Literal["cores", "shard-draft", "shard", "shares-draft", "shares", "batch-draft", "batch"]
Done = Callable[[Step], None]


class Located(Protocol):
    """Anything that says where a sealed report lies: an index row, or the registry's model of one."""

    @property
    def shard(self) -> str:
        """Path below the store's URL."""

    @property
    def offset(self) -> int:
        """First byte in the shard."""

    @property
    def length(self) -> int:
        """Bytes of the sealed report."""


def _unwatched(step: Step) -> None:
    """Do nothing between two writes."""


class ReportStore:
    """Batches of sealed reports below one URL."""

    def __init__(self, filesystem: FileSystem, root: str) -> None:
        self._files = filesystem
        self._root = root.rstrip("/")

    @classmethod
    def at(cls, url: str) -> Self:
        """Open the store at a `pyarrow.fs` URL (file, s3, gs, hdfs); `Stop` where there is no such file system."""
        try:
            filesystem, root = FileSystem.from_uri(url)
        except (OSError, ValueError):  # what pyarrow says may quote a password in the URL
            raise Stop("report-store-url") from None
        return cls(filesystem, root)

    # --- writing ---

    def write_batch(
        self,
        place: Place,
        recipients: Mapping[str, PublicKey],
        vault: Vault,
        signing: Ed25519PrivateKey,
        suite: Suite,
        reports: Iterable[tuple[Summary, bytes]],
        spool: Path,
        done: Done = _unwatched,
    ) -> tuple[BatchPlace, list[ReportIndexRow]]:
        """Seal documents and write them as one batch, in order; return where it lies, and the rows of its reports.

        Every call writes into a folder of its own, so that calling again after a kill disturbs nothing. Until the
        batch is signed, sealed reports wait in a nameless file in the folder `spool`. `done` is told of every write.
        Raises Stop: `report-store-unwritable`, `sealing-too-long`; ValueError where there is no report at all.
        """
        folder = f"reports/run={place.run_id}/county={place.county}/attempt={secrets.token_hex(6)}"
        sealer = Sealer(place, recipients, vault, signing, suite)
        with TemporaryFile(dir=spool) as cores:
            said, lengths = _seal(sealer, reports, cores, place)
            finished = sealer.finish()
            done("cores")
            with _unwritable(place):
                cores.seek(0)
                sealed = finished.reports(cores.read(length) for length in lengths)
                self._files.create_dir(self._full(folder), recursive=True)
                rows = self._write_shards(folder, zip(said, sealed, strict=True), done)
                self._put(f"{folder}/{SHARES}", finished.shares, lambda: done("shares-draft"))
                done("shares")
                self._put(f"{folder}/{BATCH}", finished.batch, lambda: done("batch-draft"))
                done("batch")
        public = signing.public_key()
        signed = SignedBatch.verify(finished.batch, place, {signing_key_id(public): public})
        where = BatchPlace(place.run_id, place.county, folder, len(rows), signed.head_hash, vault.epoch, signed.signer)
        return where, rows

    def put_batch_file(self, folder: str, file: bytes) -> None:
        """Put another batch file in the place of the one in a batch's folder, whole; Stop `report-store-unwritable`."""
        with _unwritable(_place_of(folder)):
            self._put(f"{folder}/{BATCH}", file)

    def put_shares(self, folder: str, file: bytes) -> None:
        """Put another share table in the place of the one in a batch's folder, as `put_batch_file` does."""
        with _unwritable(_place_of(folder)):
            self._put(f"{folder}/{SHARES}", file)

    # --- reading ---

    def read(self, row: Located) -> bytes:
        """Return one sealed report by one range read; Stop (report-missing) where the shard is gone or too short."""
        _require_sane(row)
        return self._exactly(row.shard, row.offset, row.length)

    def read_all(self, rows: Iterable[Located]) -> Iterator[bytes]:
        """Give one sealed report a row, in their order; what lies side by side in a shard is read at once."""
        for some in _side_by_side(rows):
            start, end = some[0].offset, some[-1].offset + some[-1].length
            stretch = self._exactly(some[0].shard, start, end - start)
            yield from (stretch[row.offset - start : row.offset - start + row.length] for row in some)

    def batch_file(self, folder: str) -> bytes:
        """Return the batch file of a batch; Stop `report-missing`. One that is too long comes cut: it opens nothing."""
        return self._range(f"{folder}/{BATCH}", 0, _LONGEST_BATCH)

    def shares(self, folder: str) -> bytes:
        """Return the whole share table of a batch, with the same errors as `batch_file`."""
        return self._range(f"{folder}/{SHARES}", 0, _LONGEST_SHARES)

    def shares_range(self, folder: str) -> Fetch:
        """Return what reads ranges of the share table of a batch: each call as the file is then."""
        return lambda offset, length: self._range(f"{folder}/{SHARES}", offset, length)

    # --- what is left over ---

    def runs(self) -> list[str]:
        """Return the ids of all runs that have something in the store, sorted."""
        found = self._below("reports", recursive=False)
        return sorted(entry.base_name.removeprefix("run=") for entry in found if entry.base_name.startswith("run="))

    def orphans(self, run_id: str, kept: Collection[str], before: datetime | None = None) -> list[str]:
        """List the files of a run that lie in none of the folders `kept`, and drafts wherever they lie. Sorted.

        They are leftovers of killed attempts. With `before`, only those last written before that moment.
        """
        entries = self._below(f"reports/run={run_id}")
        return sorted(self._path(entry) for entry in _orphans(entries, self._kept(kept), before))

    def collect(self, run_id: str, kept: Collection[str], before: datetime | None = None) -> int:
        """Delete the orphans of a run, and the folders that hold nothing else; return how many files there were.

        Only where nobody writes to this run, or with a moment before whoever may be writing now has begun.
        """
        entries = self._below(f"reports/run={run_id}")
        gone = _orphans(entries, self._kept(kept), before)
        for entry in gone:
            with suppress(FileNotFoundError):  # another process collects, too
                self._files.delete_file(entry.path)
        for folder in _emptied(entries, {entry.path for entry in gone}, self._kept(kept), before):
            with suppress(FileNotFoundError):
                self._files.delete_dir(folder)
        if not self._below(f"reports/run={run_id}"):
            with suppress(FileNotFoundError):
                self._files.delete_dir(self._full(f"reports/run={run_id}"))
        return len(gone)

    # --- files ---

    def _write_shards(self, folder: str, reports: Iterator[tuple[Summary, bytes]], done: Done) -> list[ReportIndexRow]:
        rows: list[ReportIndexRow] = []
        number = 0
        while written := self._write_shard(f"{folder}/shard-{number:05d}.hdr", reports, done):
            rows += written
            number += 1
        return rows

    def _write_shard(self, path: str, waiting: Iterator[tuple[Summary, bytes]], done: Done) -> list[ReportIndexRow]:
        report = next(waiting, None)
        if report is None:
            return []
        rows: list[ReportIndexRow] = []
        offset = 0
        with self._files.open_output_stream(self._full(path + _UNFINISHED)) as shard:
            while report is not None:
                said, sealed = report
                shard.write(sealed)
                rows.append(_row(said, path, offset, len(sealed)))
                offset += len(sealed)
                report = next(waiting, None) if offset < SHARD_BYTES else None
        done("shard-draft")
        self._move(path + _UNFINISHED, path)
        done("shard")
        return rows

    def _put(self, path: str, content: bytes, drafted: Callable[[], None] = lambda: None) -> None:
        draft = f"{path}.{secrets.token_hex(4)}{_UNFINISHED}"
        with self._files.open_output_stream(self._full(draft)) as file:
            file.write(content)
        drafted()
        self._move(draft, path)

    def _move(self, draft: str, path: str) -> None:
        # Whole and on the disk before it counts: the registry will say that it is there, and a key that opened what
        # it replaces may be destroyed next.
        self._settle(draft)
        self._files.move(self._full(draft), self._full(path))
        self._settle(path.rpartition("/")[0])

    def _settle(self, path: str) -> None:
        if isinstance(self._files, LocalFileSystem):  # the others keep what was closed
            handle = os.open(self._full(path), os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _exactly(self, path: str, offset: int, length: int) -> bytes:
        found = self._range(path, offset, length)
        if len(found) != length:
            raise Stop("report-missing", file=path)
        return found

    def _range(self, path: str, offset: int, length: int) -> bytes:
        try:
            with self._files.open_input_file(self._full(path)) as file:
                there = max(0, min(length, file.size() - offset))
                return bytes(file.read_at(there, offset)) if there else b""
        except (OSError, ValueError, pa.ArrowException):
            raise Stop("report-missing", file=path) from None

    def _below(self, folder: str, *, recursive: bool = True) -> list[FileInfo]:
        found = FileSelector(self._full(folder), recursive=recursive, allow_not_found=True)
        return list(self._files.get_file_info(found))

    def _kept(self, folders: Collection[str]) -> frozenset[str]:
        return frozenset(self._full(folder) for folder in folders)

    def _path(self, entry: FileInfo) -> str:
        return str(entry.path[len(self._root) + 1 :])

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"


def _seal(
    sealer: Sealer, reports: Iterable[tuple[Summary, bytes]], cores: IO[bytes], place: Place
) -> tuple[list[Summary], list[int]]:
    said: list[Summary] = []
    lengths: list[int] = []
    waiting = iter(reports)
    while some := list(islice(waiting, AT_ONCE)):
        sealed = sealer.seal([summary.household_ref for summary, _ in some], [document for _, document in some])
        with _unwritable(place):
            cores.writelines(sealed)
        said += [summary for summary, _ in some]
        lengths += map(len, sealed)
    return said, lengths


@contextmanager
def _unwritable(place: Place) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException):
        raise Stop("report-store-unwritable", run=place.run_id, county=place.county) from None


def _place_of(folder: str) -> Place:
    """Return whose batch a folder holds, for an error to name."""
    named = dict(part.partition("=")[::2] for part in folder.split("/"))
    return Place(named.get("run", ""), named.get("county", ""))


def _row(said: Summary, shard: str, offset: int, length: int) -> ReportIndexRow:
    return ReportIndexRow(
        household_ref=said.household_ref,
        county=said.county,
        case_ref=said.case_ref,
        shard=shard,
        offset=offset,
        length=length,
        conclusion=said.conclusion,
        found=said.found,
        none=said.none,
        no_answer=said.no_answer,
        not_authorised=said.not_authorised,
        findings=said.findings,
    )


def _require_sane(row: Located) -> None:
    if not 0 < row.length <= _LONGEST_REPORT or row.offset < 0:
        raise Stop("report-missing", file=row.shard)


def _side_by_side(rows: Iterable[Located]) -> Iterator[list[Located]]:
    some: list[Located] = []
    for row in rows:
        _require_sane(row)
        if some:
            last = some[-1]
            follows = (row.shard, row.offset) == (last.shard, last.offset + last.length)
            if not follows or row.offset + row.length - some[0].offset > _STRETCH:
                yield some
                some = []
        some.append(row)
    if some:
        yield some


def _orphans(entries: Iterable[FileInfo], kept: Collection[str], before: datetime | None) -> list[FileInfo]:
    return [
        entry
        for entry in entries
        if entry.type == FileType.File
        and (entry.path.rpartition("/")[0] not in kept or entry.path.endswith(_UNFINISHED))
        and _older(entry, before)
    ]


def _emptied(
    entries: Collection[FileInfo], gone: Collection[str], kept: Collection[str], before: datetime | None
) -> list[str]:
    """Return the folders in which nothing stays once the files `gone` are gone, outer ones first."""
    folders = sorted(entry.path for entry in entries if entry.type == FileType.Directory)
    staying = [
        entry.path
        for entry in entries
        if entry.path not in gone and (entry.type == FileType.File or entry.path in kept or not _older(entry, before))
    ]
    return [folder for folder in folders if not any(f"{path}/".startswith(f"{folder}/") for path in staying)]


def _older(entry: FileInfo, before: datetime | None) -> bool:
    return before is None or (entry.mtime is not None and entry.mtime < before)
