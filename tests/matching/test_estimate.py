"""Estimation: known figures are found again, every round climbs, and little or odd data does no harm."""

from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from matching import estimate
from matching.comparison import NAMES, NUMBERS, pack, unpack, with_rivals
from matching.scoring import BY_RARITY, SIDED, Chances, Model

RECORDS, APPLICANTS, MATCHES = 2_000_000, 1_000_000, 500_000
DAY = date(2026, 1, 31)
START = Model.assumed()
OTHERS = tuple(level for level in NAMES if level not in {*BY_RARITY, "missing"})


def truth() -> Model:
    """What the synthetic pairs are drawn from: unlike what is shipped in every field."""
    changed = {
        "number-equal": Chances(0.93, 1e-10),
        "number-substitution": Chances(0.02, 4e-10),
        "number-swap": Chances(0.008, 1e-10),
        "number-deletion": Chances(0.004, 1e-10),
        "number-sequence": Chances(0.003, 2e-8),
        "number-birth": Chances(0.003, 1e-8),
        "name-same": Chances(0.90, 1.0),
        "name-similar": Chances(0.05, 2e-3),
        "name-different": Chances(0.015, 0.99),
        "name-homophone": Chances(0.02, 1e-3),
        "side-applicant": Chances(0.2, 0.5),
        "sex-same": Chances(0.98, 0.55),
        "sex-different": Chances(0.02, 0.45),
    }
    return replace(START, chances=START.chances | changed)


def drawn(model: Model, matches: int, pairs: float, seed: int = 1) -> Counter[int]:
    """Count patterns of `matches` pairs that are one person and the candidates among `pairs` that are two."""
    rng = np.random.default_rng(seed)
    figures = model.chances
    m = np.array([figures[f"number-{level}"].m for level in NUMBERS])
    u = np.array([figures[f"number-{level}"].u for level in NUMBERS])
    odds = np.where(np.isin(NUMBERS, SIDED), 1.0, 0.0)
    m, u = m * (1 + odds * figures["side-applicant"].m), u * (1 + odds * figures["side-applicant"].u)
    one = rng.choice(len(NUMBERS), matches, p=m / m.sum())
    two = np.repeat(np.arange(len(NUMBERS)), rng.poisson(u * pairs))
    found: Counter[int] = Counter()
    for number, side in ((one, "m"), (two, "u")):
        size = len(number)
        band = rng.choice([22, 25, 28, 31, 34, 37], size, p=[0.05, 0.1, 0.2, 0.3, 0.2, 0.15])
        name = _names(rng, figures, side, band)
        sided = np.isin(number, [NUMBERS.index(level) for level in SIDED])
        odd = getattr(figures["side-applicant"], side)
        sex = rng.choice([1, 2], size, p=[getattr(figures[f"sex-{x}"], side) for x in ("same", "different")])
        kept = np.isin(name, [NAMES.index(level) for level in BY_RARITY])
        patterns = pack(
            number,
            sided & (rng.random(size) < odd / (1 + odd)),
            name,
            np.where(kept, band, 0),
            sex=sex * (number == NUMBERS.index("sequence")),
        )
        unique, counts = np.unique(patterns, return_counts=True)
        found.update(dict(zip(unique.tolist(), counts.tolist(), strict=True)))
    return found


def _names(rng: np.random.Generator, figures: dict[str, Chances], side: str, band: np.ndarray) -> np.ndarray:
    if side == "m":
        shares = np.array([figures[f"name-{level}"].m for level in NAMES])
        return rng.choice(len(NAMES), len(band), p=shares / shares.sum())
    shares = np.array([figures[f"name-{level}"].u for level in OTHERS])
    other = np.array([NAMES.index(level) for level in OTHERS])[
        rng.choice(len(OTHERS), len(band), p=shares / shares.sum())
    ]
    return np.where(rng.random(len(band)) < 2.0 ** (-band / 2), NAMES.index("same"), other)


@cache
def synthetic() -> Counter[int]:
    return drawn(truth(), MATCHES, float(RECORDS) * APPLICANTS)


def fitted(patterns: dict[int, int], records: int = RECORDS, applicants: int = APPLICANTS) -> Model:
    return estimate.fit(patterns, records=records, applicants=applicants, start=START, data_date=DAY, source="a test")


