"""The registry and quarantine under other keys: nothing is left under the old one, and everything still opens."""

import json

import pytest
from sqlalchemy import LargeBinary, inspect, select

from catalogue.problems import Stop
from hedui.custody import generations, registry_values
from hedui.keys import installation
from hedui.registry import database, people, runs
from hedui.registry.models import Base, Household, HouseholdChange, Member
from hedui.registry.saving import states
from tests.custody.world import DAY

# Bytes in the registry that are no sealed values: blind indexes, digests, the trail's chain.
PLAIN = {
    "households.fingerprint",
    "members.id_index",
    "audit_entries.prev",
    "audit_entries.content",
    "audit_entries.hash",
    "audit_checkpoints.line",
    "report_batches.head_hash",
    "report_batches.signer",
    "revoked_signers.key_id",
}


@pytest.fixture
def changed(house, rows, write):
    """A registry that has been through a change, so that `household_changes` has rows."""
    for at in (0, 3, 5):  # one of each household: three rows of one import
        rows[at]["declared_monthly_income"] = "99.00"
    with database.session(database.connect(house.settings)) as session:
        assert people.import_file(session, installation.ring(house.settings), write(rows)).changed == {"declared": 3}
    return house


def known(house):
    with database.session(database.connect(house.settings), readonly=True) as session:
        return states(session, installation.ring(house.settings), ["H000001", "H000002", "H000003"])


def stored(house, *columns):
    with database.session(database.connect(house.settings), readonly=True) as session:
        return [tuple(row) for row in session.execute(select(*columns))]


def test_every_sealed_column_of_the_registry_is_sealed_anew():
    """A new column of bytes is either none of ours or one that a revoked key must not be left on."""
    sealed = {f"{one.table.__tablename__}.{name}" for one in registry_values.SEALED for name in one.columns}
    every = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert sealed == every - PLAIN
    for one in registry_values.SEALED:
        assert one.keys == tuple(column.name for column in inspect(one.table).primary_key)


def test_registry_values_are_sealed_anew_in_blocks_and_the_old_key_is_dropped(changed, monkeypatch):
    monkeypatch.setattr(registry_values, "BLOCK", 2)
    before = known(changed)
    keeper = changed.keeper()
    assert generations.rotate(keeper, "registry").generation == 2
    assert set(registry_values.generations(keeper)) == {1}
    with pytest.raises(Stop, match="key-still-holds"):
        generations.drop(keeper, "registry", 1)
    assert generations.rewrap(keeper, ["registry"], dry_run=True).registry == 9
    assert set(registry_values.generations(keeper)) == {1}
    assert generations.rewrap(keeper, ["registry"]).registry == 9
    assert set(registry_values.generations(keeper)) == {2}
    assert generations.rewrap(keeper, ["registry"]).registry == 0
    generations.drop(keeper, "registry", 1)
    assert known(changed) == before
    ring = installation.ring(changed.settings)
    for number, ref, value in stored(
        changed, HouseholdChange.import_id, HouseholdChange.household_ref, HouseholdChange.before
    ):
        before_it = json.loads(ring.unseal(f"household_changes/before/{number}/{ref}", value))
        assert ("1830.50" in str(before_it["declared"])) == (ref == "H000001")


def test_a_revoked_registry_key_has_nothing_left_under_it(changed):
    before = known(changed)
    result = generations.revoke(changed.keeper(), "registry", 1, "stolen")
    assert (result.renewed, result.active, result.dropped) == (9, 2, True)
    assert known(changed) == before


def found(house, number):
    with database.session(database.connect(house.settings), readonly=True) as session:
        return [member.ref for member in people.find(session, installation.ring(house.settings), number)]


@pytest.mark.parametrize("how", ["rotate", "revoke"])
def test_everybody_is_found_under_the_new_index_and_not_by_the_old_key(changed, rows, monkeypatch, how):
    monkeypatch.setattr(registry_values, "BLOCK", 2)
    before = set(stored(changed, Member.id_index))
    keeper = changed.keeper()
    if how == "rotate":
        assert generations.rotate(keeper, "index").reindexed == 6
    else:
        done = generations.revoke(keeper, "index", 1, "stolen")
        assert (done.renewed, done.dropped) == (6, False), "the trail's pseudonyms stand under it"
    assert not before & set(stored(changed, Member.id_index))
    for row in rows:
        assert found(changed, row["resident_id"]) == [f"{row['household']}-{row['member']}"]
    assert registry_values.under_index(keeper, 1) == 0
    assert registry_values.under_index(keeper, 2) == 6
    assert {bytes(one) for (one,) in stored(changed, Household.fingerprint)} == {b""}
    assert generations.rewrap(keeper, ["index"]).index == 0


