"""What was found, by kind, over all members; and how far that can be relied on."""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from catalogue.categories import Counts, categories
from hedui.policy.evaluate import Holding, Measured
from hedui.policy.model import MONEY_MEASURES, Measure
from hedui.reports.basis import Basis
from hedui.reports.counting import KINDS, Counted, Held, Kind
from hedui.reports.family import Person, Unusable
from hedui.reports.model import Income, Month, Period, Total, Totals

_OF: Mapping[Kind, Counts] = {kind: counts for counts, kinds in KINDS.items() for kind in kinds}
# What tells one income of a member from another: who pays it, or under which number.
_STREAMS: Mapping[str, str] = {"personal_income_tax": "employer", "pension": "insurance_number"}
_MONEY = frozenset({"income", *MONEY_MEASURES})


def totals(basis: Basis, members: Sequence[Person], counted: Counted, unusable: Iterable[Unusable] = ()) -> Totals:
    """Add up what counts. A total is zero only where every source answered about every member, and nothing is unclear.

    A source of which a row about a member was set aside did not answer about that member.
    """
    gaps: dict[Counts, set[str]] = {}
    for row in unusable:
        gaps.setdefault(categories()[row.category].counts, set()).add(row.source)
    silent = tuple(person.reference for person in members if not person.authorised)
    by_kind = {kind: _total(kind, basis, silent, counted, gaps.get(_OF[kind], set())) for kind in _OF}
    incomes = counted.held["income"]
    return Totals(
        financial_assets=by_kind["financial_assets"],
        income=Income(total=by_kind["income"], periods=_periods(incomes), months=_months(incomes)),
        houses=by_kind["houses"],
        other_real_estate=by_kind["other_real_estate"],
        vehicles=by_kind["vehicles"],
        vessels=by_kind["vessels"],
        machinery=by_kind["machinery"],
        companies=by_kind["companies"],
    )


def total_of(found: Totals, kind: Kind) -> Total:
    """Return the total of one kind."""
    if kind == "income":
        return found.income.total
    total: Total = getattr(found, kind)
    return total


def measured(found: Totals, counted: Counted) -> dict[Measure, Measured]:
    """Hand what was found to the lines."""
    return {
        kind: Measured(
            [Holding(held.record.record_id, held.amount, held.record.items) for held in counted.held[kind]],
            total_of(found, kind).complete,
        )
        for kind in _OF
        if kind != "income"
    }


def figure(amount: Decimal, *, money: bool) -> str:
    """Write yuan with two decimals, counts without."""
    return f"{amount:.2f}" if money else f"{amount:.0f}"


def _total(kind: Kind, basis: Basis, silent: tuple[str, ...], counted: Counted, gaps: set[str]) -> Total:
    delivery = basis.deliveries[_OF[kind]]
    held, unclear = counted.held[kind], counted.unclear[kind]
    complete = delivery.complete and not gaps and not silent and not unclear
    amount: Decimal | None = sum((one.amount for one in held), Decimal())
    if not amount and not complete:
        amount = None
    return Total(
        unit="yuan" if kind in _MONEY else "count",
        value=None if amount is None else figure(amount, money=kind in _MONEY),
        complete=complete,
        at_least=amount is not None and not complete,
        sources_missing=tuple(sorted({*delivery.missing, *gaps})) if gaps else delivery.missing,
        members_not_authorised=silent,
        unclear=tuple(dict.fromkeys(unclear)),
        origins=tuple(one.record.record_id for one in held),
    )


def _periods(incomes: Sequence[Held]) -> tuple[Period, ...]:
    return tuple(
        Period(
            category=one.record.category,
            member=one.record.member,
            period_from=_date(one, "period_from"),
            period_to=_date(one, "period_to"),
            amount=figure(one.amount, money=True),
            origins=(one.record.record_id,),
        )
        for one in incomes
    )


def _months(incomes: Sequence[Held]) -> tuple[Month, ...]:
    """Group what sources state for single calendar months. A longer period is never spread over its months."""
    by_month: dict[str, list[Held]] = {}
    for one in incomes:
        month = _calendar_month(_date(one, "period_from"), _date(one, "period_to"))
        if month is not None:
            by_month.setdefault(month, []).append(one)
    streams = {_stream(one) for one in incomes}
    return tuple(
        Month(
            month=month,
            amount=figure(sum((one.amount for one in ones), Decimal()), money=True),
            every_stream={_stream(one) for one in ones} == streams,
            origins=tuple(one.record.record_id for one in ones),
        )
        for month, ones in sorted(by_month.items())
    )


def _stream(one: Held) -> tuple[object, ...]:
    record = one.record
    return record.member, record.source, record.category, record.items.get(_STREAMS.get(record.category, ""))


def _date(one: Held, item: str) -> str | None:
    value = one.record.items.get(item)
    return None if value is None else str(value)


def _calendar_month(first: str | None, last: str | None) -> str | None:
    """Return 2026-01 for a period of exactly that month, else None."""
    if first is None or last is None or not first.endswith("-01") or first[:7] != last[:7]:
        return None
    days = monthrange(int(first[:4]), int(first[5:7]))[1]
    return first[:7] if last[8:] == f"{days:02d}" else None
