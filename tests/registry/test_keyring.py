"""The keyring: one file, made once, that no damage and no mix-up gets past."""

import json
import multiprocessing
import pickle
import stat

import pytest
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from catalogue.problems import Stop
from catalogue.regions import regions
from hedui.keyring import Keyring, SealBroken

REF = "members/name/H000001-1"


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    return Keyring.open(tmp_path_factory.mktemp("keys") / "keyring.json")


def _indexed(path, barrier, results):
    barrier.wait()
    results.put(Keyring.open(path).blind_index("x"))


def test_made_at_first_start_for_its_owner_only(tmp_path):
    path = tmp_path / "new" / "keyring.json"
    first = Keyring.open(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["keyring.json"]  # no draft is left behind
    again = Keyring.open(path)
    assert again.blind_index("x") == first.blind_index("x")
    assert again.unseal(REF, first.seal(REF, b"secret")) == b"secret"


def test_processes_that_race_get_the_same_keys(tmp_path):
    context = multiprocessing.get_context("fork")
    path, many = tmp_path / "keyring.json", 6
    barrier, results = context.Barrier(many), context.Queue()
    workers = [context.Process(target=_indexed, args=(path, barrier, results)) for _ in range(many)]
    for worker in workers:
        worker.start()
    assert len({results.get(timeout=30) for _ in workers}) == 1
    for worker in workers:
        worker.join()
    assert [entry.name for entry in tmp_path.iterdir()] == ["keyring.json"]


def _flip(document):
    name = "registry"
    sealed = document["secrets"][name]
    document["secrets"][name] = ("B" if sealed[0] == "A" else "A") + sealed[1:]


def _swap(document):
    held = document["secrets"]
    held["region/320102"], held["region/320583"] = held["region/320583"], held["region/320102"]


def _lose(document):
    del document["secrets"]["index"]


def _other_format(document):
    document["format"] = "hedui-keyring/99"


def _no_list(document):
    document["secrets"] = []


@pytest.mark.parametrize("damage", [_flip, _swap, _lose, _other_format, _no_list])
def test_a_damaged_file_stops_with_what_to_do(tmp_path, damage):
    path = tmp_path / "keyring.json"
    Keyring.open(path)
    document = json.loads(path.read_text())
    damage(document)
    path.write_text(json.dumps(document))
    with pytest.raises(Stop) as stopped:
        Keyring.open(path)
    assert stopped.value.code == "keyring-unreadable"
    assert stopped.value.message("zh")
    assert stopped.value.hint("en")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"text"', b"{}"])
def test_what_is_no_keyring_stops_too(tmp_path, content):
    path = tmp_path / "keyring.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Stop) as stopped:
        Keyring.open(path)
    assert stopped.value.code == "keyring-unreadable"
    assert path.read_bytes() == content  # never written over


def test_a_folder_that_cannot_be_made_stops_too(tmp_path):
    (tmp_path / "home").write_text("a file, not a folder")
    with pytest.raises(Stop) as stopped:
        Keyring.open(tmp_path / "home" / "keyring.json")
    assert stopped.value.code == "keyring-unwritable"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_keyring_that_others_can_read_is_refused(tmp_path, mode):
    path = tmp_path / "keyring.json"
    Keyring.open(path)
    path.chmod(mode)
    with pytest.raises(Stop) as stopped:
        Keyring.open(path)
    assert stopped.value.code == "keyring-open-to-others"


def test_a_value_opens_only_in_its_place_for_its_purpose_under_its_keyring(ring, tmp_path):
    sealed = ring.seal(REF, b"secret")
    assert ring.seal(REF, b"secret") != sealed
    for other, ref, purpose in [
        (ring, "members/name/H000001-2", "registry"),
        (ring, REF, "quarantine"),
        (Keyring.open(tmp_path / "other.json"), REF, "registry"),
    ]:
        with pytest.raises(SealBroken) as broken:
            other.unseal(ref, sealed, purpose=purpose)
        assert broken.value.code == "seal-broken"


@given(st.data())
def test_every_change_of_a_sealed_value_is_one_typed_error(ring, data):
    sealed = bytearray(ring.seal(REF, data.draw(st.binary(max_size=40))))
    if data.draw(st.booleans()):
        sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    else:
        del sealed[data.draw(st.integers(0, len(sealed) - 1)) :]
    with pytest.raises(SealBroken):
        ring.unseal(REF, bytes(sealed))


@given(st.lists(st.none() | st.text()))
def test_columns_open_as_they_were(ring, values):
    rows = [f"H{at}" for at in range(len(values))]
    sealed = ring.seal_column("members/name", rows, values)
    assert ring.unseal_column("members/name", rows, sealed) == values
    for row, value, box in zip(rows, values, sealed, strict=True):
        assert value is None or ring.unseal(f"members/name/{row}", box).decode() == value
    present = [box for box in sealed if box is not None]
    assert len({box[1:13] for box in present}) == len(present)  # no nonce twice


def test_every_region_has_its_own_key_pair_for_hpke(ring):
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    known = regions()
    codes = [known.province.code, *known.cities, *known.counties]
    assert len({ring.recipient(code).public_bytes_raw() for code in codes}) == len(codes) == 109
    sealed = suite.encrypt(b"report", ring.recipient("320102"))
    assert suite.decrypt(sealed, ring.private("320102")) == b"report"
    with pytest.raises(Stop) as stopped:
        ring.private("999999")
    assert stopped.value.code == "keyring-lacks-region"


def test_neither_a_pickle_nor_a_print_holds_a_key(ring):
    pickled = pickle.dumps(ring)
    assert len(pickled) < 500
    assert pickle.loads(pickled).blind_index("x") == ring.blind_index("x")  # noqa: S301  our own
    assert ring.private("32").private_bytes_raw() not in pickled
    assert repr(ring).startswith("Keyring('")
