"""A report as it may be shown: without what consent or policy does not release, and saying so.

The rule is that of non-interference: what is withheld has no influence on a single byte of what is shown. So it is not
enough to blank values. A figure over several records goes if any kind of record in it is withheld, whether the family
has such records or not; an answer *found* of a source goes where it would tell that there is one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from catalogue.categories import categories
from hedui.policy.load import shipped
from hedui.policy.outcome import LineResult
from hedui.reports.assessment import conclude
from hedui.reports.counting import ALL_KINDS, KINDS, Kind, count
from hedui.reports.coverage import coverage, of_household
from hedui.reports.family import Found
from hedui.reports.model import (
    Declared,
    Finding,
    Income,
    Member,
    MemberAnswer,
    Record,
    Report,
    SourceAnswer,
    Total,
    Totals,
    Withheld,
)
from hedui.reports.totals import total_of

# What one record alone says, beside the totals of its kind; the item that it is taken from.
_DEATH, _DIED_ON = "death", "died_on"
_ACCEPTED = "accepted"
_OF_DECLARED: Mapping[str, Kind] = {"monthly_income": "income"}


@dataclass(frozen=True, slots=True)
class Released:
    """What may be shown: of which members anything from sources at all, and which items of which categories.

    `delivers`: the categories of each source; of one that is not named, all.
    """

    members: Collection[str]
    items: Mapping[str, Collection[str]]
    delivers: Mapping[str, Collection[str]]


def withhold(report: Report, released: Released) -> Report:
    """Return the report without what is not released; the very same object where nothing is withheld.

    It is the only thing that may be shown of a report, and it is never stored.
    """
    return _Showing(report, released).report


class _Showing:
    """One report and one release, and what follows from both."""

    def __init__(self, report: Report, released: Released) -> None:
        self._before = report
        self._released = released
        # Who was asked about then, and is not to be now.
        self._silent = tuple(
            member.reference
            for member in report.household.members
            if member.authorised and member.reference not in released.members
        )
        self._hidden = {name for name in categories() if not self._items(name)}
        self._hidden |= {record.category for record in (*report.records, *report.unconfirmed)} - categories().keys()
        self._kinds = frozenset(ALL_KINDS) if self._silent else frozenset(self._kinds_withheld())
        self._lines = {line.id for line in report.lines if self._is_withheld_line(line)}

    @property
    def report(self) -> Report:
        before = self._before
        withheld = tuple(self._withheld())
        if not withheld:
            return before
        members = tuple(self._member(member) for member in before.household.members)
        answers = tuple(self._answer(answer) for answer in before.answers)
        records, unconfirmed = self._records()
        lines = tuple(_unknown(line) if line.id in self._lines else line for line in before.lines)
        return replace(
            before,
            conclusion=conclude(self._required_missing(), members, lines),
            household=replace(before.household, members=members),
            coverage=coverage(answers),
            answers=answers,
            records=tuple(map(self._shown, records)),
            unconfirmed=tuple(map(self._shown, unconfirmed)),
            totals=self._totals(),
            declared=tuple(map(self._declared, before.declared)),
            lines=lines,
            findings=tuple(filter(self._is_shown, before.findings)),
            withheld=withheld,
        )

    def _items(self, category: str) -> Collection[str]:
        return self._released.items.get(category, ())

    def _kinds_withheld(self) -> Iterator[Kind]:
        for category in categories().values():
            if not self._is_whole(category.id):
                yield from KINDS[category.counts]

    def _is_withheld_line(self, line: LineResult) -> bool:
        if not self._kinds:
            return False
        compares = next((known.compares for known in shipped() if known.id == line.id), None)
        return compares is None or self._silent != () or compares.measure in self._kinds

    def _withheld(self) -> Iterator[Withheld]:
        for member in self._silent:
            yield Withheld("consent", member=member)
        present: dict[str, set[str]] = {}
        for record in (*self._before.records, *self._before.unconfirmed):
            if record.member not in self._silent:
                present.setdefault(record.category, set()).update(record.items)
        for category in sorted(self._hidden):
            yield Withheld("policy", category=category)
        for category in sorted(present.keys() - self._hidden):
            if items := tuple(sorted(present[category].difference(self._items(category)))):
                yield Withheld("policy", category=category, items=items)
        figures = tuple(kind for kind in ALL_KINDS if kind in self._kinds)
        lines = tuple(line.id for line in self._before.lines if line.id in self._lines)
        if figures or lines:
            yield Withheld("rests_on", figures=(*figures, *lines))

    def _member(self, member: Member) -> Member:
        return replace(member, authorised=False) if member.reference in self._silent else member

    def _answer(self, entry: SourceAnswer) -> SourceAnswer:
        members = tuple(self._member_answer(entry, said) for said in entry.members)
        return replace(entry, members=members, answer=of_household(members)) if members else entry

    def _member_answer(self, entry: SourceAnswer, said: MemberAnswer) -> MemberAnswer:
        if said.member in self._silent:
            return MemberAnswer(said.member, "not_authorised", 0, 0)
        if said.answer == "not_authorised" or entry.state != _ACCEPTED or not self._may_tell(entry.source):
            return said
        certain, unconfirmed = (
            sum((one.source, one.member) == (entry.source, said.member) and not self._is_gone(one) for one in ones)
            for ones in (self._before.records, self._before.unconfirmed)
        )
        # `none` would deny what is only not told, and `found` tell it: both are the answer to what may not be asked.
        return MemberAnswer(said.member, "found" if certain or unconfirmed else "not_authorised", certain, unconfirmed)

    def _may_tell(self, source: str) -> bool:
        # Whether an answer of this source can tell that there is a record of a hidden category.
        delivers = self._released.delivers.get(source)
        return bool(self._hidden) and (delivers is None or not self._hidden.isdisjoint(delivers))

    def _is_gone(self, record: Record) -> bool:
        return record.member in self._silent or record.category in self._hidden

    def _is_whole(self, category: str) -> bool:
        # Whether all of its records is shown that figures can be made of. Text names things and is in no figure.
        said = {item.id for item in categories()[category].items if item.type != "text"}
        return category not in self._hidden and said.issubset(self._items(category))

    def _records(self) -> tuple[Iterable[Record], Iterable[Record]]:
        ones, others = (
            [one for one in records if not self._is_gone(one)]
            for records in (self._before.records, self._before.unconfirmed)
        )
        if not self._silent:
            return ones, others
        # Which of two records speaks for a thing may hang on one that is gone: judged anew, as without it.
        again = count([_found(one) for one in ones])
        return again.records, others

    def _shown(self, record: Record) -> Record:
        released = self._items(record.category)
        shown = replace(record, items={name: value for name, value in record.items.items() if name in released})
        # Why it counts or not can tell what an item says: scrapped, negative, without an amount.
        whole = self._is_whole(record.category)
        return shown if whole else replace(shown, counted=False, not_counted=None, duplicate_of=None)

    def _totals(self) -> Totals:
        before = self._before.totals
        return Totals(
            financial_assets=self._total("financial_assets"),
            income=self._income(before.income),
            houses=self._total("houses"),
            other_real_estate=self._total("other_real_estate"),
            vehicles=self._total("vehicles"),
            vessels=self._total("vessels"),
            machinery=self._total("machinery"),
            companies=self._total("companies"),
        )

    def _total(self, kind: Kind) -> Total:
        total = total_of(self._before.totals, kind)
        if kind not in self._kinds:
            return total
        unheard = {*total.members_not_authorised, *self._silent}
        return Total(
            unit=total.unit,
            value=None,
            complete=False,
            at_least=False,
            sources_missing=tuple(filter(self._is_down, total.sources_missing)),
            members_not_authorised=tuple(m.reference for m in self._before.household.members if m.reference in unheard),
            unclear=(),
            origins=(),
        )

    def _income(self, income: Income) -> Income:
        if "income" not in self._kinds:
            return income
        # Of one record and so of one category each. A month may lack one that is withheld, and must not tell.
        shown = {
            one.record_id for one in self._before.records if not self._is_gone(one) and self._is_whole(one.category)
        }
        periods = tuple(period for period in income.periods if shown.issuperset(period.origins))
        return Income(total=self._total("income"), periods=periods, months=())

    def _declared(self, one: Declared) -> Declared:
        if _OF_DECLARED.get(one.item, one.item) not in self._kinds:
            return one
        owing = tuple(member for member in one.not_declared if member not in self._silent)
        return replace(one, not_declared=owing, found=None, at_least=False, difference=None, month=None, origins=())

    def _is_shown(self, finding: Finding) -> bool:
        if finding.code == "recorded_dead":
            return finding.member not in self._silent and _DIED_ON in self._items(_DEATH)
        if finding.line is not None:
            return finding.line not in self._lines
        return _OF_DECLARED.get(finding.subject or "", finding.subject) not in self._kinds

    def _required_missing(self) -> tuple[str, ...]:
        said = next((one for one in self._before.conclusion.reasons if one.code == "required_source_missing"), None)
        sources = said.subjects if said else ()
        return tuple(one for one in sources if self._is_down(one) or not (self._silent or self._may_tell(one)))

    def _is_down(self, source: str) -> bool:
        # Not for one row that was set aside, which may be about someone or something that is withheld.
        return any(entry.source == source and entry.state != _ACCEPTED for entry in self._before.answers)


def _unknown(line: LineResult) -> LineResult:
    return replace(
        line,
        outcome="cannot_determine",
        value=None,
        at_least=False,
        steps=tuple(step for step in line.steps if step.of == "limit"),
        unclear=(),
        exempt=(),
        origins=(),
    )


def _found(record: Record) -> Found:
    evidence = [(ground.code, float(ground.weight)) for ground in record.evidence]
    return Found(
        record.member,
        record.source,
        record.category,
        record.record_id,
        record.as_of,
        record.grade,
        float(record.weight),
        evidence,
        record.items,
    )
