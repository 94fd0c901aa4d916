"""Revoke on a populated store: whoever copied the files and has the stolen key opens nothing that is there now."""

import pytest
from sqlalchemy import delete

from catalogue.problems import Stop
from catalogue.text import text
from hedui.custody import generations
from hedui.custody.batches import Batches
from hedui.custody.renew import renew
from hedui.custody.rewrap import rewrap_batches
from hedui.custody.shred import reconcile, shred_households
from hedui.keys import installation
from hedui.registry import database
from hedui.registry.models import RevokedSigner
from hedui.sealing.errors import BrokenSeal, Place
from hedui.sealing.opening import SignedBatch
from hedui.sealing.shares import TableHead
from tests.custody.world import DAY


def stolen_batches(house, region, key):
    """What a thief makes of copied files: the batch keys."""
    keeper = house.keeper()
    return {
        (place.run_id, place.county): Batches(keeper).read(place).open(region, key)
        for place in Batches(keeper).published((region,))
    }


def test_a_revoked_key_and_copies_of_the_old_files_open_no_new_report(house):
    (key,) = installation.ring(house.settings).openers("3201").values()
    thief = stolen_batches(house, "3201", key)
    before = {place.folder for place in Batches(house.keeper()).published()}
    reports = house.files(".hdr")
    keeper = house.keeper()
    result = generations.revoke(keeper, "region/3201", 1, "stolen")
    assert (result.renewed, result.active, result.dropped, result.broken) == (8, 2, True, [])
    assert house.read() == (house.everything(), {})

    vault = installation.vault(house.settings)
    for place in Batches(keeper).published(("3201",)):
        assert place.folder not in before
        with pytest.raises(BrokenSeal):
            Batches(keeper).read(place).open("3201", key)
        old = thief[place.run_id, place.county]
        table = keeper.store.shares(place.folder)  # even with the shares, which the thief has not
        with pytest.raises(BrokenSeal):
            old.shares_whole(table, vault.opener(1))
        ring = keeper.ring.openers("32")
        fresh = Batches(keeper).read(place).open("32", *ring.values())
        assert fresh.batch_key != old.batch_key
    # the old files are gone; what the key never opened was not touched
    assert not [path for path in house.files(".hdr") if path.rpartition("/")[0] in before and "320583" not in path]
    assert {path: c for path, c in reports.items() if "320583" in path}.items() <= house.files(".hdr").items()


def test_a_batch_that_was_rewrapped_since_is_sealed_anew_too(house):
    """The copy of the old file names the old key, and its batch key is still the batch's."""
    keeper = house.keeper()
    generations.rotate(keeper, "region/320102")
    rewrap_batches(keeper)
    kept = {place.run_id: place.folder for place in Batches(keeper).published(("320102",))}
    result = generations.revoke(keeper, "region/320102", 1, "stolen")
    assert result.renewed == 4
    assert all(place.folder != kept[place.run_id] for place in Batches(keeper).published(("320102",)))
    assert house.read() == (house.everything(), {})


def test_what_was_sealed_before_the_stolen_key_came_is_left_alone(house):
    keeper = house.keeper()
    generations.rotate(keeper, "region/320102")  # and not rewrapped: these batches never saw generation 2
    assert generations.revoke(keeper, "region/320102", 2, "stolen").renewed == 0


def test_batches_signed_with_a_stolen_key_are_trusted_again_only_when_they_are_those_that_were_published(house):
    keeper = house.keeper()
    victim = Batches(keeper).published()[0]
    folder = house.settings.home / "store" / victim.folder
    forged = keeper.store.write_batch(
        Place(victim.run_id, victim.county),
        Batches(keeper).recipients(victim.county),
        keeper.vault.public(),
        keeper.ring.signing_key(),  # which was stolen
        Batches(keeper).read(victim).suite,
        [(summary, b"forged") for summary in summaries(house, victim)],
        house.settings.home,
    )[0]
    (folder / "batch.hdb").write_bytes(keeper.store.batch_file(forged.folder))
    result = generations.revoke(keeper, "signing", 1, "stolen")
    assert result.renewed == 10
    assert [f for f, _ in result.broken] == [victim.folder]
    assert not result.dropped
    seen = house.read()
    assert set(seen.errors) == {(victim.run_id, ref) for ref in ("H000001", "H000003")}
    assert b"forged" not in b"".join(seen.documents.values())


