"""Who lives in the province: numbers, names, births, residence; and the first of them, the applicants, by household."""

from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogue.regions import regions
from mock_province.world import names, numbers
from mock_province.world.columns import Bytes, digits, fixed_text, join, numbered
from mock_province.world.names import Names
from mock_province.world.streams import Ints, Mask, Stream, banded, chance, pick, stream

YEAR = 365.2425
NOBODY = -1
ADULT = 18
REFERENCE_DIGITS = 6

# Roles within a household; the order gives the words in `RELATIONS`.
HEAD, SPOUSE, CHILD, SECOND_CHILD, FATHER, MOTHER, GRANDCHILD = range(7)
RELATIONS = ("self", "spouse", "child", "child", "parent", "parent", "other")


@dataclass(frozen=True)
class Shape:
    """One kind of household: its share, the age of its head, the share of male heads, and who else lives in it."""

    weight: float
    ages: tuple[int, int]
    male: float
    roles: tuple[int, ...]


SHAPES = (
    Shape(0.15, (65, 90), 0.45, (HEAD,)),
    Shape(0.12, (22, 64), 0.65, (HEAD,)),
    Shape(0.15, (62, 88), 0.85, (HEAD, SPOUSE)),
    Shape(0.06, (30, 61), 0.80, (HEAD, SPOUSE)),
    Shape(0.18, (28, 56), 0.80, (HEAD, SPOUSE, CHILD)),
    Shape(0.13, (30, 54), 0.80, (HEAD, SPOUSE, CHILD, SECOND_CHILD)),
    Shape(0.08, (26, 58), 0.30, (HEAD, CHILD)),
    Shape(0.03, (28, 52), 0.30, (HEAD, CHILD, SECOND_CHILD)),
    Shape(0.04, (60, 76), 0.50, (HEAD, GRANDCHILD)),
    Shape(0.06, (34, 52), 0.80, (HEAD, SPOUSE, CHILD, FATHER, MOTHER)),
)
_ALONE = (1, 6, 7)  # shapes whose head may be married to someone outside the household
_DOTTED_SHARE = 0.015


@dataclass(frozen=True)
class People:
    """n people as columns; the applicants come first, ordered by household and member number."""

    body: Ints  # the 17 digits of the resident ID
    male: Mask
    birth: Ints  # days since 1970-01-01
    county: Ints  # six-digit code of residence
    names: Names
    household: Ints  # index of the household under verification, NOBODY for everyone else
    member: Ints  # 1-based number within it, 0 for everyone else
    role: Ints  # HEAD…GRANDCHILD, NOBODY for everyone else
    partner: Ints  # index of the spouse, NOBODY if unmarried or not among these people
    kind: Ints  # index into strangers.KINDS, NOBODY for none

    def __len__(self) -> int:
        return len(self.body)

    @property
    def applicants(self) -> int:
        """How many of them are applicants."""
        return int(np.count_nonzero(self.household >= 0))

    def characters(self) -> Bytes:
        """Return the resident IDs as an n × 18 matrix of ASCII."""
        return numbers.characters(self.body)

    def ages(self, day: date) -> Ints:
        """Return everyone's age in full years on `day`."""
        return (numbers.written(np.array([days(day)])) - numbers.written(self.birth)) // 10_000

    def member_refs(self) -> pa.StringArray:
        """Return `H000123-2` for applicants and null for everyone else."""
        return member_refs(self.household, self.member)

    @staticmethod
    def joined(first: "People", second: "People") -> "People":
        """Put two lists of people one after the other."""
        merged = {
            f.name: np.concatenate([getattr(first, f.name), getattr(second, f.name)])
            for f in fields(People)
            if f.name != "names"
        }
        return People(names=Names.joined([first.names, second.names]), **merged)


