"""The steps of housekeeping, each callable by itself: what the DAG's tasks and `hedui housekeeping` call.

Arguments are dates, results are counts, so both may pass through Airflow. Every step can be killed at any point and
run again, on the same day or a later one.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from catalogue.problems import Stop
from catalogue.text import text
from hedui.access import checkpoints
from hedui.access.odd import RULES, OddDay, odd_day, read_actors
from hedui.custody import areas, expiry
from hedui.custody.house import House, Say, log
from hedui.custody.key_ages import FAULTS, KeyWarning, key_warnings
from hedui.keys.worker import Worker
from hedui.pipeline.checkpoints import checkpoint
from hedui.pipeline.guard import guarded
from hedui.registry import batches, database, runs
from hedui.settings import SHANGHAI, Settings

Counts = dict[str, int]

_SHOWN: Final = 3  # keys that a line names


def today(moment: datetime | None = None) -> date:
    """Return the day of a moment (now) by the office's clock."""
    return (moment or datetime.now(SHANGHAI)).astimezone(SHANGHAI).date()


@guarded
def retention(day: date, *, dry_run: bool = False, say: Say = log) -> Counts:
    """Delete what has expired by that day; return how much. Raises Stop `housekeeping-ahead` for a day to come."""
    house = _house(day, dry_run=dry_run, say=say)
    gone = expiry.reports(house)
    return {
        "runs": gone.runs,
        "reports": gone.reports,
        "newest_kept": gone.kept,
        "household_changes": expiry.household_changes(house),
        "oversight_lists": expiry.oversight(house),
        "working_areas": expiry.working(house),
        "quarantine_files": expiry.quarantine(house),
    }


@guarded
def orphans(day: date, *, dry_run: bool = False, say: Say = log) -> Counts:
    """Delete files of reports that no batch names, and working areas of runs that nobody resumes; return how many."""
    house = _house(day, dry_run=dry_run, say=say)
    if not dry_run:
        areas.finish(house)
    removed = sum(areas.remove(house, area) for area in areas.ownerless(house))
    return {"working_areas": removed, "report_files": _unnamed_files(house)}


@guarded
def odd(day: date, *, say: Say = log) -> Counts:
    """Write the list of odd look-ups of the day before, which stays here; return how many there are of each kind.

    Nobody is shown it by this: the file is its owner's alone, and whoever asks by the command line needs `audit.odd`.
    """
    house = _house(day, say=say)
    actors = read_actors(house.settings.actors_file)
    found = odd_day(house.registry, house.ring, actors, day - timedelta(days=1), role=house.role)
    path = house.settings.home / "oversight" / f"odd-{found.day}.json"
    try:
        _write_list(path, found)
    except OSError as error:
        raise Stop("home-unusable", folder=str(path.parent), kind=type(error).__name__) from None
    kinds = Counter(one.rule for one in found.odd)
    if found.odd:
        house.say(text("housekeeping-odd-list", path=str(path), count=len(found.odd)))
    return {"entries": found.entries, **{rule: kinds[rule] for rule in RULES}}


@guarded
def keys(day: date, *, dry_run: bool = False, say: Say = log) -> Counts:
    """Name the keys that a person has to do something about; return how many of each kind."""
    house = _admitted(day, dry_run=dry_run, say=say)
    file = house.settings.worker_keys
    worker = Worker.existing(file) if file is not None else None
    found = key_warnings(house.ring, house.vault, worker, house.policy, day)
    for fault, days in dict.fromkeys((one.fault, one.days) for one in found):
        _name(house, [one for one in found if (one.fault, one.days) == (fault, days)])
    kinds = Counter(one.fault for one in found)
    return {fault: kinds[fault] for fault in FAULTS}


@guarded
def sign(day: date, *, say: Say = log) -> Counts:
    """Sign a checkpoint of the audit trail and add it to its file; return how many entries it covers."""
    house = _house(day, say=say)
    to = house.settings.audit_checkpoints
    if to is None:
        to = house.settings.home / "audit" / "checkpoints.jsonl"
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        house.say(text("housekeeping-copy-it", path=str(to)))
    return {"entries": checkpoints.issue_with(house.registry, house.ring, to).size}


# In their order: what deletes and lists writes to the trail, which is signed last.
STEPS: Final[Mapping[str, Callable[..., Counts]]] = {
    "retention": retention,
    "orphans": orphans,
    "odd": odd,
    "keys": keys,
    "checkpoint": sign,
}
CHANGING: Final = frozenset({"odd", "checkpoint"})  # always write: not for who wants to know what would be done


def needs(done: Mapping[str, Counts | None]) -> list[str]:
    """Say what needs a person, by what the steps counted; None: the step failed.

    Odd look-ups do not: they are questions for whoever reads their list, and an alarm every day is heard by nobody.
    """
    said = [
        text("housekeeping-need-step", step=text(f"housekeeping-{step}"))
        for step, counts in done.items()
        if counts is None
    ]
    counted = done.get("keys") or {}
    said += [text(f"housekeeping-need-{fault}", count=counted[fault]) for fault in FAULTS if counted.get(fault)]
    return said


def check_day(day: date, *, dry_run: bool = False) -> None:
    """Raise Stop `housekeeping-ahead` for a day to come: what a policy keeps today is not deleted."""
    if day > today() and not dry_run:
        raise Stop("housekeeping-ahead", date=day.isoformat())


def _house(day: date, *, dry_run: bool = False, say: Say = log) -> House:
    check_day(day, dry_run=dry_run)
    return _admitted(day, dry_run=dry_run, say=say)


def _admitted(day: date, *, dry_run: bool, say: Say) -> House:
    return House(Settings(), today=day, dry_run=dry_run, say=say).admitted("housekeeping.run")


def _unnamed_files(house: House) -> int:
    # The moment leaves what is being written, or sealed anew in a published run, to who writes it.
    before, count = house.settled, 0
    with expiry.store_usable():
        store = house.store
        listed = [run_id for run_id in store.runs() if areas.day_of(run_id)]  # before the registry is asked
        with database.session(house.registry, readonly=True) as session:
            known = [run_id for run_id in listed if runs.is_known(session, run_id)]
            opened = [run_id for run_id in known if not runs.is_published(session, run_id)]
            kept = {run_id: [one.folder for one in batches.of_run(session, run_id).values()] for run_id in listed}
        if listed and not known:
            raise Stop("report-store-other", runs=len(listed))
        for run_id in (one for one in listed if one not in opened):
            found = len(store.orphans(run_id, kept[run_id], before))
            count += found
            if house.dry_run:
                continue
            if found:
                house.on_record("housekeeping.orphans", run_id, "retention", {"files": found}, about="run")
                checkpoint("housekeeping:orphans")
            store.collect(run_id, kept[run_id], before)  # also folders that hold nothing
    return count


def _write_list(path: Path, found: OddDay) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    said = json.dumps(asdict(found) | {"day": found.day.isoformat()}, ensure_ascii=False, indent=1)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(said + "\n")
        file.flush()
        os.fsync(file.fileno())
    checkpoint("housekeeping:odd")
    draft.replace(path)


def _name(house: House, some: list[KeyWarning]) -> None:
    named = [f"{one.key}/{one.generation}" if one.generation else one.key for one in some[:_SHOWN]]
    more = ["…"] if len(some) > _SHOWN else []
    keys = ", ".join([*named, *more])
    house.say(text(f"housekeeping-key-{some[0].fault}", keys=keys, count=len(some), days=some[0].days))
