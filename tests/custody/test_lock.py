"""The lock of those who work on keys: who has lost it destroys nothing and puts nothing in place any more."""

import psycopg
import pytest

from catalogue.problems import Stop
from catalogue.text import text
from hedui.custody import generations
from hedui.custody.batches import Batches
from hedui.custody.lock import CustodyLost
from hedui.custody.shred import shred_households
from hedui.keys import installation
from hedui.registry.locks import Lock
from tests.custody.test_registry_values import opened, quarantined

GONE = "H000003"


def lose(house):
    """Cut the connection that holds the lock, or delete the file that it is on; then somebody else takes it."""
    if not house.settings.database_url:
        (house.settings.home / "custody" / "lock").unlink()
        return
    key = {"high": Lock.CUSTODY >> 32, "low": Lock.CUSTODY & 0xFFFFFFFF}
    with psycopg.connect(house.settings.database_url) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks"
            " WHERE locktype = 'advisory' AND classid = %(high)s AND objid = %(low)s",
            key,
        ).fetchall()
        assert ended == [(True,)]


def at(house, done_is):
    """Return what loses the lock when so many of all are done."""
    lost = []

    def tell(done, total):
        if not lost and done == (total if done_is == "all" else done_is):
            lost.append(done)
            lose(house)

    return tell


def test_while_it_is_held_it_says_so(house):
    keeper = house.keeper()
    keeper.still_alone()  # nobody asked for it: a call from a program of one's own
    with keeper.alone():
        keeper.still_alone()
    with keeper.alone():
        keeper.still_alone()


def test_it_is_said_that_it_was_lost_and_another_may_have_it(house):
    keeper, other = house.keeper(), house.keeper()
    with keeper.alone():
        lose(house)
        with other.alone():
            other.still_alone()
            for _ in range(2):
                with pytest.raises(CustodyLost, match="custody-lost"):
                    keeper.still_alone()
    assert {text("problem-custody-lost", language) for language in ("zh", "en")}


@pytest.mark.parametrize("when", [0, 3, "all"])
@pytest.mark.parametrize("anyway", [False, True])
def test_a_shred_that_lost_it_destroys_no_key_and_no_share(house, when, anyway):
    keeper = house.keeper()
    tables = house.files(".hds")
    with keeper.alone(), pytest.raises(CustodyLost):
        shred_households(keeper, [GONE], "request", at(house, when), anyway=anyway)
    vault = installation.vault(house.settings)
    assert [one.sealed is None for one in vault.epochs] == [False, False]
    changed = [path for path, table in house.files(".hds").items() if tables[path] != table]
    assert len(changed) == {0: 0, 3: 3, "all": 6}[when]
    with keeper.alone():
        shred_households(keeper, [GONE], "request")
    assert {ref for _, ref in house.read().errors} == {GONE}


def test_a_shred_destroys_no_epoch_where_another_was_begun_meanwhile(house):
    def tell(done, total):
        if done == total:
            installation.vault(house.settings).next_epoch()

    with pytest.raises(CustodyLost):
        shred_households(house.keeper(), [GONE], "request", tell)
    assert [one.sealed is None for one in installation.vault(house.settings).epochs] == [False, False, False]


@pytest.mark.parametrize("name", ["region/32", "signing"])
def test_a_revocation_that_lost_it_puts_no_batch_in_place(house, name):
    keeper = house.keeper()
    before = Batches(keeper).published()
    with keeper.alone(), pytest.raises(CustodyLost):
        generations.revoke(keeper, name, 1, "stolen", at(house, 2))
    after = Batches(keeper).published()
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True, True, True, True]
    assert len(house.files(".hdb")) == 6 + 2 + 1, "and it ends there"
    with keeper.alone():
        assert generations.revoke(keeper, name, 1, "stolen").renewed == 8
    assert house.read() == (house.everything(), {})


def test_batch_files_and_quarantine_are_not_changed_either(house):
    contents = quarantined(house)
    keeper = house.keeper()
    generations.rotate(keeper, "quarantine")
    generations.rotate(keeper, "region/32")
    batches = house.files(".hdb")
    for what in ("32", "quarantine"):
        with keeper.alone(), pytest.raises(CustodyLost):
            generations.rewrap(keeper, [what], at(house, 0))
    assert house.files(".hdb") == batches
    assert opened(house, contents) == contents
    with pytest.raises(Stop, match="key-still-holds"):
        generations.drop(keeper, "quarantine", 1)


def test_a_key_is_not_dropped(house):
    keeper = house.keeper()
    generations.rotate(keeper, "audit")
    with keeper.alone():
        lose(house)
        with pytest.raises(CustodyLost):
            generations.drop(keeper, "audit", 1)
    assert installation.ring(house.settings).generations("audit")[0].sealed is not None
