"""From the registry's row to the document: every file of a store damaged, cut or exchanged ends in one typed error.

Nothing that opens ever says anything else than what was sealed for this household in this run.
"""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from catalogue.problems import Stop
from catalogue.text import LANGUAGES
from hedui.keys import installation
from hedui.pipeline import published
from hedui.registry import batches, database, runs
from hedui.registry.models import ReportBatch
from hedui.reports import opening
from hedui.reports.opening import Reader
from hedui.sealing import rewrap
from hedui.sealing.errors import BrokenSeal, Place
from hedui.sealing.keys import PrivateKey
from hedui.settings import Settings
from tests.reports.populated import COUNTIES, DAY, HOUSEHOLDS, Populated, document

COUNTY, OTHER = COUNTIES
FILES = ("batch.hdb", "shares.hds", "shard-00000.hdr")


@dataclass
class World:
    """Two published runs of two counties each, and an attempt of the first that was never published."""

    made: Populated
    run: str
    other_run: str
    killed: str  # the folder of the unpublished attempt at COUNTY

    def file(self, name: str, run: str = "", county: str = COUNTY) -> Path:
        place = next(place for place, _ in self.made.find(run or self.run) if place.county == county)
        return self.made.settings.home / "store" / place.folder / name

    def of_attempt(self, name: str) -> Path:
        return self.made.settings.home / "store" / self.killed / name


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> World:
    populated = Populated.at(Settings(home=tmp_path_factory.mktemp("populated"), database_url=""))
    run, other = populated.publish(), populated.publish(date(2026, 7, 1))
    killed, _ = populated.seal(
        run, COUNTY, [row.household_ref for _, row in populated.find(run) if row.county == COUNTY]
    )
    return World(populated, run, other, killed.folder)


@pytest.fixture
def world(made):
    """The same, put back afterwards."""
    store = made.made.settings.home / "store"
    copy = made.made.settings.home / "copy"
    shutil.copytree(store, copy)
    yield made
    shutil.rmtree(store)
    copy.rename(store)


def first(world: World):
    return next((place, row) for place, row in world.made.find(world.run) if row.county == COUNTY)


def shown(world: World) -> bytes:
    """Open the first household's report as a command does: from the registry's row, with the keys as they are."""
    with database.session(world.made.registry, readonly=True) as session:
        entry = runs.find_report(session, f"{HOUSEHOLDS[0]}{COUNTY[-1]}", DAY)
        place = batches.batch_of(session, entry.run_id, entry.county)
    settings = world.made.settings
    return published.reader(settings, installation.ring(settings)).document(place, entry)


def refused(world: World) -> tuple:
    """Say how it is refused: anything else than the typed error fails the test."""
    with pytest.raises(Stop) as error:
        shown(world)
    problem = error.value
    assert {problem.message(language) and problem.hint(language) for language in LANGUAGES}
    if problem.code != "sealing-broken":
        return (problem.code,)
    assert isinstance(problem, BrokenSeal)
    assert (problem.where["run"], problem.where["county"]) == (world.run, COUNTY)
    return problem.where["file"], problem.where["part"]


def test_everything_opens_and_says_what_was_sealed(world):
    for run in (world.run, world.other_run):
        assert world.made.read(run) == {
            row.household_ref: document(run, row.household_ref) for _, row in world.made.find(run)
        }
    _, row = first(world)
    assert shown(world) == document(world.run, row.household_ref)


def test_all_of_a_batch_in_one_go_is_the_same(world):
    reader = world.made.reader()
    found = world.made.find(world.run)
    for county in COUNTIES:
        rows = [row for _, row in found if row.county == county]
        (place,) = {place for place, _ in found if place.county == county}
        assert list(reader.documents(place, rows)) == [document(world.run, row.household_ref) for row in rows]


@pytest.mark.parametrize("region", [COUNTY, COUNTY[:4], COUNTY[:2]])
def test_each_of_the_three_regions_opens(world, region):
    ring = installation.ring(world.made.settings)
    reader = world.made.reader(lambda asked: ring.openers(asked) if asked == region else {})
    place, row = first(world)
    assert reader.document(place, row) == document(world.run, row.household_ref)


