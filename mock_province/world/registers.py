"""Identity and status: household registration, marriage, death, insurance, schooling, disability."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mock_province.world import invented
from mock_province.world.columns import dates, digits, fixed_text, join, money, numbered, scrambled, words
from mock_province.world.holdings import Holding, before, reported, some, status
from mock_province.world.lives import Lives
from mock_province.world.people import (
    CHILD,
    FATHER,
    GRANDCHILD,
    HEAD,
    MOTHER,
    NOBODY,
    SECOND_CHILD,
    SPOUSE,
    People,
    days,
)
from mock_province.world.streams import Stream, chance, pick

_RELATIONS = ("户主", "配偶", "子", "女", "父", "母", "孙子女")
_DISABILITIES = ("visual", "hearing", "speech", "physical", "intellectual", "mental", "multiple")
_CONTRIBUTION_SHARE = 0.9  # of the wage, between the floor and the ceiling of the year
_FLOOR, _CEILING = 487_900, 2_439_600  # fen
_CENSUS_MONTHS, _TERM = (3, 10), 9  # schools count on the first of March and of October


def household_registration(people: People, lives: Lives, rng: Stream) -> Holding:
    """Who is registered where, with whom."""
    owner = some(reported(people, rng, 0.8) & chance(rng, 0.97, len(people)))
    home = np.where(people.household[owner] >= 0, people.household[owner], owner + len(people))
    role, male = people.role[owner], people.male[owner]
    relation = np.select(
        [role == SPOUSE, np.isin(role, (CHILD, SECOND_CHILD)) & male, np.isin(role, (CHILD, SECOND_CHILD))],
        [1, 2, 3],
        np.select([role == FATHER, role == MOTHER, role == GRANDCHILD], [4, 5, 6], 0),
    )
    items = {
        "household_number": join(fixed_text(digits(people.county[owner], 6)), fixed_text(digits(home, 8))),
        "relation": words(_RELATIONS, relation),
        "address": invented.addresses(people.county[owner], home * 7919),
        "registered_on": dates(np.maximum(before(rng, lives, len(owner), 20), people.birth[owner] + 20)),
    }
    return status(owner, items, lives.today)


def marriage(people: People, lives: Lives, rng: Stream) -> Holding:
    """Marriages and divorces; both spouses of a couple appear with the same certificate."""
    coupled = people.partner != NOBODY
    single = ~coupled & lives.adult & (lives.age > 22) & (people.role == NOBODY) & chance(rng, 0.45, len(people))  # noqa: PLR2004
    parted = ~coupled & lives.adult & (people.role == HEAD) & chance(rng, 0.15, len(people))
    owner = some(coupled | single | parted)
    couple = np.where(coupled[owner], np.minimum(owner, people.partner[owner]), owner)
    # A spouse who is not among these people gets the name of some stranger.
    other = np.where(coupled[owner], people.partner[owner], (owner * 31 + 17) % len(people))
    youngest = np.maximum(people.birth[owner], people.birth[other])
    married_on = np.maximum(youngest + 23 * 366 + couple * 37 % 2500, lives.today - 40 * 366)
    divorced = parted[owner] | (~coupled[owner] & (couple % 9 == 0))
    items = {
        "certificate": numbered("J32", couple, 10),
        "status": words(("married", "divorced"), divorced.astype(np.int64)),
        "spouse_name": people.names.take(other).text(),
        "registered_on": dates(np.minimum(married_on, lives.today - 30)),
    }
    return status(owner, items, lives.today)


def death(people: People, lives: Lives, rng: Stream) -> Holding:
    """Deaths and cremations. A few notices name someone who is alive: such errors occur and families appeal."""
    wrongly = lives.alive & (people.household >= 0) & lives.adult & chance(rng, 0.0005, len(people))
    owner = some(~lives.alive | wrongly)
    died = np.where(wrongly[owner], before(rng, lives, len(owner), 1), lives.died_on[owner])
    items = {"certificate": numbered("D32", scrambled(len(owner), 9), 9), "died_on": dates(died)}
    return status(owner, items, lives.today)


def social_insurance(people: People, lives: Lives, rng: Stream) -> Holding:
    """Contributions of employees and of people who pay for themselves; pensioners appear as retired."""
    freelance = (lives.wage > 0) & (lives.employer == NOBODY) & chance(rng, 0.25, len(people))
    left = lives.adult & (lives.wage == 0) & (lives.pension == 0) & chance(rng, 0.12, len(people))
    retired = (lives.pension > 0) & lives.employee_scheme
    owner = some((reported(people, rng, 0.7)) & ((lives.employer != NOBODY) | freelance | left | retired))
    state = np.select([retired[owner], left[owner]], [2, 1], 0)
    base = np.clip((lives.wage[owner] * _CONTRIBUTION_SHARE).astype(np.int64), _FLOOR, _CEILING)
    month_end = int(np.datetime64(lives.day, "M").astype("datetime64[D]").astype(np.int64)) - 1
    paid = np.where(state == 0, month_end, month_end - rng.integers(60, 1500, size=len(owner)))
    items = {
        "insurance_number": numbered("32S", owner, 11),
        "employer": invented.employers(np.where(state == 0, lives.employer[owner], NOBODY)),
        "base": pc.if_else(pa.array(state == 2), None, money(base)),  # noqa: PLR2004  retired
        "paid_until": dates(paid),
        "status": words(("paying", "suspended", "retired"), state),
    }
    return status(owner, items, lives.today)


def medical_enrolment(people: People, lives: Lives, rng: Stream) -> Holding:
    """Enrolment in the employees' or the residents' scheme."""
    owner = some(reported(people, rng, 0.6) & lives.alive & chance(rng, 0.95, len(people)))
    items = {
        "insurance_number": numbered("32M", owner, 11),
        "scheme": words(("resident", "employee"), lives.employee_scheme[owner].astype(np.int64)),
        "status": words(("normal", "suspended"), chance(rng, 0.03, len(owner)).astype(np.int64)),
        "enrolled_on": dates(np.maximum(before(rng, lives, len(owner), 12), people.birth[owner] + 15)),
    }
    return status(owner, items, lives.today)


def school_enrolment(people: People, lives: Lives, rng: Stream) -> Holding:
    """Pupils and students as the schools counted them at the last census of the term (1 March or 1 October)."""
    owner = some(reported(people, rng, 0.9) & lives.student)
    age = lives.age[owner]
    stage = np.select([age < 12, age < 15, age < 18], [0, 1, 2], 3)  # noqa: PLR2004
    began = np.array([6, 12, 15, 18])[stage]
    census = max(
        date(year, month, 1)
        for year in (lives.day.year - 1, lives.day.year)
        for month in _CENSUS_MONTHS
        if date(year, month, 1) <= lives.day
    )
    year = census.year - (census.month < _TERM) - np.clip(age - began, 0, 5)
    entered = ((year - 1970) * 12 + _TERM - 1).astype("datetime64[M]").astype("datetime64[D]")
    items = {
        "student_number": numbered("G32", owner, 12),
        "school": invented.schools(people.county[owner], stage, owner % 20 + 1),
        "stage": words(("primary", "junior", "senior", "tertiary"), stage),
        "enrolled_on": dates(entered.astype(np.int64)),
    }
    return status(owner, items, days(census))


def disability(people: People, lives: Lives, rng: Stream) -> Holding:
    """Certificates of disability."""
    owner = some((lives.disability > 0) & lives.alive)
    kind = pick(rng, len(owner), [0.12, 0.2, 0.03, 0.38, 0.1, 0.12, 0.05])
    items = {
        "certificate": numbered("C32", scrambled(len(owner), 10), 10),
        "kind": words(_DISABILITIES, kind),
        "level": pa.array(lives.disability[owner], pa.int64()),
        "issued_on": dates(np.maximum(before(rng, lives, len(owner), 9), people.birth[owner] + 400)),
    }
    return status(owner, items, lives.today)
