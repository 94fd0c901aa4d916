"""The rules that the records of each category must meet, as data. Nothing here knows Great Expectations.

A *row rule* sets single rows aside; an *extract rule* refuses the delivery as a whole, and so does too large a share of
rows set aside. A resident ID that is malformed breaks no rule, as telling whose it is belongs to matching; an empty one
does.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final, Literal, TypeAlias

from catalogue.categories import Category, Item, categories

Reason = Literal[
    # of rows
    "missing-number",
    "missing-name",
    "missing-key",
    "missing-value",
    "implausible-date",
    "implausible-amount",
    "unlisted-code",
    "reversed-period",
    "duplicate-row",
    # of extracts
    "no-rows",
    "too-many-bad-rows",
    "repeated-row-numbers",
    "names-not-chinese",
    "names-garbled",
    "not-evaluated",
]

EARLIEST: Final = date(1900, 1, 1)
MOST_BAD_ROWS: Final = 0.10  # of the rows delivered, those that could not be decoded included
FEWEST_NAMES: Final = 20  # below so many, a share says nothing about an extract


@dataclass(frozen=True)
class Filled:
    """The cell is neither null nor blank."""

    item: str
    reason: Reason


@dataclass(frozen=True)
class Within:
    """A number, where there is one, lies between two bounds, both included, in the unit of its item."""

    item: str
    low: float
    high: float
    reason: Reason = "implausible-amount"


@dataclass(frozen=True)
class Dated:
    """A date, where there is one, lies between `EARLIEST` and `days_ahead` days after the business date."""

    item: str
    days_ahead: int = 0
    reason: Reason = "implausible-date"


@dataclass(frozen=True)
class OneOf:
    """A code, where there is one, is in the catalogue."""

    item: str
    codes: tuple[str, ...]
    reason: Reason = "unlisted-code"


@dataclass(frozen=True)
class InOrder:
    """Of two dates, where there are both, the second is not before the first."""

    item: str
    until: str
    reason: Reason = "reversed-period"


@dataclass(frozen=True)
class NotRepeated:
    """No earlier row says the same in every field; of several that do, the first stays."""

    item: str = "*"
    reason: Reason = "duplicate-row"


@dataclass(frozen=True)
class RowsNumbered:
    """Every row has its own number: without that no figure could be traced to its line."""

    item: str = "row"
    reason: Reason = "repeated-row-numbers"


@dataclass(frozen=True)
class NamesShare:
    """At least the share `at_least` of an extract's names (of `FEWEST_NAMES` or more) look as names here do.

    `han`: contain a Chinese character; text decoded with a wrong single-byte encoding has none.
    `surname`: begin with one of the hundred commonest surnames, as some 85 % of people's do; UTF-8 read as GBK
    gives Chinese characters too, but almost never those.
    """

    look: Literal["han", "surname"]
    at_least: float
    reason: Reason
    item: str = "name"


RowRule: TypeAlias = Filled | Within | Dated | OneOf | InOrder | NotRepeated
ExtractRule: TypeAlias = RowsNumbered | NamesShare
Rule: TypeAlias = RowRule | ExtractRule

# Plausible, not usual: beyond these a figure is a mistake of unit or column. Money in yuan, others in the item's unit.
# Money that a correction can turn negative in its source (pensions, income, tax) may be negative.
BOUNDS: Final[dict[tuple[str, str], tuple[float, float]]] = {
    ("business_registration", "capital"): (0, 1e12),
    ("deposit", "balance"): (0, 1e10),
    ("disability", "level"): (1, 4),
    ("farm_machinery", "power"): (0, 5_000),
    ("housing_fund", "balance"): (0, 1e8),
    ("housing_fund", "monthly_deposit"): (0, 1e6),
    ("pension", "amount"): (-1e6, 1e6),
    ("personal_income_tax", "amount"): (-1e9, 1e9),
    ("personal_income_tax", "tax"): (-1e9, 1e9),
    ("real_estate", "area"): (0, 1e6),
    ("real_estate", "share"): (0, 100),
    ("social_insurance", "base"): (0, 1e6),
    ("vessel", "tonnage"): (0, 1e6),
    ("wealth_product", "value"): (0, 1e10),
}
# Dates that may lie ahead of the business date: the ends of periods that are paid or declared in advance.
AHEAD: Final[dict[tuple[str, str], int]] = {
    ("pension", "period_to"): 366,
    ("personal_income_tax", "period_to"): 366,
    ("social_insurance", "paid_until"): 366,
}
# Without these an amount could not be read rightly: how much, and for which period.
_PERIOD: Final = ("period_from", "period_to")

ENVELOPE_RULES: Final[tuple[Rule, ...]] = (
    RowsNumbered(),
    NamesShare(look="han", at_least=0.5, reason="names-not-chinese"),
    NamesShare(look="surname", at_least=0.3, reason="names-garbled"),
    Filled("resident_id", "missing-number"),
    Filled("name", "missing-name"),
    Filled("as_of", "missing-value"),
)


@cache
def rules_of(category: str) -> tuple[Rule, ...]:
    """Return every rule for the records of a category: where a row breaks several, the first counts.

    Raises KeyError for a category, or a number or amount in one, that has no entry here.
    """
    known = categories()[category]
    own = [rule for item in known.items for rule in _rules_of_item(known, item)]
    periods = [InOrder(*_PERIOD)] if {item.id for item in known.items}.issuperset(_PERIOD) else []
    # What is declared for a period can be as of the period's end, which for the current one lies ahead.
    as_of = Dated("as_of", AHEAD.get((category, "period_to"), 0))
    return (*ENVELOPE_RULES, as_of, *own, *periods, NotRepeated())


def compared(category: str) -> tuple[str, ...]:
    """Return the fields that make a row the same as another: all but those that say which row it is."""
    envelope = ("as_of", "resident_id", "name")
    return (*envelope, *(item.id for item in categories()[category].items))


def _rules_of_item(category: Category, item: Item) -> list[Rule]:
    place = (category.id, item.id)
    rules: list[Rule] = []
    if item.id in category.key:
        rules.append(Filled(item.id, "missing-key"))
    elif item.id == category.amount or (category.amount and item.id in _PERIOD):
        rules.append(Filled(item.id, "missing-value"))
    if item.type == "date":
        rules.append(Dated(item.id, AHEAD.get(place, 0)))
    elif item.type in ("money", "decimal", "integer"):
        rules.append(Within(item.id, *BOUNDS[place]))
    elif item.type == "code":
        rules.append(OneOf(item.id, tuple(item.codes)))
    return rules
