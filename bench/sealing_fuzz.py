"""Hostile sealed files: what the worst of 200,000 inputs (`INPUTS=n`) costs, in processor time and in memory.

An input is an honest file with some bytes flipped, cut, moved, repeated or replaced, or a length exchanged for one that
hurts. Seven kinds in turn: a report, a batch file, a share table; noise; and what only a worker with the signing key
could make, so that the checks behind the signature are reached too: signed heads, signed reports, forged insides. Each
must end in the one typed error, or open to what was sealed. Each is opened twice, first timed, then under tracemalloc.
"""

import os
import random
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import shake_256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench import Figure
from catalogue.problems import Stop
from hedui.sealing import layout, merkle
from hedui.sealing.batch import Sealer, Vault, batch_file, share_table
from hedui.sealing.errors import BrokenSeal, Place
from hedui.sealing.keys import PrivateKey, signing_key_id
from hedui.sealing.opening import Batch, SignedBatch
from hedui.sealing.suites import SUITES, Suite

BAR_MS = 50.0
BAR_MEMORY = 10  # times the size of the input …
SMALLEST = 4096  # … which counts as at least so many bytes: an error and its place take room too
_GROUP = 64  # forged reports that share a batch
_LENGTHS = (0, 1, 7, 8, 255, 1023, 1024, 1025, 0x7FFF, 0xFFFF, 1 << 20, 1 << 24, 0x7FFFFFFF, 0xFFFFFFFF)

Attempt = Callable[[], bytes | None]


@dataclass
class Found:
    """What became of all inputs."""

    inputs: int = 0
    seconds: float = 0.0
    memory: float = 0.0
    worst: dict[str, str] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def time(self, kind: str, size: int, seconds: float) -> None:
        """Note what one input took."""
        self.inputs += 1
        if seconds > self.seconds:
            self.seconds = seconds
            self.worst["time"] = f"{seconds * 1000:.1f} ms: {kind} of {size:,} bytes"

    def room(self, kind: str, size: int, peak: int) -> None:
        """Note what memory one input took."""
        times = peak / max(size, SMALLEST)
        if times > self.memory:
            self.memory = times
            self.worst["memory"] = f"{times:.1f} times its size: {kind} of {size:,} bytes took {peak:,}"


@dataclass(frozen=True)
class Input:
    """One hostile file: `attempt` opens it; `honest` is what may come out, None for anything."""

    kind: str
    size: int
    attempt: Attempt
    honest: bytes | None = None


def main() -> Figure:
    """Open every input."""
    found = fuzz(int(os.environ.get("INPUTS", "200000")), seed=20260630)
    for outcome, count in sorted(found.outcomes.items()):
        print(f"{count:>9,}  {outcome}")
    print("worst:", "; ".join(found.worst.values()))
    for fault in found.faults[:5]:
        print("fault:", fault)
    holds = found.seconds * 1000 <= BAR_MS and found.memory <= BAR_MEMORY and not found.faults
    return Figure("sealing_fuzz", round(found.seconds * 1000, 1), "ms for the worst input", BAR_MS, holds)


