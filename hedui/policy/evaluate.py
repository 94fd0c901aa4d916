"""Holding what was found in a household against the lines in force, with every step of the arithmetic."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from hedui.policy.force import Policy
from hedui.policy.model import MONEY_MEASURES, Comparison, Line, Measure
from hedui.policy.outcome import LineOutcome, LineResult, ParameterUsed, Step, Words

_CENT = Decimal("0.01")
_ZERO = Decimal("0.00")


class Holding(Struct, frozen=True, gc=False):
    """One thing that counts: an amount in yuan, or one of something. `items` are those of its record."""

    record_id: str
    amount: Decimal
    items: Mapping[str, str | int | None]


class Measured(NamedTuple):
    """All holdings of one kind. `complete`: every source that could know answered about every member."""

    holdings: Sequence[Holding]
    complete: bool


class _Counted(NamedTuple):
    counted: list[Holding]
    exempt: list[str]
    unclear: list[str]


def evaluate(policy: Policy, county: str, heads: int, found: Mapping[Measure, Measured]) -> tuple[LineResult, ...]:
    """Hold a household of `heads` members against every line, in order of id."""
    results = []
    for line in policy.lines:
        if line.compares is not None:
            measured = found[line.compares.measure]
            if measured.holdings:
                result = _evaluate(policy, line, line.compares, county=county, heads=heads, found=measured)
            else:
                result = _of_nothing(policy, line.id, county, heads, complete=measured.complete)
            results.append(result)
    return tuple(results)


@lru_cache(maxsize=16_384)  # most households hold nothing of most kinds
def _of_nothing(policy: Policy, line_id: str, county: str, heads: int, *, complete: bool) -> LineResult:
    line = policy.line(line_id)
    if line is None or line.compares is None:
        raise KeyError(line_id)
    return _evaluate(policy, line, line.compares, county=county, heads=heads, found=Measured((), complete))


def _evaluate(
    policy: Policy, line: Line, compares: Comparison, *, county: str, heads: int, found: Measured
) -> LineResult:
    money = compares.measure in MONEY_MEASURES
    own = policy.parameter(line, county)
    times = policy.line(compares.times) if compares.times else None
    factor = None if times is None else policy.parameter(times, county)
    missing = [line.id] if own is None else []
    if compares.times and factor is None:
        missing.append(compares.times)
    used = tuple(parameter for parameter in (factor, own) if parameter is not None)
    sorted_out = _sort_out(found.holdings, compares)
    complete = found.complete and not sorted_out.unclear
    value = _sum(sorted_out.counted, complete=complete)
    steps: list[Step] = []
    limit = None if missing else _limit(used, heads if compares.per_head else None, steps, money=money)
    if value is not None and money and len(sorted_out.counted) > 1:
        terms = " + ".join(_figure(holding.amount, money=money) for holding in sorted_out.counted)
        steps.append(Step(of="value", expression=terms, result=_figure(value, money=money)))
    outcome = _compare(value, limit, steps, inclusive=compares.inclusive, complete=complete, money=money)
    if outcome != "cannot_determine" and (missing or any(p.status != "confirmed" for p in used)):
        outcome = "not_confirmed"
    return LineResult(
        id=line.id,
        label=Words(zh=line.label.zh, en=line.label.en),
        outcome=outcome,
        unit="yuan" if money else "count",
        inclusive=compares.inclusive,
        value=None if value is None else _figure(value, money=money),
        at_least=value is not None and not complete,
        limit=None if limit is None else _figure(limit, money=money),
        steps=tuple(steps),
        parameters=used,
        missing=tuple(missing),
        unclear=tuple(sorted_out.unclear),
        exempt=tuple(sorted_out.exempt),
        origins=tuple(holding.record_id for holding in sorted_out.counted),
    )


def _sort_out(holdings: Sequence[Holding], compares: Comparison) -> _Counted:
    """Part what counts from what the line exempts, and from what does not say which of the two it is."""
    result = _Counted([], [], [])
    if not compares.exempt:
        result.counted.extend(holdings)
        return result
    for holding in holdings:
        said = [(holding.items.get(item), codes) for item, codes in compares.exempt.items()]
        if any(code in codes for code, codes in said):
            result.exempt.append(holding.record_id)
        elif any(code is None for code, _ in said):
            result.unclear.append(holding.record_id)
        else:
            result.counted.append(holding)
    return result


def _sum(holdings: Sequence[Holding], *, complete: bool) -> Decimal | None:
    value = sum((holding.amount for holding in holdings), Decimal())
    return value if value or complete else None  # zero only where everyone answered


def _limit(used: Sequence[ParameterUsed], heads: int | None, steps: list[Step], *, money: bool) -> Decimal:
    terms = [Decimal(parameter.value) for parameter in used]
    shown = [_figure(t, money=True) if p.unit == "yuan" else p.value for t, p in zip(terms, used, strict=True)]
    if heads is not None:
        terms.append(Decimal(heads))
        shown.append(str(heads))
    limit = Decimal(1)
    for term in terms:
        limit *= term
    if len(terms) > 1:
        steps.append(Step(of="limit", expression=" × ".join(shown), result=_figure(limit, money=money)))
    return limit


def _compare(
    value: Decimal | None, limit: Decimal | None, steps: list[Step], *, inclusive: bool, complete: bool, money: bool
) -> LineOutcome:
    """Compare, and write the comparison down. A figure that may still rise is never within."""
    if value is None:
        return "cannot_determine"
    if limit is None:
        return "not_confirmed"
    within = value <= limit if inclusive else value < limit
    known = complete or not within
    sign = "≤" if inclusive else "<"
    expression = f"{_figure(value, money=money)} {sign} {_figure(limit, money=money)}"
    steps.append(Step(of="comparison", expression=expression, result=str(within).lower() if known else "unknown"))
    if not known:
        return "cannot_determine"
    return "within" if within else "exceeded"


def _figure(amount: Decimal, *, money: bool) -> str:
    """Write yuan with at least two decimals and no rounding; write counts as they are."""
    if not money:
        return format(amount.normalize() if amount else amount, "f")
    return format(amount if amount.same_quantum(_CENT) else amount + _ZERO, "f")
