"""The two suites: which cipher and which hash seal a batch. HPKE, Ed25519 and the Merkle tree are the same in both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

NONCE = 12  # bytes of a GCM nonce
TAG = 16  # bytes that GCM adds

SuiteName = Literal["international", "guomi"]
_Gcm = Callable[[bytes, bytes, bytes, bytes], bytes]


@dataclass(frozen=True)
class Suite:
    """One cipher in Galois/counter mode and one hash.

    `encrypt(key, nonce, data, associated)` returns the data encrypted, then the tag; `decrypt` takes that and raises
    `InvalidTag` where anything differs. Keys are `key_length` bytes, nonces `NONCE`.
    """

    id: int  # on the wire
    name: SuiteName
    key_length: int
    hash: hashes.HashAlgorithm
    encrypt: _Gcm
    decrypt: _Gcm

    def expand(self, key: bytes, info: bytes, length: int) -> bytes:
        """Derive bytes from a uniformly random key: HKDF-Expand of RFC 5869, with HMAC over the suite's hash."""
        return HKDFExpand(self.hash, length, info).derive(key)


def _aes_encrypt(key: bytes, nonce: bytes, data: bytes, associated: bytes) -> bytes:
    return AESGCM(key).encrypt(nonce, data, associated)


def _aes_decrypt(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    return AESGCM(key).decrypt(nonce, sealed, associated)


def _sm4_encrypt(key: bytes, nonce: bytes, data: bytes, associated: bytes) -> bytes:
    context = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    context.authenticate_additional_data(associated)
    return context.update(data) + context.finalize() + context.tag


def _sm4_decrypt(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    if len(sealed) < TAG:
        raise InvalidTag
    context = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-TAG:])).decryptor()
    context.authenticate_additional_data(associated)
    return context.update(sealed[:-TAG]) + context.finalize()


INTERNATIONAL = Suite(1, "international", 32, hashes.SHA256(), _aes_encrypt, _aes_decrypt)
GUOMI = Suite(2, "guomi", 16, hashes.SM3(), _sm4_encrypt, _sm4_decrypt)
SUITES: dict[int, Suite] = {suite.id: suite for suite in (INTERNATIONAL, GUOMI)}


def named(name: SuiteName) -> Suite:
    """Return the suite of that name, as the setting spells it."""
    return {suite.name: suite for suite in SUITES.values()}[name]
