"""Checkpoints: signed statements of what the trail was when it had so many entries.

They are to be copied where no administrator of the registry can reach them. Format: `docs/audit.md`.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Engine, insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from catalogue.problems import Stop
from hedui.access.entry import ZERO, stamp, whole
from hedui.access.trail import InRegistry
from hedui.access.tree import Tree
from hedui.keys.ring import Ring
from hedui.registry import database
from hedui.registry.models import AuditCheckpoint

_Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
_LONGEST_LINE = 8_192  # bytes: a tree of 2⁶³ entries needs less than 5,000
_PUBLIC = 32


class Signer(Protocol):
    """Whoever holds the Ed25519 key that signs checkpoints: the keyring, or a token."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes by which signatures are checked."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of an Ed25519 signature (RFC 8032)."""
        ...


class KeySigner:
    """A signer that holds its key itself."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> bytes:
        """The 32 bytes by which signatures are checked."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Sign."""
        return self._key.sign(message)


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was signed, and the peaks of the tree, from which the root follows."""

    checkpoint: Literal[1] = 1
    size: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
    root: _Hash  # Merkle tree head over the hashes of the first `size` entries
    head: _Hash  # hash of the last of them
    at: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
    key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
    peaks: tuple[_Hash, ...]
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]

    @property
    def signed(self) -> bytes:
        """The bytes under the signature."""
        lines = ("hedui audit checkpoint 1", self.size, self.root, self.head, self.at, self.key)
        return "".join(f"{line}\n" for line in lines).encode()

    @property
    def tree(self) -> Tree:
        """The tree that was signed, to go on from; ValueError where peaks and root do not belong together."""
        tree = Tree(self.size, [bytes.fromhex(peak) for peak in self.peaks])
        if tree.root.hex() != self.root:
            raise ValueError(self.size)
        return tree

    @property
    def line(self) -> bytes:
        """The line of JSON by which it is kept and copied, the newline left off."""
        return msgspec.json.encode(self)


_decoder = msgspec.json.Decoder(Checkpoint)
Keys = Mapping[str, bytes]  # public keys by their ids


def key_id(public_key: bytes) -> str:
    """Return the name of a key: the first 8 bytes of its SHA-256, in hexadecimal."""
    return hashlib.sha256(public_key).digest()[:8].hex()


def keys_of(public_keys: Iterable[bytes]) -> dict[str, bytes]:
    """Return public keys by their ids."""
    return {key_id(key): key for key in public_keys}


def read_key(text: str) -> bytes:
    """Read a public key: 64 hexadecimal digits, or a file that holds them; Stop `audit-not-a-key`."""
    for words in (text, _content(Path(text))):
        try:
            key = bytes.fromhex(words.strip())
        except ValueError:
            continue
        if len(key) == _PUBLIC:
            return key
    raise Stop("audit-not-a-key")


def read_file(path: Path) -> list[bytes]:
    """Return the lines of a file of checkpoints; Stop `audit-no-file`, or `audit-no-checkpoints` where it is empty."""
    try:
        lines = _lines(path)
    except OSError as error:
        raise Stop("audit-no-file", path=str(path), kind=type(error).__name__) from None
    if not lines:
        raise Stop("audit-no-checkpoints", path=str(path))
    return lines


def checked(line: bytes, keys: Keys) -> Checkpoint | None:
    """Return a checkpoint that one of `keys` has signed; None where none has, or the line is not one."""
    try:
        found = _decoder.decode(line[: _LONGEST_LINE + 1])
        if found.line != line or found.key not in keys:
            return None
        Ed25519PublicKey.from_public_bytes(keys[found.key]).verify(bytes.fromhex(found.signature), found.signed)
        found.tree  # noqa: B018  peaks that do not give the root are not what was signed
    except (msgspec.MsgspecError, UnicodeError, RecursionError, InvalidSignature, ValueError):
        return None
    return found


def sign(signer: Signer, tree: Tree, head: bytes, at: datetime) -> Checkpoint:
    """Sign what a trail is now: its tree, and the hash of its last entry (`entry.ZERO` where there is none)."""
    unsigned = Checkpoint(
        size=tree.size,
        root=tree.root.hex(),
        head=head.hex(),
        at=stamp(at),
        key=key_id(signer.public_key),
        peaks=tuple(peak.hex() for peak in tree.peaks),
        signature="0" * 128,
    )
    return msgspec.structs.replace(unsigned, signature=signer.sign(unsigned.signed).hex())


def issue(
    engine: Engine,
    signer: Signer,
    to: Path | None = None,
    retired: Iterable[bytes] = (),
    revoked: Iterable[bytes] = (),
) -> Checkpoint:
    """Check what came in since the last checkpoint, sign the trail as it is, and keep the signed line.

    The line is kept in the registry and, with `to`, added to a file, which should lie elsewhere. `retired` are public
    keys that signed earlier checkpoints. Of what `revoked` ones signed nothing is believed: the trail is checked from
    the last checkpoint before it, or from its beginning. What does not go on from there is never signed.
    Raises Stop: `audit-broken` (see `hedui audit verify`), `audit-copy-differs` (the file ends in a checkpoint that
    this registry does not know), `audit-unwritable`, `audit-file-unwritable`.
    """
    keys = keys_of([signer.public_key, *retired])
    with database.session(engine, readonly=True) as session:
        kept = list(InRegistry(session).checkpoints())
        if to is not None and not set(_copied(to)[-1:]) <= set(kept):
            raise Stop("audit-copy-differs", path=str(to))
        tree, head = _gone_on(session, _last(kept, keys, keys_of(revoked)), keys)
    made = sign(signer, tree, head, datetime.now(UTC))
    try:
        with database.session(engine) as session:
            session.execute(insert(AuditCheckpoint).values(size=made.size, line=made.line))
    except SQLAlchemyError as error:
        raise Stop("audit-unwritable", kind=type(error).__name__) from None
    if to is not None:
        _add_line(to, made.line)
    return made


def issue_with(engine: Engine, ring: Ring, to: Path | None = None) -> Checkpoint:
    """Do so with the keys of a keyring."""
    retired, revoked = (
        [key.public_bytes_raw() for key in keys.values()] for keys in (ring.audit_signers(), ring.audit_revoked())
    )
    return issue(engine, KeySigner(ring.audit_key()), to, retired, revoked)


def _last(kept: Sequence[bytes], keys: Keys, revoked: Keys) -> bytes | None:
    """Return the last line that no revoked key has signed."""
    return next((line for line in reversed(kept) if checked(line, keys) or not checked(line, revoked)), None)


def _gone_on(session: Session, line: bytes | None, keys: Keys) -> tuple[Tree, bytes]:
    # The tree and the last hash of the trail, grown from its last checkpoint by entries that are whole and chained.
    tree, head = Tree(), ZERO
    after = 0
    if line is not None:
        last = checked(line, keys)
        if last is None:
            raise Stop("audit-broken", seq=0)
        tree, head, after = last.tree, bytes.fromhex(last.head), max(last.size - 1, 0)
    met = after == tree.size
    for stored in InRegistry(session).entries(after):
        if not met:  # the entry that the last checkpoint ends in must still be there
            met = stored.seq == tree.size and stored.hash == head
            if not met:
                break
            continue
        if stored.seq != tree.size + 1 or stored.prev != head or whole(stored) is None:
            raise Stop("audit-broken", seq=tree.size + 1)
        tree.add(stored.hash)
        head = stored.hash
    if not met:
        raise Stop("audit-broken", seq=tree.size)
    return tree, head


def _copied(path: Path) -> list[bytes]:
    try:
        return _lines(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Stop("audit-file-unwritable", path=str(path), kind=type(error).__name__) from None


def _lines(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().split(b"\n") if line]


def _add_line(path: Path, line: bytes) -> None:
    try:
        with path.open("ab") as file:
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Stop("audit-file-unwritable", path=str(path), kind=type(error).__name__) from None


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(1024).decode("ascii", "replace")
    except (OSError, ValueError):
        return ""


def summary(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return what a checkpoint says, for programs."""
    return {name: getattr(checkpoint, name) for name in ("size", "root", "head", "at", "key")}
