"""Randomness by name: every part of the world draws from its own stream, so that a new part disturbs no old one.

Only comparisons, sums and integer draws follow the raw bits: no logarithm or power, whose last bit may depend on the
machine.
"""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Stream = np.random.Generator


def stream(seed: int, *part: str) -> Stream:
    """Return the stream of one part of the world: the same for the same seed and part, whatever else is drawn."""
    key = int.from_bytes(sha256("/".join(part).encode()).digest()[:16], "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, key])))


def pick(rng: Stream, size: int, weights: Sequence[float] | npt.NDArray[np.float64]) -> Ints:
    """Draw `size` indexes into `weights`, each as often as its weight says."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return _where(edges, rng.random(size) * edges[-1])


def spread(rng: Stream, size: int, weights: Sequence[float]) -> Ints:
    """Like `pick`, but every index occurs as often as its weight says to within one, also in small worlds."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    places = (rng.permutation(size) + rng.random()) / max(size, 1) * edges[-1]
    return _where(edges, places)


def banded(rng: Stream, size: int, bands: Sequence[tuple[float, int, int]]) -> Ints:
    """Draw whole numbers from bands (weight, from, up to and including)."""
    band = pick(rng, size, [weight for weight, _, _ in bands])
    low = np.array([low for _, low, _ in bands], dtype=np.int64)[band]
    high = np.array([high for _, _, high in bands], dtype=np.int64)[band]
    return rng.integers(low, high, endpoint=True)


def chance(rng: Stream, share: float | npt.NDArray[np.float64], size: int) -> Mask:
    """Toss `size` coins that fall true with probability `share` (one for all, or one each)."""
    return np.asarray(rng.random(size) < share)


def _where(edges: npt.NDArray[np.float64], places: npt.NDArray[np.float64]) -> Ints:
    index: Ints = np.searchsorted(edges, places, side="right").astype(np.int64)
    return np.minimum(index, len(edges) - 1)
