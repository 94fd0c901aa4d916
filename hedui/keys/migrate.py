"""The keyring of format 1, `hedui-keyring/1`, and how it becomes format 2 without losing a key.

Format 1: a JSON object with `format`, `master` (the master key itself, in base64) and `secrets`, by name: a nonce, then
the secret under AES-256-GCM with `hedui-keyring/1`, a zero byte and the name as associated data.
"""

import base64
import json
from datetime import date
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hedui.keys import files
from hedui.keys.model import REGION, SECRET, Algorithm, Document, Generation, Held, binding, generated, names
from hedui.keys.providers import NONCE, TAG, KeyProvider

_FORMAT = "hedui-keyring/1"
_NEEDED = {"registry", "index", "quarantine"}


class _Old(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    master: str
    secrets: dict[str, str]


def is_old(content: bytes) -> bool:
    """Return whether this is a keyring of format 1."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("format") == _FORMAT


def document(content: bytes, provider: KeyProvider, path: Path, today: date) -> Document:
    """Return a keyring of format 2 whose generation 1 is each key of this one of format 1.

    `registry`, `index` and `audit` go on with it. Of what was a key of another algorithm, the quarantine's and the
    regions', generation 1 opens what was sealed under it, and generation 2 seals from now on.
    Raises Stop `key-file-unreadable` where a key does not open or has no place: nothing is lost in silence.
    """
    old = _opened(content, path)
    if not old.keys() >= _NEEDED or not old.keys() <= {*names(), *(n for n in old if n.startswith(REGION))}:
        raise files.unreadable(path, "keyring")
    every = dict.fromkeys([*names(), *old])
    keys = {name: _generations(name, old.get(name), provider, today) for name in every}
    for name, secret in old.items():
        # The file that holds the only copy is about to be overwritten: look first.
        if provider.unwrap(binding(name, 1), keys[name][0].sealed or b"") != secret:
            raise files.unreadable(path, "keyring")
    return Document(provider=Held.by(provider), keys=keys)


def _generations(name: str, secret: bytes | None, provider: KeyProvider, today: date) -> tuple[Generation, ...]:
    if secret is None:  # a key that came into use after format 1
        return (generated(provider, name, 1, "active", today),)
    changed: Algorithm | None = "aes-256" if name == "quarantine" else "x25519" if name.startswith(REGION) else None
    if changed is None:
        return (generated(provider, name, 1, "active", today, secret=secret),)
    first = generated(provider, name, 1, "retired", today, secret=secret, kind=changed)
    return (first, generated(provider, name, 2, "active", today))


def _opened(content: bytes, path: Path) -> dict[str, bytes]:
    try:
        old = msgspec.json.decode(content, type=_Old)
        master = AESGCM(base64.b64decode(old.master, validate=True))
        return {name: _unwrapped(master, name, sealed) for name, sealed in old.secrets.items()}
    except (msgspec.MsgspecError, ValueError, InvalidTag):
        raise files.unreadable(path, "keyring") from None


def _unwrapped(master: AESGCM, name: str, sealed: str) -> bytes:
    wrapped = base64.b64decode(sealed, validate=True)
    if len(wrapped) != NONCE + SECRET + TAG:
        raise ValueError("not 32 bytes")
    return master.decrypt(wrapped[:NONCE], wrapped[NONCE:], f"{_FORMAT}\0{name}".encode())
