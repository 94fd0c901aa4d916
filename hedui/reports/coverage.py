"""The four answers: what each source said about each member, and never a blank."""

from collections import Counter
from collections.abc import Iterable, Sequence

from hedui.reports.basis import SourceState
from hedui.reports.family import Found, Person
from hedui.reports.model import Answer, Coverage, MemberAnswer, SourceAnswer

# The household's answer is the first of these that any member has: `none` is said only where it holds for all of them.
_PRECEDENCE: tuple[Answer, ...] = ("found", "no_answer", "not_authorised", "none")


def answers(
    sources: Iterable[SourceState], members: Sequence[Person], found: Iterable[Found]
) -> tuple[SourceAnswer, ...]:
    """Return one entry for every source, in order of source."""
    records: dict[str, list[Found]] = {}
    for record in found:
        records.setdefault(record.source, []).append(record)
    # Most sources know nothing of a household, and then all say the same.
    silent = {answered: _household(_by_member(members, (), answered=answered)) for answered in (True, False)}
    entries = []
    for source in sources:
        answered = source.answered
        known = records.get(source.id) if answered else None
        answer, by_member = silent[answered] if known is None else _household(_by_member(members, known, answered=True))
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
            )
        )
    return tuple(entries)


def coverage(entries: Sequence[SourceAnswer]) -> Coverage:
    """Count the household's answers."""
    counts = Counter(entry.answer for entry in entries)
    return Coverage(
        sources=len(entries),
        found=counts["found"],
        none=counts["none"],
        no_answer=counts["no_answer"],
        not_authorised=counts["not_authorised"],
    )


def _by_member(members: Sequence[Person], records: Sequence[Found], *, answered: bool) -> tuple[MemberAnswer, ...]:
    certain: dict[str, int] = {}
    unconfirmed: dict[str, int] = {}
    for record in records:
        tally = certain if record.grade == "certain" else unconfirmed
        tally[record.member] = tally.get(record.member, 0) + 1
    return tuple(
        MemberAnswer(
            member=person.reference,
            answer=_answer(person, certain.get(person.reference, 0), answered=answered),
            records=certain.get(person.reference, 0),
            unconfirmed=unconfirmed.get(person.reference, 0),
        )
        for person in members
    )


def _answer(person: Person, records: int, *, answered: bool) -> Answer:
    if not person.authorised:
        return "not_authorised"
    if not answered:
        return "no_answer"
    return "found" if records else "none"


def _household(members: tuple[MemberAnswer, ...]) -> tuple[Answer, tuple[MemberAnswer, ...]]:
    said = {member.answer for member in members}
    return next(answer for answer in _PRECEDENCE if answer in said), members
