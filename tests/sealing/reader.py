"""A second reader of the sealed format, written from docs/sealed-report.md alone.

It shares no code with `hedui.sealing`. If the two ever disagree about a golden file, the page or one of them is wrong.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass

import zstandard
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives import hmac as hazmat_hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

HYBRID, CURVE = 0x647A, 0x0020
E = {HYBRID: 1120, CURVE: 32}


class Refused(Exception):
    """A check of the page failed; its argument is the page's word for it."""


def check(holds: bool, word: str) -> None:  # noqa: FBT001
    if not holds:
        raise Refused(word)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        check(self.at + count <= len(self.data), "layout")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def name(self) -> bytes:
        length = self.number(1)
        check(length > 0, "layout")
        return self.take(length)


@dataclass
class Suite:
    k: int
    cipher: type
    hash: hashes.HashAlgorithm

    def hmac(self, key: bytes, data: bytes) -> bytes:
        context = hazmat_hmac.HMAC(key, self.hash)
        context.update(data)
        return context.finalize()

    def expand(self, key: bytes, info: bytes, n: int) -> bytes:
        out = block = b""
        turn = 1
        while len(out) < n:
            block = self.hmac(key, block + info + bytes([turn]))
            out, turn = out + block, turn + 1
        return out[:n]

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, ad: bytes, word: str) -> bytes:
        check(len(sealed) >= 16, word)
        context = Cipher(self.cipher(key), modes.GCM(nonce, sealed[-16:])).decryptor()
        context.authenticate_additional_data(ad)
        try:
            return context.update(sealed[:-16]) + context.finalize()
        except Exception:  # noqa: BLE001
            raise Refused(word) from None


SUITES = {1: Suite(32, algorithms.AES, hashes.SHA256()), 2: Suite(16, algorithms.SM4, hashes.SM3())}


@dataclass
class Key:
    """A private key: a seed of 32 bytes and its KEM."""

    seed: bytes
    kem: int = HYBRID

    def halves(self):
        if self.kem == CURVE:
            return None, X25519PrivateKey.from_private_bytes(self.seed)
        wide = hashlib.shake_256(self.seed).digest(96)
        return MLKEM768PrivateKey.from_seed_bytes(wide[:64]), X25519PrivateKey.from_private_bytes(wide[64:])

    @property
    def id(self) -> bytes:
        lattice, curve = self.halves()
        public = (lattice.public_key().public_bytes_raw() if lattice else b"") + curve.public_key().public_bytes_raw()
        return sha256(b"hedui/2 sealing key\0" + struct.pack(">H", self.kem) + public)[:16]

    def open(self, sealed: bytes, info: bytes, word: str) -> bytes:
        lattice, curve = self.halves()
        private = hpke.MLKEM768X25519PrivateKey(lattice, curve) if lattice else curve
        kem = hpke.KEM.MLKEM768_X25519 if lattice else hpke.KEM.X25519
        try:
            return hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM).decrypt(sealed, private, info)
        except Exception:  # noqa: BLE001
            raise Refused(word) from None


@dataclass
class Batch:
    suite: Suite
    number: int
    count: int
    root: bytes
    head_hash: bytes
    key: bytes


def open_batch(file: bytes, county: str, run: str, region: str, private: Key, signers: list[Ed25519PublicKey]) -> Batch:
    """Steps 1 and 2 of the page."""
    at = Cursor(file)
    check(at.take(8) == b"HEDUIBAT" and at.number(1) == 2, "layout")
    number = at.number(1)
    check(number in SUITES, "layout")
    suite = SUITES[number]
    count = at.number(4)
    check(1 <= count <= 1_048_576, "layout")
    commitment, root, signer = at.take(32), at.take(32), at.take(16)
    names = at.name(), at.name()
    head = file[: at.at]
    signature = at.take(64)
    stanzas = []
    how_many = at.number(1)
    check(1 <= how_many <= 8, "layout")
    for _ in range(how_many):
        stanza_region, kem, key_id = at.name(), at.number(2), at.take(16)
        check(kem in E, "layout")
        stanzas.append((stanza_region, key_id, at.take(E[kem] + 48)))
    before, seal = file[: at.at], at.take(32)
    check(at.at == len(file), "layout")
    check(names == (county.encode(), run.encode()), "names")

    trusted = {sha256(b"hedui/2 signing key\0" + one.public_bytes_raw())[:16]: one for one in signers}
    check(signer in trusted, "signer")
    try:
        trusted[signer].verify(signature, b"hedui/2 signed head\0" + head)
    except Exception:  # noqa: BLE001
        raise Refused("signature") from None

    mine = [sealed for name, key_id, sealed in stanzas if (name, key_id) == (region.encode(), private.id)]
    check(bool(mine), "recipient")
    info = b"hedui/2 batch key\0" + sha256(head) + bytes([len(region)]) + region.encode()
    key = private.open(mine[0], info, "batch-key")
    check(suite.expand(key, b"hedui/2 batch commitment\0", 32) == commitment, "batch-key")
    check(suite.expand(key, b"hedui/2 batch seal\0" + sha256(before), 32) == seal, "batch-seal")
    return Batch(suite, number, count, root, sha256(head), key)