def test_an_import_after_a_new_index_finds_nothing_changed(house, rows, write):
    keeper = house.keeper()
    generations.rotate(keeper, "index")
    for updated in (0, 0):
        with database.session(keeper.registry) as session:
            result = people.import_file(session, installation.ring(house.settings), write(rows))
        assert (result.new, result.updated, result.unchanged) == (0, updated, 3)
    assert b"" not in {bytes(one) for (one,) in stored(house, Household.fingerprint)}


def test_a_generation_of_index_is_kept_while_the_trail_names_people_by_it(house):
    from hedui.access import audit

    keeper = house.keeper()
    with database.session(keeper.registry) as session:
        audit.record(session, keeper.ring, "clerk", "report.show", "H000001", "allowance")
    generations.rotate(keeper, "index")
    with pytest.raises(Stop) as stopped:
        generations.drop(keeper, "index", 1)
    assert (stopped.value.code, stopped.value.where["count"]) == ("key-still-holds", 1)


def quarantined(house):
    worker = installation.worker(house.settings)
    contents = {f"quarantine/run=r/source=bank_0{n}/attempt=1.sealed": b"row %d" % n for n in range(3)}
    for name, rows in contents.items():
        path = house.settings.home / "store" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(worker.seal_quarantine(name, rows))
    return contents


def opened(house, contents):
    ring = installation.ring(house.settings)
    files = {name: (house.settings.home / "store" / name).read_bytes() for name in contents}
    return {name: ring.unseal(name, file, purpose="quarantine") for name, file in files.items()}


def test_quarantine_is_sealed_anew_and_the_old_key_dropped(house):
    contents = quarantined(house)
    keeper = house.keeper()
    generations.rotate(keeper, "quarantine")
    with pytest.raises(Stop, match="key-still-holds"):
        generations.drop(keeper, "quarantine", 1)
    assert generations.rewrap(keeper, ["quarantine"], dry_run=True).quarantine == 3
    assert generations.rewrap(keeper, ["quarantine"]).quarantine == 3
    assert generations.rewrap(keeper, ["quarantine"]).quarantine == 0
    generations.drop(keeper, "quarantine", 1)
    assert opened(house, contents) == contents


def test_a_revoked_quarantine_key_opens_nothing_that_is_there(house):
    contents = quarantined(house)
    done = generations.revoke(house.keeper(), "quarantine", 1, "stolen")
    assert (done.renewed, done.dropped, done.broken) == (3, True, [])
    assert opened(house, contents) == contents


def test_a_damaged_quarantined_file_is_named_and_keeps_the_old_key(house):
    contents = quarantined(house)
    damaged = house.settings.home / "store" / next(iter(contents))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    done = generations.revoke(house.keeper(), "quarantine", 1, "stolen")
    assert (done.renewed, done.dropped) == (2, False)
    assert [(name, problem.code) for name, problem in done.broken] == [(next(iter(contents)), "seal-broken")]


def test_a_revoked_quarantine_key_stays_while_a_run_may_seal_to_it(house):
    with database.session(database.connect(house.settings)) as session:
        run = runs.open_run(session, DAY.replace(month=7, day=9)).id
    worker = installation.worker(house.settings)  # of a night under way
    done = generations.revoke(house.keeper(), "quarantine", 1, "stolen")
    assert (done.dropped, done.open_runs) == (False, [run])
    assert f"{run}. Once they are published: hedui keys rewrap quarantine" in house.call("revoke", "quarantine").stdout
    name = f"quarantine/run={run}/source=bank_01/attempt=1.sealed"
    path = house.settings.home / "store" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(worker.seal_quarantine(name, b"late"))
    with pytest.raises(Stop) as stopped:
        generations.drop(house.keeper(), "quarantine", 1)
    assert (stopped.value.code, stopped.value.where["runs"]) == ("key-runs-open", run)
    assert "quarantine" in stopped.value.message("en")
    assert "quarantine" in stopped.value.message("zh")
    assert opened(house, [name]) == {name: b"late"}
    with database.session(database.connect(house.settings)) as session:
        runs.publish(session, run, degraded=True, reports=[], batches=[])
    with pytest.raises(Stop, match="key-still-holds"):
        generations.drop(house.keeper(), "quarantine", 1)
    assert generations.rewrap(house.keeper(), ["quarantine"]).quarantine == 1
    generations.drop(house.keeper(), "quarantine", 1)
    assert opened(house, [name]) == {name: b"late"}


def test_a_quarantine_key_is_dropped_anyway_where_that_is_said(house):
    keeper = house.keeper()
    generations.rotate(keeper, "quarantine")
    with database.session(keeper.registry) as session:
        runs.open_run(session, DAY.replace(month=7, day=9))
    assert generations.drop(keeper, "quarantine", 1, anyway=True) == 0