def summaries(house, place):
    from hedui.custody.renew import _rows
    from hedui.reports.model import Summary

    rows = _rows(house.keeper(), place)
    return [Summary(**{name: getattr(row, name) for name in Summary.__struct_fields__}) for row in rows]


def test_a_new_signing_key_signs_what_was_revoked(house):
    keeper = house.keeper()
    generations.rotate(keeper, "signing")
    assert house.read() == (house.everything(), {}), "the old signatures still count"
    generations.revoke(keeper, "signing", 1, "stolen")
    assert house.read() == (house.everything(), {})
    signers = keeper.ring.signers()
    assert len(signers) == 1
    for place in Batches(keeper).published():
        whose = Place(place.run_id, place.county)
        signed = SignedBatch.verify(keeper.store.batch_file(place.folder), whose, signers)
        assert {place.signer} == {signed.signer} == signers.keys()


def test_who_was_shredded_stays_so_in_what_is_sealed_anew(house):
    keeper = house.keeper()
    shred_households(keeper, ["H000004"], "request")
    generations.revoke(keeper, "region/320104", 1, "stolen")
    seen = house.read()
    assert seen.errors == {(run, "H000004"): "report-shredded" for run in house.runs()}
    assert len(seen.documents) == 10
    for place in Batches(keeper).published():
        table = keeper.store.shares(place.folder)
        assert TableHead.read_whole(table, Place(place.run_id, place.county)).epoch == place.epoch == 2


def test_nothing_is_done_twice(house):
    keeper = house.keeper()
    generations.revoke(keeper, "region/32", 1, "stolen", keep=True)
    folders = [place.folder for place in Batches(keeper).published()]
    assert generations.to_revoke(keeper, "region/32") == 1
    again = generations.revoke(keeper, "region/32", 1, "stolen")
    assert (again.renewed, again.dropped) == (0, True)
    assert [place.folder for place in Batches(keeper).published()] == folders
    assert renew(keeper, "region/32", 1).batches == 0


def test_a_run_that_is_published_while_leftovers_are_collected_disturbs_nothing(house, monkeypatch):
    published, days = Batches.published, iter(range(10, 30))

    def and_another(self, regions=("",)):
        found = published(self, regions)
        house.publish(DAY.replace(month=7, day=next(days)))
        return found

    monkeypatch.setattr(Batches, "published", and_another)
    generations.revoke(house.keeper(), "region/3201", 1, "stolen", keep=True)
    monkeypatch.undo()
    assert house.read() == (house.everything(), {})


def test_what_a_revoked_key_signed_is_not_published_any_more(house):
    run, rows, places = house.seal(DAY.replace(month=7, day=9))
    done = generations.revoke(house.keeper(), "signing", 1, "stolen")
    assert (done.renewed, done.open_runs) == (12, [run])
    with pytest.raises(Stop) as stopped:
        house.put_on_record(run, rows, places)
    assert (stopped.value.code, stopped.value.where["date"]) == ("batch-signer-revoked", "2026-07-09")
    for language in ("zh", "en"):
        assert "hedui keys worker" in text("problem-batch-signer-revoked-hint", language, **stopped.value.where)
    house.publish(DAY.replace(month=7, day=9))
    assert house.read() == (house.everything(), {})


def test_a_retired_signing_key_is_still_good_for_a_run_under_way(house):
    run, rows, places = house.seal(DAY.replace(month=7, day=9))
    generations.rotate(house.keeper(), "signing")
    house.put_on_record(run, rows, places)
    assert house.read() == (house.everything(), {})


def test_batches_of_another_signature_are_not_read_for_it(house, monkeypatch):
    keeper = house.keeper()
    generations.rotate(keeper, "signing")
    monkeypatch.setattr(Batches, "read", lambda *_: pytest.fail("read"))
    assert generations.revoke(keeper, "signing", 2, "stolen").renewed == 0


def test_a_restored_registry_is_told_again_which_signatures_are_over(house):
    run, rows, places = house.seal(DAY.replace(month=7, day=9))
    keeper = house.keeper()
    generations.revoke(keeper, "signing", 1, "stolen")
    with database.session(keeper.registry) as session:  # as a backup from before has it
        session.execute(delete(RevokedSigner))
    reconcile(house.keeper())
    with pytest.raises(Stop, match="batch-signer-revoked"):
        house.put_on_record(run, rows, places)
