"""Names compared per second on one core, Arrow strings in, beside rapidfuzz's own pairwise distance on the same lists.

Two mixes of a million pairs (`PAIRS=n` for another number): **typical** pairs are a person's name and the same name as
a source wrote it, at the mock province's rates of errors; **all-different** ones are two people's. The slower one
counts. Seconds are those that the processor spent on this process, all its threads together, so that a busy machine
measures alike.
"""

import os
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from bench import Figure
from matching import names
from mock_province.world.name_errors import write_names
from mock_province.world.names import DOTTED, draw, vocabulary
from mock_province.world.rates import rates
from mock_province.world.streams import pick, stream

BAR = 2.5  # million pairs a second
_DOTTED_SHARE = 0.03
_TIMES = 3


def main() -> Figure:
    """Time both mixes; the tables of characters are built before, once a process."""
    pairs = int(os.environ.get("PAIRS", "1000000"))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    began = time.perf_counter()
    names.compare(pa.array(["张伟", "張小明"]), pa.array(["章玮", "ZHANG"]))
    print(f"tables built in {time.perf_counter() - began:.2f} s")
    speeds = [_measure(mix, one, other) for mix, (one, other) in mixes(pairs).items()]
    return Figure("names", round(min(speeds), 2), "M pairs/s/core", BAR, min(speeds) >= BAR)


def mixes(pairs: int) -> dict[str, tuple[pa.StringArray, pa.StringArray]]:
    """Draw the pairs of each mix, the same on every machine."""
    rng = stream(1, "bench", "names")
    family = np.where(rng.random(pairs) < _DOTTED_SHARE, DOTTED, pick(rng, pairs, vocabulary().surname_weights))
    people = draw(rng, rng.random(pairs) < 0.5, rng.integers(1935, 2020, pairs), family)  # noqa: PLR2004
    text = people.text()
    written, _ = write_names(rng, text, people.dotted, people.rare, rates("vehicles").name, gbk=False)
    return {"typical": (text, written), "all-different": (text, text.take(pa.array(rng.permutation(pairs))))}


def _measure(mix: str, one: pa.StringArray, other: pa.StringArray) -> float:
    levels = np.bincount(names.compare(one, other), minlength=len(names.LEVELS))
    shares = ", ".join(
        f"{level} {count / len(one):.3%}" for level, count in zip(names.LEVELS, levels, strict=True) if count
    )
    speed = _speed(len(one), lambda: names.compare(one, other))
    lists = one.to_pylist(), other.to_pylist()
    bare = _speed(len(one), lambda: cpdist(*lists, scorer=OSA.distance, workers=1))
    converted = _speed(len(one), lambda: cpdist(one.to_pylist(), other.to_pylist(), scorer=OSA.distance, workers=1))
    prepared = names.prepare(one), names.prepare(other)
    again = _speed(len(one), lambda: names.compare(*prepared))
    print(f"{mix}: {speed:.2f} M pairs/s ({again:.2f} M once prepared): {shares}")
    print(
        f"{mix}: rapidfuzz cpdist (no spelling, distances only) {bare:.2f} M from lists, {converted:.2f} M from Arrow"
    )
    return speed


def _speed(pairs: int, work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_TIMES):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return pairs / best / 1e6
