"""The primitives, as we call them, against the vectors that NIST, IETF and OSCCA published (`cryptography-vectors`)."""

import hmac
import json
from hashlib import sha3_256, sha256
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from hedui.sealing.keys import HYBRID, X25519, PrivateKey
from hedui.sealing.suites import GUOMI, INTERNATIONAL

VECTORS = Path(cryptography_vectors.__file__).parent


def lines(name: str) -> list[str]:
    with (VECTORS / name).open(encoding="ascii") as file:
        return [line.strip() for line in file]


def records(name: str, first: str) -> list[dict[str, str]]:
    """Read `key = value` lines; a record begins with the key `first`. Values in brackets hold for all that follow."""
    found: list[dict[str, str]] = []
    header: dict[str, str] = {}
    for line in lines(name):
        bare = line.strip("[]")
        key, equals, value = (part.strip() for part in bare.partition("="))
        if not equals or line.startswith("#"):
            if line == "FAIL" and found:
                found[-1]["FAIL"] = "yes"
        elif line.startswith("["):
            header[key.lower()] = value
        elif key.lower() == first:
            found.append({**header, key.lower(): value})
        elif found:
            found[-1][key.lower()] = value
    return found


def raw(record: dict[str, str], *keys: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(record[key]) for key in keys)


def of_our_shape(name: str) -> list[dict[str, str]]:
    """The vectors with nonces of 96 and tags of 128 bits, the only ones that the format has."""
    return [one for one in records(name, "count") if (one["ivlen"], one["taglen"]) == ("96", "128")]


def test_aes_gcm_of_nist_encrypts():
    taken = of_our_shape("ciphers/AES/GCM/gcmEncryptExtIV256.rsp")
    assert len(taken) > 300
    for one in taken:
        key, nonce, data, associated, sealed, tag = raw(one, "key", "iv", "pt", "aad", "ct", "tag")
        assert INTERNATIONAL.encrypt(key, nonce, data, associated) == sealed + tag


def test_aes_gcm_of_nist_decrypts_and_refuses():
    taken = of_our_shape("ciphers/AES/GCM/gcmDecrypt256.rsp")
    refused = 0
    for one in taken:
        key, nonce, sealed, associated, tag = raw(one, "key", "iv", "ct", "aad", "tag")
        if "FAIL" in one:
            refused += 1
            with pytest.raises(InvalidTag):
                INTERNATIONAL.decrypt(key, nonce, sealed + tag, associated)
        else:
            (data,) = raw(one, "pt")
            assert INTERNATIONAL.decrypt(key, nonce, sealed + tag, associated) == data
    assert 100 < refused < len(taken) - 100


def test_sm4_gcm_of_rfc_8998():
    (one,) = records("ciphers/SM4/rfc8998.txt", "count")
    key, nonce, data, associated, sealed, tag = raw(one, "key", "iv", "plaintext", "aad", "ciphertext", "tag")
    assert GUOMI.encrypt(key, nonce, data, associated) == sealed + tag
    assert GUOMI.decrypt(key, nonce, sealed + tag, associated) == data
    for at in range(len(sealed + tag)):
        spoilt = bytearray(sealed + tag)
        spoilt[at] ^= 1
        with pytest.raises(InvalidTag):
            GUOMI.decrypt(key, nonce, bytes(spoilt), associated)
    with pytest.raises(InvalidTag):
        GUOMI.decrypt(key, nonce, tag[:15], associated)


def test_hkdf_expand_of_rfc_5869():
    taken = [one for one in records("KDF/rfc-5869-HKDF-SHA256.txt", "count") if one["hash"] == "SHA-256"]
    assert len(taken) == 3
    for one in taken:
        key, info, out = raw(one, "prk", "info", "okm")
        assert INTERNATIONAL.expand(key, info, int(one["l"])) == out


def test_hmac_sha256_of_rfc_4231():
    """The definition below, from which the test of HKDF-Expand is made."""
    taken = [one for one in records("HMAC/rfc-4231-sha256.txt", "len") if one["md"]]
    assert len(taken) >= 6
    for one in taken:
        key, message, digest = raw(one, "key", "msg", "md")
        assert hmac_of(hashes.SHA256(), 64, key, message) == digest


def test_sm3_of_oscca():
    taken = records("hashes/SM3/oscca.txt", "len")
    assert len(taken) >= 4
    for one in taken:
        length = int(one["len"]) // 8
        assert digest_of(hashes.SM3(), bytes.fromhex(one["msg"])[:length]).hex() == one["md"]


