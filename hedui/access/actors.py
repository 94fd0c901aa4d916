"""Who acts now, with what they hold. Later, claims of a sign-in will make the same value."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from hedui.access import audit
from hedui.access.roles import PROVINCE, ROLES, Actor, Grant
from hedui.registry import grants


def current(session: Session, now: datetime | None = None) -> Actor:
    """Return whoever runs this process, with what was given to that account and what break-glass opens at `now`."""
    return named(session, audit.current_actor(), now or datetime.now(UTC))


def named(session: Session, name: str, now: datetime) -> Actor:
    """Return an actor by name. While no role was ever given to anyone, anyone holds every role over the province."""
    if not grants.any_on_file(session):
        return Actor(name, tuple(Grant(role, PROVINCE) for role in ROLES), demo=True)
    held = tuple(Grant(row.role, row.region) for row in grants.of_actor(session, name))
    return Actor(name, held, frozenset(grants.opened(session, name, now)))
