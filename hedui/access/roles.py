"""The words of the access rule: roles, actions, who acts, on what, and what is decided. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, NamedTuple, get_args

Role = Literal["reviewer", "caseworker", "data_engineer", "auditor", "administrator"]
Action = Literal[
    "report.list",  # the index: household, conclusion, counts of answers
    "report.show",  # one household's report
    "report.score",  # the matches of a whole run, for measuring accuracy
    "household.import",
    "household.shred",  # destroy a household's reports in every copy
    "run.show",  # a run's summary: counts and states of sources
    "audit.subject",  # who looked at a household
    "audit.odd",
    "audit.export",
    "audit.checkpoint",
    "keys.manage",
    "access.list",
    "access.grant",  # give a role, and end it
    "break_glass.request",
    "break_glass.approve",
    "housekeeping.run",
]
Reason = Literal[
    "in-scope",
    "break-glass",  # allowed: one household, for hours
    "unknown-action",
    "no-role",  # no role that the actor holds anywhere allows the action
    "out-of-scope",  # one does, but not there
    "own-request",  # it takes another person
]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

PROVINCE: Final = "32"


class Grant(NamedTuple):
    """A role over a region; see `hedui.access.places`."""

    role: str
    region: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with what they were given.

    `opened` are the households that break-glass opens to them at this moment. `demo`: nobody was given anything yet,
    so that whoever runs the process holds every role.
    """

    name: str
    grants: tuple[Grant, ...] = ()
    opened: frozenset[str] = frozenset()
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on: something in a region; where it is about a household, that one.

    `concerns` is who would gain by it: who asked for break-glass, or is to get a role. With `purpose`, the code of the
    case that a report was made for, and `on`, the day on which it is read, the decision says which items.
    """

    region: str = PROVINCE
    household: str = ""
    concerns: str = ""
    purpose: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether, in which role (empty: none) and why; `items` by category, where it is about a report with a purpose."""

    allowed: bool
    role: Role | Literal[""]
    reason: Reason
    items: Mapping[str, frozenset[str]] = field(default_factory=dict)
