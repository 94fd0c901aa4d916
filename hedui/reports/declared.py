"""What was declared beside what was found. A side that is not known leaves the difference unknown."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from hedui.reports.family import Person
from hedui.reports.model import Declared, Income, Item, MemberDeclared, Month, Total, Totals
from hedui.reports.totals import figure


def declared_against_found(members: Sequence[Person], found: Totals, business_date: str) -> tuple[Declared, ...]:
    """Compare the four figures that families declare."""
    month = _month(found.income, business_date)
    return (
        _of_total("financial_assets", members, lambda p: p.declared_financial_assets, found.financial_assets),
        _of_month(members, found.income, month),
        _of_total("vehicles", members, lambda p: p.declared_vehicles, found.vehicles),
        _of_total("houses", members, lambda p: p.declared_houses, found.houses),
    )


def _of_total(
    item: Item, members: Sequence[Person], said: Callable[[Person], Decimal | int | None], total: Total
) -> Declared:
    return _compare(item, members, said, total.value, total.origins, at_least=total.at_least, month=None)


def _of_month(members: Sequence[Person], income: Income, month: Month | None) -> Declared:
    """Hold declared monthly income against one observed month: never against an average of several."""
    said: Callable[[Person], Decimal | int | None] = lambda p: p.declared_monthly_income  # noqa: E731
    if month is not None:
        at_least = not (income.total.complete and month.every_stream and not _overlapped(month, income))
        return _compare(
            "monthly_income", members, said, month.amount, month.origins, at_least=at_least, month=month.month
        )
    # No month was observed: what the family has to live on in one is not known, even if every source answered.
    return _compare("monthly_income", members, said, None, (), at_least=False, month=None)


def _month(income: Income, business_date: str) -> Month | None:
    """Choose the latest month that is observed: income that has ended must not bring back a month of long ago."""
    return next((month for month in reversed(income.months) if month.month <= business_date[:7]), None)


def _overlapped(month: Month, income: Income) -> bool:
    """Tell whether some income is stated for a longer or unknown period that touches this month."""
    monthly = {record for one in income.months for record in one.origins}
    return any(
        (period.period_from or "")[:7] <= month.month <= (period.period_to or "9999")[:7]
        for period in income.periods
        if not monthly.issuperset(period.origins)
    )


def _compare(
    item: Item,
    members: Sequence[Person],
    said: Callable[[Person], Decimal | int | None],
    found: str | None,
    origins: tuple[str, ...],
    *,
    at_least: bool,
    month: str | None,
) -> Declared:
    money = item in {"financial_assets", "monthly_income"}
    by_member = [(person.reference, said(person)) for person in members]
    not_declared = tuple(p.reference for p, (_, value) in zip(members, by_member, strict=True) if _owes(p, value))
    given = [Decimal(value) for _, value in by_member if value is not None]
    declared = sum(given, Decimal()) if given and not not_declared else None
    difference = None
    if declared is not None and found is not None:
        gap = Decimal(found) - declared
        if gap > 0 or not at_least:
            difference = figure(gap, money=money)
    return Declared(
        item=item,
        unit="yuan" if money else "count",
        declared=None if declared is None else figure(declared, money=money),
        members=tuple(
            MemberDeclared(member, None if value is None else figure(Decimal(value), money=money))
            for member, value in by_member
        ),
        not_declared=not_declared,
        found=found,
        at_least=at_least,
        difference=difference,
        month=month,
        origins=origins,
    )


def _owes(person: Person, value: Decimal | int | None) -> bool:
    """Tell whether a figure is missing of someone about whom sources are asked."""
    return person.authorised and value is None
