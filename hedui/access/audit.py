"""The audit trail: who did what to whom, when and why. Entries are only ever added."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.registry.models import AuditEntry


def record(
    session: Session,
    actor: str,
    action: str,
    subject: str,
    purpose: str,
    detail: Mapping[str, str | int] | None = None,
) -> None:
    """Write one entry and commit it; call this before anything is shown.

    `subject` is a reference (household, case, member), never an ID number or a name, and so is all of `detail`.
    Raises Stop `audit-unwritable`: then nothing may be shown.
    """
    entry = AuditEntry(
        at=datetime.now(UTC),
        actor=actor,
        action=action,
        subject=subject,
        purpose=purpose,
        detail=dict(detail or {}),
    )
    try:
        session.add(entry)
        session.commit()
    except SQLAlchemyError as error:
        session.rollback()
        raise Stop("audit-unwritable", kind=type(error).__name__) from None
