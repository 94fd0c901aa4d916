"""A worker seals with public keys and the signing key, and opens nothing of what it sealed."""

import base64
import inspect
import json
import pickle
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.problems import Stop
from hedui.keys.providers import FileProvider
from hedui.keys.ring import Ring
from hedui.keys.vault import VaultFile
from hedui.keys.worker import Worker
from hedui.sealing.batch import Sealer
from hedui.sealing.errors import Place
from hedui.sealing.opening import SignedBatch
from hedui.sealing.suites import SUITES

PLACE = Place("2026-06-30.1", "320102")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    provider = FileProvider(folder / "master.key")
    ring = Ring.open(folder / "keyring.json", provider)
    return ring, VaultFile.create(folder / "vault.json", provider)


@pytest.fixture(scope="module")
def path(office, tmp_path_factory):
    path = tmp_path_factory.mktemp("worker") / "worker.json"
    Worker.of(*office).export(path)
    return path


def test_what_a_worker_seals_the_office_opens(office, path):
    ring, vault = office
    worker = Worker.existing(path)
    recipients = {region: worker.recipient(region) for region in ("320102", "3201", "32")}
    sealer = Sealer(PLACE, recipients, worker.vault(), worker.signing_key(), SUITES[1])
    cores = sealer.seal(["H000001"], [b"a document"])
    done = sealer.finish()
    (report,) = done.reports(cores)
    signed = SignedBatch.verify(done.batch, PLACE, ring.signers())
    for stanza in signed.stanzas:
        batch = signed.open(stanza.region, ring.openers(stanza.region)[stanza.key_id])
        shares = batch.shares_whole(done.shares, vault.opener(worker.vault().epoch))
        assert batch.open(report, "H000001", shares) == b"a document"
    box = worker.seal_quarantine("quarantine/bank_01", b"rows")
    assert ring.unseal("quarantine/bank_01", box, purpose="quarantine") == b"rows"


def test_keyring_and_worker_seal_alike(office, path):
    def use(keys):
        return keys.recipient("3201").raw, keys.signing_key().private_bytes_raw()

    ring, vault = office
    assert use(ring) == use(Worker.existing(path)) == use(Worker.of(ring, vault))
    assert Worker.existing(path).vault() == vault.public()
    with pytest.raises(Stop) as stopped:
        Worker.existing(path).recipient("999999")
    assert stopped.value.code == "key-unknown"


def test_the_file_holds_one_secret_the_signing_key(office, path):
    ring, vault = office
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    secrets = [ring._secret(name, ring.active(name)) for name in ring.names()] + [vault.opener(1).seed]
    held = [secret for secret in secrets if base64.b64encode(secret) in content]
    assert held == [ring.signing_key().private_bytes_raw()]


def test_a_worker_offers_nothing_that_opens():
    offered = {name for name, _ in inspect.getmembers(Worker) if not name.startswith("_")}
    sealing = {"recipient", "vault", "signing_key", "seal_quarantine"}
    assert offered == sealing | {"of", "existing", "export", "made", "agrees"}


def test_a_new_export_replaces_the_old_key_and_leaves_nothing_of_it(office, tmp_path):
    for held in (*office, office[0]._provider):
        copy = tmp_path / held._path.name
        copy.write_bytes(held._path.read_bytes())
        copy.chmod(0o600)
    provider = FileProvider(tmp_path / "master.key")
    ring = Ring.existing(tmp_path / "keyring.json", provider)
    vault = VaultFile.existing(tmp_path / "vault.json", provider)
    path = tmp_path / "worker.json"
    Worker.of(ring, vault).export(path)
    (tmp_path / "old").hardlink_to(path)
    was = Worker.existing(path)
    for name in ("signing", "region/320102", "quarantine"):
        ring.add(name)
        ring.promote(name)
    vault.next_epoch()
    Worker.of(ring, vault).export(path)
    now = Worker.existing(path)
    assert now.signing_key().private_bytes_raw() != was.signing_key().private_bytes_raw()
    assert now.recipient("320102") == ring.recipient("320102") != was.recipient("320102")
    assert (now.vault().epoch, was.vault().epoch) == (vault.public().epoch, vault.public().epoch - 1)
    assert ring.unseal("q", now.seal_quarantine("q", b"x"), purpose="quarantine") == b"x"
    assert ring.unseal("q", was.seal_quarantine("q", b"x"), purpose="quarantine") == b"x"
    assert b"signing" not in (tmp_path / "old").read_bytes()


@given(st.data())
def test_every_flipped_or_missing_byte_is_one_typed_error(path, tmp_path_factory, data):
    damaged = tmp_path_factory.getbasetemp() / "flipped-worker.json"
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 3))
    if data.draw(st.booleans()):
        content[at] ^= data.draw(st.integers(1, 255))
    else:
        del content[at:]
    damaged.write_bytes(content)
    damaged.chmod(0o600)
    try:
        read = Worker.existing(damaged)._contents
    except Stop as stopped:
        assert (stopped.code, stopped.where["file"]) == ("key-file-unreadable", "worker")  # noqa: PT017
    else:
        assert read == Worker.existing(path)._contents


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_workers_file_stops(tmp_path, content):
    path = tmp_path / "worker.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Stop) as stopped:
        Worker.existing(path)
    assert stopped.value.code == "key-file-unreadable"


def test_a_missing_file_or_one_that_others_can_read_stops(path, tmp_path):
    with pytest.raises(Stop) as stopped:
        Worker.existing(tmp_path / "worker.json")
    assert stopped.value.code == "key-file-missing"
    copy = tmp_path / "worker.json"
    copy.write_text(json.dumps(json.loads(path.read_bytes())))
    copy.chmod(0o640)
    with pytest.raises(Stop) as stopped:
        Worker.existing(copy)
    assert stopped.value.code == "key-file-open-to-others"


def test_no_pickle_and_no_print_holds_a_key(path):
    with pytest.raises(TypeError):
        pickle.dumps(Worker.existing(path))
    assert repr(Worker.existing(path)) == f"Worker({str(path)!r})"


@pytest.mark.parametrize("there", [b"", b"{}", b"the only copy of something"])
def test_nothing_but_a_workers_file_is_written_over(office, tmp_path, there):
    path = tmp_path / "taken"
    path.write_bytes(there)
    with pytest.raises(Stop) as stopped:
        Worker.of(*office).export(path)
    assert stopped.value.code == "worker-not-over"
    assert path.read_bytes() == there
    with pytest.raises(Stop):
        Worker.of(*office).export(tmp_path)