# --- damaged, cut, gone ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_no_flipped_byte_shows_anything_else(world, name):
    path = world.file(name)
    whole = path.read_bytes()
    found = [(place, row) for place, row in world.made.find(world.run) if row.county == COUNTY]
    seen = set()
    for at in (*range(200), *range(200, len(whole), 11)):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        path.write_bytes(changed)
        reader = world.made.reader()
        for place, row in found if name == "shard-00000.hdr" else found[:1]:
            hit = name != "shard-00000.hdr" or row.offset <= at < row.offset + row.length
            try:
                assert reader.document(place, row) == document(world.run, row.household_ref)
                assert not hit, at
            except Stop as problem:
                assert hit, at
                seen.add((problem.code, problem.where.get("file"), problem.where.get("part")))
    assert {code for code, *_ in seen} <= {"sealing-broken", "vault-no-such-epoch"}
    parts = {part for _, _, part in seen}
    assert (
        parts
        >= {
            "batch.hdb": {"layout", "names", "signature", "batch-seal"},
            "shares.hds": {"layout", "names", "recipient", "table", "share"},
            "shard-00000.hdr": {"layout", "path"},
        }[name]
    )


@pytest.mark.parametrize("name", FILES)
def test_every_cut_and_whatever_is_added(world, name):
    path = world.file(name)
    whole = path.read_bytes()
    place, row = [pair for pair in world.made.find(world.run) if pair[1].county == COUNTY][-1]  # its report is the last
    codes = set()
    for length in (*range(40), *range(40, len(whole), 61), len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(Stop) as error:
            world.made.reader().document(place, row)
        codes.add(error.value.code)
    assert codes == ({"report-missing"} if name.startswith("shard") else {"sealing-broken"})
    path.write_bytes(whole + bytes(100))
    if name == "batch.hdb":
        assert refused(world) == ("batch", "layout")
    else:  # what is behind the last block or the last report belongs to nobody, and nobody reads it
        assert world.made.reader().document(place, row) == document(world.run, row.household_ref)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_gone_is_named(world, name):
    path = world.file(name)
    path.unlink()
    assert refused(world) == ("report-missing",)
    path.mkdir()
    assert refused(world) == ("report-missing",)


def test_a_store_that_is_gone(world):
    shutil.rmtree(world.made.settings.home / "store")
    assert refused(world) == ("report-missing",)
    (world.made.settings.home / "store").mkdir()


# --- exchanged -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("batch.hdb", "run", ("batch", "names")),
        ("batch.hdb", "county", ("batch", "names")),
        ("batch.hdb", "attempt", ("batch", "head")),
        ("shares.hds", "run", ("shares", "names")),
        ("shares.hds", "county", ("shares", "names")),
        ("shares.hds", "attempt", ("shares", "names")),
        ("shard-00000.hdr", "run", ("report", "names")),
        ("shard-00000.hdr", "county", ("report", "names")),
        ("shard-00000.hdr", "attempt", ("report", "path")),
    ],
)
def test_files_of_another(world, name, how, said):
    source = {
        "run": lambda: world.file(name, world.other_run),
        "county": lambda: world.file(name, county=OTHER),
        "attempt": lambda: world.of_attempt(name),
    }[how]()
    shutil.copy(source, world.file(name))
    assert refused(world) == said


@pytest.mark.parametrize("names", [FILES[:2], FILES[1:], (FILES[0], FILES[2]), FILES])
def test_an_attempt_that_was_not_published_takes_nobodys_place(world, names):
    """A whole batch, signed by the right key, for the right county and run: only the registry tells."""
    for name in names:
        shutil.copy(world.of_attempt(name), world.file(name))
    said = refused(world)
    assert said == (("batch", "head") if "batch.hdb" in names else ("shares", "names"))


def test_households_do_not_change_places(world):
    (_, one), (_, two) = [pair for pair in world.made.find(world.run) if pair[1].county == COUNTY][:2]
    content = bytearray(world.file(FILES[2]).read_bytes())
    assert one.length == two.length
    a, b = (slice(row.offset, row.offset + row.length) for row in (one, two))
    content[a], content[b] = content[b], content[a]
    world.file(FILES[2]).write_bytes(content)
    assert refused(world) == ("report", "names")


def test_a_batch_that_a_stranger_signed(world):
    households = [row.household_ref for _, row in world.made.find(world.run) if row.county == COUNTY]
    forged, _ = world.made.seal(world.run, COUNTY, households, signing=Ed25519PrivateKey.generate())
    for name in FILES:
        shutil.copy(world.made.settings.home / "store" / forged.folder / name, world.file(name))
    assert refused(world) == ("batch", "signer")


def test_a_registry_that_counts_another_number_of_reports(world):
    place, row = first(world)
    with pytest.raises(BrokenSeal) as error:
        world.made.reader().document(place._replace(count=place.count + 1), row)
    assert error.value.where["part"] == "head"


# --- keys ------------------------------------------------------------------------------------------------------------


