"""Merkle trees as RFC 6962 and RFC 9162 define them: roots, inclusion and consistency proofs, over SHA-256.

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


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes (RFC 9162, 2.1.1)."""
    return Tree(leaves).root


def inclusion(leaves: Sequence[bytes], index: int) -> bytes:
    """Return the proof that the leaf at `index` is in the tree (RFC 9162, 2.1.3); IndexError where it is not."""
    return Tree(leaves).path(index)


def consistency(leaves: Sequence[bytes], size: int) -> bytes:
    """Return the proof that the tree over the first `size` leaves grew into this one (RFC 9162, 2.1.4).

    ValueError unless 0 < size <= len(leaves).
    """
    if not 0 < size <= len(leaves):
        raise ValueError("there was no such tree")
    proof: list[bytes] = []
    # SUBPROOF(size, leaves[low:high], whole) of the RFC, walked down; what is beside the way is collected upward.
    low, high, whole = 0, len(leaves), True
    while size < high:
        middle = low + _split(high - low)
        if size <= middle:
            proof.append(root(leaves[middle:high]))
            high = middle
        else:
            proof.append(root(leaves[low:middle]))
            low, whole = middle, False
    if not whole:
        proof.append(root(leaves[low:high]))
    return b"".join(reversed(proof))


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


def verify_consistency(old_size: int, size: int, old_root: bytes, root_hash: bytes, proof: bytes) -> bool:
    """Whether the tree of `size` leaves begins with the one of `old_size` leaves (RFC 9162, 2.1.4.2)."""
    if not 0 < old_size <= size or len(proof) % HASH:
        return False
    hashes = [proof[at : at + HASH] for at in range(0, len(proof), HASH)]
    if old_size == size:
        return not hashes and old_root == root_hash
    if not old_size & (old_size - 1):  # a whole tree is its own first hash
        hashes.insert(0, old_root)
    index, last = old_size - 1, size - 1
    while index % 2:
        index, last = index >> 1, last >> 1
    return _grown(hashes, index, last) == (old_root, root_hash)


def _grown(hashes: list[bytes], index: int, last: int) -> tuple[bytes, bytes] | None:
    """Return both roots that a consistency proof leads to; None where it is too long or too short."""
    if not hashes:
        return None
    old = new = hashes[0]
    for one in hashes[1:]:
        if not last:
            return None
        if index % 2 or index == last:
            old, new = node(one, old), node(one, new)
            while index and not index % 2:
                index, last = index >> 1, last >> 1
        else:
            new = node(new, one)
        index, last = index >> 1, last >> 1
    return (old, new) if not last else None


def _split(size: int) -> int:
    """Return the largest power of two below `size` (at least 2)."""
    return 1 << (size - 1).bit_length() - 1
