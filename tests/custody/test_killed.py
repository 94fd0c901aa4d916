"""Killed at every point, readers see whole reports; called again, it ends as if nothing had happened."""

import re
import signal
from pathlib import Path

import pytest

from hedui.keys import installation
from hedui.keys.files import locked
from hedui.registry import database
from hedui.registry.models import Shredding
from hedui.settings import Settings
from tests.custody.test_registry_values import opened, quarantined
from tests.custody.world import Populated

ROOT = Path(__file__).resolve().parents[2] / "hedui" / "custody"
POINTS = sorted(
    {
        found
        for path in ROOT.glob("*.py")
        for found in re.findall(r"checkpoint\(\"((?:rewrap|renew|shred|rotate|revoke):[a-z]+)\"\)", path.read_text())
    }
)
GONE = "H000003"
# In the order of the flow, so that each is reached after a kill at the one before.
REVOKING = ["revoke:revoked", *(f"renew:{at}" for at in ("planned", "written", "uncommitted", "swapped", "collected"))]
REVOKING.append("revoke:renewed")
ANNOUNCED = "revoke:announced"  # of `signing` alone, after the first
SHREDDED_BEFORE = "renew:shredded"


@pytest.fixture
def embedded(tmp_path, rows, write) -> Populated:
    """On SQLite alone: where the registry has no part in it, or the same as elsewhere."""
    return Populated(Settings(home=tmp_path / "home", database_url=""), write(rows))


def test_no_point_is_left_out():
    revoking = {point for point in POINTS if point.partition(":")[0] in {"renew", "revoke"}}
    assert revoking == {*REVOKING, ANNOUNCED, SHREDDED_BEFORE}


def whole(house: Populated) -> None:
    seen = house.read()
    assert not {key: code for key, code in seen.errors.items() if key[1] != GONE}
    assert {key: value for key, value in house.everything().items() if key in seen.documents} == seen.documents


def test_rewrap(embedded):
    embedded.call("rotate", "32", "3201")
    for point in ("rewrap:opened", "rewrap:put"):
        assert embedded.call("rewrap", kill_at=point).returncode == -signal.SIGKILL
        assert embedded.read() == (embedded.everything(), {})
    assert embedded.call("rewrap").returncode == 0
    embedded.call("drop", "32", "1")
    embedded.call("drop", "3201", "1")
    assert embedded.read() == (embedded.everything(), {})


def test_rewrap_of_registry_and_quarantine(embedded):
    contents = quarantined(embedded)
    embedded.call("rotate", "registry", "quarantine")
    for point in ("rewrap:uncommitted", "rewrap:committed", "rewrap:drafted", "rewrap:moved"):
        assert embedded.call("rewrap", "registry", "quarantine", kill_at=point).returncode in {-signal.SIGKILL, 0}
        assert opened(embedded, contents) == contents
    embedded.call("rewrap", "registry", "quarantine")
    embedded.call("drop", "registry", "1")
    embedded.call("drop", "quarantine", "1")
    assert opened(embedded, contents) == contents


@pytest.mark.parametrize("name", ["region/3201", "signing"])
def test_revoke(house, name):
    for point in (REVOKING[0], ANNOUNCED, *REVOKING[1:]) if name == "signing" else REVOKING:
        assert house.call("revoke", name, "1", kill_at=point).returncode == -signal.SIGKILL, point
        seen = house.read()
        if name == "signing":  # what is not sealed anew yet is not trusted, and nothing else is lost
            assert set(seen.errors.values()) <= {"sealing-broken"}
        else:
            assert seen == (house.everything(), {}), point
    house.call("revoke", name)
    assert house.read() == (house.everything(), {})
    one = installation.ring(house.settings).generations(name)[0]
    assert (one.state, one.sealed) == ("revoked", None)
    assert len(installation.ring(house.settings).generations(name)) == 2
    folders = {path.rpartition("/")[0] for path in house.files("")}
    assert len(folders) == 6, "what was killed halfway is collected"


def test_revoke_of_what_somebody_was_shredded_in(embedded):
    embedded.call("shred", GONE, "--reason", "request", "--yes")
    for _ in range(2):
        assert embedded.call("revoke", "32", "1", kill_at=SHREDDED_BEFORE).returncode == -signal.SIGKILL
        assert set(embedded.read().errors.values()) == {"report-shredded"}
    embedded.call("revoke", "32")
    done(embedded, {GONE})


def test_rotate(embedded):
    assert embedded.call("rotate", "region/32", kill_at="rotate:added").returncode == -signal.SIGKILL
    embedded.call("rotate", "region/32")
    assert [one.state for one in installation.ring(embedded.settings).generations("region/32")] == ["retired", "active"]


def test_shred(house):
    shreds = [point for point in POINTS if point.startswith("shred:")]
    assert len(shreds) >= 8
    for point in shreds:
        died = house.call("shred", GONE, "--reason", "request", "--yes", kill_at=point)
        assert died.returncode == -signal.SIGKILL, point
        seen = house.read()
        assert {ref for _, ref in seen.errors} <= {GONE}, (point, seen.errors)
        assert set(seen.errors.values()) <= {"report-shredded"}, point
        whole(house)
    house.call("shred", GONE, "--reason", "request", "--yes")
    done(house, {GONE})


def test_the_next_shred_takes_along_what_was_killed(embedded):
    embedded.call("shred", GONE, "--reason", "request", "--yes", kill_at="shred:put")
    embedded.call("shred", "H000004", "--reason", "request", "--yes")
    done(embedded, {GONE, "H000004"})


def done(house: Populated, gone: set[str]) -> None:
    seen = house.read()
    assert {ref for _, ref in seen.errors} == gone
    assert set(seen.errors.values()) == {"report-shredded"}
    assert len(seen.documents) == 2 * (6 - len(gone))
    vault = installation.vault(house.settings)
    assert [one.sealed is None for one in vault.epochs[:-1]] == [True] * (len(vault.epochs) - 1)
    with database.session(database.connect(house.settings), readonly=True) as session:
        assert all(row.finished_at for row in session.query(Shredding))


def test_one_that_is_killed_leaves_no_lock(house):
    house.call("rotate", "32")
    house.call("rewrap", kill_at="rewrap:put")
    with house.keeper().alone(), locked(house.settings.keyring, "keyring"):
        pass
