"""Proving a trail, or naming what was done to it: edited, deleted, inserted, reordered, cut, rewritten, forked.

Two walls. The chain shows whatever was done without hashing anew all that follows. Signed checkpoints show what an
administrator of the database did who hashed it all anew; those that lie elsewhere show it even if he holds the key.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any, Literal

from catalogue.problems import Stop
from hedui.access.checkpoints import Checkpoint, Keys, checked
from hedui.access.diagnosis import Seen, diagnosed
from hedui.access.entry import ZERO, Stored, whole
from hedui.access.trail import Trail
from hedui.access.tree import Tree, steps

Kind = Literal["edited", "deleted", "inserted", "reordered", "cut", "rewritten", "forked", "forged"]

_Peaks = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was done, and to which entries: `first` to `last`.

    `rewritten` and `forked`: the first entry that differs lies between them. `forged`: a checkpoint (by its place
    among those given, from 1) that none of the keys signed.
    """

    kind: Kind
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was read, how far signatures reach, and what was found; no findings: the trail is whole."""

    entries: int
    checkpoints: int  # with a valid signature
    signed: int  # entries up to the last checkpoint that the trail agrees with; what follows could be cut unseen
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Walk:
    """What one reading of a trail gives."""

    entries: int
    straight: bool  # every entry whole, in its place, and chained to the one before
    peaks: dict[int, tuple[_Peaks, bytes]]  # by size: the tree's peaks and the last hash, where a checkpoint asks


def verify(trail: Trail, copies: Iterable[bytes], keys: Keys) -> Verdict:
    """Verify a trail against the checkpoints that lie with it and `copies` of others, by public `keys`.

    Raises Stop `audit-no-key` where there are checkpoints and no key.
    """
    lines = list(dict.fromkeys([*trail.checkpoints(), *copies]))
    if lines and not keys:
        raise Stop("audit-no-key")
    read = [checked(line, keys) for line in lines]
    forged = [Finding("forged", at, at) for at, found in enumerate(read, 1) if found is None]
    signed = sorted((found for found in read if found is not None), key=lambda found: (found.size, found.at))
    walk = _walk(trail, {step for found in signed for step in (0, *steps(found.size))})
    broken, last = ([], walk.entries) if walk.straight else _chain_findings(trail)
    sound = min((finding.first for finding in broken), default=walk.entries + 1)
    agreed = [found.size for found in signed if _agrees(found, walk)]
    against = [*_parted(signed, walk, agreed, sound), *_two_of_a_size(signed), *_cut(signed, walk, sound, last)]
    findings = (*broken, *_first_of_each(against), *forged)
    return Verdict(walk.entries, len(signed), max(agreed, default=0), findings)


def _walk(trail: Trail, wanted: set[int]) -> _Walk:
    tree, head, straight = Tree(), ZERO, True
    peaks: dict[int, tuple[_Peaks, bytes]] = {}
    if 0 in wanted:
        peaks[0] = ((), ZERO)
    add = tree.add
    place = 0
    for place, stored in enumerate(trail.entries(), 1):
        content = whole(stored)
        if content is None or stored.prev != head or not place == stored.seq == content.seq:
            straight = False
        head = stored.hash
        add(head)
        if place in wanted:
            peaks[place] = (tree.peaks, head)
    return _Walk(place, straight, peaks)


def _chain_findings(trail: Trail) -> tuple[list[Finding], int]:
    found, last = diagnosed(_seen(stored) for stored in trail.entries())
    return [Finding(*one) for one in found], last


def _seen(stored: Stored) -> Seen:
    content = whole(stored)
    if content is not None:
        return Seen(stored.seq, stored.prev, stored.hash, content.seq)
    bare = whole(stored._replace(found_by=None))  # is it only that its columns were changed?
    return Seen(stored.seq, stored.prev, stored.hash, bare.seq if bare else None, edited=True)


def _agrees(found: Checkpoint, walk: _Walk) -> bool:
    here = walk.peaks.get(found.size)
    return here == (_peaks(found), bytes.fromhex(found.head)) if here else False


def _peaks(found: Checkpoint) -> _Peaks:
    return tuple(bytes.fromhex(peak) for peak in found.peaks)


def _apart(found: Checkpoint, walk: _Walk) -> tuple[int, int] | None:
    # Between which sizes trail and checkpoint part; None where nothing of the trail contradicts it. Each of its peaks
    # says something of a smaller tree, so that one checkpoint narrows the place by itself.
    signed, together = _peaks(found), 0
    for count, size in enumerate(steps(found.size), 1):
        if size > walk.entries:
            return None
        if walk.peaks[size][0] != signed[:count]:
            return together, size
        together = size
    return None if found.size > walk.entries or _agrees(found, walk) else (max(together - 1, 0), found.size)


def _parted(signed: Sequence[Checkpoint], walk: _Walk, agreed: Sequence[int], sound: int) -> Iterator[Finding]:
    # What the chain does not show: its entries before `sound` are chained without a break, and yet not what was signed.
    for found in signed:
        parted = _apart(found, walk)
        if parted is None or parted[1] >= sound:
            continue
        together = max([parted[0], *(size for size in agreed if size < parted[1])])
        # Where a later state, which the trail agrees with, was signed as well, two histories were signed.
        kind: Kind = "forked" if any(size >= parted[1] for size in agreed) else "rewritten"
        yield Finding(kind, together + 1, parted[1])


def _two_of_a_size(signed: Sequence[Checkpoint]) -> Iterator[Finding]:
    for one, other in pairwise(signed):
        if one.size == other.size and (one.root, one.head) != (other.root, other.head):
            peaks = zip(steps(one.size), one.peaks, other.peaks, strict=True)
            same = takewhile(lambda step: step[1] == step[2], peaks)
            yield Finding("forked", max((size for size, *_ in same), default=0) + 1, one.size)


def _cut(signed: Sequence[Checkpoint], walk: _Walk, sound: int, last: int) -> Iterator[Finding]:
    # A checkpoint that the trail contradicts where it is sound is of another history, and says nothing of this one.
    parted = [(found.size, _apart(found, walk)) for found in signed]
    longest = max((size for size, apart in parted if apart is None or apart[1] >= sound), default=0)
    if longest > last:
        yield Finding("cut", last + 1, longest)


def _first_of_each(findings: Iterable[Finding]) -> list[Finding]:
    # One finding of a kind: the narrowest of those that end first; later ones follow from it.
    first: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda one: (one.last, -one.first)):
        first.setdefault(finding.kind, finding)
    return list(first.values())


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict for programs."""
    found = [{"kind": one.kind, "first": one.first, "last": one.last} for one in verdict.findings]
    return {
        "whole": not verdict.findings,
        "entries": verdict.entries,
        "checkpoints": verdict.checkpoints,
        "signed": verdict.signed,
        "findings": found,
    }
