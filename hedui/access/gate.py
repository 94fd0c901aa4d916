"""The gate before everything that reads or changes: asks the rule, and puts a refusal on record before it is told.

Whoever is let in gets an `Admission`; its `role` belongs into the entry that is written before anything is shown.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.access import actors, audit
from hedui.access.audit import Pseudonyms
from hedui.access.entry import About
from hedui.access.places import path, place
from hedui.access.policy import may
from hedui.access.roles import Action, Actor, Decision, Resource
from hedui.registry.models import ReportIndex
from hedui.registry.places import place_of, reports_with_places
from hedui.registry.subjects import open_case


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was let in, on what grounds, to what."""

    actor: Actor
    decision: Decision
    resource: Resource

    @property
    def role(self) -> str:
        """The role that the trail is to name: `demo` while nobody was given any."""
        return "demo" if self.actor.demo else self.decision.role

    def items(self, purpose: str, on: date) -> Mapping[str, Collection[str]]:
        """Return the items, by category, that policy releases of a report made for a purpose and read on a day."""
        return may(self.actor, "report.show", replace(self.resource, purpose=purpose, on=on)).items


def require(
    session: Session,
    pseudonyms: Pseudonyms,
    action: Action,
    resource: Resource | None = None,
    *,
    purpose: str = "access",
    about: About = "access",
    subject: str | None = None,
    case: str | None = None,
    unknown: Stop | None = None,
    now: datetime | None = None,
) -> Admission:
    """Let the current actor in, or put the refusal on record and raise Stop `not-permitted`.

    `unknown` is raised instead where a role would allow it, but not there: what lies outside one's region is then told
    as what does not exist. `subject` is what the entry is about, by default the action itself. Needs a session that
    may write; where it refuses, it commits.
    """
    wanted = resource or Resource()
    actor = actors.current(session, now)
    decision = may(actor, action, wanted)
    if decision.allowed:
        return Admission(actor, decision, wanted)
    audit.record(
        session,
        pseudonyms,
        actor.name,
        action,
        subject or action,
        purpose,
        {"reason": decision.reason},
        about=about,
        region=county_of(wanted.region),
        case=case,
        outcome="refused",
    )
    if decision.reason == "own-request":
        raise Stop("not-by-oneself", action=action)
    if decision.reason == "out-of-scope" and unknown is not None:
        raise unknown
    raise Stop("not-permitted", action=action, actor=actor.name)


def require_household(
    session: Session,
    pseudonyms: Pseudonyms,
    action: Action,
    household: str,
    purpose: str,
    unknown: Stop,
    now: datetime | None = None,
) -> Admission:
    """Let the current actor in to one household, by where it lives now.

    A household that there is not and one outside the actor's region both end in `unknown`; whoever has no role for the
    action anywhere gets `not-permitted`, whatever they name.
    """
    return require(
        session,
        pseudonyms,
        action,
        household_resource(session, household),
        purpose=purpose,
        about="household",
        subject=household,
        case=open_case(session, household),
        unknown=unknown,
        now=now,
    )


def require_anywhere(session: Session, pseudonyms: Pseudonyms, action: Action) -> Actor:
    """Let the current actor in who may do this anywhere at all, else as `require`: for lists, asked row by row then."""
    actor = actors.current(session)
    if may(actor, action, Resource("")).reason == "no-role":
        require(session, pseudonyms, action)
    return actor


def household_resource(session: Session, household: str, concerns: str = "") -> Resource:
    """Return a household as a resource: in its place, or nowhere where the registry knows it not."""
    found = place_of(session, household)
    return Resource(place(*found) if found else "", household, concerns)


def readable_reports(session: Session, actor: Actor, run_id: str) -> Iterator[ReportIndex]:
    """Yield the index of those of a run's reports that an actor may list, by county and household."""
    may_list = cache(lambda region: may(actor, "report.list", Resource(region)).allowed)  # places are few
    for entry, county, township in reports_with_places(session, run_id):
        if may_list(place(county, township)):
            yield entry


def county_of(region: str) -> str:
    """Return what of a region goes on record: its digits, without the township."""
    return region.partition("/")[0] if path(region) else ""
