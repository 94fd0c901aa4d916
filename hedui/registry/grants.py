"""Who was given which role over which region, and who was let in by break-glass, when. Rows are never deleted.

As in `hedui.registry.runs`, every function is one short step within the caller's transaction.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Index, String, and_, exists, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from hedui.registry.locks import Lock, take
from hedui.registry.models import Base, Ref, Serial


class GrantRow(Base):
    """A role over a region, given to an actor; it holds until it is ended."""

    __tablename__ = "grants"
    __table_args__ = (
        Index(
            "uq_grants_live",
            "actor",
            "role",
            "region",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    actor: Mapped[str] = mapped_column(String(128))
    role: Mapped[str]
    region: Mapped[str] = mapped_column(String(80))  # 32 | 3201 | 320102 | 320102/<township>
    granted_by: Mapped[str] = mapped_column(String(128))
    granted_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(128))
    ended_at: Mapped[datetime | None]


class BreakGlassRow(Base):
    """A request to read one household's report outside the actor's region; approved by another, for hours only."""

    __tablename__ = "break_glass"

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    actor: Mapped[str] = mapped_column(String(128), index=True)
    # No foreign key: whoever asks is not told whether there is such a household.
    household_ref: Mapped[str] = mapped_column(Ref)
    reason: Mapped[str]
    case_ref: Mapped[str] = mapped_column(Ref)
    requested_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(128))
    approved_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(128))
    ended_at: Mapped[datetime | None]


def any_on_file(session: Session) -> bool:
    """Say whether a role was ever given to anyone."""
    return session.scalar(select(exists().where(GrantRow.id.is_not(None)))) or False


def of_actor(session: Session, actor: str) -> list[GrantRow]:
    """Return what an actor holds now, in the order in which it was given."""
    return list(session.scalars(select(GrantRow).where(GrantRow.actor == actor, _held()).order_by(GrantRow.id)))


def listed(session: Session, *, ended: bool = False) -> list[GrantRow]:
    """Return all grants that hold, or with `ended` all there ever were, in the order in which they were given."""
    query = select(GrantRow).order_by(GrantRow.id)
    return list(session.scalars(query if ended else query.where(_held())))


def lock(session: Session) -> None:
    """Let nobody else change grants until the transaction ends (SQLite has one writer anyway)."""
    take(session, Lock.GRANTS)


def holders(session: Session, role: str, region: str) -> Sequence[int]:
    """Return the grants of a role over exactly a region that hold now."""
    query = select(GrantRow.id).where(GrantRow.role == role, GrantRow.region == region, _held())
    return session.scalars(query.order_by(GrantRow.id)).all()


def find(session: Session, grant: int) -> GrantRow | None:
    """Return a grant by its number."""
    return session.get(GrantRow, grant, populate_existing=True)


def end(session: Session, grant: int, by: str, now: datetime) -> bool:
    """End a grant; False where it has ended before."""
    ended = update(GrantRow).where(GrantRow.id == grant, _held()).values(ended_by=by, ended_at=now)
    return session.scalar(ended.returning(GrantRow.id)) is not None


def request(session: Session, actor: str, household: str, reason: str, case: str, now: datetime) -> int:
    """Put a request on file and return its number."""
    row = BreakGlassRow(actor=actor, household_ref=household, reason=reason, case_ref=case, requested_at=now)
    session.add(row)
    session.flush()
    return row.id


def find_request(session: Session, number: int) -> BreakGlassRow | None:
    """Return a request by its number."""
    return session.get(BreakGlassRow, number, populate_existing=True)


def approve(session: Session, number: int, by: str, now: datetime, expires: datetime) -> bool:
    """Approve a request; False where it was approved or ended before."""
    row = BreakGlassRow
    open_ = and_(row.id == number, row.approved_at.is_(None), row.ended_at.is_(None))
    approved = update(row).where(open_).values(approved_by=by, approved_at=now, expires_at=expires)
    return session.scalar(approved.returning(row.id)) is not None


def end_request(session: Session, number: int, by: str, now: datetime) -> bool:
    """Withdraw a request or an approval; False where it has ended or expired before."""
    row = BreakGlassRow
    live = and_(row.id == number, row.ended_at.is_(None), or_(row.expires_at.is_(None), row.expires_at > now))
    return session.scalar(update(row).where(live).values(ended_by=by, ended_at=now).returning(row.id)) is not None


def opened(session: Session, actor: str, now: datetime) -> dict[str, int]:
    """Return the households that break-glass opens to an actor at a moment, each with the newest request that does."""
    row = BreakGlassRow
    live = and_(row.approved_at <= now, row.expires_at > now, row.ended_at.is_(None))
    found = select(row.household_ref, row.id).where(row.actor == actor, live).order_by(row.id)
    return dict(session.execute(found).tuples().all())


def requests(session: Session) -> list[BreakGlassRow]:
    """Return all requests there ever were, the newest first."""
    return list(session.scalars(select(BreakGlassRow).order_by(BreakGlassRow.id.desc())))


def _held() -> ColumnElement[bool]:
    return GrantRow.ended_at.is_(None)
