"""The grammar of a lines file: one TOML file for each dated parameter or line. docs/report.md has an example.

A *parameter* is a dated value per region (the allowance standard). A *line* is a parameter that something found in the
household is held against. Values are inherited: county, else city, else province.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from catalogue.labels import Label, Strict
from hedui.policy.outcome import Status

Measure = Literal["financial_assets", "houses", "other_real_estate", "vehicles", "vessels", "machinery", "companies"]
MONEY_MEASURES: frozenset[Measure] = frozenset({"financial_assets"})
Text = Annotated[str, Field(min_length=1)]
Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False, max_digits=18, decimal_places=4)]


class Source(Strict):
    """The published document that sets a value."""

    number: Text
    title: Text


class Value(Strict):
    """What a parameter is in one region from a date on, until a later value of the region replaces it or it ends."""

    region: str
    value: Amount
    effective_from: date
    effective_to: date | None = None  # last day
    status: Status
    document: Source | None = None

    def in_force(self, on: date) -> bool:
        """Tell whether the value applies on a date, later values aside."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


class Comparison(Strict):
    """What of a household is held against a line, and how."""

    measure: Measure
    inclusive: bool  # a figure equal to the limit is within
    times: str | None = None  # the limit is the line's value times this parameter
    per_head: bool = False  # and times the number of members
    exempt: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)  # item → codes that are not counted


class Line(Strict):
    """A dated parameter, and a line where it has something to compare. `id` is the file's name."""

    id: str
    label: Label
    unit: Literal["yuan", "count", "times"]
    period: Literal["month", "year"] | None = None
    compares: Comparison | None = None
    values: tuple[Value, ...] = ()
