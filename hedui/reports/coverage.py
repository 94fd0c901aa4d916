"""The four answers: what each source said about each member, and never a blank."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from hedui.reports.basis import SourceState
from hedui.reports.family import Found, Person, Unusable
from hedui.reports.model import Answer, Coverage, MemberAnswer, SourceAnswer

# The household's answer is the first of these that any member has: `none` is said only where it holds for all of them.
_PRECEDENCE: tuple[Answer, ...] = ("found", "no_answer", "not_authorised", "none")


def answers(
    sources: Iterable[SourceState],
    members: Sequence[Person],
    found: Iterable[Found],
    unusable: Iterable[Unusable] = (),
) -> tuple[SourceAnswer, ...]:
    """Return one entry for every source, in order of source."""
    records: dict[str, list[Found]] = {}
    for record in found:
        records.setdefault(record.source, []).append(record)
    gaps: dict[str, set[str]] = {}
    for row in unusable:
        gaps.setdefault(row.source, set()).add(row.member)
    # Most sources know nothing of a household, and then all say the same.
    silent = {answered: _household(_by_member(members, (), (), answered=answered)) for answered in (True, False)}
    entries = []
    for source in sources:
        answered = source.answered
        answer, by_member = silent[answered]
        if answered and (source.id in records or source.id in gaps):
            known, gap = records.get(source.id, ()), gaps.get(source.id, ())
            answer, by_member = _household(_by_member(members, known, gap, answered=True))
        entries.append(
            SourceAnswer(
                source.id,
                source.name,
                source.kind,
                source.required,
                answer,
                by_member,
                source.as_of_text,
                source.state,
                source.problem,
                source.set_aside,
            )
        )
    return tuple(entries)


def coverage(entries: Sequence[SourceAnswer]) -> Coverage:
    """Count the household's answers, and the members about whom one is missing: `found` may stand beside a gap."""
    counts = Counter(entry.answer for entry in entries)
    by_member = Counter(member.answer for entry in entries for member in entry.members)
    return Coverage(
        sources=len(entries),
        found=counts["found"],
        none=counts["none"],
        no_answer=counts["no_answer"],
        not_authorised=counts["not_authorised"],
        members_without_answer=by_member["no_answer"],
        members_not_authorised=by_member["not_authorised"],
    )


def _by_member(
    members: Sequence[Person], records: Sequence[Found], gaps: Collection[str], *, answered: bool
) -> tuple[MemberAnswer, ...]:
    certain: dict[str, int] = {}
    unconfirmed: dict[str, int] = {}
    for record in records:
        tally = certain if record.grade == "certain" else unconfirmed
        tally[record.member] = tally.get(record.member, 0) + 1
    return tuple(
        MemberAnswer(
            member=person.reference,
            answer=_answer(
                person,
                certain.get(person.reference, 0),
                unconfirmed.get(person.reference, 0),
                answered=answered,
                gap=person.reference in gaps,
            ),
            records=certain.get(person.reference, 0),
            unconfirmed=unconfirmed.get(person.reference, 0),
        )
        for person in members
    )


def _answer(person: Person, certain: int, unconfirmed: int, *, answered: bool, gap: bool) -> Answer:
    if not person.authorised:
        return "not_authorised"
    if not answered:
        return "no_answer"
    if certain:
        return "found"
    if gap:  # a row about this member could not be used: neither found nor none
        return "no_answer"
    return "found" if unconfirmed else "none"


def of_household(members: Iterable[MemberAnswer]) -> Answer:
    """Return the household's answer from those about its members."""
    said = {member.answer for member in members}
    return next(answer for answer in _PRECEDENCE if answer in said)


def _household(members: tuple[MemberAnswer, ...]) -> tuple[Answer, tuple[MemberAnswer, ...]]:
    return of_household(members), members
