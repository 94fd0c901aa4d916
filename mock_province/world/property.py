"""Property: houses, vehicles, vessels, machines, companies."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mock_province.world import invented
from mock_province.world.columns import dates, decimal, money, numbered, scrambled, words
from mock_province.world.holdings import Holding, after_adulthood, some
from mock_province.world.lives import Lives
from mock_province.world.people import NOBODY, People
from mock_province.world.streams import Stream, banded, chance, pick

_MODELS = ("示例甲型1.5L", "示例乙型1.6L", "示例丙型电动", "示例丁型2.0T", "示例戊型面包车", "示例己型125")
_VESSELS = ("机动渔船", "内河货船", "非机动渔船", "客渡船")
_MACHINES = ("轮式拖拉机", "履带式收割机", "插秧机", "手扶拖拉机", "植保无人机")


def real_estate(people: People, lives: Lives, rng: Stream) -> Holding:
    """Homes and other premises; couples hold half each of one certificate; some certificates are cancelled."""
    holders = some(lives.heirs(rng, 0.45, 0.2))
    holders = np.repeat(holders, banded(rng, len(holders), [(0.86, 1, 1), (0.11, 2, 2), (0.03, 3, 4)]))
    joint = (people.partner[holders] != NOBODY) & chance(rng, 0.6, len(holders))
    owner = np.concatenate([holders, people.partner[holders[joint]]])
    deed = np.concatenate([np.arange(len(holders)), np.flatnonzero(joint)])
    size = len(holders)
    area = banded(rng, size, [(0.45, 3_800, 7_500), (0.45, 7_500, 13_000), (0.10, 13_000, 26_000)])
    use = pick(rng, size, [0.92, 0.05, 0.03])
    cancelled = chance(rng, 0.07, size)
    items = {
        "certificate": numbered("苏不动产权第", scrambled(size, 9), 9).take(pa.array(deed)),
        "address": invented.addresses(people.county[holders], rng.integers(0, 300_000, size=size)).take(pa.array(deed)),
        "area": decimal(area[deed]),
        "use": words(("residential", "commercial", "other"), use[deed]),
        "share": decimal(np.where(joint[deed], 5_000, 10_000)),
        "status": words(("current", "cancelled"), cancelled[deed].astype(np.int64)),
        "registered_on": dates(after_adulthood(rng, people, lives, holders, 22)[deed]),
    }
    return Holding(owner, items, np.full(len(owner), lives.today), ((use == 0) & ~cancelled)[deed].astype(np.int64))


def motor_vehicle(people: People, lives: Lives, rng: Stream) -> Holding:
    """Vehicles, some scrapped or sold on; severely disabled people may have a disability vehicle."""
    special = (lives.disability > 0) & lives.heirs(rng, 0.06, 0.06)
    owner = np.concatenate([some(lives.heirs(rng, 0.34, 0.07)), some(special)])
    size = len(owner)
    kind = np.where(special[owner] & (np.arange(size) >= size - special.sum()), 3, pick(rng, size, [0.78, 0.17, 0.05]))
    state = pick(rng, size, [0.9, 0.06, 0.04])
    letters = pa.array([f"苏{a}" for a in "ABCDEFGHJKLMN"])
    city = people.county[owner] // 100 % 100 - 1
    items = {
        "plate": pc.binary_join_element_wise(letters.take(pa.array(city)), numbered("", scrambled(size, 8), 8), ""),
        "kind": words(("car", "motorcycle", "truck", "disability"), kind),
        "model": words(_MODELS, np.where(kind == 1, 5, rng.integers(0, 5, size=size))),
        "status": words(("normal", "scrapped", "transferred"), state),
        "registered_on": dates(after_adulthood(rng, people, lives, owner, 15)),
    }
    return Holding(owner, items, np.full(size, lives.today), (state == 0).astype(np.int64))


def vessel(people: People, lives: Lives, rng: Stream) -> Holding:
    """Fishing and cargo boats."""
    owner = some(lives.heirs(rng, 0.012, 0.008))
    size = len(owner)
    items = {
        "vessel_number": numbered("CN32", scrambled(size, 9), 9),
        "kind": words(_VESSELS, pick(rng, size, [0.45, 0.2, 0.3, 0.05])),
        "tonnage": decimal(banded(rng, size, [(0.8, 100, 2_000), (0.2, 2_000, 80_000)])),
        "registered_on": dates(after_adulthood(rng, people, lives, owner, 20)),
    }
    return Holding(owner, items, np.full(size, lives.today), np.ones(size, dtype=np.int64))


def farm_machinery(people: People, lives: Lives, rng: Stream) -> Holding:
    """Tractors, harvesters and the like."""
    owner = some(lives.heirs(rng, 0.03, 0.02))
    size = len(owner)
    items = {
        "plate": numbered("苏农", scrambled(size, 9), 9),
        "kind": words(_MACHINES, pick(rng, size, [0.35, 0.1, 0.15, 0.35, 0.05])),
        "power": decimal(banded(rng, size, [(0.6, 600, 3_000), (0.4, 3_000, 12_000)])),
        "registered_on": dates(after_adulthood(rng, people, lives, owner, 14)),
    }
    return Holding(owner, items, np.full(size, lives.today), np.ones(size, dtype=np.int64))


def business_registration(people: People, lives: Lives, rng: Stream) -> Holding:
    """Companies by legal representative and shareholder; dormant and cancelled ones stay in the register."""
    owner = some(lives.heirs(rng, 0.08, 0.02))
    size = len(owner)
    state = pick(rng, size, [0.72, 0.13, 0.15])
    items = {
        "credit_code": numbered("92320000MA", scrambled(size, 8), 8),
        "company": invented.shops(people.county[owner], np.arange(size)),
        "role": words(("legal_representative", "shareholder"), pick(rng, size, [0.7, 0.3])),
        "capital": money(banded(rng, size, [(0.5, 10, 100), (0.5, 100, 2_000)]) * 100_000),
        "status": words(("active", "dormant", "cancelled"), state),
        "registered_on": dates(after_adulthood(rng, people, lives, owner, 12)),
    }
    return Holding(owner, items, np.full(size, lives.today), (state == 0).astype(np.int64))
