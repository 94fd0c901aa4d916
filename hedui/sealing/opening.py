"""Opening a batch and one report of it. Whatever is not right ends in `BrokenSeal`, in the order of the specification.

A reader needs the private key of a region and, from the vault, the household's share. Nothing is decrypted before it is
known to belong to a signed batch, and no length is believed before it is known to lie within the bytes at hand.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple, Self

import zstandard
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hedui.sealing import layout, merkle
from hedui.sealing.errors import BrokenSeal, Part, Place
from hedui.sealing.keys import Opener, sealed_length
from hedui.sealing.layout import Fields, short
from hedui.sealing.shares import LONGEST_HEAD, Fetch, Shares, TableHead, slices
from hedui.sealing.suites import NONCE, SUITES, Suite


class Stanza(NamedTuple):
    """The batch key sealed to one key of one region."""

    region: str
    kem: int
    key_id: bytes
    sealed: bytes


@dataclass(frozen=True)
class SignedBatch:
    """A batch file whose signature holds. Nothing in it is opened yet; what it says is public."""

    place: Place
    suite: Suite
    count: int
    commitment: bytes
    root: bytes
    signer: bytes
    head: bytes
    signature: bytes
    stanzas: tuple[Stanza, ...]
    unsealed: bytes = field(repr=False)
    seal: bytes

    @classmethod
    def verify(cls, file: bytes, place: Place, signers: Mapping[bytes, Ed25519PublicKey]) -> Self:
        """Read a batch file of this place and check its signature. `signers`: trusted keys by `signing_key_id`.

        Raises `BrokenSeal`: layout, names, signer, signature.
        """
        fields = Fields(file, lambda: place.broken("batch", "layout"))
        magic, version, suite_id, count, commitment, root, signer = layout.HEAD.unpack(fields.take(layout.HEAD.size))
        suite = SUITES.get(suite_id)
        known = (magic, version) == (layout.BATCH_MAGIC, layout.VERSION) and 0 < count <= layout.MAX_REPORTS
        if not known or suite is None:
            raise place.broken("batch", "layout")
        names = (fields.name(), fields.name())
        head = file[: fields.at]
        signature = fields.take(layout.SIGNATURE)
        stanzas = _stanzas(fields, place)
        if names != (place.county, place.run_id):
            raise place.broken("batch", "names")
        if signer not in signers:
            raise place.broken("batch", "signer")
        try:
            signers[signer].verify(signature, layout.SIGNED + head)
        except InvalidSignature:
            raise place.broken("batch", "signature") from None
        unsealed, seal = file[: -layout.SEAL], file[-layout.SEAL :]
        return cls(place, suite, count, commitment, root, signer, head, signature, stanzas, unsealed, seal)

    @property
    def head_hash(self) -> bytes:
        """What binds stanzas and share table to this batch, and names it among others of the same place."""
        return sha256(self.head).digest()

    def open(self, region: str, private: Opener) -> "Batch":
        """Open the batch with a key of a region. Raises `BrokenSeal`: recipient, batch-key, batch-seal."""
        wanted = (region, private.key_id)
        sealed = next((one.sealed for one in self.stanzas if (one.region, one.key_id) == wanted), None)
        if sealed is None:
            raise self.place.broken("batch", "recipient")
        try:
            batch_key = private.open(sealed, layout.stanza_info(self.head_hash, short(region)))
        except (InvalidTag, ValueError):
            raise self.place.broken("batch", "batch-key") from None
        # Anyone can seal a key to a public key; only the one that the signed head commits to is the batch's.
        if not hmac.compare_digest(layout.batch_commitment(self.suite, batch_key), self.commitment):
            raise self.place.broken("batch", "batch-key")
        if not hmac.compare_digest(layout.batch_seal(self.suite, batch_key, self.unsealed), self.seal):
            raise self.place.broken("batch", "batch-seal")
        return Batch(self, batch_key)


@dataclass(frozen=True)
class Batch:
    """An opened batch. Its key alone opens no report: each needs the share of its household too."""

    signed: SignedBatch
    batch_key: bytes = field(repr=False)

    def shares(self, fetch: Fetch, vault: Opener) -> Shares:
        """Open the batch's share table, which `fetch(offset, length)` reads. Blocks are read when they are needed.

        Raises `BrokenSeal`: layout, names, recipient, table.
        """
        return self.shares_behind(TableHead.read(fetch(0, LONGEST_HEAD), self.signed.place), fetch, vault)

    def shares_behind(self, head: TableHead, fetch: Fetch, vault: Opener) -> Shares:
        """Open the batch's share table, of which the head is read already: it says which epoch's key to bring."""
        return Shares(self._bound(head), fetch, self.signed.place, vault)

    def shares_whole(self, file: bytes, vault: Opener) -> Shares:
        """Open the batch's share table, of which all bytes are at hand; it must have not one more."""
        head = TableHead.read_whole(file, self.signed.place)
        return Shares(self._bound(head), slices(file), self.signed.place, vault)

    def open(self, sealed: bytes, household: str, shares: Shares) -> bytes:
        """Return the document of one household: `sealed` is its whole report, core and path.

        Raises `BrokenSeal` for anything but the untouched report of this household, county and run, and Stop
        (`report-shredded`) where the household's share was destroyed.
        """
        self._bound(shares.head)
        suite, length = self.signed.suite, self.signed.suite.key_length
        index, start, end = self._included(sealed, household)
        share = shares.share(index, household)

        body = start + layout.fixed_fields(suite)
        header, fields = sealed[:start], sealed[start:body]
        nonce, wrapped, commitment = fields[:NONCE], fields[NONCE : -layout.COMMITMENT], fields[-layout.COMMITMENT :]
        wrapping = suite.expand(self.batch_key + share, layout.HOUSEHOLD_KEY + header, length)
        try:
            key = suite.decrypt(wrapping, nonce, wrapped, header)
        except InvalidTag:
            raise self._broken("data-key", household) from None
        derived = suite.expand(key, layout.PAYLOAD, length + layout.COMMITMENT)
        if not hmac.compare_digest(derived[length:], commitment):
            raise self._broken("commitment", household)
        try:
            inner = suite.decrypt(derived[:length], nonce, sealed[body:end], sealed[:body])
        except InvalidTag:
            raise self._broken("payload", household) from None
        return self._document(inner, household)

    def _included(self, sealed: bytes, household: str) -> tuple[int, int, int]:
        """Return the index of a report that is this household's and in this batch, and where header and core end."""
        signed = self.signed
        names = short(household) + short(signed.place.county) + short(signed.place.run_id)
        start = layout.REPORT.size + len(names)
        if len(sealed) < start:
            raise self._broken("layout", household)
        magic, version, suite_id, index, body = layout.REPORT.unpack_from(sealed)
        expected = (layout.REPORT_MAGIC, layout.VERSION, signed.suite.id)
        if (magic, version, suite_id) != expected or body > layout.MAX_BODY:
            raise self._broken("layout", household)
        if sealed[layout.REPORT.size : start] != names:
            raise self._broken("names", household)
        end = start + layout.fixed_fields(signed.suite) + body
        if index >= signed.count or len(sealed) != end + merkle.HASH * merkle.path_length(index, signed.count):
            raise self._broken("layout", household)
        if not merkle.verify_inclusion(merkle.leaf(sealed[:end]), index, signed.count, sealed[end:], signed.root):
            raise self._broken("path", household)
        return index, start, end

    def _document(self, inner: bytes, household: str) -> bytes:
        # A worker could sign anything, so what comes out is still checked before memory is spent on it.
        broken = self._broken("document", household)
        if len(inner) < layout.INNER.size:
            raise broken
        length, squeezed = layout.INNER.unpack_from(inner)
        end = layout.INNER.size + squeezed
        # The one length that fits is also what bounds the document: at most eight times what came in.
        if len(inner) != layout.inner_length(length, squeezed) or inner[end:].strip(b"\0"):
            raise broken
        return _decompressed(memoryview(inner)[layout.INNER.size : end], length, broken)

    def _bound(self, head: TableHead) -> TableHead:
        signed = self.signed
        said = (head.suite.id, head.count, head.head_hash)
        if said != (signed.suite.id, signed.count, signed.head_hash):
            raise signed.place.broken("shares", "names")
        return head

    def _broken(self, part: Part, household: str) -> BrokenSeal:
        return self.signed.place.broken("report", part, household)


def _stanzas(fields: Fields, place: Place) -> tuple[Stanza, ...]:
    """Read the rest of a batch file, in at most 8 turns."""
    count = fields.take(1)[0]
    if not 0 < count <= layout.MAX_RECIPIENTS:
        raise place.broken("batch", "layout")
    stanzas = []
    for _ in range(count):
        region = fields.name()
        kem, key_id = layout.STANZA.unpack(fields.take(layout.STANZA.size))
        length = sealed_length(kem, layout.SECRET)
        if length is None:
            raise place.broken("batch", "layout")
        stanzas.append(Stanza(region, kem, key_id, fields.take(length)))
    fields.take(layout.SEAL)
    fields.end()
    return tuple(stanzas)


def _decompressed(frame: memoryview, length: int, broken: BrokenSeal) -> bytes:
    try:
        # The frame says how long its content is, and that much memory is taken: so it must say what was agreed to.
        if zstandard.get_frame_parameters(frame).content_size != length:
            raise broken
        document = zstandard.ZstdDecompressor().decompress(frame, max_output_size=length, allow_extra_data=False)
    except zstandard.ZstdError:
        raise broken from None
    if len(document) != length:
        raise broken
    return document
