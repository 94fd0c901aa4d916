"""From everything known about one household to its report. Pure: the same family and basis give the same report."""

from collections.abc import Iterable

from hedui.policy.evaluate import evaluate
from hedui.policy.outcome import LineResult
from hedui.reports.basis import Basis
from hedui.reports.counting import count
from hedui.reports.coverage import answers, coverage
from hedui.reports.declared import declared_against_found
from hedui.reports.family import Family, Person
from hedui.reports.findings import findings
from hedui.reports.model import (
    SCHEMA_ID,
    SCHEMA_VERSION,
    Case,
    Conclusion,
    Household,
    Member,
    Outcome,
    Policy,
    Reason,
    Report,
    Schema,
)
from hedui.reports.totals import measured, totals


def report(family: Family, basis: Basis) -> Report:
    """Assess one household; KeyError for a county or category that the catalogue does not know."""
    family = family.in_order()
    members = family.members
    business_date = basis.business_date.isoformat()
    counted = count(family.found)
    entries = answers(basis.sources, members, family.found, family.unusable)
    found = totals(basis, members, counted, family.unusable)
    compared = declared_against_found(members, found, business_date)
    lines = evaluate(basis.policy, family.county, len(members), measured(found, counted))
    return Report(
        schema=Schema(SCHEMA_ID, SCHEMA_VERSION),
        business_date=business_date,
        household=_household(family, basis),
        case=Case(family.case_ref, family.case_kind, family.purpose, family.authorisation),
        policy=Policy(basis.policy.version),
        conclusion=conclude(basis.required_incomplete(row.source for row in family.unusable), members, lines),
        coverage=coverage(entries),
        answers=entries,
        records=counted.records,
        unconfirmed=counted.unconfirmed,
        totals=found,
        declared=compared,
        lines=lines,
        findings=findings(counted, found, compared, lines),
    )


def conclude(
    required_missing: tuple[str, ...], members: Iterable[Person | Member], lines: Iterable[LineResult]
) -> Conclusion:
    """Say what the lines say together.

    A required source or a member without an answer: cannot be determined, whatever the lines say. Else one exceeded
    line is enough; then one that cannot be determined; then one that is not confirmed; within only where all are.
    """
    by_outcome: dict[str, list[str]] = {}
    for line in lines:
        by_outcome.setdefault(line.outcome, []).append(line.id)
    silent = tuple(person.reference for person in members if not person.authorised)
    reasons = []
    if required_missing:
        reasons.append(Reason("required_source_missing", required_missing))
    if silent:
        reasons.append(Reason("member_not_authorised", silent))
    if "exceeded" in by_outcome:
        reasons.append(Reason("line_exceeded", tuple(by_outcome["exceeded"])))
    if "cannot_determine" in by_outcome:
        reasons.append(Reason("line_cannot_determine", tuple(by_outcome["cannot_determine"])))
    if "not_confirmed" in by_outcome:
        reasons.append(Reason("line_not_confirmed", tuple(by_outcome["not_confirmed"])))
    if not by_outcome:
        reasons.append(Reason("no_lines", ()))
    return Conclusion(_outcome(reasons), tuple(reasons))


def _outcome(reasons: list[Reason]) -> Outcome:
    if not reasons:
        return "within"
    first: dict[str, Outcome] = {
        "required_source_missing": "cannot_determine",
        "member_not_authorised": "cannot_determine",
        "line_exceeded": "exceeded",
        "line_cannot_determine": "cannot_determine",
        "line_not_confirmed": "not_confirmed",
        "no_lines": "not_confirmed",
    }
    return first[reasons[0].code]


def _household(family: Family, basis: Basis) -> Household:
    county, city, province = basis.places(family.county)
    return Household(
        reference=family.reference,
        province=province,
        city=city,
        county=county,
        township=family.township,
        members=tuple(
            Member(person.reference, person.name, person.resident_id, person.relation, person.authorised)
            for person in family.members
        ),
    )
