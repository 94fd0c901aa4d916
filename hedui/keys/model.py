"""What the keyring file says: format `hedui-keyring/2`. Field by field in docs/keys.md."""

import secrets
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from catalogue.problems import Stop
from catalogue.regions import regions
from hedui.keys import files
from hedui.keys.providers import KeyProvider
from hedui.sealing.keys import HYBRID, X25519, PrivateKey, PublicKey, signing_key_id

Algorithm = Literal["aes-256", "hmac-sha256", "mlkem768-x25519", "x25519", "ed25519"]
State = Literal["added", "active", "retired", "revoked"]

KEMS: dict[Algorithm, int] = {"mlkem768-x25519": HYBRID, "x25519": X25519}
SECRET = 32  # bytes, of every algorithm: a key or the seed of a pair
MOST = 255  # generations of one key: the first byte of a sealed value says which
REGION = "region/"

_CONTENTS = "keyring contents"


class Generation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One generation of one key."""

    generation: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    algorithm: Algorithm
    state: State
    created: date
    public: bytes | None  # the half that is no secret; None of symmetric keys
    sealed: bytes | None  # the secret, wrapped by the provider; None: dropped for good


class Held(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Under which provider's key the secrets lie."""

    kind: Literal["file", "pkcs11"]
    key: str

    @classmethod
    def by(cls, provider: KeyProvider) -> "Held":
        """Return what to remember of a provider."""
        about = provider.about()
        return cls(kind=about.kind, key=about.key)


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. `check`: the digest of all the rest, wrapped, so that no edit of states or public keys passes."""

    format: Literal["hedui-keyring/2"] = "hedui-keyring/2"
    provider: Held
    keys: dict[str, tuple[Generation, ...]]
    check: bytes = b""


def names() -> list[str]:
    """Return the names of all keys of an installation."""
    known = regions()
    codes = [known.province.code, *known.cities, *known.counties]
    return ["registry", "index", "quarantine", "signing", "audit", *(REGION + code for code in codes)]


def algorithm(name: str) -> Algorithm:
    """Return of which algorithm a new generation of a key is."""
    fixed: dict[str, Algorithm] = {"registry": "aes-256", "index": "hmac-sha256"}
    return fixed.get(name) or ("ed25519" if name in {"signing", "audit"} else "mlkem768-x25519")


def binding(name: str, generation: int) -> str:
    """Return under which name a provider wraps a secret, so that none can be put in another's place."""
    return f"keyring/{name}/{generation}"


def generated(
    provider: KeyProvider,
    name: str,
    number: int,
    state: State,
    created: date,
    *,
    secret: bytes | None = None,
    kind: Algorithm | None = None,
) -> Generation:
    """Make a generation of a key: a new one, or one around a secret that is already in use."""
    secret = secret or secrets.token_bytes(SECRET)
    kind = kind or algorithm(name)
    public, key_id = _public(kind, secret)
    return Generation(
        generation=number,
        id=key_id.hex(),
        algorithm=kind,
        state=state,
        created=created,
        public=public,
        sealed=provider.wrap(binding(name, number), secret),
    )


def written(document: Document, provider: KeyProvider) -> bytes:
    """Return the file's bytes, with the check made anew."""
    check = provider.wrap(_CONTENTS, _digest(document))
    return msgspec.json.format(_encoded(msgspec.structs.replace(document, check=check)), indent=1) + b"\n"


def parsed(content: bytes, provider: KeyProvider, path: Path) -> Document:
    """Read the file's bytes. Raises Stop: `key-file-unreadable`, `key-provider-other`, those of the provider."""
    try:
        document = msgspec.json.decode(content, type=Document)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise files.unreadable(path, "keyring") from None
    _own_provider(document, provider, path)
    try:
        digest = provider.unwrap(_CONTENTS, document.check)
    except InvalidTag:
        raise files.unreadable(path, "keyring") from None
    if digest != _digest(document) or any(faults(document)):
        raise files.unreadable(path, "keyring")
    return document


def faults(document: Document) -> Iterator[str]:
    """Name the keys whose generations cannot be: not one active, out of order, or the only copy dropped."""
    for name, generations in document.keys.items():
        numbers = [one.generation for one in generations]
        active = [one for one in generations if one.state == "active"]
        in_order = numbers == list(range(1, len(numbers) + 1))
        if not in_order or len(active) != 1 or active[0].sealed is None:
            yield name
    if not {"registry", "index", "quarantine", "signing", "audit"} <= document.keys.keys():
        yield "keys"


def _own_provider(document: Document, provider: KeyProvider, path: Path) -> None:
    about = provider.about()
    if (document.provider.kind, document.provider.key) != (about.kind, about.key):
        raise Stop("key-provider-other", path=str(path), kind=document.provider.kind, where=about.where)


def _public(kind: Algorithm, secret: bytes) -> tuple[bytes | None, bytes]:
    if kind in KEMS:
        pair = PrivateKey(secret, KEMS[kind]).public
        return pair.raw, pair.key_id
    if kind == "ed25519":
        public = Ed25519PrivateKey.from_private_bytes(secret).public_key()
        return public.public_bytes_raw(), signing_key_id(public)
    return None, secrets.token_bytes(16)  # of a symmetric key nothing may be said: any number will do


def public_key(one: Generation) -> PublicKey:
    """Return the half of an HPKE pair that seals."""
    return PublicKey(KEMS[one.algorithm], one.public or b"")


def verifying_key(one: Generation) -> Ed25519PublicKey:
    """Return the half of an Ed25519 pair that checks signatures."""
    return Ed25519PublicKey.from_public_bytes(one.public or b"")


def _digest(document: Document) -> bytes:
    return sha256(_encoded(msgspec.structs.replace(document, check=b""))).digest()


def _encoded(document: Document) -> bytes:
    return msgspec.json.encode(document, order="deterministic")
