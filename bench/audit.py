"""How long a trail of a million entries takes to verify on one core: as an export, and in a SQLite registry.

The entries are like those of a province's offices: 400 users, 300,000 households, the fields of `report.show`. A
checkpoint lies at every 10,000th, as if one were signed a night. What is verified is everything that
`hedui audit verify` verifies: canonical bytes, hashes, chain, numbers, tree heads, signatures; in the registry the
columns by which entries are found as well. `ROWS=n` changes the number.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, insert

from bench import Figure
from hedui.access.checkpoints import Keys, KeySigner, keys_of, sign
from hedui.access.entry import ZERO, Content, Stored, chained, pack, stamp
from hedui.access.trail import HEADER, InFile, InRegistry, Trail, line_of
from hedui.access.tree import Tree
from hedui.access.verify import Verdict, verify
from hedui.registry import database
from hedui.registry.models import AuditEntry
from hedui.settings import Settings

_ROWS = 1_000_000
_BAR = 60.0
_EVERY = 10_000
_BLOCK = 10_000
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_USERS, _HOUSEHOLDS = 400, 300_000


def main() -> Figure:
    """Verify both, and count the slower one."""
    rows = int(os.environ.get("ROWS", str(_ROWS)))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    signer = KeySigner(Ed25519PrivateKey.generate())
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), database_url="")
        engine = database.connect(settings)
        path, copies = _written(engine, Path(folder) / "trail.jsonl", rows, signer)
        keys = keys_of([signer.public_key])
        slowest = _timed("export", InFile(path), copies, keys, rows)
        with database.session(engine, readonly=True) as session:
            slowest = max(slowest, _timed("registry", InRegistry(session), copies, keys, rows))
        engine.dispose()
    bar = _BAR if rows == _ROWS else None
    return Figure("audit", round(slowest, 1), "s to verify a million entries", bar, slowest <= _BAR if bar else None)


def _timed(name: str, trail: Trail, copies: list[bytes], keys: Keys, rows: int) -> float:
    began = time.process_time()
    verdict = verify(trail, copies, keys)
    seconds = time.process_time() - began
    assert verdict == Verdict(rows, len(copies), rows - rows % _EVERY, ()), verdict
    print(
        f"{name}: {rows:,} entries, {len(copies)} checkpoints: {seconds:.1f} s, {seconds / rows * 1e6:.1f} µs an entry"
    )
    return seconds


def _written(engine: Engine, path: Path, rows: int, signer: KeySigner) -> tuple[Path, list[bytes]]:
    tree, copies, block = Tree(), [], []
    with path.open("wb") as file:
        file.write(HEADER + b"\n")
        for stored, at in _entries(rows):
            file.write(line_of(stored) + b"\n")
            tree.add(stored.hash)
            _, actor, action, subject = stored.found_by or ("", "", "", "")
            block.append(
                {"seq": stored.seq, "at": at, "actor": actor, "action": action, "subject": subject}
                | {"prev": stored.prev, "content": stored.content, "hash": stored.hash}
            )
            if tree.size % _EVERY == 0:
                copies.append(sign(signer, tree, stored.hash, at).line)
            if len(block) == _BLOCK or tree.size == rows:
                with database.session(engine) as session:
                    session.execute(insert(AuditEntry.__table__), block)
                block.clear()
    print(f"written: {path.stat().st_size / rows:.0f} bytes an entry")
    return path, copies


def _entries(rows: int) -> Iterator[tuple[Stored, datetime]]:
    prev = ZERO
    for seq in range(1, rows + 1):
        at = _BEGAN + timedelta(seconds=7 * seq, microseconds=seq % 1_000_000)
        household = f"1.{hashlib.sha256(b'%d' % (seq % _HOUSEHOLDS)).hexdigest()[:32]}"
        said = Content(
            about="household",
            action="report.show",
            actor=f"clerk.{seq % _USERS:03}",
            at=stamp(at),
            case=household[::-1],
            detail={"run": "2026-06-30.1"},
            outcome="allowed",
            purpose="allowance",
            region="320102",
            role="caseworker",
            seq=seq,
            sources=("*",),
            subject=household,
        )
        packed = pack(said)
        stored = Stored(seq, prev, chained(prev, packed), packed, (said.at, said.actor, said.action, said.subject))
        prev = stored.hash
        yield stored, at
