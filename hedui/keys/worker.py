"""What a batch worker holds: public keys, and the key that signs. It seals, and has nothing that opens.

The file is the signing key's only protection there: mode 0600, no master key on a worker. Its digest tells damage, not
malice: whoever can write it can also replace the worker's program.
"""

from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from catalogue.problems import Stop
from hedui.keys import files
from hedui.keys.files import NotPickled
from hedui.keys.model import MOST, REGION, SECRET
from hedui.keys.ring import Ring, to_quarantine
from hedui.keys.vault import VaultFile
from hedui.sealing.batch import Vault
from hedui.sealing.keys import PublicKey

_FORMAT = b"hedui-worker/1"


class Public(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public HPKE key."""

    kem: int
    raw: bytes

    @classmethod
    def of(cls, key: PublicKey) -> Self:
        """Return what to write of a key."""
        return cls(kem=key.kem, raw=key.raw)

    def key(self) -> PublicKey:
        """Return the key; ValueError where it is none."""
        return PublicKey(self.kem, self.raw)


class Contents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. `check`: SHA-256 of all the rest."""

    format: Literal["hedui-worker/1"] = "hedui-worker/1"
    made: date
    regions: dict[str, Public]
    quarantine_generation: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    quarantine: Public
    epoch: Annotated[int, msgspec.Meta(ge=1, le=(1 << 32) - 1)]
    vault: Public
    signing: bytes
    check: bytes = b""


class Worker(NotPickled):
    """The keys of a worker, from its file or straight from keyring and vault where the run is on the same machine."""

    def __init__(self, contents: Contents, where: str) -> None:
        self._contents, self._where = contents, where
        self._regions = {region: public.key() for region, public in contents.regions.items()}
        self._quarantine = contents.quarantine.key()
        self._vault = Vault(contents.epoch, contents.vault.key())

    def __repr__(self) -> str:
        return f"Worker({self._where!r})"

    @classmethod
    def of(cls, ring: Ring, vault: VaultFile) -> Self:
        """Take from keyring and vault what a worker may hold, and nothing else."""
        regions = [name.removeprefix(REGION) for name in ring.names() if name.startswith(REGION)]
        generation, quarantine = ring.quarantine()
        current = vault.public()
        contents = Contents(
            made=datetime.now(UTC).date(),
            regions={region: Public.of(ring.recipient(region)) for region in regions},
            quarantine_generation=generation,
            quarantine=Public.of(quarantine),
            epoch=current.epoch,
            vault=Public.of(current.public),
            signing=ring.signing_key().private_bytes_raw(),
        )
        return cls(contents, repr(ring))

    @classmethod
    def existing(cls, path: Path) -> Self:
        """Open a worker's file. Raises Stop `key-file-…`: missing, unreadable, open-to-others."""
        content = files.read(path, "worker")
        try:
            contents = msgspec.json.decode(content, type=Contents)
            if contents.check != _digest(contents) or len(contents.signing) != SECRET:
                raise files.unreadable(path, "worker")
            return cls(contents, str(path))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise files.unreadable(path, "worker") from None

    def export(self, path: Path) -> None:
        """Write the worker's file, mode 0600, over the one before and over nothing else.

        Raises Stop: `worker-not-over` (something else is there), `key-file-unwritable`, `-busy`.
        """
        check_replaceable(path)
        contents = msgspec.structs.replace(self._contents, check=_digest(self._contents))
        content = msgspec.json.format(msgspec.json.encode(contents, order="deterministic"), indent=1) + b"\n"
        with files.locked(path, "worker"):
            files.write_over(path, "worker", content)  # a signing key that was replaced is not left on the disk

    @property
    def made(self) -> date:
        """When this was taken from the keyring (UTC)."""
        return self._contents.made

    def agrees(self, other: "Worker") -> bool:
        """Whether both hold the same keys, whenever each was taken from the keyring."""
        mine, theirs = (
            msgspec.structs.replace(one._contents, made=date.min, check=b"")  # noqa: SLF001  another of our own
            for one in (self, other)
        )
        return mine == theirs

    def recipient(self, region: str) -> PublicKey:
        """Return the public key to which reports of a region are sealed; Stop `key-unknown`."""
        if region not in self._regions:
            raise Stop("key-unknown", key=REGION + region, path=self._where)
        return self._regions[region]

    def vault(self) -> Vault:
        """Return the vault's epoch and public key."""
        return self._vault

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the key that signs batches."""
        return Ed25519PrivateKey.from_private_bytes(self._contents.signing)

    def seal_quarantine(self, ref: str, rows: bytes) -> bytes:
        """Seal rows that were set aside for their place in quarantine; only the keyring opens them again."""
        return to_quarantine(self._contents.quarantine_generation, self._quarantine, ref, rows)


def check_replaceable(path: Path) -> None:
    """Raise Stop `worker-not-over` where a path is taken by what is no worker's file: it may be the only copy."""
    try:
        with path.open("rb") as there:
            taken = _FORMAT not in there.read(1 << 20)
    except FileNotFoundError:
        return
    except OSError:
        taken = True
    if taken:
        raise Stop("worker-not-over", path=str(path))


def _digest(contents: Contents) -> bytes:
    return sha256(msgspec.json.encode(msgspec.structs.replace(contents, check=b""), order="deterministic")).digest()
