"""Working areas that are left over. They hold personal data in clear, so they go as soon as nobody works in them."""

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from catalogue.problems import Stop
from hedui.custody.house import House
from hedui.pipeline.checkpoints import checkpoint
from hedui.registry import database, retention

_RUN_ID: Final = re.compile(r"(\d{4}-\d\d-\d\d)\.\d{1,6}")
_PUBLISHING: Final = timedelta(hours=1)  # whoever published a run deletes its area next
_GONE: Final = ".gone-"


class Area(NamedTuple):
    """A working area and its run."""

    run_id: str
    root: Path


def day_of(run_id: str) -> date | None:
    """Return the business date that a run's id begins with; None where it is no such id, and not ours to delete."""
    said = _RUN_ID.fullmatch(run_id)
    try:
        return said and date.fromisoformat(said[1])
    except ValueError:
        return None


def abandoned(house: House, before: datetime) -> list[Area]:
    """Return the areas of open runs that nobody has worked on since a moment."""
    listed, ages = _listed(house)
    return [one for one in listed if (age := ages.get(one.run_id)) and age.is_open and age.last < before]


def ownerless(house: House) -> list[Area]:
    """Return the areas of runs that are published, or that the registry does not know."""
    listed, ages = _listed(house)
    published = datetime.now(UTC) - _PUBLISHING
    return [
        one for one in listed if (age := ages.get(one.run_id)) is None or (not age.is_open and age.last < published)
    ]


def remove(house: House, area: Area) -> int:
    """Put the removal on record and remove the area; 0 where somebody works on its date after all."""
    from hedui.pipeline.drive import alone  # brings the whole pipeline, which is seldom needed here

    if house.dry_run:
        return 1
    day = day_of(area.run_id)
    assert day
    try:
        with alone(day):
            house.on_record("housekeeping.area", area.run_id, "retention", {"areas": 1}, about="run")
            checkpoint("housekeeping:area")
            # In one step: a run that is resumed finds its area whole, or none and starts over.
            with suppress(FileNotFoundError):
                area.root.rename(area.root.with_name(_GONE + secrets.token_hex(6)))
    except Stop as problem:
        if problem.code != "run-busy":
            raise
        return 0
    checkpoint("housekeeping:renamed")
    finish(house)
    return 1


def finish(house: House) -> None:
    """Delete what was removed: on record already, and perhaps cut short."""
    for rest in _work(house).glob(f"{_GONE}*"):
        while rest.exists():
            with suppress(FileNotFoundError):  # another process deletes it, too
                shutil.rmtree(rest)


def _listed(house: House) -> tuple[list[Area], dict[str, retention.RunAge]]:
    # First the folders: a run is on record before it has an area.
    listed = list(_areas(house))
    with database.session(house.registry, readonly=True) as session:
        return listed, retention.run_ages(session)


def _areas(house: House) -> Iterator[Area]:
    for root in sorted(_work(house).glob("run=*")):
        run_id = root.name.removeprefix("run=")
        if day_of(run_id):
            yield Area(run_id, root)


def _work(house: House) -> Path:
    return house.settings.home / "work"
