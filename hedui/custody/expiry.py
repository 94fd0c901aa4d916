"""What has expired by the dated policy, and its deletion: first on the audit trail, then done, whole at the next try.

Each part returns how much went, or would go where nothing is to change.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType

from catalogue.problems import Stop
from catalogue.text import text
from hedui.custody.areas import abandoned, day_of, remove
from hedui.custody.house import House
from hedui.pipeline.checkpoints import checkpoint
from hedui.registry import database, retention
from hedui.registry.retention import Expired, RunAge

_ODD: Final = re.compile(r"\.?odd-(\d{4}-\d\d-\d\d)\.json(\.new)?")  # a list, or the draft of one


class Gone(NamedTuple):
    """Of how many runs the reports went, how many these were, and whether the newest run stays in spite of its age."""

    runs: int
    reports: int
    kept: int


def reports(house: House) -> Gone:
    """Forget the reports of expired runs; their files then belong to nobody, and are collected as orphans.

    Not while keys are worked on: what is just being sealed anew then goes the next day.
    """
    before = house.kept_since("reports")
    if before is None:
        return Gone(0, 0, 0)
    with database.session(house.registry, readonly=True) as session:
        going, kept = retention.expired_reports(session, before)
    if kept is not None:
        house.say(text("housekeeping-newest-kept", run=kept))
    if going and not house.dry_run and not _forgotten(house, going, before):
        house.say(text("housekeeping-busy", count=len(going)))
        going = []
    return Gone(len(going), sum(run.reports for run in going), int(kept is not None))


def household_changes(house: House) -> int:
    """Delete former states of households."""
    before = house.kept_since("household_changes")
    if before is None:
        return 0
    with database.session(house.registry, readonly=True) as session:
        count = retention.count_changes(session, before)
    if count and not house.dry_run:
        house.on_record("housekeeping.changes", "household_changes", "retention", {"changes": count}, about="trail")
        checkpoint("housekeeping:changes")
        with database.session(house.registry) as session:
            return retention.forget_changes(session, before)
    return count


def oversight(house: House) -> int:
    """Delete lists of odd look-ups by the day that they are about."""
    period = house.policy.period("oversight", house.today)
    if period is None:
        return 0
    going = [path for path, day in _lists(house) if day < period.kept_since(house.today)]
    if going and not house.dry_run:
        house.on_record("housekeeping.oversight", "oversight", "retention", {"files": len(going)}, about="trail")
        for path in going:
            checkpoint("housekeeping:oversight")
            path.unlink(missing_ok=True)
    return len(going)


def working(house: House) -> int:
    """Delete the working areas of runs that are open still, and that nobody goes on with."""
    before = house.kept_since("working")
    if before is None:
        return 0
    gone = 0
    for area in abandoned(house, before):
        gone += remove(house, area)
    return gone


def quarantine(house: House) -> int:
    """Delete the sealed rows that expired runs set aside; return how many files these were."""
    before = house.kept_since("quarantine")
    if before is None:
        return 0
    gone = 0
    with store_usable():
        files, root = FileSystem.from_uri(house.settings.store)
        folders = _below(files, f"{root}/quarantine")  # before the registry is asked: a run is on record first
        with database.session(house.registry, readonly=True) as session:
            ages = retention.run_ages(session)
        for folder in folders:
            run_id = folder.base_name.removeprefix("run=")
            held = [entry for entry in _below(files, folder.path, recursive=True) if entry.type == FileType.File]
            last = _last(ages, run_id, held or [folder])
            if day_of(run_id) is None or last is None or last >= before:
                continue
            gone += len(held)
            if not house.dry_run:
                house.on_record("housekeeping.quarantine", run_id, "retention", {"files": len(held)}, about="run")
                checkpoint("housekeeping:quarantine")
                files.delete_dir(folder.path)
    return gone


@contextmanager
def store_usable() -> Iterator[None]:
    """Say of an error of the store only its kind: its words may quote a password."""
    try:
        yield
    except (OSError, ValueError, pa.ArrowException) as error:
        kind = type(error).__name__
    else:
        return
    raise Stop("housekeeping-store", kind=kind)


def _forgotten(house: House, going: list[Expired], before: datetime) -> bool:
    # False, and nothing done, while keys are worked on.
    try:
        with house.alone():
            for run in going:
                house.on_record("housekeeping.reports", run.run_id, "retention", {"reports": run.reports}, about="run")
                checkpoint("housekeeping:recorded")
                with database.session(house.registry) as session:
                    retention.forget_reports(session, run.run_id, before)
                    checkpoint("housekeeping:forgetting")
                    house.still_alone()
                checkpoint("housekeeping:forgotten")
    except Stop as problem:
        if problem.code != "custody-busy":
            raise
        return False
    return True


def _last(ages: Mapping[str, RunAge], run_id: str, there: list[FileInfo]) -> datetime | None:
    # When anybody last worked on a run; of one that the registry does not know, when its files were last written.
    if run_id in ages:
        return ages[run_id].last
    return max((entry.mtime.astimezone(UTC) for entry in there if entry.mtime is not None), default=None)


def _below(files: FileSystem, folder: str, *, recursive: bool = False) -> list[FileInfo]:
    found = files.get_file_info(FileSelector(folder, recursive=recursive, allow_not_found=True))
    return sorted(found, key=lambda entry: str(entry.path))


def _lists(house: House) -> Iterator[tuple[Path, date]]:
    for path in sorted((house.settings.home / "oversight").glob("*odd-*")):
        if said := _ODD.fullmatch(path.name):
            with suppress(ValueError):  # no date, and so no list of ours
                yield path, date.fromisoformat(said[1])
