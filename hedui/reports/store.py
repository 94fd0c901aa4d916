"""The store of sealed reports: shards per run and county on any `pyarrow.fs` URL, one range read a report.

A shard is sealed reports end to end; the registry's index says where each begins. A report exists for readers only once
the registry's transaction has published its index row, so shards of a killed attempt are harmless until collected.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

from pyarrow.fs import FileSelector, FileSystem, FileType

from catalogue.problems import Stop
from hedui.registry.runs import ReportIndexRow
from hedui.reports.model import Summary
from hedui.reports.seal import MAX_SEALED

SHARD_BYTES = 64 << 20  # a shard is closed once it is this long
_UNFINISHED = ".part"


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


class ReportStore:
    """Sealed reports below one URL."""

    def __init__(self, filesystem: FileSystem, root: str) -> None:
        self._files = filesystem
        self._root = root.rstrip("/")

    @classmethod
    def at(cls, url: str) -> "ReportStore":
        """Open the store at a `pyarrow.fs` URL (file, s3, gs, hdfs); `Stop` where there is no such file system."""
        try:
            filesystem, root = FileSystem.from_uri(url)
        except (OSError, ValueError):  # what pyarrow says may quote a password in the URL
            raise Stop("report-store-url") from None
        return cls(filesystem, root)

    def write_shards(self, run_id: str, county: str, reports: Iterable[tuple[Summary, bytes]]) -> list[ReportIndexRow]:
        """Write the sealed reports of one county in order, as a new attempt; return their index rows.

        Every call writes into a folder of its own, so that calling again after a kill disturbs nothing.
        """
        folder = f"{_county_folder(run_id, county)}/attempt={secrets.token_hex(6)}"
        rows: list[ReportIndexRow] = []
        waiting = iter(reports)
        try:
            self._files.create_dir(self._full(folder), recursive=True)
            number = 0
            while written := self._write_shard(f"{folder}/shard-{number:05d}.hdr", waiting):
                rows += written
                number += 1
        except OSError:
            raise Stop("report-store-unwritable", run=run_id, county=county) from None
        return rows

    def read(self, row: Located) -> bytes:
        """Return one sealed report by one range read; `Stop` (report-missing) where the shard is gone or too short."""
        if not 0 < row.length <= MAX_SEALED or row.offset < 0:
            raise Stop("report-missing", shard=row.shard)
        try:
            with self._files.open_input_file(self._full(row.shard)) as shard:
                shard.seek(row.offset)
                sealed = bytes(shard.read(row.length))
        except (OSError, ValueError):
            raise Stop("report-missing", shard=row.shard) from None
        if len(sealed) != row.length:
            raise Stop("report-missing", shard=row.shard)
        return sealed

    def orphans(self, run_id: str, indexed: Collection[str]) -> list[str]:
        """List the shards of a run that no index row names: leftovers of killed attempts. Sorted."""
        keep = frozenset(indexed)
        return sorted(path for path in self._shards(run_id) if path not in keep)

    def collect(self, run_id: str, indexed: Collection[str]) -> int:
        """Delete the orphans of a run that nobody is writing any more; return how many there were."""
        gone = self.orphans(run_id, indexed)
        for path in gone:
            self._files.delete_file(self._full(path))
        return len(gone)

    def _write_shard(self, path: str, waiting: Iterator[tuple[Summary, bytes]]) -> list[ReportIndexRow]:
        first = next(waiting, None)
        if first is None:
            return []
        rows: list[ReportIndexRow] = []
        offset = 0
        with self._files.open_output_stream(self._full(path + _UNFINISHED)) as shard:
            report: tuple[Summary, bytes] | None = first
            while report is not None:
                said, sealed = report
                shard.write(sealed)
                rows.append(_row(said, path, offset, len(sealed)))
                offset += len(sealed)
                report = next(waiting, None) if offset < SHARD_BYTES else None
        self._files.move(self._full(path + _UNFINISHED), self._full(path))
        return rows

    def _shards(self, run_id: str) -> Iterator[str]:
        folder = self._full(f"reports/run={run_id}")
        for entry in self._files.get_file_info(FileSelector(folder, recursive=True, allow_not_found=True)):
            if entry.type == FileType.File:
                yield entry.path[len(self._root) + 1 :]

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"


def _county_folder(run_id: str, county: str) -> str:
    return f"reports/run={run_id}/county={county}"


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