def find_share(batch: Batch, file: bytes, index: int, household: str, vault: Key) -> bytes:
    """Step 4 of the page."""
    at = Cursor(file)
    binding = at.take(46)
    magic, version, number, count, head_hash = struct.unpack(">8sBBI32s", binding)
    check((magic, version) == (b"HEDUISHR", 2) and number in SUITES, "layout")
    suite = SUITES[number]
    epoch, kem, key_id = at.take(4), at.number(2), at.take(16)
    check(kem in E, "layout")
    sealed_key = at.take(E[kem] + suite.k + 16)
    check((number, count, head_hash) == (batch.number, batch.count, batch.head_hash), "names")
    check(key_id == vault.id, "recipient")
    key = vault.open(sealed_key, b"hedui/2 share table\0" + binding + epoch, "table")

    number = index // 1024
    entries = min(1024, count - number * 1024)
    start = at.at + number * 49_168
    block = file[start : start + entries * 48 + 16]
    plain = suite.decrypt(key, number.to_bytes(12, "big"), block, binding, "share")
    entry = plain[index % 1024 * 48 :][:48]
    check(entry[32:] == sha256(b"hedui/2 household\0" + household.encode())[:16], "share")
    check(entry[:32] != bytes(32), "report-shredded")
    return entry[:32]


def open_report(batch: Batch, shares: bytes, vault: Key, file: bytes, household: str, county: str, run: str) -> bytes:
    """Steps 3, 4 and 5 of the page."""
    suite, k = batch.suite, batch.suite.k
    at = Cursor(file)
    check(at.take(8) == b"HEDUIRPT" and at.number(1) == 2 and at.number(1) == batch.number, "layout")
    index, body_length = at.number(4), at.number(4)
    check(body_length <= 1_048_592, "layout")
    check((at.name(), at.name(), at.name()) == (household.encode(), county.encode(), run.encode()), "names")
    header = file[: at.at]
    nonce, wrapped, commitment = at.take(12), at.take(k + 16), at.take(32)
    front = file[: at.at]
    body = at.take(body_length)
    core = file[: at.at]
    check(index < batch.count, "layout")

    running, i, last = sha256(b"\0" + core), index, batch.count - 1
    while last > 0:
        if i % 2 == 1:
            running = sha256(b"\1" + at.take(32) + running)
        elif i < last:
            running = sha256(b"\1" + running + at.take(32))
        i, last = i // 2, last // 2
    check(at.at == len(file), "layout")
    check(running == batch.root, "path")

    share = find_share(batch, shares, index, household, vault)
    household_key = suite.expand(batch.key + share, b"hedui/2 household key\0" + header, k)
    data_key = suite.decrypt(household_key, nonce, wrapped, header, "data-key")
    both = suite.expand(data_key, b"hedui/2 payload\0", k + 32)
    check(hmac.compare_digest(both[k:], commitment), "commitment")
    inner = suite.decrypt(both[:k], nonce, body, front, "payload")

    length, frame_length = struct.unpack(">II", inner[:8])
    least = max(8 + frame_length, (length + 7) // 8)
    check(len(inner) == (least + 1023) // 1024 * 1024, "document")
    frame, padding = inner[8 : 8 + frame_length], inner[8 + frame_length :]
    check(padding == bytes(len(padding)), "document")
    check(zstandard.get_frame_parameters(frame).content_size == length, "document")
    document = zstandard.ZstdDecompressor().decompress(frame, max_output_size=length)
    check(len(document) == length, "document")
    return document
