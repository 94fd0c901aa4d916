"""The keys: made at first start in one file with mode 0600, sealed there under a master key.

Secrets by name, each bound to its name by the seal, so that none can be put in another's place:

- `registry`: AES-256-GCM for personal values in the registry; associated data name table, column and row
- `index`: HMAC-SHA256, by which a person is found without the number being stored
- `quarantine`: AES-256-GCM for quarantined rows
- `audit`: Ed25519, which signs checkpoints of the audit trail
- `region/<code>`: an X25519 pair for HPKE (DHKEM-X25519, HKDF-SHA256, AES-256-GCM), for the province, each city and
  each county

A sealed value is: generation of the key (1 byte), nonce (12), ciphertext and tag. Generations let keys rotate.
"""

import base64
import binascii
import fcntl
import hmac
import json
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from catalogue.problems import Stop
from catalogue.regions import regions

Purpose = Literal["registry", "quarantine"]

_FORMAT = "hedui-keyring/1"
_GENERATION = b"\x01"
_NONCE = 12
_HEAD = len(_GENERATION) + _NONCE
_KEY = 32
_INDEX = "index"
_AUDIT = "audit"
_PSEUDONYMS = "1"  # the generation of the key under which references become pseudonyms


class SealBroken(Stop):
    """A sealed value does not open: changed since, moved from its place, or sealed under another keyring."""


class KeyProvider(Protocol):
    """Whoever holds the master key: this file by default; a KMS or an HSM can take its place."""

    def wrap(self, name: str, secret: bytes) -> bytes:
        """Seal a secret, bound to its name."""
        ...

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Open a secret; `cryptography.exceptions.InvalidTag` where it is not what was wrapped under this name."""
        ...


class MasterKey:
    """The embedded provider: a 256-bit key that lies in the keyring file itself."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def wrap(self, name: str, secret: bytes) -> bytes:
        """Seal a secret, bound to its name."""
        nonce = os.urandom(_NONCE)
        return nonce + self._aead.encrypt(nonce, secret, _wrapping(name))

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Open a secret; `InvalidTag` where it was changed or belongs to another name."""
        return self._aead.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _wrapping(name))


class Keyring:
    """The opened keys of one installation. Pickles as its path, so that no pickle ever holds a key."""

    def __init__(self, path: Path, opened: dict[str, bytes]) -> None:
        self._path = path
        self._index = opened[_INDEX]
        self._audit = opened.get(_AUDIT)
        self._aead: dict[Purpose, AESGCM] = {"registry": AESGCM(opened["registry"])}
        self._aead["quarantine"] = AESGCM(opened["quarantine"])
        self._regions = {name.partition("/")[2]: key for name, key in opened.items() if name.startswith("region/")}

    @classmethod
    def existing(cls, path: Path) -> Self:
        """Read a keyring that must be there, as wherever something sealed already exists; Stop `keyring-missing`."""
        if not path.exists():
            raise Stop("keyring-missing", path=str(path))
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the keyring, making it first where there is none; processes that race all get the same one.

        Raises Stop: `keyring-open-to-others` (by its mode), `keyring-unreadable` (damaged, or not a keyring),
        `keyring-unwritable`.
        """
        if not path.exists():
            _create(path)
        return cls(path, _read(path))

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self).open, (self._path,))

    def __repr__(self) -> str:
        return f"Keyring({str(self._path)!r})"

    def seal(self, ref: str, plaintext: bytes, *, purpose: Purpose = "registry") -> bytes:
        """Seal one value. `ref` names its place, as `members/name/H000123-2`; it opens nowhere else."""
        nonce = os.urandom(_NONCE)
        return _GENERATION + nonce + self._aead[purpose].encrypt(nonce, plaintext, ref.encode())

    def unseal(self, ref: str, sealed: bytes, *, purpose: Purpose = "registry") -> bytes:
        """Open one value; SealBroken where it was changed, moved, or sealed under another keyring."""
        if sealed[:1] == _GENERATION:
            try:
                return self._aead[purpose].decrypt(sealed[1:_HEAD], sealed[_HEAD:], ref.encode())
            except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
                pass
        raise SealBroken("seal-broken", what=ref)

    def seal_column(self, column: str, rows: Sequence[str], values: Sequence[str | None]) -> list[bytes | None]:
        """Seal one text a row under `<column>/<row>`; None stays None. About 2 µs a value."""
        encrypt = self._aead["registry"].encrypt
        nonces = os.urandom(_NONCE * len(rows))
        sealed: list[bytes | None] = []
        for at, (row, value) in enumerate(zip(rows, values, strict=True)):
            if value is None:
                sealed.append(None)
                continue
            nonce = nonces[at * _NONCE : (at + 1) * _NONCE]
            sealed.append(_GENERATION + nonce + encrypt(nonce, value.encode(), f"{column}/{row}".encode()))
        return sealed

    def unseal_column(self, column: str, rows: Sequence[str], values: Sequence[bytes | None]) -> list[str | None]:
        """Open one text a row: the inverse of `seal_column`, with the errors of `unseal`."""
        return [
            None if value is None else self.unseal(f"{column}/{row}", value).decode()
            for row, value in zip(rows, values, strict=True)
        ]

    def blind_index(self, number: str) -> bytes:
        """Return the 32 bytes by which a number is found. `number`: its one spelling, `resident_id.standard`."""
        return hmac.digest(self._index, b"resident-id\0" + number.encode(), "sha256")

    def fingerprint(self, content: bytes) -> bytes:
        """Return 16 bytes that tell whether content is the same as before, and nothing else without the key."""
        return hmac.digest(self._index, b"fingerprint\0" + content, "sha256")[:16]

    def pseudonym(self, ref: str) -> str:
        """Return what stands for a reference in the audit trail: without the key it names nobody."""
        return self.pseudonyms(ref)[0]

    def pseudonyms(self, ref: str) -> list[str]:
        """Return all that ever stood for a reference, one under each generation of the key, the newest first."""
        digest = hmac.digest(self._index, b"audit-subject\0" + ref.encode(), "sha256")[:16]
        return [f"{_PSEUDONYMS}.{digest.hex()}"]

    def audit_key(self) -> Ed25519PrivateKey:
        """Return the key that signs checkpoints of the audit trail; a keyring made without one gets one now."""
        if self._audit is None:
            self._audit = _supplied(self._path, _AUDIT)
        return Ed25519PrivateKey.from_private_bytes(self._audit)

    def private(self, region: str) -> X25519PrivateKey:
        """Return the private key of a province, city or county; Stop `keyring-lacks-region` where there is none."""
        if region not in self._regions:
            raise Stop("keyring-lacks-region", region=region, path=str(self._path))
        return X25519PrivateKey.from_private_bytes(self._regions[region])

    def recipient(self, region: str) -> X25519PublicKey:
        """Return the public key to which reports of a region are sealed."""
        return self.private(region).public_key()


