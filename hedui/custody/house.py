"""One day's housekeeping: the installation, the policy in force on that day, and what is said meanwhile."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final

from hedui.custody.keeper import Keeper
from hedui.custody.retention import Kind, Policy, policy
from hedui.settings import SHANGHAI

_BUSY: Final = timedelta(days=1)  # what was written within it may still be written to, or be put in place next

Say = Callable[[str], None]


def log(line: str) -> None:
    """Say it where tasks are logged."""
    logging.getLogger(__name__).warning("%s", line)


@dataclass(frozen=True, kw_only=True)
class House(Keeper):
    """An installation on one day. `dry_run`: count what would go, and change nothing."""

    today: date
    dry_run: bool = False
    say: Say = log

    @cached_property
    def policy(self) -> Policy:
        """The policy of retention; PolicyRefused."""
        return policy()

    @property
    def settled(self) -> datetime:
        """Nobody is still writing to what was last written before this moment."""
        return datetime.now(UTC) - _BUSY

    def kept_since(self, kind: Kind) -> datetime | None:
        """Return the moment before which a thing has expired, by the office's clock; None: everything is kept."""
        period = self.policy.period(kind, self.today)
        return None if period is None else datetime.combine(period.kept_since(self.today), time.min, SHANGHAI)