def test_no_key_at_hand_and_keys_of_others(world):
    place, row = first(world)
    with pytest.raises(Stop) as error:
        world.made.reader(lambda _: {}).document(place, row)
    assert error.value.code == "report-no-key"
    stranger = PrivateKey.generate()
    ring = installation.ring(world.made.settings)
    others = (
        lambda _: {stranger.key_id: stranger},
        lambda region: {} if region in {"3201", "32"} else ring.openers(OTHER),
    )
    for openers in others:
        with pytest.raises(BrokenSeal) as error:
            world.made.reader(openers).document(place, row)
        assert error.value.where["part"] == "recipient"


def test_a_run_of_an_older_build_says_so(world):
    with database.session(world.made.registry) as session:
        kept = session.get(ReportBatch, (world.run, COUNTY))
        session.delete(kept)
    try:
        assert refused(world) == ("report-format-older",)
    finally:
        with database.session(world.made.registry) as session:
            session.merge(kept)


# --- while files are put under other keys ----------------------------------------------------------------------------


@pytest.fixture
def fresh(tmp_path):
    """An installation of its own: what is destroyed here stays destroyed."""
    populated = Populated.at(Settings(home=tmp_path / "home", database_url=""))
    return populated, populated.publish()


def reseal(populated, run, shredded=()):
    """Begin an epoch of the vault, seal every table to it without some households' shares, destroy the one before."""
    vault = installation.vault(populated.settings)
    old, following = vault.epochs[-1].epoch, vault.next_epoch()
    for place in {place for place, _ in populated.find(run)}:
        whose = Place(place.run_id, place.county)
        there = [row.household_ref for at, row in populated.find(run) if at == place and row.household_ref in shredded]
        table, key = populated.store.shares(place.folder), vault.opener(old)
        put = (
            rewrap.shred(table, whose, key, following, there) if there else rewrap.reseal(table, whose, key, following)
        )
        populated.store.put_shares(place.folder, put)
    vault.destroy(old)


class Now:
    """The vault as it is at each call."""

    def __init__(self, settings):
        self.settings = settings

    def opener(self, epoch):
        return installation.vault(self.settings).opener(epoch)


def test_an_epoch_that_is_destroyed_between_two_reads_makes_no_difference(fresh):
    populated, run = fresh
    ring = installation.ring(populated.settings)
    reader = Reader(populated.store, ring.openers, Now(populated.settings), ring.signers())
    for place, row in populated.find(run):
        assert reader.document(place, row) == document(run, row.household_ref)
        reseal(populated, run)
    assert populated.read(run)


def test_an_epoch_that_is_destroyed_while_a_report_is_read_is_read_again_once(fresh):
    populated, run = fresh
    ring = installation.ring(populated.settings)
    place, row = populated.find(run)[0]

    class Meanwhile(Now):
        changes = 0

        def opener(self, epoch):
            if self.changes:
                self.changes -= 1
                reseal(populated, run)
            return super().opener(epoch)

    vault = Meanwhile(populated.settings)
    for vault.changes in (0, 1):
        reader = Reader(populated.store, ring.openers, vault, ring.signers())
        assert reader.document(place, row) == document(run, row.household_ref)
        assert vault.changes == 0
    vault.changes = 2
    reader = Reader(populated.store, ring.openers, vault, ring.signers())
    with pytest.raises(Stop) as error:
        reader.document(place, row)
    assert (error.value.code, vault.changes) == ("vault-epoch-destroyed", 0)


def test_a_backup_of_a_share_table_is_dead_with_its_epoch(fresh):
    populated, run = fresh
    place, row = populated.find(run)[0]
    backup = populated.store.shares(place.folder)
    reseal(populated, run)
    populated.store.put_shares(place.folder, backup)
    with pytest.raises(Stop) as error:
        populated.reader().document(place, row)
    assert error.value.code == "vault-epoch-destroyed"


def test_a_destroyed_share_is_not_taken_from_memory(fresh):
    populated, run = fresh
    ring = installation.ring(populated.settings)
    reader = Reader(populated.store, ring.openers, Now(populated.settings), ring.signers())
    (place, gone), (_, stays) = [pair for pair in populated.find(run) if pair[1].county == COUNTY][:2]
    assert reader.document(place, gone)
    reseal(populated, run, {gone.household_ref})
    with pytest.raises(Stop) as error:
        reader.document(place, gone)
    assert error.value.code == "report-shredded"
    assert reader.document(place, stays) == document(run, stays.household_ref)
    rows = [row for at, row in populated.find(run) if at == place]
    listed = list(reader.documents(place, rows))
    assert listed == [None, *(document(run, row.household_ref) for row in rows[1:])]


def test_only_some_batches_are_kept_open(fresh, monkeypatch):
    populated, run = fresh
    monkeypatch.setattr(opening, "_KEPT", 1)
    reader = populated.reader()
    for place, row in populated.find(run) * 2:
        assert reader.document(place, row) == document(run, row.household_ref)
        assert list(reader._opened) == [place]
