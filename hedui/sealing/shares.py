"""Opening a share table with the vault's private key, whole or one block at a time. The caller fetches the bytes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag

from catalogue.problems import Stop
from hedui.sealing import layout
from hedui.sealing.errors import Place
from hedui.sealing.keys import Opener, sealed_length
from hedui.sealing.layout import BLOCK, ENTRY, SECRET, Fields
from hedui.sealing.suites import SUITES, Suite

Fetch = Callable[[int, int], bytes]  # offset, length → the bytes there; fewer only where the file ends
LONGEST_HEAD = 2048  # bytes to fetch for the head of a share table, whatever its KEM
SHREDDED = bytes(SECRET)


@dataclass(frozen=True)
class TableHead:
    """The front of a share table, read but not opened."""

    suite: Suite
    count: int
    head_hash: bytes
    epoch: int
    kem: int
    key_id: bytes
    binding: bytes
    sealed_key: bytes

    @classmethod
    def read(cls, front: bytes, place: Place) -> Self:
        """Read the first `LONGEST_HEAD` bytes of a table, or all that there are; `BrokenSeal` (layout)."""
        broken = place.broken("shares", "layout")
        fields = Fields(front, lambda: broken)
        binding = fields.take(layout.TABLE.size)
        magic, version, suite_id, count, head_hash = layout.TABLE.unpack(binding)
        epoch, kem, key_id = layout.VAULT.unpack(fields.take(layout.VAULT.size))
        suite = SUITES.get(suite_id)
        known = (magic, version) == (layout.SHARES_MAGIC, layout.VERSION) and 0 < count <= layout.MAX_REPORTS
        length = sealed_length(kem, suite.key_length) if suite else None
        if not known or suite is None or length is None:
            raise broken
        return cls(suite, count, head_hash, epoch, kem, key_id, binding, fields.take(length))

    @classmethod
    def read_whole(cls, file: bytes, place: Place) -> Self:
        """Read a table of which all bytes are at hand, and that must have not one byte more."""
        head = cls.read(file[:LONGEST_HEAD], place)
        if len(file) != head.file_size:
            raise place.broken("shares", "layout")
        return head

    @property
    def size(self) -> int:
        """Bytes of this head."""
        return len(self.binding) + layout.VAULT.size + len(self.sealed_key)

    @property
    def file_size(self) -> int:
        """Bytes of the whole table."""
        start, length = layout.block_range((self.count - 1) // BLOCK, self.count)
        return self.size + start + length

    def open_key(self, vault: Opener, place: Place) -> bytes:
        """Return the table's key; `BrokenSeal` where the table is sealed to another key than this one."""
        if vault.key_id != self.key_id:
            raise place.broken("shares", "recipient")
        try:
            return vault.open(self.sealed_key, layout.table_info(self.binding, self.epoch))
        except (InvalidTag, ValueError):
            raise place.broken("shares", "table") from None


class Shares:
    """An opened share table. It holds the last block that was asked for, and no more."""

    def __init__(self, head: TableHead, fetch: Fetch, place: Place, vault: Opener) -> None:
        """Open the table whose blocks `fetch` reads. Raises `BrokenSeal`: recipient, table."""
        self.head = head
        self._key = head.open_key(vault, place)
        self._fetch = fetch
        self._place = place
        self._last = (-1, b"")

    def share(self, index: int, household: str) -> bytes:
        """Return the share of the household at `index`; Stop (`report-shredded`) where it was destroyed."""
        if not 0 <= index < self.head.count:
            raise self._place.broken("shares", "share", household)
        at = index % BLOCK * ENTRY
        entry = self._block(index // BLOCK)[at : at + ENTRY]
        if entry[SECRET:] != layout.mark(household):
            raise self._place.broken("shares", "share", household)
        if entry[:SECRET] == SHREDDED:
            raise Stop("report-shredded", household=household, run=self._place.run_id)
        return entry[:SECRET]

    def entries(self) -> Iterator[bytes]:
        """Give every entry in turn: a share of `SECRET` bytes, then the mark of its household."""
        for number in range((self.head.count + BLOCK - 1) // BLOCK):
            block = self._block(number)
            yield from (block[at : at + ENTRY] for at in range(0, len(block), ENTRY))

    def _block(self, number: int) -> bytes:
        if self._last[0] != number:
            start, length = layout.block_range(number, self.head.count)
            sealed = self._fetch(self.head.size + start, length)
            try:
                nonce = layout.block_nonce(number)
                block = self.head.suite.decrypt(self._key, nonce, sealed, self.head.binding)
            except (InvalidTag, ValueError):
                raise self._place.broken("shares", "share") from None
            self._last = (number, block)
        return self._last[1]


def slices(file: bytes) -> Fetch:
    """Fetch from bytes at hand."""
    return lambda offset, length: file[offset : offset + length]
