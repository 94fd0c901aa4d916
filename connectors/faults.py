"""What is wrong with a manifest: every mistake at once, with its file, line, field and what was expected."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from catalogue.problems import Stop
from catalogue.text import Language, text

Place = tuple[str | int, ...]  # ("datasets", 0, "fields", 2, "item")

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([\w\-]+)\s*=")


@dataclass(frozen=True)
class Fault:
    """One mistake. `code` names the message `fault-<code>`; `about` fills it and never holds a secret."""

    file: str
    place: Place
    code: str
    about: Mapping[str, str] = field(default_factory=dict)
    line: int = 0  # 0: not known

    @property
    def field(self) -> str:
        """The place in the words of TOML, counted from one: `datasets[1].fields[3].item`."""
        said = ""
        for step in self.place:
            said += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
        return said.lstrip(".") or "-"

    def message(self, language: Language | None = None) -> str:
        """Say the mistake in one line."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.field}: {text(f'fault-{self.code}', language, **self.about)}"


class BadManifests(Stop):
    """The manifests cannot be used as they are. Holds every fault of every file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        files = {fault.file for fault in self.faults}
        super().__init__("bad-manifests", faults=len(self.faults), files=len(files))

    def __reduce__(self) -> tuple[object, ...]:
        return (BadManifests, (self.faults,))

    def message(self, language: Language | None = None) -> str:
        """Say how many mistakes there are, then each on its own line."""
        return "\n".join([super().message(language), *(f"  {fault.message(language)}" for fault in self.faults)])


def lines_of(path: Path) -> dict[Place, int]:
    """Find the line of each table and key of a TOML file, as far as a look at line beginnings tells."""
    found: dict[Place, int] = {}
    count: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        if header := _HEADER.match(line):
            table = _table(header[2].split("."), count, another=header[1] == "[[")
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1]), number)
    return found


def _table(steps: list[str], count: dict[Place, int], *, another: bool) -> Place:
    """Name a table with the number of each list that it lies in."""
    place: Place = ()
    for position, step in enumerate(steps):
        place = (*place, step)
        if another and position == len(steps) - 1:
            count[place] = count.get(place, -1) + 1
        if place in count:
            place = (*place, count[place])
    return place


def nearest(lines: Mapping[Place, int], place: Place) -> int:
    """Return the line of a place, or of the closest table around it."""
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 0)
