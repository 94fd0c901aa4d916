"""The audit trail: who did what to whom, when and why. Entries are only ever added, each chained to the one before.

How entries look, what the chain proves and what it does not: `docs/audit.md`.
"""

import os
import pwd
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.access import entry
from hedui.access.entry import About, Content, Outcome
from hedui.registry.models import AuditEntry

_LOCK = 0x4845_4455_4903  # the advisory lock under which PostgreSQL adds one entry at a time
_WAIT = "60s"  # for it, as long as SQLite waits for another writer


class Pseudonyms(Protocol):
    """Whoever holds the key under which references become pseudonyms: the keyring."""

    def pseudonym(self, ref: str) -> str:
        """Return what stands for a reference."""
        ...

    def pseudonyms(self, ref: str) -> list[str]:
        """Return all that ever stood for a reference, the newest first."""
        ...


def record(
    session: Session,
    pseudonyms: Pseudonyms,
    actor: str,
    action: str,
    subject: str,
    purpose: str,
    detail: Mapping[str, str | int] | None = None,
    *,
    about: About = "household",
    role: str = "",
    region: str = "",
    case: str | None = None,
    sources: Sequence[str] = (),
    outcome: Outcome = "allowed",
) -> int:
    """Write one entry, commit it and return its number; call this before anything is shown.

    `subject` is the reference of what `about` says; where that is about people, a pseudonym is written in its place,
    as is one for `case`, the household's open case (None: there is none). `sources` are those whose data will be shown
    (`entry.ALL_SOURCES`: all of the run that `detail` names). `detail` holds codes, references of what is not a person
    and counts; an entry about many households gives their number as `households`.

    Raises Stop, and then nothing may be shown: `audit-unwritable`; `audit-not-plain` where a field is no code or may
    hold an ID number.
    """
    facts = dict(detail or {})
    entry.check_codes({"action": action, "purpose": purpose, "outcome": outcome})
    entry.check_plain(actor, role, region, subject, about)
    entry.check_sources(sources)
    entry.check_detail(facts)
    of_people = about in entry.OF_PEOPLE
    said = Content(
        about=about,
        action=action,
        actor=actor,
        at="",
        case=None if case is None else pseudonyms.pseudonym(case),
        detail=facts,
        outcome=outcome,
        purpose=purpose,
        region=region,
        role=role,
        seq=1,
        sources=tuple(sources),
        subject=pseudonyms.pseudonym(subject) if of_people else subject,
    )
    try:
        seq = _append(session, said)
        session.commit()
    except SQLAlchemyError as error:
        session.rollback()
        raise Stop("audit-unwritable", kind=type(error).__name__) from None
    return seq


def current_actor() -> str:
    """Return who runs this process; not from the environment, which anyone can set."""
    return pwd.getpwuid(os.getuid()).pw_name


def _append(session: Session, said: Content) -> int:
    # On SQLite the transaction has held the one write lock since it began; on PostgreSQL it takes its turn here, and
    # what the one before committed can be seen. Should either ever fail, the primary key refuses a second entry of the
    # same number: one chain, whatever happens.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": _WAIT})
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    newest = select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
    last = session.execute(newest).one_or_none()
    seq, prev = (1, entry.ZERO) if last is None else (last.seq + 1, last.hash)
    now = datetime.now(UTC)  # after the wait, so that times run as numbers do
    content = entry.with_place(said, seq, now)
    packed = entry.pack(content)
    row = {"seq": seq, "at": now, "prev": prev, "content": packed, "hash": entry.chained(prev, packed)}
    found_by = {"actor": content.actor, "action": content.action, "subject": content.subject}
    session.execute(insert(AuditEntry).values(row | found_by))
    return seq
