"""The audit trail: who did what to whom, when and why. Entries are only ever added, each chained to the one before.

How entries look, what the chain proves and what it does not: `docs/audit.md`.
"""

import os
import pwd
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.access import entry
from hedui.access.entry import About, Content, Outcome
from hedui.registry.database import insert_into
from hedui.registry.locks import Lock, take
from hedui.registry.models import AuditEntry

_LOGIN_UID = Path("/proc/self/loginuid")  # set once at login; only the superuser can change it
_NOBODY = (1 << 32) - 1
_WAIT = "60s"  # for the entry before, as long as SQLite waits for another writer


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
    also: Sequence[Content] = (),
) -> int:
    """Write one entry, commit it with whatever else the transaction did, and return its number.

    Call this before anything is shown; `also` are further entries (of `said`) that come right after it, or none does.
    Raises Stop, and then nothing may be shown: `audit-unwritable`; those of `said`.
    """
    first = said(
        pseudonyms,
        actor,
        action,
        subject,
        purpose,
        detail,
        about=about,
        role=role,
        region=region,
        case=case,
        sources=sources,
        outcome=outcome,
    )
    try:
        seq = _append(session, [first, *also])
        session.commit()
    except SQLAlchemyError as error:
        session.rollback()
        raise Stop("audit-unwritable", kind=type(error).__name__) from None
    return seq


def said(
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
) -> Content:
    """Return what an entry is to say, without its place and time.

    `subject` is the reference of what `about` says; where that is about people, a pseudonym is written in its place,
    as is one for `case`, the household's open case (None: there is none). `sources` are those whose data will be shown
    (`entry.ALL_SOURCES`: all of the run that `detail` names). `detail` holds codes, references of what is not a person
    and counts; an entry about many households gives their number as `households`.

    Raises Stop `audit-not-plain` where a field is no code or may hold an ID number.
    """
    facts = dict(detail or {})
    entry.check_codes({"action": action, "purpose": purpose, "outcome": outcome})
    entry.check_plain(actor, role, region, subject, about)
    entry.check_sources(sources)
    entry.check_detail(facts)
    of_people = about in entry.OF_PEOPLE
    return Content(
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


def current_actor() -> str:
    """Return whose session this process belongs to; not from the environment, which anyone can set.

    That is who logged in, where the kernel knows it: it stays so through `sudo -u hedui`, by which people come to the
    account that owns the keys. A service was logged in by nobody, and is the account that it runs as.
    """
    for uid in (_logged_in(), os.getuid()):
        with suppress(KeyError):
            return pwd.getpwuid(uid).pw_name
    return f"uid-{os.getuid()}"


def _logged_in() -> int:
    try:
        uid = int(_LOGIN_UID.read_text("ascii"))
    except (OSError, ValueError):  # not Linux, or not built for it
        return os.getuid()
    return os.getuid() if uid == _NOBODY else uid


def _append(session: Session, contents: Sequence[Content]) -> int:
    # On SQLite the transaction has held the one write lock since it began; on PostgreSQL it takes its turn here, and
    # what the one before committed can be seen. Should either ever fail, the primary key refuses a second entry of the
    # same number: one chain, whatever happens.
    take(session, Lock.AUDIT, wait=_WAIT)
    newest = select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
    last = session.execute(newest).one_or_none()
    begin, prev = (1, entry.ZERO) if last is None else (last.seq + 1, last.hash)
    now = datetime.now(UTC)  # after the wait, so that times run as numbers do
    rows = []
    for seq, one in enumerate(contents, begin):
        content = entry.with_place(one, seq, now)
        packed = entry.pack(content)
        row = {"seq": seq, "at": now, "prev": prev, "content": packed, "hash": entry.chained(prev, packed)}
        rows.append(row | {"actor": content.actor, "action": content.action, "subject": content.subject})
        prev = row["hash"]
    session.execute(insert_into(session, AuditEntry), rows)
    return begin
