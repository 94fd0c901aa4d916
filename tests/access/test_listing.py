"""What of the index is shown beside a household: only where its report would be shown whole."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from hedui.access import actors, gate
from hedui.registry import consent, database
from hedui.registry.models import HouseholdChange, Import, Run, Shredding
from tests.access.world import DAY, NOW, PLACES, RUN, fill, give

HOUR = timedelta(hours=1)


@pytest.fixture
def world(engine):
    """One of the two members of each household has signed; the run knew that the other had not."""
    fill(engine)
    give(engine, "wang", "reviewer", "32")
    with engine.begin() as connection:
        connection.execute(text("UPDATE report_index SET not_authorised = 1"))
        connection.execute(text("UPDATE imports SET at = '2026-06-30 00:00:00+00:00'"))
    return engine


@pytest.fixture
def imported(world):
    """Take in a file that changes a part of HA."""

    def change(part, at):
        with database.session(world) as session:
            facts = {"id": 2, "at": at, "sha256": "", "rows": 1, "new": 0, "updated": 1, "unchanged": 0}
            session.execute(insert(Import).values(facts))
            session.execute(insert(HouseholdChange).values(import_id=2, household_ref="HA", parts=part, before=b""))

    return change


def _shown(engine, day=DAY):
    with database.session(engine, readonly=True) as session:
        actor = actors.named(session, "wang", NOW)
        since = consent.since(session, session.get_one(Run, RUN))
    with database.session(engine, readonly=True, actor="wang") as session:
        found = list(gate.readable_reports(session, actor, RUN, day, since))
    assert {entry.household_ref for entry, _ in found} == set(PLACES)  # each is listed, whatever is shown of it
    return {entry.household_ref for entry, shown in found if shown}


def test_where_nothing_has_changed_all_is_shown(world):
    assert _shown(world) == set(PLACES)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE authorisations SET revoked_on = '2026-06-30' WHERE household_ref = 'HA'",
        "UPDATE authorisations SET in_force = false WHERE household_ref = 'HA'",
        "UPDATE authorisations SET valid_until = '2026-06-29' WHERE household_ref = 'HA'",
        "UPDATE authorisations SET signed_on = '2026-07-01' WHERE household_ref = 'HA'",
        "UPDATE cases SET purpose = 'legal_aid' WHERE household_ref = 'HA'",
        "UPDATE report_index SET case_ref = 'C-HB' WHERE household_ref = 'HA'",
        "UPDATE report_index SET not_authorised = 0 WHERE household_ref = 'HA'",  # all had signed; one has not now
    ],
)
def test_where_less_than_all_is_released_nothing_is_shown(world, change):
    with world.begin() as connection:
        connection.execute(text(change))
    assert _shown(world) == set(PLACES) - {"HA"}


@pytest.mark.parametrize(
    ("part", "at", "shown"),
    [
        ("case", NOW, False),
        ("place,authorisation", NOW, False),
        ("members,declared", NOW + HOUR, False),
        ("place,declared", NOW + HOUR, True),
        ("case", NOW - HOUR / 2, False),  # may have ended after the night had looked
        ("case", NOW - 2 * HOUR, True),
    ],
)
def test_what_an_import_has_changed_since_the_run(world, imported, part, at, shown):
    imported(part, at)
    assert ("HA" in _shown(world)) is shown
    assert _shown(world) >= set(PLACES) - {"HA"}


@pytest.mark.parametrize(("finished", "shown"), [(None, False), (NOW + HOUR, False), (NOW - HOUR, True)])
def test_a_report_that_was_destroyed(world, finished, shown):
    with database.session(world) as session:
        row = {"household_ref": "HA", "requested_at": NOW - 2 * HOUR, "finished_at": finished}
        session.execute(insert(Shredding).values(row))
    assert ("HA" in _shown(world)) is shown