def days(day: date) -> int:
    """Return days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def household_refs(household: Ints) -> pa.StringArray:
    """Write `H000123` from 0-based indexes of households."""
    return numbered("H", household + 1, REFERENCE_DIGITS)


def member_refs(household: Ints, member: Ints) -> pa.StringArray:
    """Write `H000123-2`; null where the household is NOBODY."""
    ours = household >= 0
    refs = join(household_refs(household[ours]), "-", fixed_text(digits(member[ours], 1)))
    return pc.replace_with_mask(pa.nulls(len(household), pa.string()), pa.array(ours), refs)


def counties(rng: Stream, size: int) -> Ints:
    """Draw counties of residence; some have three times the people of others."""
    codes = np.array([int(c) for c in regions().counties], dtype=np.int64)
    return codes[pick(rng, size, [1 + (place * 7 % 5) / 2 for place in range(len(codes))])]


def applicants(seed: int, households: int, day: date) -> People:
    """Draw the members of `households` households as they stand on `day`."""
    rng = stream(seed, "people", "households")
    shape = pick(rng, households, [s.weight for s in SHAPES])
    low, high = (np.array([s.ages[end] for s in SHAPES])[shape] for end in (0, 1))
    age = rng.integers(low, high, endpoint=True)
    male = chance(rng, np.array([s.male for s in SHAPES])[shape], households)
    births = _births(rng, days(day), age)
    county = counties(rng, households)

    slots = np.full((len(SHAPES), max(len(s.roles) for s in SHAPES)), NOBODY)
    for place, s in enumerate(SHAPES):
        slots[place, : len(s.roles)] = s.roles
    household, slot = np.nonzero(slots[shape] != NOBODY)
    role = slots[shape][household, slot]
    head = male[household]
    sex = np.select(
        [role == HEAD, role == SPOUSE, role == FATHER, role == MOTHER],
        [head, ~head, True, False],
        chance(rng, 0.52, len(role)),
    ).astype(bool)
    birth = births[household, role]
    surname = _surnames(rng, households, male)[household, role]
    name = names.draw(stream(seed, "people", "names"), sex, numbers.calendar(birth)[0], surname)
    ids = stream(seed, "people", "numbers")
    region = numbers.first_regions(ids, county[household], birth)
    body = numbers.bodies(region, birth, numbers.sequences(ids, sex))
    return People(
        body=numbers.make_unique(ids, body, sex, np.array([], dtype=np.int64)),
        male=sex,
        birth=birth,
        county=county[household],
        names=name,
        household=household,
        member=slot + 1,
        role=role,
        partner=_partners(household, role),
        kind=np.full(len(role), NOBODY),
    )


def alone(people: People) -> Mask:
    """Which applicants are heads of working age without a spouse in the household."""
    size = np.bincount(people.household)
    couple = np.zeros(len(size), dtype=bool)
    couple[people.household[people.role == SPOUSE]] = True
    return np.asarray((people.role == HEAD) & ~couple[people.household])


def _births(rng: Stream, today: int, age: Ints) -> Ints:
    """Return the births that each role would have in each household (households × roles)."""
    size = len(age)
    head = today - (age * YEAR).astype(np.int64) - rng.integers(0, 365, size=size)
    births = np.empty((size, len(RELATIONS)), dtype=np.int64)
    births[:, HEAD] = head
    births[:, SPOUSE] = np.minimum(head + rng.integers(-1500, 2200, size=size), today - 20 * 366)
    births[:, CHILD] = head + banded(rng, size, [(0.7, 22 * 366, 27 * 366), (0.3, 27 * 366, 36 * 366)])
    births[:, SECOND_CHILD] = births[:, CHILD] + rng.integers(400, 3000, size=size)
    births[:, FATHER] = head - rng.integers(22 * 366, 32 * 366, size=size)
    births[:, MOTHER] = head - rng.integers(20 * 366, 30 * 366, size=size)
    births[:, GRANDCHILD] = head + rng.integers(46 * 366, 58 * 366, size=size)
    return np.minimum(births, today - rng.integers(30, 400, size=(size, 1)))


def _surnames(rng: Stream, households: int, male: Mask) -> Ints:
    """Return the surname of each role: children carry the father's, also where he does not live with them."""
    weights = names.vocabulary().surname_weights
    his, hers, her_mother = (pick(rng, households, weights) for _ in range(3))
    head, spouse = np.where(male, his, hers), np.where(male, hers, his)
    table = np.stack([head, spouse, his, his, head, her_mother, his], axis=1)
    table[chance(rng, _DOTTED_SHARE, households)] = names.DOTTED
    return table


def _partners(household: Ints, role: Ints) -> Ints:
    partner = np.full(len(role), NOBODY)
    place = np.full(int(household.max(initial=0)) + 1, NOBODY)
    for one, other in ((HEAD, SPOUSE), (FATHER, MOTHER)):
        place[:] = NOBODY
        mine = np.flatnonzero(role == one)
        place[household[mine]] = mine
        theirs = np.flatnonzero(role == other)
        partner[theirs] = place[household[theirs]]
        partner[partner[theirs]] = theirs
    return partner
