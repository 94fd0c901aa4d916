"""The lines in force on a business date: what each is in a county, and the version that names them all."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from catalogue.regions import lineage
from hedui.policy.model import Line, Value
from hedui.policy.outcome import Document, ParameterUsed, Words


@dataclass(frozen=True, eq=False)
class Policy:
    """Lines with only those values that are in force on one date. A change with a future date is not in it."""

    business_date: date
    lines: tuple[Line, ...]  # by id; each with its definition
    version: str  # SHA-256 of the canonical form of everything in force
    _values: dict[tuple[str, str], Value]
    _used: dict[tuple[str, str], ParameterUsed | None] = field(default_factory=dict, repr=False)

    @classmethod
    def on(cls, business_date: date, lines: Iterable[Line]) -> "Policy":
        """Take what is in force on `business_date`: of a region's values the one that started last, until it ends.

        A later value replaces an earlier one for good: when it has ended, the earlier one does not come back.
        A line all of whose values start later is not there yet; one that has none for a county is missing there.
        """
        begun = (
            line for line in lines if not line.values or any(v.effective_from <= business_date for v in line.values)
        )
        ordered = tuple(sorted(begun, key=lambda line: line.id))
        values: dict[tuple[str, str], Value] = {}
        for line in ordered:
            for value in sorted(line.values, key=lambda v: v.effective_from):
                if value.effective_from <= business_date:
                    values[line.id, value.region] = value
        values = {key: value for key, value in values.items() if value.in_force(business_date)}
        return cls(business_date, ordered, _version(ordered, values), values)

    def parameter(self, line: Line, county: str) -> ParameterUsed | None:
        """Return a line's value in a county, its own or inherited from city or province; None where there is none."""
        key = (line.id, county)
        if key not in self._used:
            inherited = (self._values.get((line.id, region)) for region in lineage(county))
            value = next((found for found in inherited if found is not None), None)
            self._used[key] = None if value is None else _used(line, value)
        return self._used[key]

    def line(self, line_id: str) -> Line | None:
        """Return the definition of a line; None where none of that id has begun."""
        return next((line for line in self.lines if line.id == line_id), None)


def _used(line: Line, value: Value) -> ParameterUsed:
    document = value.document
    return ParameterUsed(
        id=line.id,
        label=Words(zh=line.label.zh, en=line.label.en),
        value=format(value.value, "f"),
        unit=line.unit,
        period=line.period,
        region=value.region,
        effective_from=value.effective_from.isoformat(),
        document=None if document is None else Document(number=document.number, title=document.title),
        status=value.status,
    )


def _version(lines: Iterable[Line], values: dict[tuple[str, str], Value]) -> str:
    # Last days are left out: a line that will end, or be replaced, is the same line until then.
    said = {
        line.id: {
            **line.model_dump(mode="json", exclude={"values"}),
            "values": [
                value.model_dump(mode="json", exclude={"effective_to"})
                for (line_id, _), value in sorted(values.items())
                if line_id == line.id
            ],
        }
        for line in lines
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
