"""The nightly list of odd look-ups: questions for a person to ask, not offences.

Every rule is one function of `RULES`; its thresholds are in `odd.toml`.
"""

import tomllib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.access import audit
from hedui.access.entry import OF_PEOPLE, Content, whole
from hedui.access.trail import InRegistry
from hedui.keys.ring import Ring
from hedui.registry import database
from hedui.registry.subjects import Home, homes, references

Rule = Literal["no-open-case", "own-surname", "own-address", "bulk", "off-hours"]

_STRICT = ConfigDict(extra="forbid", frozen=True)
_RULES_FILE = Path(__file__).with_name("odd.toml")


class _On(BaseModel):
    model_config = _STRICT


class _Bulk(BaseModel):
    model_config = _STRICT
    households: int = Field(ge=1)
    minutes: int = Field(ge=1)


class _OffHours(BaseModel):
    model_config = _STRICT
    begins: time = Field(alias="from")
    ends: time = Field(alias="to")
    weekdays: frozenset[int]
    closed: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()


class Thresholds(BaseModel):
    """The rules that are on, and their thresholds."""

    model_config = _STRICT
    utc_offset_hours: float
    besides: tuple[str, ...]
    no_open_case: _On | None = Field(None, alias="no-open-case")
    own_surname: _On | None = Field(None, alias="own-surname")
    own_address: _On | None = Field(None, alias="own-address")
    bulk: _Bulk | None = None
    off_hours: _OffHours | None = Field(None, alias="off-hours")

    @property
    def zone(self) -> timezone:
        """The office's clock."""
        return timezone(timedelta(hours=self.utc_offset_hours))


class Actor(BaseModel):
    """What is known of a user's own family: enough to notice a look-up of it."""

    model_config = _STRICT
    surname: str | None = Field(None, min_length=1)
    county: str | None = Field(None, pattern=r"^\d{6}$")
    township: str | None = Field(None, min_length=1)


@dataclass(frozen=True, slots=True)
class Odd:
    """One odd look-up. `household` is null for a bulk, a run, and where the registry no longer knows it."""

    rule: Rule
    seq: int
    at: str
    actor: str
    action: str
    household: str | None
    count: int = 1  # households of a bulk


@dataclass(frozen=True, slots=True)
class OddDay:
    """The odd look-ups of one day, and whose surname or address nobody has entered."""

    day: date
    entries: int
    odd: tuple[Odd, ...]
    unknown_surname: tuple[str, ...]
    unknown_address: tuple[str, ...]


class _Day:
    """What the rules see: the watched entries of one day, and the households behind their pseudonyms."""

    def __init__(self, session: Session, keyring: Ring, said: Sequence[Content], actors: Mapping[str, Actor]) -> None:
        self.said = said
        self.actors = actors
        self._session, self._keyring = session, keyring

    @property
    def of_people(self) -> Iterator[Content]:
        return (content for content in self.said if content.about in OF_PEOPLE)

    @cached_property
    def households(self) -> dict[str, str]:
        # Of every pseudonym of the day the household's reference: those of the registry are tried one after another.
        wanted = {content.subject for content in self.of_people}
        found: dict[str, str] = {}
        for ref, household in references(self._session) if wanted else ():
            for pseudonym in self._keyring.pseudonyms(ref):
                if pseudonym in wanted:
                    found[pseudonym] = household
        return found

    @cached_property
    def homes(self) -> dict[str, Home]:
        known = {content.subject for content in self.of_people if content.actor in self.actors}
        return homes(self._session, self._keyring, {self.households[one] for one in known & self.households.keys()})

    def own(self, content: Content) -> tuple[Actor, Home] | None:
        actor, household = self.actors.get(content.actor), self.households.get(content.subject)
        return (actor, self.homes[household]) if actor and household in self.homes else None

    def odd(self, rule: Rule, content: Content, count: int = 1) -> Odd:
        household = None if rule == "bulk" else self.households.get(content.subject)
        return Odd(rule, content.seq, content.at, content.actor, content.action, household, count)


def odd_day(
    engine: Engine, keyring: Ring, actors: Mapping[str, Actor], day: date | None = None, *, role: str = ""
) -> OddDay:
    """Put the question on record, then return the odd look-ups of a day by the office's clock (default: yesterday).

    Whoever calls has asked the gate before: for `audit.odd` to show them, for `housekeeping.run` to write them down for
    an auditor. `role` is what it answered.
    Raises Stop: those of `audit.record`, `audit-broken` where an entry is not whole, `seal-broken`.
    """
    rules = thresholds()
    day = day or (datetime.now(rules.zone).date() - timedelta(days=1))
    begins = datetime.combine(day, time.min, rules.zone)
    with database.session(engine) as session:
        who, facts = audit.current_actor(), {"date": day.isoformat()}
        audit.record(session, keyring, who, "audit.odd", "trail", "oversight", facts, about="trail", role=role)
    with database.session(engine, readonly=True) as session:
        said = list(_said(session, (begins, begins + timedelta(days=1)), rules.besides))
        seen = _Day(session, keyring, said, actors)
        found = [odd for name, rule in RULES.items() if _is_on(rules, name) for odd in rule(seen, rules)]
    users = sorted({content.actor for content in said})
    known = {user: actors.get(user, Actor()) for user in users}
    return OddDay(
        day,
        len(said),
        tuple(sorted(found, key=lambda odd: (odd.seq, list(RULES).index(odd.rule)))),
        tuple(user for user in users if not known[user].surname),
        tuple(user for user in users if not known[user].township),
    )


