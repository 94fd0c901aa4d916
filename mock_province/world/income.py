"""Income month by month: pensions, and what employers withheld tax from. Some months lack."""

import numpy as np

from mock_province.world import invented
from mock_province.world.columns import dates, money, numbered, scrambled, words
from mock_province.world.holdings import Holding, reported, some
from mock_province.world.lives import Lives
from mock_province.world.people import NOBODY, People
from mock_province.world.streams import Ints, Stream, chance

MONTHS = 6  # how many past months the sources deliver
_TAX_FREE = 500_000  # fen a month
_KINDS = ("wages", "labour", "business", "other")


def _periods(lives: Lives, rng: Stream, owner: Ints, began: Ints) -> tuple[Ints, Ints, Ints]:
    """Spread owners over the past full months; return owner, first and last day of each period. Some months lack."""
    month = np.datetime64(lives.day, "M").astype(np.int64) - 1 - np.arange(MONTHS)
    keep = chance(rng, 0.95, len(owner) * MONTHS).reshape(len(owner), MONTHS) & (began[:, None] >= np.arange(MONTHS))
    who, back = np.nonzero(keep)
    start = month[back].astype("datetime64[M]")
    end = (start + 1).astype("datetime64[D]").astype(np.int64) - 1
    return owner[who], start.astype("datetime64[D]").astype(np.int64), end


def pension(people: People, lives: Lives, rng: Stream) -> Holding:
    """Pensions paid, month by month."""
    payees = some((lives.pension > 0) & reported(people, rng, 0.5))
    began = np.where(chance(rng, 0.06, len(payees)), rng.integers(0, MONTHS, size=len(payees)), MONTHS)
    owner, start, end = _periods(lives, rng, payees, began)
    amount = lives.pension[owner]
    items = {
        "insurance_number": numbered("32S", owner, 11),
        "amount": money(amount),
        "period_from": dates(start),
        "period_to": dates(end),
    }
    return Holding(owner, items, end, amount)


def personal_income_tax(people: People, lives: Lives, rng: Stream) -> Holding:
    """Income that employers withheld tax from, month by month, and a few business incomes."""
    declares = (lives.employer != NOBODY) | chance(rng, 0.1, len(people))
    earners = some((lives.wage > 0) & declares & reported(people, rng, 0.4))
    began = np.where(chance(rng, 0.15, len(earners)), rng.integers(0, MONTHS, size=len(earners)), MONTHS)
    owner, start, end = _periods(lives, rng, earners, began)
    size = len(owner)
    amount = lives.wage[owner] + rng.integers(-15_000, 15_000, size=size)
    formal = lives.employer[owner] != NOBODY
    items = {
        "declaration": numbered("T32", scrambled(size, 10), 12),
        "employer": invented.employers(lives.employer[owner]),
        "income_item": words(_KINDS, np.where(formal, 0, 1 + owner % 3)),
        "amount": money(amount),
        "tax": money(np.maximum(amount - _TAX_FREE, 0) * 3 // 100),
        "period_from": dates(start),
        "period_to": dates(end),
    }
    return Holding(owner, items, end, amount)