def _wrapping(name: str) -> bytes:
    return f"{_FORMAT}\0{name}".encode()


def _names() -> list[str]:
    known = regions()
    codes = [known.province.code, *known.cities, *known.counties]
    return ["registry", _INDEX, "quarantine", _AUDIT, *(f"region/{code}" for code in codes)]


def _create(path: Path) -> None:
    key = secrets.token_bytes(_KEY)
    master = MasterKey(key)
    document = {
        "format": _FORMAT,
        "master": base64.b64encode(key).decode(),
        "secrets": {name: base64.b64encode(master.wrap(name, secrets.token_bytes(_KEY))).decode() for name in _names()},
    }
    with _draft(path, document) as draft, suppress(FileExistsError):
        # A link never replaces a file: whoever comes second keeps the first one's keys.
        os.link(draft, path)


@contextmanager
def _draft(path: Path, document: dict[str, Any]) -> Iterator[Path]:
    # The document, whole and on disk, in a file beside `path` that is gone after the block.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    except OSError as error:
        raise Stop("keyring-unwritable", path=str(path), kind=type(error).__name__) from None
    finally:
        with suppress(OSError):
            draft.unlink()


def _supplied(path: Path, name: str) -> bytes:
    # A secret that came into use after this keyring was made: the first process that needs it adds it.
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not os.path.samestat(os.fstat(held.fileno()), path.stat()):
            return _supplied(path, name)  # another process has replaced the file while this one waited
        opened = _read(path)
        if name not in opened:
            opened[name] = secrets.token_bytes(_KEY)
            document = json.loads(path.read_bytes())
            master = MasterKey(base64.b64decode(document["master"]))
            document["secrets"][name] = base64.b64encode(master.wrap(name, opened[name])).decode()
            with _draft(path, document) as draft:
                draft.replace(path)
        return opened[name]


def _read(path: Path) -> dict[str, bytes]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        document = json.loads(path.read_bytes())
        opened = _unwrapped(document) if document["format"] == _FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidTag, binascii.Error):
        raise Stop("keyring-unreadable", path=str(path)) from None
    if mode & 0o077:
        raise Stop("keyring-open-to-others", path=str(path), mode=f"{mode:04o}")
    if not {"registry", _INDEX, "quarantine"} <= opened.keys():
        raise Stop("keyring-unreadable", path=str(path))
    return opened


def _unwrapped(document: dict[str, Any]) -> dict[str, bytes]:
    provider: KeyProvider = MasterKey(base64.b64decode(document["master"], validate=True))
    return {
        name: provider.unwrap(name, base64.b64decode(wrapped, validate=True))
        for name, wrapped in document["secrets"].items()
    }
