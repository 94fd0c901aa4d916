"""The bytes of version 2: magics, fixed parts, labels of derivations, limits, and a reader that stops at the end.

Integers are big-endian. A *short* is one byte of length, then that many bytes of UTF-8. docs/sealed-report.md is the
specification; names and order here follow it.
"""

import struct
from collections.abc import Callable
from hashlib import sha256

from hedui.sealing.errors import BrokenSeal
from hedui.sealing.keys import KEY_ID
from hedui.sealing.suites import NONCE, TAG, Suite

VERSION = 2
BATCH_MAGIC = b"HEDUIBAT"
SHARES_MAGIC = b"HEDUISHR"
REPORT_MAGIC = b"HEDUIRPT"

MAX_RATIO = 8  # a document is at most so many times as long as what is encrypted, so that memory stays in proportion
MAX_INNER = 1 << 20  # bytes that are encrypted for one document
MAX_BODY = MAX_INNER + TAG
MAX_DOCUMENT = MAX_INNER * MAX_RATIO  # bytes of a document; a usual one has 4,000 to 40,000
MAX_REPORTS = 1 << 20  # of one batch
MAX_RECIPIENTS = 8
MAX_NAME = 255  # bytes of a household, a county, a run, a region
PADDING = 1024  # the length of a report tells its size to the next kibibyte only

SECRET = 32  # bytes of a batch key and of a share
COMMITMENT = 32
SEAL = 32
SIGNATURE = 64
MARK = 16  # bytes by which a household is found in its share table
ENTRY = SECRET + MARK
BLOCK = 1024  # entries of a share table that are sealed together: one range read fetches a share

# magic, version, suite, reports, commitment, root, signing key
HEAD = struct.Struct(f">8sBBI{COMMITMENT}s32s{KEY_ID}s")
# magic, version, suite, reports, hash of the signed head
TABLE = struct.Struct(">8sBBI32s")
# epoch, KEM, key
VAULT = struct.Struct(f">IH{KEY_ID}s")
# KEM, key
STANZA = struct.Struct(f">H{KEY_ID}s")
# magic, version, suite, index, length of the body
REPORT = struct.Struct(">8sBBII")
# length of the document, length of its Zstandard frame
INNER = struct.Struct(">II")

SIGNED = b"hedui/2 signed head\0"
BATCH_KEY = b"hedui/2 batch key\0"
BATCH_COMMITMENT = b"hedui/2 batch commitment\0"
BATCH_SEAL = b"hedui/2 batch seal\0"
SHARE_TABLE = b"hedui/2 share table\0"
HOUSEHOLD = b"hedui/2 household\0"
HOUSEHOLD_KEY = b"hedui/2 household key\0"
PAYLOAD = b"hedui/2 payload\0"


def short(text: str) -> bytes:
    """Return a name with its length before it; ValueError where it is empty or too long to have one."""
    raw = text.encode()
    if not 0 < len(raw) <= MAX_NAME:
        raise ValueError("a name is 1 to 255 bytes long")
    return bytes((len(raw),)) + raw


def inner_length(document: int, frame: int) -> int:
    """Return the bytes that are encrypted for a document of so many bytes and its frame of so many."""
    least = max(INNER.size + frame, -(-document // MAX_RATIO))
    return least + -least % PADDING


def fixed_fields(suite: Suite) -> int:
    """Return the bytes of a report between its header and its body: nonce, wrapped key, commitment."""
    return NONCE + suite.key_length + TAG + COMMITMENT


def block_range(number: int, count: int) -> tuple[int, int]:
    """Return where a block of a share table begins, counted from the end of its head, and how long it is."""
    return number * (BLOCK * ENTRY + TAG), min(BLOCK, count - number * BLOCK) * ENTRY + TAG


def block_nonce(number: int) -> bytes:
    """Return the nonce of one block of a share table: its number. The table's key is never used for another table."""
    return number.to_bytes(NONCE, "big")


def batch_commitment(suite: Suite, batch_key: bytes) -> bytes:
    """Return what the signed head says of the batch key: enough to recognise it, nothing to find it by."""
    return suite.expand(batch_key, BATCH_COMMITMENT, COMMITMENT)


def batch_seal(suite: Suite, batch_key: bytes, before: bytes) -> bytes:
    """Return the end of a batch file, which only holders of the batch key can make. `before`: all bytes before it."""
    return suite.expand(batch_key, BATCH_SEAL + sha256(before).digest(), SEAL)


def stanza_info(head_hash: bytes, region: bytes) -> bytes:
    """Return the HPKE info under which the batch key is sealed to a region (as a short)."""
    return BATCH_KEY + head_hash + region


def table_info(binding: bytes, epoch: int) -> bytes:
    """Return the HPKE info under which a table's key is sealed to the vault. `binding`: the table's fixed part."""
    return SHARE_TABLE + binding + epoch.to_bytes(4, "big")


def mark(household: str) -> bytes:
    """Return the bytes by which a household is found in its share table."""
    return sha256(HOUSEHOLD + household.encode()).digest()[:MARK]


class Fields:
    """Takes fields off the front of some bytes; whatever does not fit ends in the caller's error."""

    def __init__(self, data: bytes, broken: Callable[[], BrokenSeal]) -> None:
        self._data = data
        self._broken = broken
        self.at = 0

    def take(self, length: int) -> bytes:
        """Return the next bytes, exactly so many."""
        end = self.at + length
        if end > len(self._data):
            raise self._broken()
        taken, self.at = self._data[self.at : end], end
        return taken

    def name(self) -> str:
        """Return the next name, a short of at least one byte."""
        raw = self.take(self.take(1)[0])
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            raise self._broken() from None
        if not name:
            raise self._broken()
        return name

    def end(self) -> None:
        """Expect nothing more."""
        if self.at != len(self._data):
            raise self._broken()
