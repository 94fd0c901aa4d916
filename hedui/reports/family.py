"""What is known of one household before it is assessed: who they are, what they declared, what was matched to them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from msgspec import Struct

from hedui.reports.model import Grade

# gc=False: made by the million, and without cycles; the collector would take a quarter of the time.


class Person(Struct, frozen=True, gc=False):
    """One member as registered and as declared; a declared figure is None where nothing was declared."""

    reference: str
    name: str
    resident_id: str
    relation: str
    authorised: bool
    declared_monthly_income: Decimal | None
    declared_financial_assets: Decimal | None
    declared_vehicles: int | None
    declared_houses: int | None


class Found(Struct, frozen=True, gc=False):
    """One record matched to one member, as the stage gathered it."""

    member: str
    source: str
    category: str
    record_id: str
    as_of: str
    grade: Grade
    weight: float
    evidence: Sequence[tuple[str, float]]
    items: dict[str, str | int | None]


class Unusable(Struct, frozen=True, gc=False, order=True):
    """A source delivered a row about a member, of a category, that had to be set aside: its answer has a gap."""

    member: str
    source: str
    category: str


@dataclass(frozen=True, slots=True)
class Family:
    """One household with everything that was matched to its members."""

    reference: str
    county: str
    township: str | None
    case_ref: str
    case_kind: str
    purpose: str
    authorisation: str
    members: tuple[Person, ...]
    found: tuple[Found, ...]
    unusable: tuple[Unusable, ...] = ()  # of accepted sources

    def in_order(self) -> "Family":
        """Put members and records in the order of every report, whatever order they came in."""
        return replace(
            self,
            members=tuple(sorted(self.members, key=lambda person: _natural(person.reference))),
            found=tuple(sorted(self.found, key=_place)),
            unusable=tuple(sorted(self.unusable)),
        )


def _natural(reference: str) -> tuple[int, str]:
    return len(reference), reference  # H000123-2 before H000123-10


def _place(found: Found) -> tuple[str, tuple[int, str], str, str, int, str]:
    row = found.record_id.rpartition(":")[2]
    return found.category, _natural(found.member), found.as_of, found.source, int(row), found.grade