def test_known_figures_are_found_again() -> None:
    known, model = truth(), fitted(synthetic())
    for code in (
        "number-equal",
        "number-substitution",
        "number-swap",
        "number-deletion",
        "number-birth",
        "number-sequence",
        "name-same",
        "name-former",
        "name-similar",
        "name-homophone",
        "name-different",
        "side-applicant",
        "sex-same",
        "sex-different",
    ):
        tolerance = 0.3 if code == "sex-different" else 0.1  # a few dozen pairs
        assert model.chances[code].m == pytest.approx(known.chances[code].m, rel=tolerance), code
    for code in (
        "number-substitution",
        "number-swap",
        "number-sequence",
        "number-birth",
        "name-similar",
        "name-different",
    ):
        assert model.chances[code].weight == pytest.approx(known.chances[code].weight, abs=0.4), code
    assert (model.version, model.data_date) == ("em-2026-01-31", DAY)
    assert "a test" in model.source


def test_shares_stay_shares() -> None:
    chances = fitted(synthetic()).chances
    odds = chances["side-applicant"].m
    numbers = sum(chances[f"number-{x}"].m * (1 + odds * (x in SIDED)) for x in NUMBERS)
    assert numbers == pytest.approx(1.0)
    assert sum(chances[f"name-{x}"].m for x in NAMES) == pytest.approx(1.0)
    assert all(chances[f"name-{x}"].u == START.chances[f"name-{x}"].u for x in BY_RARITY), "a name's u is counted"
    assert chances["name-missing"].weight == 0.0


def test_every_round_climbs_and_the_climb_ends() -> None:
    patterns, counts = estimate._merged(synthetic())
    own = np.isin(unpack(patterns)["number"], [NUMBERS.index(x) for x in estimate._OWN])
    climb = estimate._Climb(patterns[own], counts[own], float(RECORDS) * APPLICANTS, START)
    reached = climb.run()
    assert 3 < len(reached) < estimate._MOST_ROUNDS
    gains = np.diff([*reached, climb.step()])
    assert (gains > -1e-9 * abs(reached[0])).all()
    assert gains[0] > 1_000
    assert climb.at.p == pytest.approx(MATCHES / RECORDS / APPLICANTS, rel=0.01)


def test_order_and_rivals_do_not_matter() -> None:
    patterns = list(synthetic().items())
    tied = {int(with_rivals(np.int32(pattern), 2)[()]): count for pattern, count in patterns[::-1]}
    assert fitted(tied) == fitted(dict(patterns))


def test_masks_and_what_is_seldom_seen_keep_their_weight() -> None:
    model = fitted(synthetic())
    for code in ("number-masked", "number-masked-weak", "number-close-document", "birth-same", "birth-different"):
        assert model.chances[code].weight == pytest.approx(START.chances[code].weight, abs=2e-3), code
    assert model.chances["number-masked"].m == pytest.approx(START.chances["number-masked"].m, rel=0.2)
    assert model.within_number == START.within_number
    assert (model.possible, model.probable) == (START.possible, START.probable)


@pytest.mark.parametrize("patterns", [{}, {int(pack(0, rarity=30)[0]): 999}])
def test_too_little_data_changes_nothing_and_says_so(patterns: dict[int, int]) -> None:
    model = fitted(patterns)
    assert replace(model, source=START.source) == START
    assert "too few" in model.source


def test_nothing_but_matches() -> None:
    model = fitted(drawn(truth(), 20_000, 0.0))
    assert model.version.startswith("em-")
    assert model.chances["number-substitution"].weight > 20
    assert model.chances["name-same"].m == pytest.approx(0.9, abs=0.02)


def test_no_matches_at_all() -> None:
    model = fitted(drawn(truth(), 0, float(RECORDS) * APPLICANTS))
    assert model.chances["name-same"].m > 0.5
    for level in NUMBERS:
        assert 0 < model.chances[f"number-{level}"].weight < 60


def test_more_pairs_than_records_and_applicants_allow() -> None:
    model = fitted(synthetic(), records=10, applicants=10)
    assert all(np.isfinite(chances.weight) for chances in model.chances.values())


def test_classes_that_changed_places_are_refused() -> None:
    # Exact numbers whose names nearly always differ: whatever this is, it is not what the figures are about.
    patterns = {
        int(pack(0, name=NAMES.index("different"))[0]): 1_000_000,
        int(pack(NUMBERS.index("substitution"), name=NAMES.index("different"))[0]): 1_000_000,
    }
    model = fitted(patterns, records=1_000, applicants=2_000)
    assert replace(model, source=START.source) == START
    assert "no sensible estimate" in model.source
