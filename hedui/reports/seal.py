"""Sealing a report: format version 1, specified in docs/report.md.

The document is compressed, padded and encrypted by AES-256-GCM under a fresh random key. That key is sealed by HPKE
(RFC 9180: X25519, HKDF-SHA256, AES-256-GCM) to each of the household's regions. Everything before the body is
associated data, and what names household, county and run is bound into each sealed key: nothing can be moved or cut.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from catalogue.problems import Stop
from catalogue.regions import lineage

MAGIC = b"HEDUIRPT"
VERSION = 1
MAX_DOCUMENT = 16 << 20  # bytes of a document, before compression
MAX_SEALED = MAX_DOCUMENT + (1 << 16)
PADDING = 1024  # the length of a sealed report tells its size to the next kibibyte only

_PREFIX = struct.Struct(">8sB")
_BODY_LENGTH = struct.Struct(">I")
_INNER = struct.Struct(">II")
_KEY, _NONCE, _TAG = 32, 12, 16
_WRAPPED = 80  # an X25519 share, the sealed key and its tag
_MAX_RECIPIENTS = 8
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class BrokenSeal(Stop):
    """The bytes are not a whole, untouched report of this household, county and run for the holder of this key."""

    def __init__(self, code: str = "report-seal-broken", **where: str | int) -> None:
        super().__init__(code, **where)


class Recipients(Protocol):
    """Whom reports are sealed to: public keys by region code (province, city or county)."""

    def recipient(self, region: str) -> X25519PublicKey:
        """Return the public key of a region."""


class PrivateKeys(Protocol):
    """Who can open reports: private keys by region code."""

    def private(self, region: str) -> X25519PrivateKey:
        """Return the private key of a region; `Stop` or `KeyError` where there is none."""


@dataclass(frozen=True)
class Subject:
    """What a sealed report is about. None of it is personal; all of it is bound to the seal."""

    household_ref: str
    county: str
    run_id: str


def recipients_of(county: str, keys: Recipients) -> dict[str, X25519PublicKey]:
    """Return the public keys of the county, its city and its province, in this order."""
    return {region: keys.recipient(region) for region in lineage(county)}


def seal(document: bytes, subject: Subject, recipients: Mapping[str, X25519PublicKey]) -> bytes:
    """Seal a document (at most 16 MiB) so that each of `recipients` can open it. No two results are alike."""
    if len(document) > MAX_DOCUMENT or not 0 < len(recipients) <= _MAX_RECIPIENTS:
        raise ValueError("document too long or no recipients")
    names = _names(subject)
    key = AESGCM.generate_key(bit_length=256)
    stanzas = b"".join(
        _short(region) + _SUITE.encrypt(key, public, _binding(names, region)) for region, public in recipients.items()
    )
    inner = _pack(document)
    head = names + bytes([len(recipients)]) + stanzas + _BODY_LENGTH.pack(len(inner) + _TAG)
    nonce = os.urandom(_NONCE)
    return head + nonce + AESGCM(key).encrypt(nonce, inner, head)


def open_sealed(sealed: bytes, subject: Subject, region: str, private: X25519PrivateKey) -> bytes:
    """Return the document; `BrokenSeal` for anything but an untouched report of `subject` sealed to `region`."""
    broken = BrokenSeal(household=subject.household_ref, run=subject.run_id)
    names = _names(subject)
    if len(sealed) > MAX_SEALED or not sealed.startswith(names):
        raise broken
    head, wrapped, body = _parse(sealed, len(names), region, broken)
    try:
        key = _SUITE.decrypt(wrapped, private, _binding(names, region))
        inner = AESGCM(key).decrypt(body[:_NONCE], body[_NONCE:], head)
    except (InvalidTag, ValueError):
        raise broken from None
    return _unpack(inner, broken)


def open_with(keys: PrivateKeys, sealed: bytes, subject: Subject) -> bytes:
    """Open with whichever private key is at hand: the county's, else the city's, else the province's.

    Raises `Stop` (report-no-key) where there is none, `BrokenSeal` where the one at hand does not open it.
    """
    for region in lineage(subject.county):
        try:
            private = keys.private(region)
        except (Stop, KeyError):
            continue
        return open_sealed(sealed, subject, region, private)
    raise Stop("report-no-key", county=subject.county)


def _names(subject: Subject) -> bytes:
    parts = (subject.household_ref, subject.county, subject.run_id)
    return _PREFIX.pack(MAGIC, VERSION) + b"".join(_short(part) for part in parts)


def _short(text: str) -> bytes:
    raw = text.encode()
    return bytes([len(raw)]) + raw


def _binding(names: bytes, region: str) -> bytes:
    return b"hedui sealed report\0" + names + _short(region)


def _parse(sealed: bytes, at: int, region: str, broken: BrokenSeal) -> tuple[bytes, bytes, bytes]:
    """Return associated data, the key sealed to `region`, and nonce with body, in at most 8 turns of a loop."""
    wrapped = None
    try:
        count, at = sealed[at], at + 1
        if not 0 < count <= _MAX_RECIPIENTS:
            raise broken
        for _ in range(count):
            end = at + 1 + sealed[at]
            if sealed[at + 1 : end] == region.encode():
                wrapped = sealed[end : end + _WRAPPED]
            at = end + _WRAPPED
        (length,) = _BODY_LENGTH.unpack_from(sealed, at)
    except (IndexError, struct.error):
        raise broken from None
    at += _BODY_LENGTH.size
    if wrapped is None or len(sealed) != at + _NONCE + length:
        raise broken
    return sealed[:at], wrapped, sealed[at:]


def _pack(document: bytes) -> bytes:
    # Compressed, because reports repeat the names of 55 sources; padded, because length then tells little.
    # Nobody outside can place text of their choice beside it and watch lengths many times: compression is safe here.
    squeezed = bytes(pa.compress(document, codec="zstd"))
    size = _INNER.size + len(squeezed)
    return _INNER.pack(len(document), len(squeezed)) + squeezed + bytes(-size % PADDING)


def _unpack(inner: bytes, broken: BrokenSeal) -> bytes:
    # Anyone can seal to a public key, so what comes out is still checked before memory is spent on it.
    if len(inner) < _INNER.size:
        raise broken
    length, squeezed = _INNER.unpack_from(inner)
    end = _INNER.size + squeezed
    if length > MAX_DOCUMENT or end > len(inner) or inner[end:].strip(b"\0"):
        raise broken
    try:
        document = bytes(pa.decompress(inner[_INNER.size : end], decompressed_size=length, codec="zstd"))
    except (OSError, ValueError, pa.ArrowException):
        raise broken from None
    if len(document) != length:
        raise broken
    return document
