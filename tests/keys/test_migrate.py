"""A keyring of format 1 becomes format 2, and everything that was sealed under it still opens."""

import base64
import hmac
import json
import multiprocessing
import os

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from catalogue.problems import Stop
from hedui.keys import files, model
from hedui.keys.providers import FileProvider
from hedui.keys.ring import Ring
from hedui.sealing.keys import HYBRID, X25519
from tests.keys.conftest import old_secrets, write_old

REF = "members/name/H000001-1"
FORK = multiprocessing.get_context("fork")


def _sealed(key, ref, value):
    nonce = os.urandom(12)
    return b"\x01" + nonce + AESGCM(key).encrypt(nonce, value, ref.encode())


@pytest.mark.parametrize("lacking", [(), ("audit", "region/320102")])
def test_nothing_is_lost(provider, tmp_path, lacking):
    path, secrets = tmp_path / "keyring.json", old_secrets(*lacking)
    write_old(path, secrets)
    for ring in (Ring.existing(path, provider), Ring.open(path, provider)):  # the second reads format 2
        assert ring.unseal(REF, _sealed(secrets["registry"], REF, b"name")) == b"name"
        for purpose, box in (("quarantine", "quarantine"),):
            assert ring.unseal(REF, _sealed(secrets[box], REF, b"rows"), purpose=purpose) == b"rows"
        assert ring.blind_index("x") == hmac.digest(secrets["index"], b"resident-id\0x", "sha256")
        assert ring.fingerprint(b"x") == hmac.digest(secrets["index"], b"fingerprint\0x", "sha256")[:16]
        subject = hmac.digest(secrets["index"], b"audit-subject\0H1", "sha256")[:16].hex()
        assert ring.pseudonyms("H1") == [f"1.{subject}"]
        if "audit" not in lacking:
            assert ring.audit_key().private_bytes_raw() == secrets["audit"]
        suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
        for name in [name for name in secrets if name.startswith("region/")][:5]:
            public = X25519PrivateKey.from_private_bytes(secrets[name]).public_key()
            first = next(one for one in ring.openers(name[7:]).values() if one.kem == X25519)
            assert first.open(suite.encrypt(b"report", public, b"info"), b"info") == b"report"
            assert ring.recipient(name[7:]).kem == HYBRID  # and new reports are sealed to the hybrid
        assert ring.names() == sorted(model.names())
        assert ring.seal(REF, b"x")[0] == 1
        assert ring.seal(REF, b"x", purpose="quarantine")[0] == 2
        assert ring.unseal(REF, ring.seal(REF, b"x", purpose="quarantine"), purpose="quarantine") == b"x"


def test_every_old_secret_is_generation_one(tmp_path):
    path, secrets = tmp_path / "keyring.json", old_secrets()
    write_old(path, secrets)
    ring = Ring.existing(path, FileProvider(tmp_path / "master.key"))
    for name, secret in secrets.items():
        assert ring._secret(name, ring.generations(name)[0]) == secret


def test_the_old_file_with_its_open_master_key_is_overwritten(tmp_path):
    path = tmp_path / "keyring.json"
    write_old(path, old_secrets())
    os.link(path, tmp_path / "old")
    Ring.existing(path, FileProvider(tmp_path / "master.key"))
    assert b"master" not in (tmp_path / "old").read_bytes()


def _flip(document):
    sealed = document["secrets"]["region/32"]
    document["secrets"]["region/32"] = ("B" if sealed[0] == "A" else "A") + sealed[1:]


def _swap(document):
    held = document["secrets"]
    held["registry"], held["quarantine"] = held["quarantine"], held["registry"]


def _foreign(document):
    # sealed properly, but for what no keyring has
    master = AESGCM(base64.b64decode(document["master"]))
    sealed = bytes(12) + master.encrypt(bytes(12), bytes(32), b"hedui-keyring/1\0unheard-of")
    document["secrets"]["unheard-of"] = base64.b64encode(sealed).decode()


def _short(document):
    master = AESGCM(base64.b64decode(document["master"]))
    sealed = bytes(12) + master.encrypt(bytes(12), bytes(31), b"hedui-keyring/1\0registry")
    document["secrets"]["registry"] = base64.b64encode(sealed).decode()


@pytest.mark.parametrize(
    "damage",
    [
        _flip,
        _swap,
        _foreign,
        _short,
        lambda d: d["secrets"].pop("index"),
        lambda d: d.update(secrets=[]),
        lambda d: d.update(master="AAAA"),
        lambda d: d.update(master="?"),
        lambda d: d.pop("master"),
        lambda d: d.update(more=1),
    ],
)
def test_a_damaged_old_keyring_stops_and_stays_as_it_is(tmp_path, damage):
    path = tmp_path / "keyring.json"
    write_old(path, old_secrets())
    document = json.loads(path.read_text())
    damage(document)
    path.write_text(json.dumps(document))
    before = path.read_bytes()
    with pytest.raises(Stop) as stopped:
        Ring.existing(path, FileProvider(tmp_path / "master.key"))
    assert (stopped.value.code, stopped.value.where["file"]) == ("key-file-unreadable", "keyring")
    assert path.read_bytes() == before


def test_an_old_keyring_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "keyring.json"
    write_old(path, old_secrets())
    path.chmod(0o644)
    with pytest.raises(Stop) as stopped:
        Ring.existing(path, FileProvider(tmp_path / "master.key"))
    assert stopped.value.code == "key-file-open-to-others"


def test_a_migration_that_cannot_be_written_leaves_the_old_keyring(tmp_path, monkeypatch):
    path = tmp_path / "keyring.json"
    write_old(path, old_secrets())
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "link", full)
        with pytest.raises(Stop) as stopped:
            Ring.existing(path, FileProvider(tmp_path / "master.key"))
    assert stopped.value.code == "key-file-unwritable"
    assert path.read_bytes() == before
    assert Ring.existing(path, FileProvider(tmp_path / "master.key")).blind_index("x")


def _opened(path, master, barrier, results):
    barrier.wait()
    ring = Ring.existing(path, FileProvider(master))
    results.put(tuple(ring.active(name).id for name in ring.names()))


def test_processes_that_race_to_migrate_agree(tmp_path):
    path, many = tmp_path / "keyring.json", 3
    write_old(path, old_secrets())
    barrier, results = FORK.Barrier(many), FORK.Queue()
    arguments = (path, tmp_path / "master.key", barrier, results)
    workers = [FORK.Process(target=_opened, args=arguments) for _ in range(many)]
    for worker in workers:
        worker.start()
    assert len({results.get(timeout=60) for _ in workers}) == 1
    for worker in workers:
        worker.join()
