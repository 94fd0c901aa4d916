"""From 64-bit keys to the applicants who have them: a hash table in plain arrays, asked a column at a time."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Places: TypeAlias = npt.NDArray[np.int32]

_MULTIPLIER: Final = np.uint64(
    0x9E3779B97F4A7C15
)  # 2**64 / golden ratio: spreads neighbouring keys (Fibonacci hashing)
_ROOM: Final = 2  # buckets a key, at least
_BITS: Final = 16  # bits a key, at least, in the filter: one absent key in twenty passes it
_BLOCK: Final = 16_384  # keys asked at a time: they stay within the processor's cache


@dataclass(frozen=True)
class Found:
    """Pairs of a position among the keys that were asked and an entry that has that key, in ascending position."""

    asked: Ints
    entry: Ints
    capped: Ints  # positions whose key has more entries than were allowed; they have no pairs


@dataclass(frozen=True)
class Lookup:
    """Entries by key. Keys are greater than zero; several entries may share one."""

    keys: Ints  # every key once, in order of its hash
    starts: Places  # where the entries of each key begin in `entries`; one more at the end
    entries: Places
    buckets: Places  # by the first bits of a hash: where its keys begin in `keys`; one more at the end
    bits: npt.NDArray[np.uint8]  # a bit for every hash that a key has: most absent keys are told by this alone

    @staticmethod
    def build(keys: Ints) -> "Lookup":
        """Make a lookup of entries 0 to n-1 by their keys; entries with key 0 have none and are left out."""
        there = np.flatnonzero(keys)
        order = there[_by_hash(keys[there])]
        ordered = keys[order]
        firsts = np.flatnonzero(np.diff(ordered, prepend=0))
        unique = ordered[firsts]
        starts = np.append(firsts, len(ordered)).astype(np.int32)
        return Lookup(unique, starts, order.astype(np.int32), _buckets(unique), _bits(unique))

    def __len__(self) -> int:
        return len(self.entries)

    def may_have(self, keys: Ints) -> npt.NDArray[np.bool_]:
        """Say which keys may have an entry: all that do, few that do not, and 0 perhaps."""
        may = np.zeros(len(keys), dtype=np.bool_)
        if not len(self.keys):
            return may
        shift = np.uint64(64 - self.bits.size.bit_length() - 2)  # to a bit: three more than to a byte
        hashed, byte, bit = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint8), np.empty(_BLOCK, np.uint8)
        for start in range(0, len(keys), _BLOCK):
            block = keys[start : start + _BLOCK].view(np.uint64)
            at, found, within = hashed[: len(block)], byte[: len(block)], bit[: len(block)]
            np.multiply(block, _MULTIPLIER, out=at)
            np.right_shift(at, shift, out=at)
            np.bitwise_and(at, np.uint64(7), out=within, casting="unsafe")
            np.right_shift(at, np.uint64(3), out=at)
            np.take(self.bits, at.view(np.int64), out=found, mode="clip")
            np.right_shift(found, within, out=found)
            np.bitwise_and(found, np.uint8(1), out=may[start : start + _BLOCK].view(np.uint8))
        return may

    def find(self, keys: Ints, most: int | None = None) -> Found:
        """Return every entry of every key, ascending; of keys that have more than `most` entries, none."""
        if not len(self.keys) or not len(keys):
            nothing = np.zeros(0, dtype=np.int64)
            return Found(nothing, nothing, nothing)
        asked = np.flatnonzero(self.may_have(keys))
        places = self._places(keys[asked])
        there = places >= 0
        asked, at = asked[there], places[there]
        first = self.starts[at].astype(np.int64)
        counts = self.starts[at + 1] - first
        many = np.zeros(len(asked), dtype=np.bool_) if most is None else counts > most
        capped = asked[many]
        if len(capped):
            asked, first, counts = asked[~many], first[~many], counts[~many]
        if counts.size and counts.max() > 1:
            asked, positions = np.repeat(asked, counts), _runs(first, counts)
        else:
            positions = first
        return Found(asked, self.entries[positions].astype(np.int64), capped)

    def count(self, keys: Ints) -> Ints:
        """Return how many entries each key has."""
        found = np.zeros(len(keys), dtype=np.int64)
        if len(self.keys):
            places = self._places(keys)
            there = places >= 0
            found[there] = np.diff(self.starts)[places[there]]
        return found

    def _places(self, keys: Ints) -> Places:
        # The index into `self.keys` of each key, -1 where it is not there.
        bucket = _hashed(keys, len(self.buckets) - 1)
        at, end = self.buckets[bucket], self.buckets[bucket + 1]
        at[at == end] = -1
        wrong = np.flatnonzero((at >= 0) & (self.keys[at] != keys))
        while len(wrong):
            at[wrong] += 1
            over = at[wrong] == end[wrong]
            at[wrong[over]] = -1
            wrong = wrong[~over]
            wrong = wrong[self.keys[at[wrong]] != keys[wrong]]
        return at


def _by_hash(keys: Ints) -> Ints:
    """Return the order of keys by their hash; equal keys keep theirs."""
    hashed = keys.view(np.uint64) * _MULTIPLIER  # an odd number: no two keys have one hash
    low = np.uint64(len(keys).bit_length())
    # Sorting plain integers is eight times as fast as sorting places by them: a place takes its hash's lowest bits.
    both = hashed >> low << low
    both |= np.arange(len(keys), dtype=np.uint64)
    both.sort()
    order = (both & ((np.uint64(1) << low) - np.uint64(1))).view(np.int64)
    alike = both[1:] >> low == both[:-1] >> low
    if (alike & (keys[order[1:]] != keys[order[:-1]])).any():  # other keys may stand between equal ones
        return np.argsort(hashed, kind="stable")
    return order


def _buckets(keys: Ints) -> Places:
    size = 1 << max(4, (len(keys) * _ROOM - 1).bit_length())
    counts = np.bincount(_hashed(keys, size), minlength=size)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _bits(keys: Ints) -> npt.NDArray[np.uint8]:
    size = 1 << max(6, (len(keys) * _BITS - 1).bit_length())
    bits = np.zeros(size, dtype=np.bool_)
    bits[_hashed(keys, size)] = True
    return np.packbits(bits, bitorder="little")


def _hashed(keys: Ints, size: int) -> Ints:
    shift = np.uint64(64 - size.bit_length() + 1)
    hashed: Ints = ((keys.view(np.uint64) * _MULTIPLIER) >> shift).view(np.int64)
    return hashed


def _runs(first: Ints, counts: Ints) -> Ints:
    # first, first + 1, ... for `counts` numbers each, one run after the other
    ends = np.cumsum(counts)
    runs: Ints = np.arange(ends[-1]) + np.repeat(first - (ends - counts), counts)
    return runs
