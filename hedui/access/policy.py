"""May they? The one rule, as a pure function: no database, no clock, no setting. What is not allowed here is denied."""

from collections.abc import Mapping
from typing import Final

from hedui.access import release
from hedui.access.places import holds, path
from hedui.access.roles import ACTIONS, ROLES, Action, Actor, Decision, Reason, Resource, Role

RIGHTS: Final[Mapping[Role, frozenset[Action]]] = {
    "reviewer": frozenset(
        {
            "report.list",
            "report.show",
            "report.score",
            "household.import",
            "run.show",
            "break_glass.request",
            "break_glass.approve",
        }
    ),
    "caseworker": frozenset({"report.list", "report.show", "household.import", "run.show", "break_glass.request"}),
    "data_engineer": frozenset({"run.show"}),  # sources and runs; no personal data
    "auditor": frozenset(  # the trail; no reports
        {"audit.subject", "audit.odd", "audit.export", "audit.checkpoint", "access.list", "run.show"}
    ),
    "administrator": frozenset(  # grants, keys, upkeep; no reports
        {
            "household.shred",
            "audit.checkpoint",
            "keys.manage",
            "access.list",
            "access.grant",
            "housekeeping.run",
            "run.show",
        }
    ),
}
# It takes two: nobody approves their own request, nobody gives themselves a role.
BY_ANOTHER: Final[frozenset[Action]] = frozenset({"break_glass.approve", "access.grant"})
# What break-glass opens of the one household, and what is asked for exactly because it lies elsewhere.
BEHIND_GLASS: Final[frozenset[Action]] = frozenset({"report.show"})
ANYWHERE: Final[frozenset[Action]] = frozenset({"break_glass.request"})


def may(actor: Actor, action: str, resource: Resource) -> Decision:
    """Decide whether an actor may do something to a resource, in the first role of `ROLES` that allows it."""
    if action not in ACTIONS:
        return _refused("unknown-action")
    regions = {role: [region for held, region in actor.grants if held == role and path(region)] for role in ROLES}
    roles = [role for role in ROLES if regions[role] and action in RIGHTS[role]]
    if not roles:
        return _refused("no-role")
    if action in BY_ANOTHER and resource.concerns == actor.name and not actor.demo:
        return _refused("own-request")
    for role in roles:
        if action in ANYWHERE or any(holds(region, resource.region) for region in regions[role]):
            return _allowed(role, "in-scope", action, resource)
    if action in BEHIND_GLASS and resource.household in actor.opened:
        return _allowed(roles[0], "break-glass", action, resource)
    return _refused("out-of-scope")


def _allowed(role: Role, reason: Reason, action: str, resource: Resource) -> Decision:
    if action != "report.show" or not resource.purpose or resource.on is None:
        return Decision(allowed=True, role=role, reason=reason)
    return Decision(True, role, reason, release.items(role, resource.purpose, resource.on))  # noqa: FBT003


def _refused(reason: Reason) -> Decision:
    return Decision(allowed=False, role="", reason=reason)
