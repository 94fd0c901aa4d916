"""Financial assets: bank accounts, wealth products, the housing fund."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mock_province.world import invented
from mock_province.world.columns import dates, money, numbered, scrambled, words
from mock_province.world.holdings import Holding, before, some
from mock_province.world.lives import Lives
from mock_province.world.people import NOBODY, People
from mock_province.world.streams import Stream, banded, chance, pick

_PRODUCTS = ("示例稳健一号", "示例稳健二号", "示例增利90天", "示例日日盈", "示例养老目标")
# Balances in fen: (weight, from, to).
_SMALL = [(0.12, 0, 0), (0.5, 1, 200_000), (0.3, 200_000, 1_500_000), (0.08, 1_500_000, 4_000_000)]
_LARGE = [(0.05, 0, 0), (0.4, 1, 1_000_000), (0.4, 1_000_000, 9_000_000), (0.15, 9_000_000, 60_000_000)]
_FIXED_FROM = 500_000
_INVESTED = [(0.5, 1_000_000, 5_000_000), (0.4, 5_000_000, 20_000_000), (0.1, 20_000_000, 80_000_000)]
_FUND = [(0.2, 0, 100_000), (0.5, 100_000, 3_000_000), (0.3, 3_000_000, 14_000_000)]


def deposit(people: People, lives: Lives, rng: Stream) -> Holding:
    """Bank accounts; balances of the poor are small but for the few who hide wealth."""
    adults = lives.adult & lives.alive
    count = np.where(adults, banded(rng, len(people), [(0.15, 0, 0), (0.45, 1, 1), (0.28, 2, 2), (0.12, 3, 4)]), 0)
    count = np.where(~lives.adult & chance(rng, 0.03, len(people)), 1, count)
    owner = np.repeat(np.arange(len(people)), count)
    size = len(owner)
    hidden = chance(rng, 0.06, len(people))[owner]
    balance = np.where(lives.poor[owner] & ~hidden, banded(rng, size, _SMALL), banded(rng, size, _LARGE))
    fixed = chance(rng, np.where(balance > _FIXED_FROM, 0.45, 0.02), size)
    balance = np.where(fixed, balance // 100_000 * 100_000, balance)  # fixed terms are in whole thousands
    opened = np.maximum(before(rng, lives, size, 14), people.birth[owner] + 200)
    items = {
        "account": numbered("6299", scrambled(size, 10), 15),
        "kind": words(("demand", "fixed"), fixed.astype(np.int64)),
        "balance": money(balance),
        "opened_on": dates(np.minimum(opened, lives.today)),
    }
    return Holding(owner, items, np.full(size, lives.today), balance)


def wealth_product(_: People, lives: Lives, rng: Stream) -> Holding:
    """Wealth products at banks that sell them."""
    owner = some(lives.heirs(rng, 0.16, 0.02))
    size = len(owner)
    value = banded(rng, size, _INVESTED)
    items = {
        "contract": numbered("LC", scrambled(size, 10), 12),
        "product": words(_PRODUCTS, pick(rng, size, [0.3, 0.2, 0.2, 0.2, 0.1])),
        "value": money(value),
        "bought_on": dates(before(rng, lives, size, 3)),
    }
    return Holding(owner, items, np.full(size, lives.today), value)


def housing_fund(_: People, lives: Lives, rng: Stream) -> Holding:
    """Accounts in the housing fund: employees, and some who left their employer."""
    owner = some(((lives.employer != NOBODY) & lives.heirs(rng, 0.55, 0.35)) | lives.heirs(rng, 0.03, 0.01))
    balance = banded(rng, len(owner), _FUND)
    balance = np.where(lives.poor[owner], balance // 4, balance)
    monthly = lives.wage[owner] // 1000 * 120  # 12 %
    items = {
        "account": numbered("GJJ", scrambled(len(owner), 10), 10),
        "balance": money(balance),
        "monthly_deposit": pc.if_else(pa.array(monthly > 0), money(monthly), None),
        "employer": invented.employers(lives.employer[owner]),
    }
    return Holding(owner, items, np.full(len(owner), lives.today), balance)
