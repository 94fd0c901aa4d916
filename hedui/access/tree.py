"""Merkle tree heads as RFC 6962 (section 2.1) defines them, kept up to date entry by entry.

Of a tree of n leaves only the roots of its full subtrees are kept, one per bit of n: its *peaks*, the largest first.
They are all that is needed to go on, and the head follows from them.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate
from typing import Final

from hedui.sealing.merkle import HASH, leaf, node

EMPTY: Final = sha256(b"").digest()


class Tree:
    """A tree that leaves are added to. `peaks` of `size` leaves continue an earlier one; ValueError if they cannot."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or len(peaks) != size.bit_count() or any(len(peak) != HASH for peak in peaks):
            raise ValueError(size)
        self.size = size
        self._peaks = list(peaks)

    def add(self, data: bytes) -> None:
        """Add one leaf: its data, which is hashed here."""
        peak = leaf(data)
        size, peaks = self.size, self._peaks
        while size & 1:
            peak = node(peaks.pop(), peak)
            size >>= 1
        peaks.append(peak)
        self.size += 1

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the full subtrees, the largest first."""
        return tuple(self._peaks)

    @property
    def root(self) -> bytes:
        """The tree head; of an empty tree the hash of nothing."""
        if not self._peaks:
            return EMPTY
        head = self._peaks[-1]
        for left in self._peaks[-2::-1]:
            head = node(left, head)
        return head


def steps(size: int) -> list[int]:
    """Return the sizes after each peak of a tree, as 4, 6, 7 for 7 leaves: what its peaks say of smaller trees."""
    bits = [1 << at for at in reversed(range(size.bit_length())) if size >> at & 1]
    return list(accumulate(bits))