def fuzz(inputs: int, seed: int, memory_of_every: int = 1) -> Found:
    """Open so many inputs, the same for the same seed but for their keys; look at the memory of every n-th."""
    found = Found()
    rng = random.Random(seed)  # noqa: S311
    for made in _inputs(rng):
        began = time.process_time()
        _open(made, found)
        found.time(made.kind, made.size, time.process_time() - began)
        if found.inputs % memory_of_every == 0:
            tracemalloc.start()
            _open(made, Found())
            found.room(made.kind, made.size, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        if found.inputs == inputs:
            break
    return found


def _open(made: Input, found: Found) -> None:
    try:
        document = made.attempt()
    except BrokenSeal as broken:
        found.outcomes[f"{made.kind}: {broken.where['file']}, {broken.where['part']}"] += 1
    except Stop as stop:
        found.outcomes[f"{made.kind}: {stop.code}"] += 1
        if stop.code != "report-shredded":
            found.faults.append(f"{made.kind}: {stop.code}")
    except Exception as other:  # noqa: BLE001  whatever it is, it is the fault that is looked for
        found.faults.append(f"{made.kind}: {other!r}")
    else:
        found.outcomes[f"{made.kind}: opens"] += 1
        if made.honest is not None and document != made.honest:
            found.faults.append(f"{made.kind}: opened to another document")


class _Forger(Sealer):
    """A worker gone bad: it seals insides of its own making, and signs reports that it spoilt."""

    inners: Iterator[bytes] | None = None

    def _packed(self, household: str, document: bytes) -> bytes:
        return next(self.inners) if self.inners else super()._packed(household, document)


class _Target:
    """An honest batch of one suite, with all keys."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.place = Place("2026-06-30.1", "320102")
        self.private = PrivateKey.generate()
        self.vault = PrivateKey.generate()
        self.signing = Ed25519PrivateKey.generate()
        self.signers = {signing_key_id(self.signing.public_key()): self.signing.public_key()}
        self.recipients = {"320102": self.private.public}
        text = b'{"answer":"none","source":"bank_01"},'
        self.documents = {f"H{n}": (text * (4 << n))[: 150 << n] for n in range(9)}
        self.documents["H9"] = shake_256(b"incompressible").digest(40_000)
        sealer = self.sealer()
        cores = sealer.seal(list(self.documents), list(self.documents.values()))
        finished = sealer.finish()
        self.batch_file, self.shares_file = finished.batch, finished.shares
        self.reports = dict(zip(self.documents, finished.reports(cores), strict=True))
        self.batch = self.opened(self.batch_file)
        self.shares = self.batch.shares_whole(self.shares_file, self.vault)

    def sealer(self, kind: type[Sealer] = Sealer) -> Sealer:
        """Begin a batch to the same keys."""
        return kind(self.place, self.recipients, Vault(1, self.vault.public), self.signing, self.suite)

    def opened(self, file: bytes) -> Batch:
        """Verify and open a batch file."""
        return SignedBatch.verify(file, self.place, self.signers).open("320102", self.private)

    def document(self, batch: bytes, shares: bytes, household: str) -> bytes:
        """Open the report of one household with these two files."""
        opened = self.opened(batch)
        return opened.open(self.reports[household], household, opened.shares_whole(shares, self.vault))


def _inputs(rng: random.Random) -> Iterator[Input]:
    targets = [_Target(suite) for suite in SUITES.values()]
    kinds = [_report, _batch, _shares, _noise, _signed_head, _signed_reports, _insides]
    while True:
        for target in targets:
            for kind in kinds:
                yield from kind(target, rng)


def _report(target: _Target, rng: random.Random) -> Iterator[Input]:
    for household, report in target.reports.items():
        for _ in range(_GROUP // 8):
            hostile = mutated(report, rng)
            yield Input(
                "report",
                len(hostile),
                lambda household=household, hostile=hostile: target.batch.open(hostile, household, target.shares),
                target.documents[household],
            )


def _batch(target: _Target, rng: random.Random) -> Iterator[Input]:
    for _ in range(_GROUP):
        hostile = mutated(target.batch_file, rng)
        honest = target.documents["H0"]
        yield Input(
            "batch file",
            len(hostile),
            lambda hostile=hostile: target.document(hostile, target.shares_file, "H0"),
            honest,
        )


def _shares(target: _Target, rng: random.Random) -> Iterator[Input]:
    entries = list(target.shares.entries())
    for turn in range(_GROUP):
        if turn % 8:
            hostile = mutated(target.shares_file, rng)
        else:  # anybody can make a table that opens
            spoilt = [mutated(entry, rng)[: layout.ENTRY].ljust(layout.ENTRY, b"\0") for entry in entries]
            head_hash = target.batch.signed.head_hash
            hostile = share_table(target.suite, head_hash, spoilt, Vault(1, target.vault.public))
        yield Input(
            "share table",
            len(hostile),
            lambda hostile=hostile: target.batch.open(
                target.reports["H0"], "H0", target.batch.shares_whole(hostile, target.vault)
            ),
            target.documents["H0"],
        )


def _noise(target: _Target, rng: random.Random) -> Iterator[Input]:
    for start in (b"", target.reports["H0"][:42], target.batch_file[:110], target.shares_file[:70]):
        noise = start + rng.randbytes(rng.choice((0, 1, 40, 400, 4000)))
        yield Input("noise", len(noise), lambda noise=noise: target.batch.open(noise, "H0", target.shares), b"")
        yield Input("noise", len(noise), lambda noise=noise: target.opened(noise) and None, b"")
        yield Input(
            "noise", len(noise), lambda noise=noise: target.batch.shares_whole(noise, target.vault) and None, b""
        )


def _signed_head(target: _Target, rng: random.Random) -> Iterator[Input]:
    for _ in range(_GROUP // 8):
        head = mutated(target.batch.signed.head, rng)
        signature = target.signing.sign(layout.SIGNED + head)
        file = batch_file(target.suite, head, signature, target.batch.batch_key, target.recipients)
        yield Input("signed head", len(file), lambda file=file: target.document(file, target.shares_file, "H0"))


def _signed_reports(target: _Target, rng: random.Random) -> Iterator[Input]:
    sealer = target.sealer()
    honest = list(target.documents.values()) * (_GROUP // 8)
    households = [f"H{n}" for n in range(len(honest))]
    cores = [mutated(core, rng) for core in sealer.seal(households, honest)]
    sealer._leaves = [merkle.leaf(core) for core in cores]  # noqa: SLF001  the forgery
    yield from _opened_forgeries(target, "signed report", sealer, households, cores)


def _insides(target: _Target, rng: random.Random) -> Iterator[Input]:
    sealer = target.sealer(_Forger)
    assert isinstance(sealer, _Forger)
    households = [f"H{n}" for n in range(_GROUP)]
    documents = list(target.documents.values())
    honest = [sealer._packed("", documents[n % len(documents)]) for n in range(_GROUP)]  # noqa: SLF001
    sealer.inners = iter([_inside(inner, rng) for inner in honest])
    cores = sealer.seal(households, [b""] * _GROUP)
    yield from _opened_forgeries(target, "forged inside", sealer, households, cores)


def _inside(inner: bytes, rng: random.Random) -> bytes:
    """Spoil an inside; half of them keep a length that is allowed, so that the decompressor sees them."""
    if rng.random() < 0.5:  # noqa: PLR2004
        return mutated(inner, rng)
    length, squeezed = layout.INNER.unpack_from(inner)
    frame = mutated(inner[layout.INNER.size : layout.INNER.size + squeezed], rng)
    claimed = length if rng.random() < 0.8 else rng.choice(_LENGTHS)  # noqa: PLR2004
    total = min(layout.inner_length(claimed, len(frame)), layout.MAX_INNER)
    return (layout.INNER.pack(claimed, len(frame)) + frame).ljust(total, b"\0")


def _opened_forgeries(
    target: _Target, kind: str, sealer: Sealer, households: list[str], cores: list[bytes]
) -> Iterator[Input]:
    finished = sealer.finish()
    batch = target.opened(finished.batch)
    shares = batch.shares_whole(finished.shares, target.vault)
    for household, report in zip(households, finished.reports(cores), strict=True):
        yield Input(
            kind,
            len(report),
            lambda household=household, report=report: batch.open(report, household, shares),
        )


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Spoil some bytes in one to three ways."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(_WAYS)(bytearray(data or b"\0"), rng)
    return data


def _flip(data: bytearray, rng: random.Random) -> bytes:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _flip_front(data: bytearray, rng: random.Random) -> bytes:
    data[rng.randrange(min(len(data), 160))] = rng.randrange(256)
    return bytes(data)


def _length(data: bytearray, rng: random.Random) -> bytes:
    at = rng.randrange(min(len(data), 160))
    data[at : at + 4] = rng.choice(_LENGTHS).to_bytes(4, "big")
    return bytes(data)


def _cut(data: bytearray, rng: random.Random) -> bytes:
    return bytes(data[: rng.randrange(len(data))])


def _remove(data: bytearray, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    del data[start : start + rng.choice((1, 2, 16, 32, 64, 500))]
    return bytes(data)


def _insert(data: bytearray, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.choice((1, 2, 16, 32, 1024)))
    return bytes(data)


def _repeat(data: bytearray, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.choice((1, 16, 32, 48, 1000))]
    data[start:start] = piece * rng.choice((1, 2, 9))
    return bytes(data)


def _noise_inside(data: bytearray, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    end = min(len(data), start + rng.choice((4, 16, 32, 300)))
    data[start:end] = rng.randbytes(end - start)
    return bytes(data)


def _zeros(data: bytearray, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    end = min(len(data), start + rng.choice((1, 16, 32, 300)))
    data[start:end] = bytes(end - start)
    return bytes(data)


_WAYS = (_flip, _flip_front, _length, _cut, _remove, _insert, _repeat, _noise_inside, _zeros)
