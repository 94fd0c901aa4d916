"""Who holds the master key, under which every private key of the keyring and the vault is sealed.

`FileProvider`, the embedded default, keeps it in a file of its own. `hedui.keys.token.Pkcs11Provider` leaves it in a
token that never gives it away.
"""

import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hedui.keys import files
from hedui.keys.files import NotPickled

NONCE = 12
TAG = 16

_KEY = 32
_FORMAT = b"hedui-master/1\n"
_CHECK = 8


@dataclass(frozen=True)
class About:
    """What a provider says of itself; nothing of it is secret."""

    kind: Literal["file", "pkcs11"]
    where: str  # the file, or the token and the label of the key in it
    key: str  # an id of the master key: by it a keyring knows whether this is its provider
    erases: bool  # whether `erase` makes every copy dead of what was wrapped alone


class KeyProvider(Protocol):
    """Whoever holds the master key."""

    def about(self) -> About:
        """Say what it is. Raises Stop where its key is not there."""
        ...

    def prepare(self) -> None:
        """Make the master key unless there is one. Called before anything was sealed, by one process at a time."""
        ...

    def wrap(self, name: str, secret: bytes, *, alone: bool = False) -> bytes:
        """Seal a secret of up to 4 KiB, bound to its name. `alone`: under a key of its own where `erases`."""
        ...

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Open a secret; `InvalidTag` where it is not what was wrapped under this name, or was erased."""
        ...

    def erase(self, name: str) -> bool:
        """Destroy the key under which a name was wrapped alone. False: it has none, so copies can still be opened."""
        ...


class FileProvider(NotPickled):
    """The embedded provider: a 256-bit key in a file of its own, mode 0600, made at first start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key: bytes | None = None

    def __repr__(self) -> str:
        return f"FileProvider({str(self._path)!r})"

    def about(self) -> About:
        """Say where the file is. Raises Stop `key-file-…`: missing, unreadable, open-to-others."""
        key = sha256(b"hedui master key id\0" + self._master()).hexdigest()[:16]
        return About("file", str(self._path), key, erases=False)

    def prepare(self) -> None:
        """Make the file unless it is there; Stop `key-file-unwritable`."""
        with files.locked(self._path, "master"):
            if not self._path.exists():
                files.write(self._path, "master", _written(secrets.token_bytes(_KEY)))
        self._master()

    def wrap(self, name: str, secret: bytes, *, alone: bool = False) -> bytes:  # noqa: ARG002  all lie under one key
        """Seal a secret: a random nonce, then AES-256-GCM with the name as associated data."""
        nonce = os.urandom(NONCE)
        return nonce + AESGCM(self._master()).encrypt(nonce, secret, wrapping(name))

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Open a secret; `InvalidTag` where it was changed or belongs to another name."""
        if len(wrapped) < NONCE + TAG:
            raise InvalidTag
        return AESGCM(self._master()).decrypt(wrapped[:NONCE], wrapped[NONCE:], wrapping(name))

    def erase(self, name: str) -> bool:  # noqa: ARG002
        """Return False: one key for all names cannot be destroyed for one."""
        return False

    def _master(self) -> bytes:
        if self._key is None:
            content = files.read(self._path, "master")
            key = _read(content)
            if key is None:
                raise files.unreadable(self._path, "master")
            self._key = key
        return self._key


def wrapping(name: str) -> bytes:
    """Return the associated data that binds a secret to its name."""
    return b"hedui-wrapped/2\0" + name.encode()


def _written(key: bytes) -> bytes:
    # The check tells a damaged file from one that belongs to another keyring.
    return _FORMAT + (key + sha256(b"hedui master check\0" + key).digest()[:_CHECK]).hex().encode() + b"\n"


def _read(content: bytes) -> bytes | None:
    if not content.startswith(_FORMAT):
        return None
    try:
        key = bytes.fromhex(content.removeprefix(_FORMAT).decode("ascii"))[:_KEY]
    except ValueError:
        return None
    return key if len(key) == _KEY and _written(key) == content else None
