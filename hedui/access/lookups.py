"""Who looked at a person, when and why. Asking is a look-up too, and goes on record first."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.access import audit, gate
from hedui.access.audit import Pseudonyms
from hedui.access.entry import Content, holds_number, whole
from hedui.access.roles import Resource
from hedui.access.trail import InRegistry
from hedui.registry import database
from hedui.registry.subjects import Related, related

# What an import takes for a reference; an ID number is none.
_REFERENCE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class LookUp:
    """One entry about a household, one of its members or its case, with references in the place of pseudonyms.

    `case` is a pseudonym where the registry no longer knows the case; null where no case was open at that time.
    """

    seq: int
    at: str
    actor: str
    role: str
    action: str
    subject: str
    region: str
    purpose: str
    case: str | None
    sources: tuple[str, ...]
    outcome: str
    detail: Mapping[str, str | int]


def looked_at(engine: Engine, pseudonyms: Pseudonyms, ref: str, purpose: str) -> list[LookUp]:
    """Put this question on record, then return every earlier look-up of a household (or of a member's, a case's).

    A reference that the registry does not know is looked for as it is: a household may be gone, its look-ups are not.
    Raises Stop: `audit-not-a-reference`, those of `audit.record`, `audit-broken` where an entry is not whole.
    """
    if not _REFERENCE.fullmatch(ref) or holds_number(ref):
        raise Stop("audit-not-a-reference")
    with database.session(engine) as session:
        known = related(session, ref) or Related(ref, (), ())
        place = gate.household_resource(session, known.household)
        admitted = gate.require(
            session,
            pseudonyms,
            "audit.subject",
            place if place.region else Resource(),  # one that is gone lies in the province
            purpose=purpose,
            about="household",
            subject=known.household,
        )
        who = admitted.actor.name
        asked = audit.record(session, pseudonyms, who, "audit.subject", known.household, purpose, role=admitted.role)
    refs = {
        pseudonym: name
        for name in (known.household, *known.members, *known.cases)
        for pseudonym in pseudonyms.pseudonyms(name)
    }
    with database.session(engine, readonly=True) as session:
        return [_look_up(content, refs) for content in _about(session, refs, asked)]


def _about(session: Session, refs: Iterable[str], before: int) -> list[Content]:
    found = []
    for stored in InRegistry(session).entries(subjects=refs):
        content = whole(stored)
        if content is None:
            raise Stop("audit-broken", seq=stored.seq)
        if content.seq < before:
            found.append(content)
    return found


def _look_up(content: Content, refs: Mapping[str, str]) -> LookUp:
    return LookUp(
        seq=content.seq,
        at=content.at,
        actor=content.actor,
        role=content.role,
        action=content.action,
        subject=refs[content.subject],
        region=content.region,
        purpose=content.purpose,
        case=refs.get(content.case, content.case) if content.case else None,
        sources=content.sources,
        outcome=content.outcome,
        detail=content.detail,
    )
