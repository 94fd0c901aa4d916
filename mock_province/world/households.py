"""The households as they apply: what each member declares and signs. The table behind the import file."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mock_province.world import invented, numbers
from mock_province.world.columns import dates, digits, fixed_text, join, money, words
from mock_province.world.lives import Lives
from mock_province.world.people import ADULT, HEAD, NOBODY, REFERENCE_DIGITS, RELATIONS, People, household_refs
from mock_province.world.streams import Ints, Mask, Stream, banded, chance, pick, spread, stream

CASE_KINDS = ("new", "reverification", "monitoring", "on_demand")
PURPOSES = (
    "allowance",
    "destitute",
    "margin",
    "rigid_expenditure",
    "medical",
    "temporary",
    "education",
    "housing",
    "other",
)
_KIND_SHARES = (0.3, 0.45, 0.2, 0.05)
_PURPOSE_SHARES = (0.45, 0.08, 0.2, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02)
LIVE, PARTLY, EXPIRED, REVOKED, NOT_STARTED, MISSING = range(6)
CONSENTS = ("live", "partly", "expired", "revoked", "not_started", "missing")
CONSENT_SHARES = (0.93, 0.025, 0.015, 0.012, 0.008, 0.01)
_GUARDED = 0.3  # share of the most severely disabled adults for whom someone else signs


@dataclass(frozen=True)
class Worth:
    """What each person truly has: fen, and numbers of things."""

    financial_assets: Ints
    vehicles: Ints
    houses: Ints


@dataclass(frozen=True)
class Consent:
    """Per household the authorisation's dates (days; NOBODY for a blank), per member who signed."""

    state: Ints
    signed_on: Ints
    valid_until: Ints
    revoked_on: Ints
    signed: Mask
    guardian: Ints  # member number of who signed for them; 0 for nobody
    authorised: Mask


def consents(seed: int, people: People, lives: Lives) -> Consent:
    """Draw the authorisations; `authorised` says who is under a live one on the business date."""
    rng = stream(seed, "households", "consent")
    ours = people.applicants
    household, member = people.household[:ours], people.member[:ours]
    count, today = int(household.max()) + 1, lives.today
    state = spread(rng, count, CONSENT_SHARES)
    adults = np.bincount(household, weights=lives.adult[:ours], minlength=count)
    state[(state == PARTLY) & (adults < 2)] = LIVE  # noqa: PLR2004  somebody has to sign

    youngest = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(youngest, household, people.birth[:ours])
    signed_on, valid_until, revoked_on = _terms(rng, state, today, youngest)
    guarded = _minor(people.birth[:ours], signed_on[household]) | ~lives.adult[:ours]
    guarded |= (lives.disability[:ours] == 1) & chance(rng, _GUARDED, ours)
    guarded &= people.role[:ours] != HEAD
    refuses = (state[household] == PARTLY) & _last_adult(household, lives.adult[:ours] & ~guarded)
    refuses &= people.role[:ours] != HEAD
    signed = (state[household] != MISSING) & ~refuses
    live = (state == LIVE) | (state == PARTLY)
    return Consent(
        state=state,
        signed_on=signed_on,
        valid_until=valid_until,
        revoked_on=revoked_on,
        signed=signed,
        guardian=np.where(guarded & signed, 1, 0) * np.where(member == 1, 0, 1),
        authorised=np.concatenate([signed & live[household], np.zeros(len(people) - ours, dtype=bool)]),
    )


def _minor(birth: Ints, on: Ints) -> Mask:
    """Who is under 18 on a day: a guardian signs for them, also where they have come of age since."""
    return numbers.written(on) < numbers.written(birth) + ADULT * 10_000


def _terms(rng: Stream, state: Ints, today: int, youngest: Ints) -> tuple[Ints, Ints, Ints]:
    """Draw the dates of each authorisation, the days on which it just begins and just ends among them.

    It is signed anew when a child is born: nobody signs for the unborn.
    """
    size = len(state)
    signed_on = np.maximum(today - banded(rng, size, [(0.02, 0, 0), (0.98, 1, 700)]), youngest + 7)
    signed_on = np.where(state == EXPIRED, today - rng.integers(400, 900, size=size), signed_on)
    signed_on = np.where(state == REVOKED, today - rng.integers(100, 700, size=size), signed_on)
    signed_on = np.where(state == NOT_STARTED, today + rng.integers(1, 40, size=size), signed_on)
    ends = chance(rng, 0.4, size)
    valid_until = np.where(ends, today + banded(rng, size, [(0.05, 0, 0), (0.95, 1, 700)]), NOBODY)
    valid_until = np.where(state == EXPIRED, today - banded(rng, size, [(0.1, 1, 1), (0.9, 2, 380)]), valid_until)
    valid_until = np.where(state == NOT_STARTED, NOBODY, valid_until)
    later = (state == LIVE) & ~ends & chance(rng, 0.01, size)
    revoked_on = np.where(later, today + rng.integers(1, 20, size=size), NOBODY)
    revoked_on = np.where(state == REVOKED, today - banded(rng, size, [(0.1, 0, 0), (0.9, 1, 90)]), revoked_on)
    blank = state == MISSING
    return tuple(np.where(blank, NOBODY, column) for column in (signed_on, valid_until, revoked_on))  # type: ignore[return-value]


