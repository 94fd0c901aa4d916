"""A night on a worker that holds public keys and the signing key: it seals, and cannot open what it has sealed."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from catalogue.problems import Stop
from hedui.keys import installation
from hedui.sealing.errors import BrokenSeal, Place
from hedui.sealing.keys import PrivateKey, signing_key_id
from hedui.sealing.opening import SignedBatch
from hedui.sealing.shares import TableHead
from hedui.settings import Settings
from tests.conftest import DAY, Office

PRIVATE = ("keyring.json", "master.key", "vault.json")


class Guess:
    """A secret taken for the private key that something is sealed to."""

    def __init__(self, secret: bytes, kem: int, key_id: bytes) -> None:
        self._key = PrivateKey(secret, kem)
        self.key_id = key_id

    def open(self, sealed: bytes, info: bytes) -> bytes:
        return self._key.open(sealed, info)


@dataclass(frozen=True)
class OnWorker(Office):
    """The same installation as a worker sees it: without the files of private keys."""

    keys: Path = field(kw_only=True)

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"HEDUI_WORKER_KEYS": str(self.keys)}


def _taken_away(office: Office, safe: Path) -> None:
    safe.mkdir()
    for name in PRIVATE:
        shutil.move(office.home / name, safe / name)


def _brought_back(office: Office, safe: Path) -> None:
    for name in PRIVATE:
        shutil.move(safe / name, office.home / name)


@pytest.fixture
def worker(office, tmp_path) -> OnWorker:
    """Return the office after its selection, with the private keys somewhere else."""
    chosen = office.call("nightly", "--date", DAY.isoformat(), "--select", "--json")
    assert chosen.exit_code == 0, chosen.output
    assert json.loads(chosen.stdout) == {"run_id": f"{DAY}.1", "business_date": DAY.isoformat()}
    keys = tmp_path / "worker.json"
    installation.worker(Settings(home=office.home)).export(keys)
    _taken_away(office, tmp_path / "safe")
    return OnWorker(office.home, office.province, keys=keys)


def test_a_worker_publishes_reports_that_it_cannot_open(worker, office, tmp_path):
    code, summary = worker.night()
    assert (code, summary["state"]) == (0, "complete")

    refused = worker.call("report", "show", "H000001")
    assert refused.exit_code == 4
    assert "this worker does not hold the key keyring" in refused.stderr

    _brought_back(office, tmp_path / "safe")
    assert len(office.reports()) == summary["households"]["verified"]


def test_what_a_worker_holds_opens_nothing_that_it_wrote(worker, office):
    assert worker.night()[0] == 0
    settings = Settings(home=office.home, worker_keys=worker.keys)
    held = installation.worker(settings)
    assert not {"openers", "opener", "unseal"} & set(dir(held))

    # Its file has one secret, the signing key. Taken for a private key of any kind it opens no batch and no shares.
    secret = held.signing_key().private_bytes_raw()
    signers = {signing_key_id(held.signing_key().public_key()): held.signing_key().public_key()}
    files = sorted((office.home / "store" / "reports").rglob("batch.hdb"))
    assert files
    for file in files:
        county = next(part.removeprefix("county=") for part in file.parts if part.startswith("county="))
        signed = SignedBatch.verify(file.read_bytes(), Place(f"{DAY}.1", county), signers)
        for stanza in signed.stanzas:
            with pytest.raises(BrokenSeal):
                signed.open(stanza.region, Guess(secret, stanza.kem, stanza.key_id))
        table = TableHead.read_whole((file.parent / "shares.hds").read_bytes(), signed.place)
        with pytest.raises(BrokenSeal):
            table.open_key(Guess(secret, table.kem, table.key_id), signed.place)


def test_a_worker_does_not_choose_the_households(office, tmp_path):
    keys = tmp_path / "worker.json"
    installation.worker(Settings(home=office.home)).export(keys)
    _taken_away(office, tmp_path / "safe")
    refused = OnWorker(office.home, office.province, keys=keys).call("nightly", "--date", DAY.isoformat())
    assert refused.exit_code == 4
    assert "this worker does not hold the key keyring" in refused.stderr
    assert not list((office.home / "work").glob("run=*/households.parquet"))


def test_a_worker_opens_nothing_even_where_it_finds_the_keys(office, tmp_path):
    keys = tmp_path / "worker.json"
    installation.worker(Settings(home=office.home)).export(keys)
    settings = Settings(home=office.home, worker_keys=keys)
    for opened in (installation.ring, installation.vault):
        with pytest.raises(Stop) as stopped:
            opened(settings)
        assert stopped.value.code == "key-not-here"


def test_the_keys_can_lie_apart_from_what_is_shared(province, tmp_path):
    apart = tmp_path / "keys"
    office = Office(tmp_path / "var", province)
    taken = office.call("household", "import", str(province.home / "households.xlsx"), HEDUI_KEYS=str(apart))
    assert taken.exit_code == 0, taken.output
    assert {path.name for path in apart.iterdir() if path.name[0] != "."} == set(PRIVATE)
    assert not [path for path in office.home.rglob("*") if path.name in PRIVATE]
    assert office.call("report", "list").exit_code == 4  # nothing published yet
