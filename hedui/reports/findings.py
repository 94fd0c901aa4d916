"""Findings: differences, exceeded lines and states on record, each with its figures and where they come from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Literal

from hedui.policy.outcome import LineResult
from hedui.reports.counting import Counted
from hedui.reports.model import Declared, Finding, Origin, Record, Subject, Totals
from hedui.reports.totals import total_of

Code = Literal["more_found", "less_found", "not_declared", "line_exceeded", "recorded", "recorded_dead"]
# Held, and of a kind for which families declare neither number nor amount.
_RECORDED: tuple[Literal["other_real_estate", "vessels", "machinery", "companies"], ...] = (
    "other_real_estate",
    "vessels",
    "machinery",
    "companies",
)
_DEATH = "death"


def findings(
    counted: Counted, found: Totals, declared: Iterable[Declared], lines: Iterable[LineResult]
) -> tuple[Finding, ...]:
    """Return all findings in a fixed order: exceeded lines, differences, what is on record."""
    origins = {record.record_id: _origin(record) for record in counted.records}
    return (
        *_exceeded(lines, origins),
        *_differences(declared, origins),
        *_recorded(found, origins),
        *_dead(counted.records),
    )


def _exceeded(lines: Iterable[LineResult], origins: Mapping[str, Origin]) -> Iterator[Finding]:
    for line in lines:
        if line.outcome == "exceeded":
            yield _finding(
                "line_exceeded",
                line=line.id,
                unit="yuan" if line.unit == "yuan" else "count",
                found=line.value,
                limit=line.limit,
                at_least=line.at_least,
                origins=[origins[record] for record in line.origins],
            )


def _differences(declared: Iterable[Declared], origins: Mapping[str, Origin]) -> Iterator[Finding]:
    for one in declared:
        if one.found is None:
            continue
        code: Code
        if one.difference is not None and Decimal(one.difference) != 0:
            code = "more_found" if Decimal(one.difference) > 0 else "less_found"
        elif Decimal(one.found) > 0 and all(member.declared is None for member in one.members):
            code = "not_declared"
        else:
            continue
        yield _finding(
            code,
            subject=one.item,
            unit=one.unit,
            declared=one.declared,
            found=one.found,
            difference=one.difference,
            at_least=one.at_least,
            month=one.month,
            origins=[origins[record] for record in one.origins],
        )


def _recorded(found: Totals, origins: Mapping[str, Origin]) -> Iterator[Finding]:
    for kind in _RECORDED:
        total = total_of(found, kind)
        if total.origins:
            yield _finding(
                "recorded",
                subject=kind,
                unit="count",
                found=total.value,
                at_least=total.at_least,
                origins=[origins[record] for record in total.origins],
            )


def _dead(records: Iterable[Record]) -> Iterator[Finding]:
    for record in records:
        if record.category == _DEATH:
            died = record.items.get("died_on")
            yield _finding(
                "recorded_dead",
                member=record.member,
                on=None if died is None else str(died),
                origins=[_origin(record)],
            )


def _origin(record: Record) -> Origin:
    return Origin(record.record_id, record.source, record.member, record.as_of, record.grade)


def _finding(
    code: Code,
    *,
    subject: Subject | None = None,
    line: str | None = None,
    member: str | None = None,
    unit: Literal["yuan", "count"] | None = None,
    declared: str | None = None,
    found: str | None = None,
    limit: str | None = None,
    difference: str | None = None,
    at_least: bool = False,
    month: str | None = None,
    on: str | None = None,
    origins: Sequence[Origin],
) -> Finding:
    return Finding(
        code=code,
        subject=subject,
        line=line,
        member=member,
        unit=unit,
        declared=declared,
        found=found,
        limit=limit,
        difference=difference,
        at_least=at_least,
        month=month,
        on=on,
        origins=tuple(origins),
    )
