"""Keys replaced and dropped while a file is being taken in: nothing that it seals is left under a key that is gone."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

import pytest
from sqlalchemy import select

from catalogue.problems import Stop
from hedui.custody import generations, registry_values
from hedui.custody.keeper import Keeper
from hedui.keys import installation
from hedui.registry import database, people
from hedui.registry.models import Member


class Held:
    """An import that stands still between its lock and its first write, until it is let go."""

    def __init__(self, settings, file):
        self._settings, self._file = settings, file
        self.ring = installation.begin(settings)  # as it is now: the process began long ago
        self.inside, self.go = Event(), Event()

    def admit(self, places):
        self.inside.set()
        assert self.go.wait(60)

    def reaches(self, where):
        return True

    def __call__(self):
        with database.session(database.connect(self._settings)) as session:
            return people.import_file(session, self.ring, self._file, self)


def numbers(settings):
    """Everybody's number, opened with the keys that are there now; and under which generation each lies."""
    ring = installation.ring(settings)
    with database.session(database.connect(settings), readonly=True) as session:
        found = list(session.scalars(select(Member)))
    opened = {one.ref: ring.unseal(f"members/resident_id/{one.ref}", one.resident_id).decode() for one in found}
    return opened, {one.resident_id[0] for one in found}


def found(settings, rows):
    """Who is found by number, under the active generation of `index` alone."""
    ring = installation.ring(settings)
    with database.session(database.connect(settings), readonly=True) as session:
        indexes = set(session.scalars(select(Member.id_index)))
    return [row["resident_id"] for row in rows if ring.blind_index(row["resident_id"]) in indexes]


@pytest.fixture
def first(settings, rows, write):
    """An installation with one household, and a file of all three."""
    ring = installation.begin(settings)
    with database.session(database.connect(settings)) as session:
        people.import_file(session, ring, write(rows[:3]))
    return Held(settings, write(rows))


@pytest.mark.parametrize("what", ["revoke", "rewrap"])
def test_what_an_import_under_way_seals_is_sealed_anew_before_its_key_goes(settings, rows, first, what):
    def change():
        keeper = Keeper(settings)
        if what == "revoke":
            return generations.revoke(keeper, "registry", 1, "stolen").dropped
        generations.rotate(keeper, "registry")
        generations.rewrap(keeper, ["registry"])
        generations.drop(keeper, "registry", 1)
        return True

    with ThreadPoolExecutor(2) as pool:
        taking = pool.submit(first)
        assert first.inside.wait(60)
        changing = pool.submit(change)
        wait([changing], 0.5)
        assert not changing.done()
        first.go.set()
        assert taking.result().new == 2
        assert changing.result()
    opened, lies = numbers(settings)
    assert (sorted(opened.values()), lies) == (sorted(row["resident_id"] for row in rows), {2})


@pytest.mark.parametrize("key", ["registry", "index"])
def test_an_import_that_had_opened_the_keyring_before_seals_under_todays_keys(settings, rows, first, key):
    generations.revoke(Keeper(settings), key, 1, "stolen")
    first.go.set()
    assert first().new == 2
    opened, lies = numbers(settings)
    assert (sorted(opened.values()), lies) == (
        sorted(row["resident_id"] for row in rows),
        {2 if key == "registry" else 1},
    )
    assert found(settings, rows) == [row["resident_id"] for row in rows]


def test_who_comes_in_while_everybody_is_indexed_anew_is_found_too(settings, rows, first, monkeypatch):
    with ThreadPoolExecutor(2) as pool:
        taking = pool.submit(first)
        assert first.inside.wait(60)
        rotating = pool.submit(generations.rotate, Keeper(settings), "index")
        wait([rotating], 0.5)
        assert not rotating.done()
        first.go.set()
        taking.result()
        rotating.result()
    assert found(settings, rows) == [row["resident_id"] for row in rows]
    assert registry_values.under_index(Keeper(settings), 1) == 0


@pytest.mark.parametrize("key", ["registry", "index"])
def test_nothing_comes_in_between_counting_and_dropping(settings, rows, write, key, monkeypatch):
    """The registry is empty when it is counted first, and an import that had its keys before ends just then."""
    late = Held(settings, write(rows))
    count = generations.held_by
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(late)
        assert late.inside.wait(60)
        Keeper(settings).ring.add(key)
        Keeper(settings).ring.promote(key)

        def counted(*arguments):
            found = count(*arguments)
            if not late.go.is_set():
                assert found == 0
                late.go.set()
                taking.result()
            return found

        monkeypatch.setattr(generations, "held_by", counted)
        with pytest.raises(Stop) as stopped:
            generations.drop(Keeper(settings), key, 1)
    assert (stopped.value.code, stopped.value.where["count"] > 0) == ("key-still-holds", True)
    assert len(numbers(settings)[0]) == 6


@pytest.mark.parametrize("key", ["registry", "index"])
def test_no_import_seals_before_the_key_is_dropped_that_was_counted(settings, rows, write, key, monkeypatch):
    """One that begins between counting and dropping waits, and seals under what is there then."""
    late = Held(settings, write(rows))
    late.go.set()
    keeper = Keeper(settings)
    keeper.ring.add(key)
    keeper.ring.promote(key)
    with ThreadPoolExecutor(1) as pool:
        started = []
        drop = keeper.ring.drop

        def dropped(*arguments):
            started.append(pool.submit(late))
            wait(started, 0.5)
            assert not started[0].done()
            drop(*arguments)

        monkeypatch.setattr(keeper.ring, "drop", dropped)
        generations.drop(keeper, key, 1)
        assert started[0].result().new == 3
    assert len(numbers(settings)[0]) == 6
