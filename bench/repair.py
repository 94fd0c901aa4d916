"""Wrong resident IDs repaired per second on one core, Arrow strings in, beside trying every edit with stdnum.

200,000 numbers (`ROWS=n` for another number) with one typing error each, a quarter of each kind. What is timed is all
that is done for a wrong number before anything is looked up: every valid number one error away, and the keys of what
stands when one segment is left out. Trying every edit finds the same numbers, one number at a time. Seconds are those
that the processor spent on this process, so that a busy machine measures alike.
"""

import os

import numpy as np
import pyarrow as pa

from bench import Figure
from bench.encode import is_number, numbers, per_second
from matching import repair, resident_id

BAR = 200_000.0  # bad numbers a second a core
_TRIED_ROWS = 200
_CHARACTERS = "0123456789X"


def main() -> Figure:
    """Time the repair, and count what comes of it."""
    texts, truth = wrong(int(os.environ.get("ROWS", "200000")))
    probes = repair.edits(texts)
    led_back = np.unique(probes.row[probes.key == truth[probes.row]])
    print(f"{len(texts):,} bad numbers, {len(probes.row) / len(texts):.1f} candidates each;")
    print(f"{len(led_back):,} lead back to the number that was meant, {len(texts) - len(led_back):,} do not")

    edits = per_second(len(texts), lambda: repair.edits(texts))
    both = per_second(len(texts), lambda: (repair.edits(texts), repair.partial_keys(texts)))
    few = texts.slice(0, _TRIED_ROWS).to_pylist()
    tried = per_second(len(few), lambda: [_tried(text) for text in few], times=1)
    print(f"edits alone {edits:,.0f}/s, with partial keys {both:,.0f}/s")
    print(f"every edit tried with stdnum {tried:,.0f}/s; ratio {edits / tried:,.0f}")
    return Figure("repair", round(both), "bad numbers/s/core", BAR, both >= BAR and len(led_back) == len(texts))


def wrong(rows: int, seed: int = 20260702) -> tuple[pa.StringArray, np.ndarray]:
    """Draw numbers with one typing error each, and the keys of those that were meant."""
    rng = np.random.default_rng(seed)
    right = numbers(rows, seed)
    texts = []
    places, digits = rng.integers(0, 17, rows).tolist(), rng.integers(0, 10, rows).tolist()
    for row, (text, at, digit) in enumerate(zip(right.to_pylist(), places, digits, strict=True)):
        ways = (
            f"{text[:at]}{digit}{text[at + 1 :]}",
            f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}",
            f"{text[:at]}{digit}{text[at:]}",
            f"{text[:at]}{text[at + 1 :]}",
        )
        texts.append(ways[row % len(ways)])
    column = pa.array(texts, pa.string())
    bad = resident_id.keys(column) == 0  # some errors change nothing: two equal neighbours swapped
    return column.filter(pa.array(bad)), resident_id.keys(right)[bad]


def _tried(text: str) -> set[str]:
    tries: set[str] = set()
    if len(text) == resident_id.LENGTH:
        tries |= {text[:at] + new + text[at + 1 :] for at in range(len(text)) for new in _CHARACTERS}
        tries |= {text[:at] + text[at + 1] + text[at] + text[at + 2 :] for at in range(len(text) - 1)}
    elif len(text) > resident_id.LENGTH:
        tries |= {text[:at] + text[at + 1 :] for at in range(len(text))}
    else:
        tries |= {text[:at] + new + text[at:] for at in range(len(text) + 1) for new in _CHARACTERS}
    return {one for one in tries if is_number(one)}
