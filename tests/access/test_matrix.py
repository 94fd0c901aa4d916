"""The same matrix through the registry, on both databases: what actors made of rows may, and what their sessions see.

7 roles × 24 scopes are 168 actors. Each is asked about 18 actions × 8 households (24,192 cells), and for a report about
76 items × 2 members, of whom one has signed (204,288 cells); each lists the reports of a run (168 × 7 = 1,176 cells).
On PostgreSQL each also reads the rows of 7 households in seven tables and the batches of 5 counties in a session of its
own (168 × 54 = 9,072 cells), with the rule as it is and again with the rule made to allow everything: then the rows are
what the database alone lets through.
"""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from hedui.access import actors, gate
from hedui.access.policy import may
from hedui.access.roles import Decision
from hedui.registry import consent, database
from hedui.registry.models import (
    Authorisation,
    AuthorisationMember,
    Case,
    Household,
    HouseholdChange,
    Member,
    ReportBatch,
    ReportIndex,
)
from tests.access.world import (
    ANYWHERE,
    DAY,
    LETTERS,
    NO_REGIONS,
    NOW,
    PLACES,
    PURPOSES,
    READERS,
    RIGHTS,
    ROLES,
    RUN,
    SCOPES,
    fill,
    give_all,
    item_cells,
    name_of,
)

# Each table by the household that a row hangs on; members, letters and cases are named after theirs.
_TABLES = {
    Household: Household.ref,
    Member: func.substr(Member.ref, 1, 2),
    Authorisation: func.substr(Authorisation.number, 3, 2),
    AuthorisationMember: func.substr(AuthorisationMember.member_ref, 1, 2),
    Case: func.substr(Case.ref, 3, 2),
    HouseholdChange: HouseholdChange.household_ref,
    ReportIndex: ReportIndex.household_ref,
}

NOTHING = consent.Since(1, frozenset())  # has happened since the run


@pytest.fixture
def world(engine):
    fill(engine)
    give_all(engine)
    return engine


def _sees(role: str, scope: str) -> list[str]:
    return SCOPES[scope].split() if role in READERS else []


def _everyone():
    return [(role, scope) for role in ROLES for scope in SCOPES]


def test_every_actor_may_what_the_table_says(world):
    wrong, cells = [], 0
    with database.session(world, readonly=True) as session:
        resources = {ref: gate.household_resource(session, ref) for ref in (*PLACES, "unknown")}
        for role, scope in _everyone():
            actor = actors.named(session, name_of(role, scope), NOW)
            for action, letters in RIGHTS.items():
                for ref, resource in resources.items():
                    cells += 1
                    there = action in ANYWHERE or ref in SCOPES[scope].split()
                    expected = LETTERS[role] in letters and scope not in NO_REGIONS and there
                    if may(actor, action, resource).allowed is not expected:
                        wrong.append((role, scope, action, ref))
    assert (wrong, cells) == ([], 24_192)


def test_every_item_needs_consent_and_policy(world):
    """One member of each household has signed; the purpose decides about the item, the letter about the person."""
    wrong, cells = [], 0
    purpose = "education"
    with database.session(world, readonly=True) as session:
        signed = {ref: consent.members(session, ref, DAY) for ref in PLACES}
        resources = {ref: gate.household_resource(session, ref) for ref in (*PLACES, "unknown")}
        for role, scope in _everyone():
            actor = actors.named(session, name_of(role, scope), NOW)
            for ref, place in resources.items():
                items = may(actor, "report.show", replace(place, purpose=purpose, on=DAY)).items
                for number in (1, 2):
                    for (category, item), letters in item_cells().items():
                        cells += 1
                        shown = item in items.get(category, ()) and f"{ref}-{number}" in signed.get(ref, ())
                        expected = ref in _sees(role, scope) and number == 1 and PURPOSES[purpose] in letters
                        if shown is not expected:
                            wrong.append((role, scope, ref, number, category, item))
    assert (wrong, cells) == ([], 204_288)


def test_every_actor_lists_the_reports_of_their_scope(world):
    for role, scope in _everyone():
        name = name_of(role, scope)
        with database.session(world, readonly=True) as session:
            actor = actors.named(session, name, NOW)
        with database.session(world, readonly=True, actor=name) as session:
            found = [entry.household_ref for entry, _ in gate.readable_reports(session, actor, RUN, DAY, NOTHING)]
        assert sorted(found) == _sees(role, scope), (role, scope)


@pytest.mark.parametrize("rule", ["as-it-is", "allows-everything"])
def test_every_row_that_a_session_sees(world, rule, monkeypatch):
    if rule == "allows-everything":
        monkeypatch.setattr(gate, "may", lambda *_: Decision(allowed=True, role="caseworker", reason="in-scope"))
    walled = world.dialect.name == "postgresql"
    for role, scope in _everyone():
        name = name_of(role, scope)
        with database.session(world, readonly=True) as session:
            actor = actors.named(session, name, NOW)
        with database.session(world, readonly=True, actor=name) as session:
            listed = sorted(one.household_ref for one, _ in gate.readable_reports(session, actor, RUN, DAY, NOTHING))
            rows = {table: sorted(set(session.scalars(select(ref)))) for table, ref in _TABLES.items()}
            batches = set(session.scalars(select(ReportBatch.county)))
        if walled:
            assert listed == _sees(role, scope), (role, scope)
            assert rows == dict.fromkeys(_TABLES, _sees(role, scope)), (role, scope)
            assert batches == {PLACES[ref][0] for ref in _sees(role, scope)}, (role, scope)
        elif rule == "allows-everything":  # SQLite has no second wall, and the documentation says so
            assert listed == sorted(PLACES)


def test_every_table_behind_the_wall_is_in_this_test(world):
    if world.dialect.name != "postgresql":
        pytest.skip("PostgreSQL only")
    with database.session(world, readonly=True) as session:
        query = "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"
        assert set(session.scalars(text(query))) == {table.__tablename__ for table in (*_TABLES, ReportBatch)}
