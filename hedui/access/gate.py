"""The gate before everything that reads or changes: asks the rule, and puts a refusal on record before it is told.

Whoever is let in gets an `Admission`; its `role` belongs into the entry that is written before anything is shown.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.access import actors, audit, release
from hedui.access.audit import Pseudonyms
from hedui.access.entry import About
from hedui.access.places import path, place
from hedui.access.policy import may
from hedui.access.roles import ROLES, Action, Actor, Decision, Resource
from hedui.registry.consent import Since
from hedui.registry.models import ReportIndex
from hedui.registry.places import place_of, reports
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


def require_anywhere(session: Session, pseudonyms: Pseudonyms, action: Action) -> Admission:
    """Let the current actor in who may do this anywhere at all, else as `require`: for lists, asked row by row then."""
    actor = actors.current(session)
    wanted = [Resource(grant.region) for grant in actor.grants]
    decisions = [(may(actor, action, one), one) for one in wanted]
    allowed = {decision.role: Admission(actor, decision, one) for decision, one in decisions if decision.allowed}
    return next((allowed[role] for role in ROLES if role in allowed), None) or require(session, pseudonyms, action)


def household_resource(session: Session, household: str, concerns: str = "") -> Resource:
    """Return a household as a resource: in its place, or nowhere where the registry knows it not."""
    found = place_of(session, household)
    return Resource(place(*found) if found else "", household, concerns)


def readable_reports(
    session: Session, actor: Actor, run_id: str, on: date, since: Since
) -> Iterator[tuple[ReportIndex, bool]]:
    """Yield the index of those of a run's reports that an actor may list, by county and household.

    With each, whether what it says of the report may be shown on a day: only where nothing of the report would be
    withheld, by consent or by policy, from who may read it there.
    """

    @cache  # places and purposes are few
    def releases(region: str, purpose: str) -> bool:
        return release.is_all(may(actor, "report.show", Resource(region, purpose=purpose, on=on)).items)

    may_list = cache(lambda region: may(actor, "report.list", Resource(region)).allowed)
    for one in reports(session, run_id, on, since):
        region = place(one.county, one.township)
        if may_list(region):
            yield one.entry, one.consented and releases(region, one.purpose)


def county_of(region: str) -> str:
    """Return what of a region goes on record: its digits, without the township."""
    return region.partition("/")[0] if path(region) else ""
