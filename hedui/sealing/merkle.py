"""Merkle trees as RFC 6962 and RFC 9162 define them: roots and inclusion proofs, over SHA-256.

A leaf is hashed with the prefix 0x00 and a node with 0x01, so that neither can pass for the other. A proof is its
hashes end to end, 32 bytes each, from the leaves upward.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

HASH = 32  # bytes of a hash


def leaf(data: bytes) -> bytes:
    """Return the hash of one entry."""
    return sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of two hashes."""
    return sha256(b"\1" + left + right).digest()


class Tree:
    """The tree over some leaf hashes. It keeps all of its nodes: two hashes a leaf."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        # A node without a neighbour moves up unchanged. That is the tree of the RFCs, which split at the largest power
        # of two: the two halves are then whole on every level but the last place.
        self._levels = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            level = [sha256(b"\1" + a + b).digest() for a, b in zip(below[::2], below[1::2], strict=False)]
            if len(below) % 2:
                level.append(below[-1])
            self._levels.append(level)

    def __len__(self) -> int:
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        """The hash over everything; of no leaves it is the hash of nothing."""
        return self._levels[-1][0] if len(self) else sha256(b"").digest()

    def path(self, index: int) -> bytes:
        """Return the inclusion proof of one leaf; IndexError where there is no such leaf."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        beside = ((level, (index >> height) ^ 1) for height, level in enumerate(self._levels))
        return b"".join(level[place] for level, place in beside if place < len(level))

    def paths(self, height: int = 0) -> Iterator[bytes]:
        """Give the inclusion proof of every leaf in turn, each made from its parent's: two steps a leaf in all."""
        if height == len(self._levels) - 1:
            yield from (b"" for _ in self._levels[height])
            return
        level = self._levels[height]
        for place, above in zip(range(0, len(level), 2), self.paths(height + 1), strict=True):
            if place + 1 == len(level):
                yield above
            else:
                yield level[place + 1] + above
                yield level[place] + above


def path_length(index: int, size: int) -> int:
    """Return how many hashes the inclusion proof of a leaf has: its levels, less those where it has no neighbour."""
    count = 0
    last = size - 1
    while last:
        count += index < last or index % 2
        index, last = index >> 1, last >> 1
    return count


def verify_inclusion(leaf_hash: bytes, index: int, size: int, path: bytes, root_hash: bytes) -> bool:
    """Whether the leaf is at `index` of the tree of `size` leaves with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or len(path) != HASH * path_length(index, size):
        return False
    running, last, at = leaf_hash, size - 1, 0
    while last:
        if index % 2:
            running, at = node(path[at : at + HASH], running), at + HASH
        elif index < last:
            running, at = node(running, path[at : at + HASH]), at + HASH
        index, last = index >> 1, last >> 1
    return running == root_hash
