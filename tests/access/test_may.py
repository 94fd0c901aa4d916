"""The rule, cell by cell: roles × scopes × actions × places, and for a report × purposes × items.

7 roles × 24 scopes × 18 actions × 8 places are 24,192 cells; reading a report adds 7 × 24 × 8 × 18 purposes × 76 items,
1,838,592 cells. Each is held against tables that are written by hand (`world.py`); the last test counts them.
"""

from dataclasses import replace

import pytest

from hedui.access import places, policy, roles
from hedui.access.policy import may
from hedui.access.roles import ACTIONS, Actor, Grant, Resource
from tests.access.world import (
    ANYWHERE,
    DAY,
    ITEMS,
    LETTERS,
    NO_REGIONS,
    PLACES,
    PURPOSES,
    RIGHTS,
    ROLES,
    SCOPES,
    item_cells,
)

_CELLS = {"actions": 0, "items": 0}


def _region(household: str) -> str:
    county, township = PLACES[household]
    return county if township is None else f"{county}/{township}"


def _actor(role: str, scope: str, *more: Grant) -> Actor:
    return Actor("someone", (Grant(role, scope), *more) if role else more)


def _expected(role: str, scope: str, action: str, household: str) -> bool:
    if LETTERS[role] not in RIGHTS[action] or scope in NO_REGIONS:
        return False
    return action in ANYWHERE or household in SCOPES[scope].split()


@pytest.mark.parametrize("role", ROLES)
def test_every_cell_of_role_scope_action_and_place(role):
    wrong = []
    for scope in SCOPES:
        actor = _actor(role, scope)
        for action in RIGHTS:
            for household in (*PLACES, "unknown"):
                resource = Resource(_region(household) if household in PLACES else "", household, concerns="another")
                decision = may(actor, action, resource)
                expected = _expected(role, scope, action, household)
                _CELLS["actions"] += 1
                if decision.allowed is not expected or decision.role != (role if expected else ""):
                    wrong.append((scope, action, household, decision))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_every_item_of_a_report(role):
    cells = item_cells()
    wrong = []
    for scope in SCOPES:
        actor = _actor(role, scope)
        for household in (*PLACES, "unknown"):
            region = _region(household) if household in PLACES else ""
            for purpose, letter in PURPOSES.items():
                shown = may(actor, "report.show", Resource(region, household, purpose=purpose, on=DAY)).items
                open_ = _expected(role, scope, "report.show", household)
                for (category, item), letters in cells.items():
                    _CELLS["items"] += 1
                    if (item in shown.get(category, ())) is not (open_ and letter in letters):
                        wrong.append((scope, household, purpose, category, item))
    assert wrong == []


def test_the_tables_are_whole_and_the_cells_are_counted():
    from catalogue.categories import categories
    from hedui.registry.household_file.columns import PURPOSES as KNOWN

    assert set(RIGHTS) - {"report.delete", ""} == set(ACTIONS)
    assert set(ROLES) - {"root", ""} == set(roles.ROLES)
    assert set(PURPOSES) - {"curiosity"} == set(KNOWN)
    assert set(item_cells()) == {(one.id, item.id) for one in categories().values() for item in one.items}
    actions = len(ROLES) * len(SCOPES) * len(RIGHTS) * (len(PLACES) + 1)
    items = len(ROLES) * len(SCOPES) * (len(PLACES) + 1) * len(PURPOSES) * len(item_cells())
    assert (actions, items, len(ITEMS.strip().splitlines())) == (24_192, 1_838_592, 18)
    if _CELLS["actions"]:  # where the tests above ran in this process, they asserted exactly these
        assert (_CELLS["actions"] % actions, _CELLS["items"] % items) == (0, 0)


def test_even_all_roles_give_nothing_in_no_region():
    for scope in (*ROLES, *sorted(NO_REGIONS)):
        actor = Actor("someone", tuple(Grant(role, scope) for role in ROLES))
        assert {may(actor, action, Resource("320102")).reason for action in ACTIONS} == {"no-role"}
    everywhere = Actor("someone", tuple(Grant(role, "32") for role in ROLES))
    for region in sorted(NO_REGIONS):
        assert [action for action in ACTIONS if may(everywhere, action, Resource(region)).allowed] == sorted(ANYWHERE)


@pytest.mark.parametrize("action", ["break_glass.approve", "access.grant"])
def test_it_takes_another_person(action):
    actor = Actor("li.na", (Grant("reviewer", "32"), Grant("administrator", "32")))
    assert may(actor, action, Resource("320102", "HA", concerns="wang.wei")).allowed
    refused = may(actor, action, Resource("320102", "HA", concerns="li.na"))
    assert (refused.allowed, refused.reason) == (False, "own-request")


def test_broken_glass_opens_one_report_and_no_more():
    actor = Actor("li.na", (Grant("caseworker", "320583"),), frozenset({"HA"}))
    inside = Resource("320102/玄武门街道", "HA", purpose="allowance", on=DAY)
    allowed = [action for action in ACTIONS if may(actor, action, inside).allowed]
    assert allowed == ["report.show", "break_glass.request"]
    opened = may(actor, "report.show", inside)
    assert (opened.role, opened.reason) == ("caseworker", "break-glass")
    assert "balance" in opened.items["deposit"]
    assert not may(actor, "report.show", replace(inside, household="HB")).allowed
    for grants in ((), (Grant("auditor", "32"),), (Grant("administrator", "32"),), (Grant("data_engineer", "32"),)):
        assert not may(replace(actor, grants=grants), "report.show", inside).allowed


def test_several_roles_give_what_each_gives_where_it_does():
    actor = Actor("li.na", (Grant("auditor", "32"), Grant("caseworker", "320583"), Grant("reviewer", "3202")))
    for action, region, role in [
        ("audit.subject", "320102", "auditor"),
        ("report.show", "320583/玉山镇", "caseworker"),
        ("report.show", "320205", "reviewer"),
        ("break_glass.approve", "320205", "reviewer"),
    ]:
        assert may(actor, action, Resource(region)).role == role
    for action, region in [("report.show", "320102"), ("break_glass.approve", "320583"), ("keys.manage", "32")]:
        assert not may(actor, action, Resource(region)).allowed


def test_a_region_is_read_by_its_components():
    assert places.path("320102/玄武门街道") == ("32", "01", "02", "玄武门街道")
    assert places.path("320102/一/二") == ("32", "01", "02", "一/二")
    assert [places.path(word) for word in ("32", "3201", "320102")] == [("32",), ("32", "01"), ("32", "01", "02")]
    for word in ("", "3", "320", "32010", "3201020", "32\n", "３２", "32/玄武门", "3201/玄武门", "320102/", "a", "²²"):
        assert places.path(word) is None, word


def test_rights_name_only_what_there_is():
    assert set(policy.RIGHTS) == set(roles.ROLES)
    assert set().union(*policy.RIGHTS.values()) == set(ACTIONS)
    assert set(ACTIONS) >= (policy.BY_ANOTHER | policy.BEHIND_GLASS | policy.ANYWHERE)
