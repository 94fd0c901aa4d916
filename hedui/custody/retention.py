"""The dated policy of retention: how long each kind of thing is kept, how old a key may become, and who says so.

`retention.toml` holds it. All its mistakes are named at once, and nothing is deleted until there are none.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalogue.problems import Stop
from catalogue.text import Language, text

Kind = Literal["reports", "quarantine", "working", "oversight", "household_changes"]
KeyKind = Literal["registry", "index", "quarantine", "region", "signing", "audit", "vault"]

_FILE = Path(__file__).with_name("retention.toml")
_LONGEST: Final = 36_525  # days: a century
_FIELDS: Final = ("from", "days", "warn", "basis")


class Period(BaseModel):
    """From `begins` on, a thing is kept for so many whole days after the day on which it came to be."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    begins: date = Field(alias="from")
    days: int = Field(ge=1, le=_LONGEST)
    basis: str = Field(pattern=r"\S")  # the document that sets it, or "illustrative"

    def kept_since(self, today: date) -> date:
        """Return the first day of which things are still kept; what is of an earlier day has expired."""
        return today - timedelta(days=self.days)


class KeyAge(Period):
    """The same of a key: it is due at `days`, and named from `warn` days before."""

    warn: int = Field(ge=0, le=_LONGEST)


P = TypeVar("P", bound=Period)
Dated = Annotated[tuple[P, ...], Field(min_length=1)]


class KeyAges(BaseModel):
    """The ages of keys by kind; `region` is for those of every province, city and county."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    registry: Dated[KeyAge]
    index: Dated[KeyAge]
    quarantine: Dated[KeyAge]
    region: Dated[KeyAge]
    signing: Dated[KeyAge]
    audit: Dated[KeyAge]
    vault: Dated[KeyAge]


class Policy(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    reports: Dated[Period]
    quarantine: Dated[Period]
    working: Dated[Period]
    oversight: Dated[Period]
    household_changes: Dated[Period]
    keys: KeyAges

    def period(self, kind: Kind, today: date) -> Period | None:
        """Return what is in force; None where the first entry begins later, and everything is kept."""
        return _in_force(getattr(self, kind), today)

    def key_age(self, kind: KeyKind, today: date) -> KeyAge | None:
        """Return what is in force for a kind of key; None where nothing is yet."""
        return _in_force(getattr(self.keys, kind), today)


class Mistake(NamedTuple):
    """One thing that is wrong: at which entry, and what (message `retention-mistake-<code>`)."""

    place: str
    code: str

    def words(self, language: Language | None = None) -> str:
        """Say it."""
        said = text(f"retention-mistake-{self.code}", language)
        return f"{self.place}: {said}" if self.place else said


class PolicyRefused(Stop):
    """A policy with mistakes; nothing of it is used."""

    @classmethod
    def because(cls, path: Path, mistakes: Iterable[Mistake]) -> "PolicyRefused":
        """Build the problem from all mistakes."""
        found = sorted(set(mistakes))
        listed = "\n".join("\t".join(mistake) for mistake in found)
        return cls("retention-refused", path=str(path), count=len(found), mistakes=listed)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Every mistake, by place."""
        return tuple(Mistake(*row.split("\t")) for row in str(self.where["mistakes"]).split("\n"))

    def message(self, language: Language | None = None) -> str:
        """Name every mistake, one a line."""
        said = [text("problem-retention-refused", language, path=self.where["path"], count=self.where["count"])]
        return "\n".join([*said, *(f"  {mistake.words(language)}" for mistake in self.mistakes)])


def policy(path: Path = _FILE) -> Policy:
    """Read the policy; PolicyRefused names every mistake that there is."""
    try:
        read = tomllib.loads(path.read_text("utf-8"))
    except OSError:
        raise PolicyRefused.because(path, [Mistake("", "unreadable")]) from None
    except ValueError:  # no TOML, or no UTF-8
        raise PolicyRefused.because(path, [Mistake("", "toml")]) from None
    mistakes = list(_twice(read))
    try:
        found = Policy.model_validate(read)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        mistakes += _mistakes([(fault["loc"], fault["type"]) for fault in faults])
    if mistakes:
        raise PolicyRefused.because(path, mistakes)
    return found


def _in_force(periods: Sequence[P], today: date) -> P | None:
    begun = [period for period in periods if period.begins <= today]
    return max(begun, key=lambda period: period.begins, default=None)


def _mistakes(faults: Sequence[tuple[tuple[str | int, ...], str]]) -> Iterator[Mistake]:
    for loc, kind in faults:
        # A list whose entries are all wrong is also called too short.
        if kind == "too_short" and any(other[: len(loc)] == loc != other for other, _ in faults):
            continue
        place = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
        if kind in {"missing", "extra_forbidden"}:
            yield Mistake(place, kind)
        else:
            yield Mistake(place, str(loc[-1]) if loc[-1] in _FIELDS else "entries")


def _twice(read: Mapping[str, Any]) -> Iterator[Mistake]:
    # Two entries of one list that begin on the same day; looked for in what was read, whatever else is wrong with it.
    keys = read.get("keys")
    lists = [*read.items(), *((f"keys.{name}", it) for name, it in (keys.items() if isinstance(keys, dict) else ()))]
    for place, entries in lists:
        begins = [one.get("from") for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
        if any(times > 1 for day, times in Counter(map(str, begins)).items() if day != "None"):
            yield Mistake(place, "twice")
