"""What every household of a run is assessed against: the sources and how they stand, the lines in force, the date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from catalogue.categories import Counts, categories
from catalogue.regions import lineage, regions
from hedui.policy.force import Policy
from hedui.policy.outcome import Words
from hedui.reports.model import Place

ACCEPTED = "accepted"


@dataclass(frozen=True)
class SourceState:
    """One source of the run. Any `state` but accepted means: no answer, about anyone."""

    id: str
    name: Words
    kind: str  # department | bank
    required: bool
    categories: tuple[str, ...]
    state: str  # accepted | not_delivered | unreachable | refused
    as_of: date | None = None
    problem: str | None = None
    set_aside: int = 0  # rows that it delivered and that could not be used

    @cached_property
    def as_of_text(self) -> str | None:
        """The date that the source's answer stands for, ISO 8601."""
        return None if self.as_of is None else self.as_of.isoformat()

    @cached_property
    def answered(self) -> bool:
        """Tell whether what the source delivered was accepted."""
        return self.state == ACCEPTED


@dataclass(frozen=True)
class Delivery:
    """Which sources can know of one kind of holding, and which of them did not answer."""

    sources: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Tell whether there are such sources and all of them answered."""
        return bool(self.sources) and not self.missing


@dataclass(frozen=True)
class Basis:
    """The same for every household; travels to worker processes."""

    sources: tuple[SourceState, ...]
    policy: Policy
    business_date: date

    @classmethod
    def of(cls, sources: Iterable[SourceState], policy: Policy) -> "Basis":
        """Put sources in order of id; the business date is the policy's."""
        return cls(tuple(sorted(sources, key=lambda source: source.id)), policy, policy.business_date)

    @cached_property
    def required_missing(self) -> tuple[str, ...]:
        """Required sources without an answer."""
        return tuple(source.id for source in self.sources if source.required and not source.answered)

    def required_incomplete(self, set_aside: Iterable[str]) -> tuple[str, ...]:
        """Name required sources without a whole answer: none at all, or rows about a member set aside there."""
        required = {source.id for source in self.sources if source.required}
        return tuple(sorted({*self.required_missing, *(required & set(set_aside))}))

    @cached_property
    def deliveries(self) -> Mapping[Counts, Delivery]:
        """For every kind of holding, the sources that deliver a category which counts as it."""
        kinds: dict[Counts, set[str]] = {category.counts: set() for category in categories().values()}
        for source in self.sources:
            for category in source.categories:
                kinds[categories()[category].counts].add(source.id)
        silent = {source.id for source in self.sources if not source.answered}
        return {kind: Delivery(tuple(sorted(ids)), tuple(sorted(ids & silent))) for kind, ids in kinds.items()}

    @cached_property
    def _places(self) -> dict[str, tuple[Place, Place, Place]]:
        return {}

    def places(self, county: str) -> tuple[Place, Place, Place]:
        """Return county, city and province by code and name; KeyError for an unknown county."""
        if county not in self._places:
            found = [(code, regions().label(code)) for code in lineage(county)]
            first, second, third = (Place(code, Words(zh=label.zh, en=label.en)) for code, label in found)
            self._places[county] = (first, second, third)
        return self._places[county]
