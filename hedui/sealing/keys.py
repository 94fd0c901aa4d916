"""Key pairs for HPKE (RFC 9180), whose private half is a seed of 32 bytes, and the ids by which files name keys.

The default is the hybrid of ML-KEM-768 and X25519 (draft-ietf-hpke-pq, KEM 0x647A, also known as X-Wing): whoever
records files today must break both to read them later. X25519 alone is there for devices that know nothing else.
"""

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256, shake_256
from typing import Protocol, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

SEED = 32  # bytes of a private key, of either kind
KEY_ID = 16  # bytes of a key's id
HYBRID = 0x647A  # ML-KEM-768 and X25519: the number that IANA's registry of KEMs has for it
X25519 = 0x0020

_TAG = 16
_MLKEM_PUBLIC = 1184
_MLKEM_SEED = 64


@dataclass(frozen=True)
class _Kem:
    suite: Suite
    public: int  # bytes of a public key
    enc: int  # bytes of an encapsulated key


_KEMS: dict[int, _Kem] = {
    HYBRID: _Kem(Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM), _MLKEM_PUBLIC + 32, 1120),
    X25519: _Kem(Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM), 32, 32),
}


class Opener(Protocol):
    """Who can open what was sealed to a key pair: a `PrivateKey`, or a token that never gives it away."""

    @property
    def key_id(self) -> bytes:
        """The id of the public half, `KEY_ID` bytes."""

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Return what was sealed; `InvalidTag` or `ValueError` where it was not sealed to this key with this info."""


@dataclass(frozen=True)
class PublicKey:
    """The half that seals. `raw`: of the hybrid 1184 bytes ML-KEM-768, then 32 bytes X25519."""

    kem: int
    raw: bytes

    def __post_init__(self) -> None:
        if self.kem not in _KEMS or len(self.raw) != _KEMS[self.kem].public:
            raise ValueError("not a public key of a KEM that is known here")

    def __reduce__(self) -> tuple[object, ...]:  # without what was made from it: workers get public keys
        return (type(self), (self.kem, self.raw))

    @cached_property
    def key_id(self) -> bytes:
        """The id by which files name this key."""
        return sha256(b"hedui/2 sealing key\0" + self.kem.to_bytes(2, "big") + self.raw).digest()[:KEY_ID]

    @cached_property
    def _key(self) -> MLKEM768X25519PublicKey | X25519PublicKey:
        curve = X25519PublicKey.from_public_bytes(self.raw[-32:])
        if self.kem == X25519:
            return curve
        return MLKEM768X25519PublicKey(MLKEM768PublicKey.from_public_bytes(self.raw[:_MLKEM_PUBLIC]), curve)

    def seal(self, secret: bytes, info: bytes) -> bytes:
        """Seal a secret by HPKE in base mode: the encapsulated key, then the secret encrypted and its tag."""
        return _KEMS[self.kem].suite.encrypt(secret, self._key, info)


@dataclass(frozen=True)
class PrivateKey:
    """The half that opens: a KEM and a seed of `SEED` bytes, which for X25519 is the private key itself."""

    seed: bytes = field(repr=False)
    kem: int = HYBRID

    def __post_init__(self) -> None:
        if self.kem not in _KEMS or len(self.seed) != SEED:
            raise ValueError("not a private key of a KEM that is known here")

    @classmethod
    def generate(cls, kem: int = HYBRID) -> Self:
        """Make a new key."""
        return cls(secrets.token_bytes(SEED), kem)

    def __reduce__(self) -> tuple[object, ...]:  # a pickle may end up in a queue or a log
        raise TypeError("a private key does not leave its process")

    @cached_property
    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        stretched = shake_256(self.seed).digest(_MLKEM_SEED + 32)
        return (
            MLKEM768PrivateKey.from_seed_bytes(stretched[:_MLKEM_SEED]),
            X25519PrivateKey.from_private_bytes(stretched[_MLKEM_SEED:]),
        )

    @cached_property
    def _key(self) -> MLKEM768X25519PrivateKey | X25519PrivateKey:
        if self.kem == X25519:
            return X25519PrivateKey.from_private_bytes(self.seed)
        return MLKEM768X25519PrivateKey(*self._halves)

    @cached_property
    def public(self) -> PublicKey:
        """The other half."""
        if self.kem == X25519:
            return PublicKey(X25519, X25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())
        lattice, curve = self._halves
        return PublicKey(HYBRID, lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw())

    @property
    def key_id(self) -> bytes:
        """The id of the public half."""
        return self.public.key_id

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Return what was sealed to this key; `InvalidTag` or `ValueError` where it was not."""
        return _KEMS[self.kem].suite.decrypt(sealed, self._key, info)


def sealed_length(kem: int, secret: int) -> int | None:
    """Return how long a secret of so many bytes is when sealed; None for a KEM that is not known here."""
    return _KEMS[kem].enc + secret + _TAG if kem in _KEMS else None


def signing_key_id(public: Ed25519PublicKey) -> bytes:
    """Return the id by which files name a signing key."""
    return sha256(b"hedui/2 signing key\0" + public.public_bytes_raw()).digest()[:KEY_ID]
