"""The vault: the key pairs, in epochs, to which the shares of households are sealed. Apart from the keyring.

Destroying an epoch's private key makes every share table dead that was sealed to it: that is how a shredded household
stays dead in backups too (docs/sealed-report.md). So this file has no backup, on purpose, and it overwrites what it
replaces. With a token each epoch lies under a key of its own in there, which is destroyed with it.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from cryptography.exceptions import InvalidTag

from catalogue.problems import Stop
from hedui.keys import files
from hedui.keys.files import NotPickled
from hedui.keys.model import Held
from hedui.keys.providers import KeyProvider
from hedui.sealing.batch import Vault
from hedui.sealing.keys import PrivateKey, PublicKey

_CONTENTS = "vault contents"


class Epoch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key pair of the vault. The last is current; earlier ones open until they are destroyed."""

    epoch: Annotated[int, msgspec.Meta(ge=1, le=(1 << 32) - 1)]
    kem: int
    public: bytes
    created: date
    sealed: bytes | None  # None: destroyed
    destroyed: date | None = None


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. `check` as in the keyring."""

    format: Literal["hedui-vault/1"] = "hedui-vault/1"
    provider: Held
    epochs: tuple[Epoch, ...]
    check: bytes = b""


Change = Callable[[tuple[Epoch, ...]], tuple[Epoch, ...]]


class VaultFile(NotPickled):
    """The opened vault: a view of the file as it was read."""

    def __init__(self, path: Path, provider: KeyProvider, document: Document) -> None:
        self._path, self._provider, self._document = path, provider, document

    def __repr__(self) -> str:
        return f"VaultFile({str(self._path)!r})"

    @classmethod
    def existing(cls, path: Path, provider: KeyProvider) -> Self:
        """Read a vault that must be there. Raises Stop: `key-file-…`, `key-provider-other`, those of the provider."""
        files.erase_rest(path, "vault")
        return cls(path, provider, _parsed(files.read(path, "vault"), provider, path))

    @classmethod
    def create(cls, path: Path, provider: KeyProvider) -> Self:
        """Make the vault with epoch 1 where there is none, or read the one that is there.

        Only where nothing was sealed yet: a new vault opens nothing of a lost one. The provider's key must be there,
        as it is when the keyring was opened first.
        """
        with files.locked(path, "vault"):
            if not path.exists():
                document = Document(provider=Held.by(provider), epochs=(_made(provider, 1),))
                files.write_over(path, "vault", _written(document, provider))
        return cls.existing(path, provider)

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """All epochs, the current one last."""
        return self._document.epochs

    def public(self) -> Vault:
        """Return the current epoch and its public key, to which share tables are sealed."""
        current = self.epochs[-1]
        return Vault(current.epoch, PublicKey(current.kem, current.public))

    def opener(self, epoch: int) -> PrivateKey:
        """Return an epoch's private key. Raises Stop: `vault-no-such-epoch`, `vault-epoch-destroyed`."""
        one = _found(self.epochs, epoch)
        if one.sealed is None:
            raise Stop("vault-epoch-destroyed", epoch=epoch, date=str(one.destroyed))
        try:
            return PrivateKey(self._provider.unwrap(_binding(epoch), one.sealed), one.kem)
        except InvalidTag:
            raise files.unreadable(self._path, "vault") from None

    def next_epoch(self) -> Vault:
        """Begin another epoch; the former keys still open. Return its number and public key."""
        self._changed(lambda held: (*held, _made(self._provider, held[-1].epoch + 1)))
        return self.public()

    def destroy(self, epoch: int) -> bool:
        """Destroy an epoch's private key. True: every copy of the file is dead for it; False: copies still open.

        May be repeated after a crash. Raises Stop: `vault-no-such-epoch`, `vault-epoch-current`, `key-file-…`.
        """
        self._changed(lambda held: _destroyed(held, epoch))
        # The key in the token goes last: were the file to fail afterwards, it would claim a key that is gone.
        return self._provider.erase(_binding(epoch))

    def _changed(self, change: Change) -> None:
        with files.locked(self._path, "vault"):
            document = _parsed(files.read(self._path, "vault"), self._provider, self._path)
            document = msgspec.structs.replace(document, epochs=change(document.epochs))
            files.write_over(self._path, "vault", _written(document, self._provider))
        self._document = document


def _binding(epoch: int) -> str:
    return f"vault/{epoch}"


def _made(provider: KeyProvider, epoch: int) -> Epoch:
    pair = PrivateKey.generate()
    return Epoch(
        epoch=epoch,
        kem=pair.kem,
        public=pair.public.raw,
        created=_today(),
        sealed=provider.wrap(_binding(epoch), pair.seed, alone=True),
    )


def _destroyed(held: tuple[Epoch, ...], epoch: int) -> tuple[Epoch, ...]:
    one = _found(held, epoch)
    if one is held[-1]:
        raise Stop("vault-epoch-current", epoch=epoch)
    gone = msgspec.structs.replace(one, sealed=None, destroyed=one.destroyed or _today())
    return tuple(gone if other is one else other for other in held)


def _found(held: tuple[Epoch, ...], epoch: int) -> Epoch:
    for one in held:
        if one.epoch == epoch:
            return one
    raise Stop("vault-no-such-epoch", epoch=epoch)


def _parsed(content: bytes, provider: KeyProvider, path: Path) -> Document:
    try:
        document = msgspec.json.decode(content, type=Document)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise files.unreadable(path, "vault") from None
    about = provider.about()
    if (document.provider.kind, document.provider.key) != (about.kind, about.key):
        raise Stop("key-provider-other", path=str(path), kind=document.provider.kind, where=about.where)
    try:
        digest = provider.unwrap(_CONTENTS, document.check)
    except InvalidTag:
        raise files.unreadable(path, "vault") from None
    if digest != _digest(document) or not document.epochs or document.epochs[-1].sealed is None:
        raise files.unreadable(path, "vault")
    return document


def _written(document: Document, provider: KeyProvider) -> bytes:
    check = provider.wrap(_CONTENTS, _digest(document))
    return msgspec.json.format(_encoded(msgspec.structs.replace(document, check=check)), indent=1) + b"\n"


def _digest(document: Document) -> bytes:
    return sha256(_encoded(msgspec.structs.replace(document, check=b""))).digest()


def _encoded(document: Document) -> bytes:
    return msgspec.json.encode(document, order="deterministic")


def _today() -> date:
    return datetime.now(UTC).date()
