"""Which items policy releases to a role for a purpose, on a day. The other half, consent, is `registry.consent`.

The policy is data: `release.toml`, dated editions of rules. What no rule releases is withheld.
"""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, Literal

from pydantic import Field, ValidationError

from catalogue.categories import Sensitivity, categories
from catalogue.labels import Strict
from catalogue.problems import Stop
from catalogue.text import text

Place = tuple[int | str, ...]

EVERY: Final = "*"
_RISING: Final[tuple[Sensitivity, ...]] = ("general", "personal", "sensitive")


class Rule(Strict):
    """To these roles, for these purposes: the items of these categories up to a sensitivity."""

    roles: tuple[Literal["reviewer", "caseworker"], ...] = Field(min_length=1)
    purposes: tuple[str, ...] = Field(min_length=1)
    categories: tuple[str, ...] = Field(min_length=1)
    sensitivity: Sensitivity


class Edition(Strict):
    """The rules from a day on. `illustrative`: not taken from a published document, which would be named."""

    begins: date = Field(alias="from")
    status: Literal["confirmed", "illustrative"]
    document: str | None = None
    rule: tuple[Rule, ...] = ()


class Policy(Strict):
    """All editions, whatever their order in the file."""

    edition: tuple[Edition, ...] = Field(min_length=1)

    def on(self, day: date) -> Edition | None:
        """Return the edition in force on a day; None before the first."""
        begun = [edition for edition in self.edition if edition.begins <= day]
        return max(begun, key=lambda edition: edition.begins, default=None)


@lru_cache(maxsize=1024)
def items(role: str, purpose: str, on: date) -> Mapping[str, frozenset[str]]:
    """Return the items that the shipped policy releases, by category; categories without any are left out."""
    return items_by(shipped(), role, purpose, on)


def is_all(items: Mapping[str, Collection[str]]) -> bool:
    """Say whether these items, by category, are all that there are."""
    return all(item.id in items.get(name, ()) for name, one in categories().items() for item in one.items)


def items_by(policy: Policy, role: str, purpose: str, on: date) -> Mapping[str, frozenset[str]]:
    """Return the same of any policy."""
    edition = policy.on(on)
    released: dict[str, frozenset[str]] = {}
    for rule in edition.rule if edition else ():
        if role in rule.roles and _names(rule.purposes, purpose):
            for name, some in _of_rule(rule):
                released[name] = released.get(name, frozenset()) | some
    return released


def _of_rule(rule: Rule) -> Iterator[tuple[str, frozenset[str]]]:
    enough = _RISING[: _RISING.index(rule.sensitivity) + 1]
    for category in categories().values():
        some = frozenset(item.id for item in category.items if item.sensitivity in enough)
        if some and _names(rule.categories, category.id):
            yield category.id, some


def _names(listed: Sequence[str], one: str) -> bool:
    return listed == (EVERY,) or one in listed


@cache
def shipped() -> Policy:
    """Read the policy that is part of Hedui."""
    return load(files("hedui.access") / "release.toml")


def load(file: Traversable) -> Policy:
    """Read a policy. Raises Stop `release-policy-refused`, which names every mistake with its place in the file."""
    try:
        policy = Policy.model_validate(tomllib.loads(file.read_text("utf-8")))
        mistakes = sorted(_mistakes(policy))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistakes = [text("access-release-unreadable", kind=type(error).__name__)]
    except ValidationError as error:
        mistakes = [f"{_key(place)}: {said}" for place, said in _faults(error)]
    if mistakes:
        raise Stop("release-policy-refused", file=file.name, count=len(mistakes), mistakes="; ".join(mistakes))
    return policy


def _faults(error: ValidationError) -> Iterator[tuple[Place, str]]:
    found = error.errors(include_url=False, include_input=False)
    for one in found:
        place = one["loc"]
        # A list is called too short, too, when all that is in it was refused.
        within = any(other["loc"][: len(place)] == place != other["loc"] for other in found)
        if not (one["type"] == "too_short" and within):
            yield place, one["msg"]


def _key(place: Place) -> str:
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in place)


def _mistakes(policy: Policy) -> Iterator[str]:
    from hedui.registry.household_file.columns import PURPOSES  # heavy, and only here

    known = {"purposes": frozenset(PURPOSES), "categories": frozenset(categories())}
    for day, times in Counter(edition.begins for edition in policy.edition).items():
        if times > 1:
            yield f"edition: {text('access-release-twice', date=day.isoformat())}"
    for at, edition in enumerate(policy.edition, 1):
        if edition.status == "confirmed" and not edition.document:
            yield f"edition.{at}.document: {text('access-release-document')}"
        for number, rule in enumerate(edition.rule, 1):
            for key, names in known.items():
                listed: tuple[str, ...] = getattr(rule, key)
                for name in sorted({*listed} - names - ({EVERY} if len(listed) == 1 else set())):
                    yield f"edition.{at}.rule.{number}.{key}: {text('access-release-unknown', name=name)}"