def thresholds(path: Path = _RULES_FILE) -> Thresholds:
    """Read the rules; Stop `audit-rules-refused` where the file does not say what it must."""
    try:
        return Thresholds.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise Stop("audit-rules-refused", path=str(path), where=_place(error)) from None


def read_actors(path: Path) -> dict[str, Actor]:
    """Read who the users are, by the names that the trail knows them by; without the file nobody is known.

    Raises Stop `audit-rules-refused`.
    """
    try:
        read = tomllib.loads(path.read_text("utf-8"))
        return {name: Actor.model_validate(said) for name, said in read.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Stop("audit-rules-refused", path=str(path), where=_place(error)) from None


def _said(session: Session, between: tuple[datetime, datetime], besides: Sequence[str]) -> Iterator[Content]:
    for stored in InRegistry(session).entries(between=between):
        content = whole(stored)
        if content is None:
            raise Stop("audit-broken", seq=stored.seq)
        if not content.action.startswith(tuple(besides)):
            yield content


def _no_open_case(day: _Day, rules: Thresholds) -> Iterator[Odd]:
    del rules
    for content in day.of_people:
        # Of an entry from before the chain nobody noted the case.
        if content.case is None and "carried" not in content.detail:
            yield day.odd("no-open-case", content)


def _own_surname(day: _Day, rules: Thresholds) -> Iterator[Odd]:
    del rules
    for content in day.of_people:
        own = day.own(content)
        if own and own[0].surname and any(name.startswith(own[0].surname) for name in own[1].names):
            yield day.odd("own-surname", content)


def _own_address(day: _Day, rules: Thresholds) -> Iterator[Odd]:
    del rules
    for content in day.of_people:
        own = day.own(content)
        if own and own[0].township and (own[0].county, own[0].township) == (own[1].county, own[1].township):
            yield day.odd("own-address", content)


def _bulk(day: _Day, rules: Thresholds) -> Iterator[Odd]:
    assert rules.bulk is not None
    for user in sorted({content.actor for content in day.said}):
        worst = _busiest((one for one in day.said if one.actor == user), timedelta(minutes=rules.bulk.minutes))
        if worst[1] > rules.bulk.households:
            yield day.odd("bulk", *worst)


def _busiest(said: Iterable[Content], span: timedelta) -> tuple[Content, int]:
    # The most households that one actor looked at within a span, and the entry at which it was so. A household counts
    # once in it; an entry about many counts them all.
    within: deque[Content] = deque()
    seen: Counter[str] = Counter()
    many = 0
    worst: tuple[Content, int] | None = None
    for content in said:
        within.append(content)
        while _moment(content) - _moment(within[0]) >= span:
            gone = within.popleft()
            many -= _households(gone)
            seen[gone.subject] -= 1
        many += _households(content)
        seen[content.subject] += content.about in OF_PEOPLE
        count = many + len(+seen)
        if worst is None or count > worst[1]:
            worst = content, count
    assert worst is not None
    return worst


def _households(content: Content) -> int:
    count = content.detail.get("households", 0)
    return count if isinstance(count, int) else 0


def _off_hours(day: _Day, rules: Thresholds) -> Iterator[Odd]:
    hours = rules.off_hours
    assert hours is not None
    for content in day.said:
        local = _moment(content).astimezone(rules.zone)
        works = local.date() in hours.working or (
            local.isoweekday() in hours.weekdays and local.date() not in hours.closed
        )
        if not works or not hours.begins <= local.time() < hours.ends:
            yield day.odd("off-hours", content)


def _moment(content: Content) -> datetime:
    return datetime.strptime(content.at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _is_on(rules: Thresholds, name: Rule) -> bool:
    return getattr(rules, name.replace("-", "_")) is not None


def _place(error: Exception) -> str:
    # Where a file is wrong, without what it says there.
    if isinstance(error, ValidationError):
        return ", ".join(".".join(str(part) for part in one["loc"]) for one in error.errors(include_input=False))
    return type(error).__name__


RULES: Final[Mapping[Rule, Callable[[_Day, Thresholds], Iterator[Odd]]]] = {
    "no-open-case": _no_open_case,
    "own-surname": _own_surname,
    "own-address": _own_address,
    "bulk": _bulk,
    "off-hours": _off_hours,
}
