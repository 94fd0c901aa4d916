"""The keyring: every secret of an installation but the vault's, in one file, sealed under a provider's master key.

Each key has generations, so that it can be replaced: *added* ones open, the *active* one opens and seals, *retired* and
*revoked* ones open what is still there. What each key is for: docs/keys.md.

A value sealed under a symmetric key is: generation (1 byte), nonce (12), ciphertext and tag. One that is sealed to the
quarantine's public key is: generation, then HPKE's encapsulated key, ciphertext and tag.
"""

import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from catalogue.problems import Stop
from hedui.keys import changes, files, migrate, model
from hedui.keys.files import NotPickled
from hedui.keys.model import KEMS, REGION, Document, Generation
from hedui.keys.providers import NONCE, KeyProvider
from hedui.sealing.keys import PrivateKey, PublicKey, signing_key_id

Purpose = Literal["registry", "quarantine"]
Change = Callable[[tuple[Generation, ...]], tuple[Generation, ...]]

_HEAD = 1 + NONCE
_NUMBER = b"resident-id\0"


class SealBroken(Stop):
    """A sealed value does not open: changed since, moved from its place, or sealed under another keyring."""


class Ring(NotPickled):
    """The opened keyring: a view of the file as it was read. Secrets are unwrapped when they are first needed."""

    def __init__(self, path: Path, provider: KeyProvider, document: Document) -> None:
        self._path, self._provider = path, provider
        self._take(document)

    def _take(self, document: Document) -> None:
        self._document = document
        self._secrets: dict[tuple[str, int], bytes] = {}
        self._ciphers: dict[int, AESGCM] = {}
        self._index: list[tuple[int, bytes]] = []

    def __repr__(self) -> str:
        return f"Ring({str(self._path)!r})"

    @classmethod
    def existing(cls, path: Path, provider: KeyProvider) -> Self:
        """Read a keyring that must be there; one of format 1 becomes format 2 first.

        Raises Stop: `key-file-…` (missing, unreadable, open-to-others, and on migration unwritable, busy),
        `key-provider-other` (sealed under another master key), and those of the provider.
        """
        files.erase_rest(path, "keyring")
        content = files.read(path, "keyring")
        if migrate.is_old(content):
            content = _migrated(path, provider)
        return cls(path, provider, model.parsed(content, provider, path))

    @classmethod
    def open(cls, path: Path, provider: KeyProvider) -> Self:
        """Read the keyring, making it first where there is none; processes that race all get the same one."""
        if not path.exists():
            with files.locked(path, "keyring"):
                if not path.exists():
                    _create(path, provider)
        return cls.existing(path, provider)

    def refresh(self) -> None:
        """Go on with the file as it is now: another process may have changed it. Raises Stop as `existing`."""
        document = model.parsed(files.read(self._path, "keyring"), self._provider, self._path)
        if document != self._document:
            self._take(document)

    # --- personal values of the registry, and quarantine ---

    def seal(self, ref: str, plaintext: bytes, *, purpose: Purpose = "registry") -> bytes:
        """Seal one value. `ref` names its place, as `members/name/H000123-2`; it opens nowhere else."""
        one = self.active(purpose)
        if purpose == "quarantine":
            return to_quarantine(one.generation, model.public_key(one), ref, plaintext)
        nonce = os.urandom(NONCE)
        cipher = self._cipher(one.generation)
        return bytes((one.generation,)) + nonce + cipher.encrypt(nonce, plaintext, ref.encode())

    def unseal(self, ref: str, sealed: bytes, *, purpose: Purpose = "registry") -> bytes:
        """Open one value; SealBroken where it was changed, moved, or sealed under another keyring."""
        one = self._generation(purpose, sealed[0] if sealed else 0)
        if one is None or one.sealed is None:
            raise SealBroken("seal-broken", what=ref)
        try:
            if one.algorithm in KEMS:
                return self._pair(purpose, one).open(sealed[1:], _quarantine_info(ref))
            cipher = self._cipher(one.generation) if purpose == "registry" else AESGCM(self._secret(purpose, one))
            return cipher.decrypt(sealed[1:_HEAD], sealed[_HEAD:], ref.encode())
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise SealBroken("seal-broken", what=ref) from None

    def seal_column(self, column: str, rows: Sequence[str], values: Sequence[str | None]) -> list[bytes | None]:
        """Seal one text a row under `<column>/<row>`; None stays None."""
        generation = self.active("registry").generation
        encrypt, head = self._cipher(generation).encrypt, bytes((generation,))
        nonces = os.urandom(NONCE * len(rows))
        sealed: list[bytes | None] = []
        for at, (row, value) in enumerate(zip(rows, values, strict=True)):
            if value is None:
                sealed.append(None)
                continue
            nonce = nonces[at * NONCE : (at + 1) * NONCE]
            sealed.append(head + nonce + encrypt(nonce, value.encode(), f"{column}/{row}".encode()))
        return sealed

    def unseal_column(self, column: str, rows: Sequence[str], values: Sequence[bytes | None]) -> list[str | None]:
        """Open one text a row: the inverse of `seal_column`, with the errors of `unseal`."""
        return [
            None if value is None else self.unseal(f"{column}/{row}", value).decode()
            for row, value in zip(rows, values, strict=True)
        ]

    # --- what stands for a number, a content, a reference ---

    def blind_index(self, number: str) -> bytes:
        """Return the 32 bytes by which a number is found. `number`: its one spelling, `resident_id.standard`."""
        return hmac.digest(self._index_keys()[0][1], _NUMBER + number.encode(), "sha256")

    def blind_indexes(self, number: str) -> list[bytes]:
        """Return all under which a number may stand, the active generation's first, then ever older ones."""
        return [hmac.digest(key, _NUMBER + number.encode(), "sha256") for _, key in self._index_keys()]

    def fingerprint(self, content: bytes) -> bytes:
        """Return 16 bytes that tell whether content is the same as before, and nothing else without the key."""
        return hmac.digest(self._index_keys()[0][1], b"fingerprint\0" + content, "sha256")[:16]

    def pseudonym(self, ref: str) -> str:
        """Return what stands for a reference in the audit trail: without the key it names nobody."""
        return self.pseudonyms(ref)[0]

    def pseudonyms(self, ref: str) -> list[str]:
        """Return all that ever stood for a reference, one under each generation of the key, the newest first."""
        message = b"audit-subject\0" + ref.encode()
        return [f"{number}.{hmac.digest(key, message, 'sha256')[:16].hex()}" for number, key in self._index_keys()]

    # --- key pairs ---

    def recipient(self, region: str) -> PublicKey:
        """Return the public key to which reports of a region are sealed; Stop `key-unknown` for no region."""
        return model.public_key(self.active(REGION + region))

    def quarantine(self) -> tuple[int, PublicKey]:
        """Return generation and public key to which quarantined rows are sealed."""
        one = self.active("quarantine")
        return one.generation, model.public_key(one)

    def openers(self, region: str) -> dict[bytes, PrivateKey]:
        """Return the private keys of a region by key id, of every generation that is still there."""
        name = REGION + region
        held = [one for one in self.generations(name) if one.sealed is not None]
        return {pair.key_id: pair for pair in (self._pair(name, one) for one in held)}

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the key that signs batches."""
        return self._signer("signing")

    def signers(self) -> Mapping[bytes, Ed25519PublicKey]:
        """Return whose signatures on batches are trusted, by key id: all generations that were not revoked."""
        return {signing_key_id(key): key for key in self._verifying("signing")}

    def audit_key(self) -> Ed25519PrivateKey:
        """Return the key that signs checkpoints of the audit trail."""
        return self._signer("audit")

    def audit_signers(self) -> Mapping[bytes, Ed25519PublicKey]:
        """Return whose signatures on checkpoints are trusted, by key id."""
        return {signing_key_id(key): key for key in self._verifying("audit")}

    def audit_revoked(self) -> Mapping[bytes, Ed25519PublicKey]:
        """Return whose signatures on checkpoints are trusted no more, by key id."""
        revoked = [model.verifying_key(one) for one in self.generations("audit") if one.state == "revoked"]
        return {signing_key_id(key): key for key in revoked}

    # --- generations ---

    def names(self) -> list[str]:
        """Return the names of all keys, sorted."""
        return sorted(self._document.keys)

    def generations(self, name: str) -> tuple[Generation, ...]:
        """Return the generations of a key, oldest first; Stop `key-unknown`."""
        if name not in self._document.keys:
            raise Stop("key-unknown", key=name, path=str(self._path))
        return self._document.keys[name]

    def active(self, name: str) -> Generation:
        """Return the generation that seals; Stop `key-unknown`."""
        return next(one for one in self.generations(name) if one.state == "active")

    def add(self, name: str) -> Generation:
        """Add a generation, which does not seal before it is promoted. A region new to this keyring gets its first.

        This and the other changes read the file anew under its lock, and this ring goes on with what they wrote.
        Raises Stop: `key-unknown`, `key-already-added`, `key-generations-spent`, `key-file-…`.
        """
        return self._changed(name, lambda held: changes.added(name, held, _maker(self._provider, name, _today())))[-1]

    def promote(self, name: str) -> Generation:
        """Let the added generation seal from now on; the former one retires. Raises Stop `key-none-added`."""
        self._changed(name, lambda held: changes.promoted(name, held))
        return self.active(name)

    def revoke(self, name: str, generation: int) -> Generation:
        """Never trust a generation again; of the active one a newer takes the place. Return the active one.

        It still opens what has to be sealed anew; then `drop` it. Raises Stop `key-no-such-generation`.
        """
        self._changed(
            name, lambda held: changes.revoked(name, held, generation, _maker(self._provider, name, _today()))
        )
        return self.active(name)

    def drop(self, name: str, generation: int) -> None:
        """Forget the secret of a retired or revoked generation: what is still sealed under it is lost.

        Copies of the file keep it. Raises Stop: `key-no-such-generation`, `key-in-use`.
        """
        self._changed(name, lambda held: changes.dropped(name, held, generation))

    def _changed(self, name: str, change: Change) -> tuple[Generation, ...]:
        if name not in model.names():
            self.generations(name)
        with files.locked(self._path, "keyring"):
            document = model.parsed(files.read(self._path, "keyring"), self._provider, self._path)
            after = change(document.keys.get(name, ()))
            document = msgspec.structs.replace(document, keys=document.keys | {name: after})
            files.write_over(self._path, "keyring", model.written(document, self._provider))
        self._take(document)
        return after

    # --- secrets ---

    def _generation(self, name: str, number: int) -> Generation | None:
        held = self.generations(name)
        return held[number - 1] if 0 < number <= len(held) else None

    def _secret(self, name: str, one: Generation) -> bytes:
        at = (name, one.generation)
        if at not in self._secrets:
            try:
                self._secrets[at] = self._provider.unwrap(model.binding(*at), one.sealed or b"")
            except InvalidTag:
                raise files.unreadable(self._path, "keyring") from None
        return self._secrets[at]

    def _cipher(self, number: int) -> AESGCM:
        if number not in self._ciphers:
            one = self._document.keys["registry"][number - 1]
            self._ciphers[number] = AESGCM(self._secret("registry", one))
        return self._ciphers[number]

    def _pair(self, name: str, one: Generation) -> PrivateKey:
        return PrivateKey(self._secret(name, one), KEMS[one.algorithm])

    def _signer(self, name: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._secret(name, self.active(name)))

    def _verifying(self, name: str) -> list[Ed25519PublicKey]:
        return [model.verifying_key(one) for one in self.generations(name) if one.state != "revoked"]

    def _index_keys(self) -> list[tuple[int, bytes]]:
        # Nothing stands under an added generation yet, and nothing is found under one whose secret is gone.
        if not self._index:
            held = [one for one in self.generations("index") if one.state != "added" and one.sealed is not None]
            held.sort(key=lambda one: (one.state == "active", one.generation), reverse=True)
            self._index = [(one.generation, self._secret("index", one)) for one in held]
        return self._index


def to_quarantine(generation: int, public: PublicKey, ref: str, plaintext: bytes) -> bytes:
    """Seal a quarantined file to the quarantine's public key; only the keyring opens it again."""
    return bytes((generation,)) + public.seal(plaintext, _quarantine_info(ref))


def _quarantine_info(ref: str) -> bytes:
    return b"hedui/2 quarantine\0" + ref.encode()


def _maker(provider: KeyProvider, name: str, today: date) -> changes.Make:
    return lambda number, state: model.generated(provider, name, number, state, today)


def _create(path: Path, provider: KeyProvider) -> None:
    provider.prepare()
    today = _today()
    keys = {name: changes.added(name, (), _maker(provider, name, today)) for name in model.names()}
    document = Document(provider=model.Held.by(provider), keys=keys)
    files.write(path, "keyring", model.written(document, provider))


def _migrated(path: Path, provider: KeyProvider) -> bytes:
    with files.locked(path, "keyring"):
        content = files.read(path, "keyring")
        if migrate.is_old(content):  # else another process did it while this one waited
            provider.prepare()
            content = model.written(migrate.document(content, provider, path, _today()), provider)
            # Format 1 held the master key in clear beside the secrets, which go on being used.
            files.write_over(path, "keyring", content)
    return content


def _today() -> date:
    return datetime.now(UTC).date()