def digest_of(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    context = hashes.Hash(algorithm)
    context.update(data)
    return context.finalize()


def hmac_of(algorithm: hashes.HashAlgorithm, block: int, key: bytes, message: bytes) -> bytes:
    """HMAC by its definition (RFC 2104), from the hash alone."""
    key = (digest_of(algorithm, key) if len(key) > block else key).ljust(block, b"\0")
    inner = digest_of(algorithm, bytes(byte ^ 0x36 for byte in key) + message)
    return digest_of(algorithm, bytes(byte ^ 0x5C for byte in key) + inner)


@given(
    key=st.binary(min_size=16, max_size=80), info=st.binary(max_size=80), suite=st.sampled_from([INTERNATIONAL, GUOMI])
)
def test_expand_is_hkdf_over_that_hmac(key, info, suite):
    """No vectors are published for HMAC-SM3, so it is built from SM3, which has some."""
    first = hmac_of(suite.hash, 64, key, info + b"\1")
    second = hmac_of(suite.hash, 64, key, first + info + b"\2")
    assert suite.expand(key, info, 48) == (first + second)[:48]
    assert suite.expand(key, info, 64) == first + second


def test_ed25519_of_rfc_8032():
    taken = lines("asymmetric/Ed25519/sign.input")
    assert len(taken) == 1024
    for line in taken[::8]:
        secret, public, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        signing = Ed25519PrivateKey.from_private_bytes(secret[:32])
        assert signing.public_key().public_bytes_raw() == public
        assert signing.sign(message) == signed[:64]
        Ed25519PublicKey.from_public_bytes(public).verify(signed[:64], message)


def test_x25519_of_rfc_7748():
    taken = records("asymmetric/X25519/rfc7748.txt", "count")
    assert len(taken) >= 2
    for one in taken[:2]:
        scalar, point, out = raw(one, "input_scalar", "input_u", "output_u")
        assert X25519PrivateKey.from_private_bytes(scalar).exchange(X25519PublicKey.from_public_bytes(point)) == out


def test_ml_kem_768_of_nist():
    taken = records("asymmetric/MLKEM/kat_MLKEM_768.rsp", "count")
    assert len(taken) >= 100
    for one in taken:
        d, z, public, sealed, secret = raw(one, "d", "z", "pk", "ct", "ss")
        private = MLKEM768PrivateKey.from_seed_bytes(d + z)
        assert private.public_key().public_bytes_raw() == public
        assert private.decapsulate(sealed) == secret
        sealed, secret = raw(one, "ct_n", "ss_n")  # not made for this key: rejected without saying so
        assert private.decapsulate(sealed) == secret


def hpke_vectors(kem: int) -> list[dict]:
    found = json.loads((VECTORS / "HPKE/hpke-pq-test-vectors.json").read_text("utf-8"))
    return [one for one in found if (one["mode"], one["kem_id"]) == (0, kem)]


def opened_by_hand(sealed: bytes, private: PrivateKey, info: bytes) -> bytes:
    """HPKE by its definition (RFC 9180), for the one combination of KDF and cipher that the format has."""
    length = {HYBRID: 1120, X25519: 32}[private.kem]
    secret = decapsulated(sealed[:length], private)
    key, nonce = key_schedule(secret, b"HPKE" + private.kem.to_bytes(2, "big") + b"\0\1\0\2", info, 32)
    return INTERNATIONAL.decrypt(key, nonce, sealed[length:], b"")


def decapsulated(enc: bytes, private: PrivateKey) -> bytes:
    """DHKEM of RFC 9180, 4.1, or X-Wing of draft-connolly-cfrg-xwing-kem, which the draft for HPKE takes over."""
    public = private.public.raw[-32:]
    if private.kem == X25519:
        shared = X25519PrivateKey.from_private_bytes(private.seed).exchange(X25519PublicKey.from_public_bytes(enc))
        suite = b"KEM" + X25519.to_bytes(2, "big")
        extracted = extract(b"", suite, b"eae_prk", shared)
        return expanded(extracted, suite, b"shared_secret", enc + public, 32)
    lattice, curve = private._halves
    first = lattice.decapsulate(enc[:1088])
    second = curve.exchange(X25519PublicKey.from_public_bytes(enc[1088:]))
    return sha3_256(first + second + enc[1088:] + public + bytes.fromhex("5c2e2f2f5e5c")).digest()


def key_schedule(secret: bytes, suite: bytes, info: bytes, length: int) -> tuple[bytes, bytes]:
    """RFC 9180, 5.1, in base mode with HKDF-SHA256: the key and the nonce of the first message."""
    context = b"\0" + extract(b"", suite, b"psk_id_hash", b"") + extract(b"", suite, b"info_hash", info)
    extracted = extract(secret, suite, b"secret", b"")
    return expanded(extracted, suite, b"key", context, length), expanded(extracted, suite, b"base_nonce", context, 12)


def extract(salt: bytes, suite: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + material, "sha256")


def expanded(key: bytes, suite: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, labelled + b"\1", "sha256")[:length]


@pytest.mark.parametrize("kem", [HYBRID, X25519])
def test_both_kems_of_the_hpke_drafts(kem):
    """Our seeds give the published keys, and the definition above the published secrets."""
    taken = hpke_vectors(kem)
    assert taken
    for one in taken:
        private = PrivateKey(bytes.fromhex(one["skRm"]), kem)
        assert private.public.raw == bytes.fromhex(one["pkRm"])
        assert decapsulated(bytes.fromhex(one["enc"]), private).hex() == one["shared_secret"]


def test_the_key_schedule_of_the_hpke_drafts():
    (one,) = [one for one in hpke_vectors(0x41) if one["kdf_id"] == 1]
    secret, suite, info = (bytes.fromhex(one[name]) for name in ("shared_secret", "suite_id", "info"))
    key, nonce = key_schedule(secret, suite, info, 16)
    assert (key.hex(), nonce.hex()) == (one["key"], one["base_nonce"])


@pytest.mark.parametrize("kem", [HYBRID, X25519])
def test_what_we_seal_opens_by_that_definition(kem):
    private = PrivateKey.generate(kem)
    for secret in (b"", b"secret", bytes(32)):
        assert opened_by_hand(private.public.seal(secret, b"info"), private, b"info") == secret


@pytest.mark.parametrize("kem", [HYBRID, X25519])
def test_what_we_seal_opens_with_this_info_and_key_only(kem):
    key, other = PrivateKey.generate(kem), PrivateKey.generate(kem)
    sealed = key.public.seal(b"secret", b"info")
    assert key.open(sealed, b"info") == b"secret"
    for opener, info in ((other, b"info"), (key, b"other")):
        with pytest.raises(InvalidTag):
            opener.open(sealed, info)
    assert key.key_id == sha256(b"hedui/2 sealing key\0" + kem.to_bytes(2, "big") + key.public.raw).digest()[:16]
