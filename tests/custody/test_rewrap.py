"""Rotation and rewrap on a populated store: other keys for the same reports, and old signatures that still hold."""

import pytest

from catalogue.problems import Stop
from hedui.custody import generations
from hedui.custody.batches import Batches
from hedui.custody.rewrap import rewrap_batches
from hedui.keys import installation
from hedui.sealing.errors import BrokenSeal, Place
from hedui.sealing.opening import SignedBatch


def test_rotated_rewrapped_and_dropped_the_reports_are_the_same_bytes_and_their_signatures_hold(house):
    before = {ending: house.files(ending) for ending in (".hdr", ".hds", ".hdb")}
    old = installation.ring(house.settings).openers("320102")
    keeper = house.keeper()
    assert generations.rotate(keeper, "region/320102").generation == 2
    with pytest.raises(Stop) as stopped:
        generations.drop(keeper, "region/320102", 1)
    assert (stopped.value.code, stopped.value.where["count"]) == ("key-still-holds", 2)
    dry = rewrap_batches(keeper, dry_run=True)
    assert house.files(".hdb") == before[".hdb"]
    done = rewrap_batches(keeper)
    assert (done.done, done.current, done.compromised, done.broken) == (2, 4, 0, [])
    assert dry == done
    again = rewrap_batches(keeper)
    assert (again.done, again.current) == (0, 6)
    generations.drop(keeper, "region/320102", 1)

    assert house.files(".hdr") == before[".hdr"]
    assert house.files(".hds") == before[".hds"]
    for place in Batches(keeper).published():
        file = f"{place.folder}/batch.hdb"
        whose = Place(place.run_id, place.county)
        was, now = (
            SignedBatch.verify(f[file], whose, keeper.ring.signers()) for f in (before[".hdb"], house.files(".hdb"))
        )
        assert (was.head, was.signature) == (now.head, now.signature)
        assert (was == now) == (place.county != "320102")
    for place in Batches(keeper).published(("320102",)):
        signed = Batches(keeper).read(place)
        for key in old.values():
            with pytest.raises(BrokenSeal):
                signed.open("320102", key)
        assert all(signed.open("320102", key) for key in keeper.ring.openers("320102").values())
    assert house.read() == (house.everything(), {})


def test_a_key_in_two_steps_seals_nothing_before_it_is_promoted(house):
    keeper = house.keeper()
    assert generations.rotate(keeper, "region/32", "add").state == "added"
    assert rewrap_batches(keeper).done == 0
    assert generations.rotate(keeper, "region/32", "promote").state == "active"
    assert rewrap_batches(keeper, ("3201",)).done == 4
    assert rewrap_batches(keeper).done == 2
    assert house.read() == (house.everything(), {})


def test_a_batch_under_a_revoked_key_is_not_rewrapped_because_that_is_not_enough(house):
    keeper = house.keeper()
    keeper.ring.revoke("region/320583", 1)
    before = house.files(".hdb")
    result = rewrap_batches(keeper)
    assert (result.done, result.compromised) == (0, 2)
    assert house.files(".hdb") == before


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(house):
    keeper = house.keeper()
    place = Batches(keeper).published()[0]
    path = house.settings.home / "store" / place.folder / "batch.hdb"
    path.write_bytes(path.read_bytes()[:-1])
    generations.rotate(keeper, "region/32")
    result = rewrap_batches(keeper)
    assert result.done == 5
    assert [(folder, problem.code) for folder, problem in result.broken] == [(place.folder, "sealing-broken")]
    with pytest.raises(Stop, match="key-still-holds"):
        generations.drop(keeper, "region/32", 1)
    assert generations.drop(keeper, "region/32", 1, anyway=True) == 1


def test_another_batch_of_ours_in_the_place_of_the_published_one_is_not_rewrapped(house):
    """It is of the same place and signed by us; the registry's head hash says that it is not the one."""
    keeper = house.keeper()
    published = Batches(keeper).published(("320104",))
    files = [keeper.store.batch_file(place.folder) for place in published]
    generations.revoke(keeper, "region/320104", 1, "stolen", keep=True)
    for place, old in zip(Batches(keeper).published(("320104",)), files, strict=True):
        keeper.store.put_batch_file(place.folder, old)
    result = rewrap_batches(keeper, ("320104",))
    assert (result.done, [problem.where["part"] for _, problem in result.broken]) == (0, ["head", "head"])