def _last_adult(household: Ints, adult: Mask) -> Mask:
    last = np.zeros(len(household), dtype=bool)
    rows = np.flatnonzero(adult)
    final = np.append(household[rows][1:] != household[rows][:-1], True)
    last[rows[final]] = True
    return last


def table(seed: int, people: People, lives: Lives, consent: Consent, worth: Worth) -> pa.Table:
    """Return one row per member: the columns of the import file, then the truth beside what was declared."""
    ours = people.applicants
    household = people.household[:ours]
    number = fixed_text(digits(household + 1, REFERENCE_DIGITS))
    year = str(lives.day.year)
    rng = stream(seed, "households", "cases")
    count = int(household.max()) + 1
    kind, purpose = pick(rng, count, _KIND_SHARES), pick(rng, count, _PURPOSE_SHARES)
    town = rng.integers(0, 10, size=count)
    known_town = ~chance(rng, 0.15, count)
    has_letter = consent.state != MISSING
    income = lives.wage[:ours] + lives.pension[:ours]
    declared = _declared(stream(seed, "households", "declared"), lives.adult[:ours], income, worth, ours)

    def optional(mask: Mask, column: pa.Array) -> pa.Array:
        return pc.if_else(pa.array(mask), column, None)

    def day_of(column: Ints) -> pa.Array:
        return optional(column[household] != NOBODY, dates(column[household]))

    return pa.table(
        {
            "household": household_refs(household),
            "county": fixed_text(digits(people.county[:ours], 6)),
            "township": optional(known_town[household], invented.townships(town[household])),
            "case": join(f"C{year}-", number),
            "case_kind": words(CASE_KINDS, kind[household]),
            "purpose": words(PURPOSES, purpose[household]),
            "authorisation": optional(has_letter[household], join(f"S{year}-", number)),
            "signed_on": day_of(consent.signed_on),
            "valid_until": day_of(consent.valid_until),
            "revoked_on": day_of(consent.revoked_on),
            "member": pa.array(people.member[:ours]),
            "relation": words(RELATIONS, people.role[:ours]),
            "name": people.names.take(np.arange(ours)).text(),
            "resident_id": fixed_text(people.characters()[:ours]),
            "signed": pa.array(consent.signed),
            "guardian": optional(consent.guardian > 0, pa.array(consent.guardian)),
            **declared,
            "member_ref": people.member_refs().slice(0, ours),
            "person_id": pa.array(np.arange(1, ours + 1)),
            "authorised": pa.array(consent.authorised[:ours]),
            "consent": words(CONSENTS, consent.state[household]),
            "true_monthly_income": money(income),
            "true_financial_assets": money(worth.financial_assets[:ours]),
            "true_vehicles": pa.array(worth.vehicles[:ours]),
            "true_houses": pa.array(worth.houses[:ours]),
        }
    )


def _declared(rng: Stream, adult: Mask, income: Ints, worth: Worth, ours: int) -> dict[str, pa.Array]:
    """Draw what people declare: mostly the truth in round figures, some less, a few more, some nothing at all."""

    def amount(true: Ints, step: int, shares: tuple[float, ...]) -> pa.Array:
        how = pick(rng, ours, shares)
        less = true * rng.integers(10, 70, size=ours) // 100
        more = true * rng.integers(105, 150, size=ours) // 100
        told = np.select([how == 0, how == 1, how == 2], [true, less, more], 0) // step * step  # noqa: PLR2004
        return pc.if_else(pa.array((how != 3) & adult), money(told), None)  # noqa: PLR2004

    def things(true: Ints, hide: float) -> pa.Array:
        how = pick(rng, ours, (0.9 - hide, hide, 0.02, 0.08))
        told = np.select([how == 1, how == 2], [np.maximum(true - 1, 0), true + 1], true)  # noqa: PLR2004
        return pc.if_else(pa.array((how != 3) & adult), pa.array(told), None)  # noqa: PLR2004

    return {
        "declared_monthly_income": amount(income, 1_000, (0.66, 0.18, 0.06, 0.10)),
        "declared_financial_assets": amount(worth.financial_assets[:ours], 10_000, (0.55, 0.25, 0.05, 0.15)),
        "declared_vehicles": things(worth.vehicles[:ours], 0.15),
        "declared_houses": things(worth.houses[:ours], 0.08),
    }
