"""Documents of 4 KB sealed per second on one core, everything included, beside bare AES-GCM on the same bytes.

A county of 4,000 households (`ROWS=n` for another number), sealed 250 at a time: compressed, padded, encrypted under a
key of their own, that key wrapped, hashed into the tree, given their paths; the batch signed, its key sealed to three
regions and its shares to the vault, by the post-quantum hybrid. Bare AES-GCM is one new key and one call a document:
the least that sealing them apart can cost. Documents are JSON like a report's, or incompressible. Seconds are those
that the processor spent on this process, the best of several rounds; a busy machine still measures less.
"""

import json
import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench import Figure
from hedui.sealing import merkle
from hedui.sealing.batch import Finished, Sealer, Vault
from hedui.sealing.errors import Place
from hedui.sealing.keys import PrivateKey, signing_key_id
from hedui.sealing.opening import SignedBatch
from hedui.sealing.suites import GUOMI, INTERNATIONAL, Suite

BAR = 20_000.0
_SIZE = 4096
_AT_ONCE = 250
_TIMES = 12
_PLACE = Place("2026-06-30.1", "320102")
_REGIONS = {code: PrivateKey.generate() for code in ("320102", "3201", "32")}
_VAULT = PrivateKey.generate()
_SIGNING = Ed25519PrivateKey.generate()


def main() -> Figure:
    """Seal them, open some again, and say where the time goes."""
    rows = int(os.environ.get("ROWS", "4000"))
    documents = report_like(rows)
    _opens_again(documents)
    sealed, bare = per_second(documents, seal), per_second(documents, _bare)
    print(f"4 KB of JSON: {sealed:,.0f}/s; bare AES-GCM {bare:,.0f}/s; ratio {bare / sealed:.1f}")
    noise = [random.Random(n).randbytes(_SIZE) for n in range(rows)]  # noqa: S311
    print(f"4 KB of noise: {per_second(noise, seal):,.0f}/s; bare AES-GCM {per_second(noise, _bare):,.0f}/s")
    guomi = per_second(documents, lambda some: seal(some, GUOMI))
    print(f"suite guomi, 4 KB of JSON: {guomi:,.0f}/s")
    for step, work in _steps(documents):
        print(f"  {step:<40}{1e6 / per_second(documents, lambda _, work=work: work()):6.1f} µs a document")
    return Figure("sealing", round(sealed), "documents/s/core", BAR, sealed >= BAR)


def seal(documents: Sequence[bytes], suite: Suite = INTERNATIONAL) -> None:
    """Seal documents as one batch, from its beginning to its end, and write all of it away."""
    finished, cores = _sealed(documents, suite)
    with Path(os.devnull).open("wb") as store:
        store.writelines((finished.batch, finished.shares))
        store.writelines(finished.reports(cores))


def _sealed(documents: Sequence[bytes], suite: Suite = INTERNATIONAL) -> tuple[Finished, list[bytes]]:
    sealer = _sealer(suite)
    cores: list[bytes] = []
    for at in range(0, len(documents), _AT_ONCE):
        some = documents[at : at + _AT_ONCE]
        cores += sealer.seal([f"H{n:06d}" for n in range(at, at + len(some))], some)
    return sealer.finish(), cores


def _sealer(suite: Suite = INTERNATIONAL) -> Sealer:
    recipients = {code: key.public for code, key in _REGIONS.items()}
    return Sealer(_PLACE, recipients, Vault(1, _VAULT.public), _SIGNING, suite)


def _bare(documents: Sequence[bytes]) -> None:
    for document in documents:
        drawn = os.urandom(44)
        AESGCM(drawn[:32]).encrypt(drawn[32:], document, None)


def per_second(documents: Sequence[bytes], work: Callable[[Sequence[bytes]], object]) -> float:
    """Return the documents that one core gets through in a second, the best of several rounds."""
    best = float("inf")
    for _ in range(_TIMES):
        began = time.process_time()
        work(documents)
        best = min(best, time.process_time() - began)
    return len(documents) / best


def _opens_again(documents: Sequence[bytes]) -> None:
    finished, cores = _sealed(documents[:_AT_ONCE])
    public = _SIGNING.public_key()
    opened = SignedBatch.verify(finished.batch, _PLACE, {signing_key_id(public): public}).open("3201", _REGIONS["3201"])
    table = opened.shares_whole(finished.shares, _VAULT)
    for n, report in enumerate(finished.reports(cores)):
        if opened.open(report, f"H{n:06d}", table) != documents[n]:
            raise SystemExit("error: a report did not come back")


def _steps(documents: Sequence[bytes]) -> list[tuple[str, Callable[[], object]]]:
    """Return each step alone, on what the step before it gives. Alone they find warmer caches than together."""
    sealer = _sealer()
    pack, core = sealer._packed, sealer._core  # noqa: SLF001
    inners = [pack("H", document) for document in documents]
    key, nonce = os.urandom(32), os.urandom(12)
    cores = [core(n, "H000001", inner, key, key, nonce) for n, inner in enumerate(inners)]
    leaves = [merkle.leaf(one) for one in cores]
    single = [b""]
    return [
        ("compress and pad", lambda: [pack("H", document) for document in documents]),
        (
            "derive three keys, wrap, encrypt",
            lambda: [core(n, "H000001", inner, key, key, nonce) for n, inner in enumerate(inners)],
        ),
        ("hash into leaves", lambda: [merkle.leaf(one) for one in cores]),
        ("tree and paths", lambda: list(merkle.Tree(leaves).paths())),
        ("what a batch costs, spread over these", lambda: seal(single)),
    ]


def report_like(rows: int) -> list[bytes]:
    """Make JSON documents of 4,096 bytes that compress as the answers in a report do."""
    rng = random.Random(20260630)  # noqa: S311
    sources = [(f"bank_{n:02d}", "".join(rng.choices("abcdefghijklmnop", k=9)).title()) for n in range(1, 44)]
    made = []
    for row in range(rows):
        members = [f"H{row:06d}-{n}" for n in range(1, rng.randrange(2, 5))]
        answers = [_answer(rng, source, name, members) for source, name in rng.sample(sources, 20)]
        made.append(json.dumps(answers, separators=(",", ":")).encode().ljust(_SIZE)[:_SIZE])
    return made


def _answer(rng: random.Random, source: str, name: str, members: list[str]) -> dict[str, object]:
    found = rng.random() < 0.2  # noqa: PLR2004
    return {
        "answer": "found" if found else "none",
        "as_of": f"2026-06-{rng.randrange(1, 31):02d}",
        "balance": f"{rng.randrange(10**7) / 100:.2f}" if found else None,
        "members": [{"answer": "none", "member": member, "records": int(found)} for member in members],
        "name": {"en": f"{name} Commercial Bank", "zh": f"{name}商业银行"},
        "source": source,
    }
