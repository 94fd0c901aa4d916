"""Everyone else: people whose records lie in the extracts beside the applicants', some very like an applicant.

The likenesses (hard negatives) are those that mislead matching: whether a family gets a stranger's property.
"""

from datetime import date

import numpy as np

from mock_province.world import names, numbers
from mock_province.world.names import Names
from mock_province.world.people import NOBODY, People, alone, applicants, counties, days
from mock_province.world.streams import Ints, Mask, Stream, banded, chance, pick, stream

# kind: share of all strangers
KINDS = {
    "same_name": 0.05,  # an applicant's name
    "near_number": 0.03,  # an applicant's number with one digit changed, and its check character
    "near_number_same_check": 0.02,  # … with two digits changed so that the check character stays
    "twin": 0.03,  # birth, region and neighbouring sequence
    "father_or_son": 0.03,  # surname and region, a generation apart
    "same_name_and_birth": 0.01,
    "spouse_outside": 0.01,  # married to an applicant, not a member of the household
}
SAME_NAME, NEAR, NEAR_SAME_CHECK, TWIN, FATHER_OR_SON, SAME_NAME_AND_BIRTH, SPOUSE_OUTSIDE = range(len(KINDS))
_OLDEST = 96 * 366
# Changes of the last two sequence digits that keep the check character: 4a + 2b is a multiple of 11.
_KEEPING = ((1, -2), (-1, 2), (2, -4), (-2, 4), (3, 5), (-3, -5), (4, 3), (-4, -3), (5, 1), (-5, -1))


def populate(seed: int, households: int, factor: float, day: date) -> People:
    """Draw the whole province: the applicants of `households` households, and `factor` times as many strangers."""
    ours = applicants(seed, households, day)
    theirs = strangers(seed, ours, int(len(ours) * factor), day)
    everyone = People.joined(ours, theirs)
    married = np.flatnonzero(theirs.partner != NOBODY)
    everyone.partner[theirs.partner[married]] = married + len(ours)
    return everyone


def strangers(seed: int, like: People, count: int, day: date) -> People:
    """Draw `count` people who are nobody's member; their `partner` indexes into `like`, the applicants."""
    rng = stream(seed, "strangers")
    today = days(day)
    shares = [int(count * share) for share in KINDS.values()]
    kind = np.repeat(np.arange(len(KINDS) + 1), [*shares, count - sum(shares)])
    kind[kind == len(KINDS)] = NOBODY
    model = rng.integers(0, len(like), size=count)
    partner = _outside_spouses(rng, like, kind, model)

    male = chance(rng, 0.5, count)
    birth = today - banded(rng, count, [(0.16, 30, 17 * 366), (0.62, 17 * 366, 60 * 366), (0.22, 60 * 366, _OLDEST)])
    kin = kind >= NEAR
    county = np.where(kin, like.county[model], counties(rng, count))
    region = numbers.first_regions(rng, county, birth)

    male = np.where(np.isin(kind, (SAME_NAME, SAME_NAME_AND_BIRTH)), like.male[model], male)
    male = np.where(kind == FATHER_OR_SON, True, male)  # noqa: FBT003  a value, not a switch
    male = np.where(kind == SPOUSE_OUTSIDE, ~like.male[model], male)
    birth = np.where(np.isin(kind, (TWIN, SAME_NAME_AND_BIRTH)), like.birth[model], birth)
    birth = np.where(kind == FATHER_OR_SON, _generation(rng, like.birth[model], today), birth)
    birth = np.where(kind == SPOUSE_OUTSIDE, like.birth[model] + rng.integers(-1400, 1400, size=count), birth)
    region = np.where(np.isin(kind, (TWIN, FATHER_OR_SON)), like.body[model] // 10**11, region)

    body = numbers.bodies(region, birth, numbers.sequences(rng, male))
    body = np.where(kind == TWIN, _neighbour(rng, like.body[model]), body)
    body = np.where(kind == NEAR, _one_digit_changed(rng, like.body[model]), body)
    body = np.where(kind == NEAR_SAME_CHECK, _check_kept(rng, like.body[model]), body)
    shaped = np.isin(kind, (NEAR, NEAR_SAME_CHECK, TWIN))
    male = np.where(shaped, body % 2 == 1, male)
    birth = np.where(shaped, like.birth[model], birth)
    kind = _without_clashes(kind, body, shaped, like.body)
    body = _finish(rng, body, male, shaped & (kind != NOBODY), like.body)
    return People(
        body=body,
        male=male,
        birth=birth,
        county=county,
        names=_names(seed, like, kind, model, male, birth),
        household=np.full(count, NOBODY),
        member=np.zeros(count, dtype=np.int64),
        role=np.full(count, NOBODY),
        partner=partner,
        kind=kind,
    )


def _outside_spouses(rng: Stream, like: People, kind: Ints, model: Ints) -> Ints:
    """Give each SPOUSE_OUTSIDE a different applicant without a spouse at home; the rest become ordinary strangers."""
    partner = np.full(len(kind), NOBODY)
    free = rng.permutation(np.flatnonzero(alone(like)))
    free = free[: len(free) // 4]
    seekers = np.flatnonzero(kind == SPOUSE_OUTSIDE)
    kind[seekers[len(free) :]] = NOBODY
    pairs = seekers[: len(free)]
    model[pairs] = free[: len(pairs)]
    partner[pairs] = model[pairs]
    return partner


def _generation(rng: Stream, birth: Ints, today: int) -> Ints:
    """Draw the birth of a son, or of a father who may still be living."""
    gap = rng.integers(22 * 366, 32 * 366, size=len(birth))
    son = (birth + gap < today - 366) & ((birth < today - _OLDEST + 32 * 366) | chance(rng, 0.5, len(birth)))
    return np.where(son, birth + gap, birth - gap)


def _neighbour(rng: Stream, body: Ints) -> Ints:
    """Return the twin's number: the next sequence of the same sex, or of the other one."""
    step = np.where(chance(rng, 0.6, len(body)), 2, 1)
    step = np.where(body % 1000 > numbers.TOP_SEQUENCE // 2, -step, step)
    return body + step


def _one_digit_changed(rng: Stream, body: Ints) -> Ints:
    """Change one digit of the sequence or the last of the region code."""
    place = np.array([1, 10, 100, 10**11])[rng.integers(0, 4, size=len(body))]
    digit = body // place % 10
    changed = body + ((digit + rng.integers(1, 10, size=len(body))) % 10 - digit) * place
    return np.where(_sequence_ok(changed), changed, body)


def _check_kept(rng: Stream, body: Ints) -> Ints:
    changed = body.copy()
    tens, units = body // 10 % 10, body % 10
    for a, b in rng.permutation(np.array(_KEEPING)):
        candidate = body + 10 * a + b
        fits = (tens + a >= 0) & (tens + a <= 9) & (units + b >= 0) & (units + b <= 9) & _sequence_ok(candidate)  # noqa: PLR2004
        changed = np.where((changed == body) & fits, candidate, changed)
    return changed


def _sequence_ok(body: Ints) -> Mask:
    return (body % 1000 >= 1) & (body % 1000 <= numbers.TOP_SEQUENCE)


def _without_clashes(kind: Ints, body: Ints, shaped: Mask, taken: Ints) -> Ints:
    """Give up the likeness of a shaped number that an applicant or an earlier stranger already has."""
    rows = np.flatnonzero(shaped)
    first = np.zeros(len(rows), dtype=bool)
    first[np.unique(body[rows], return_index=True)[1]] = True
    lost = rows[~first | np.isin(body[rows], taken)]
    kind = kind.copy()
    kind[lost] = NOBODY
    return kind


def _finish(rng: Stream, body: Ints, male: Mask, fixed: Mask, applicants: Ints) -> Ints:
    """Make every number unique without touching the `fixed` ones."""
    free = np.flatnonzero(~fixed)
    body = body.copy()
    body[free] = numbers.make_unique(rng, body[free], male[free], np.concatenate([applicants, body[fixed]]))
    return body


def _names(seed: int, like: People, kind: Ints, model: Ints, male: Mask, birth: Ints) -> Names:
    rng = stream(seed, "strangers", "names")
    count = len(kind)
    theirs = like.names.take(model)
    close = np.isin(kind, (NEAR, NEAR_SAME_CHECK))
    shared = np.isin(kind, (TWIN, FATHER_OR_SON)) | (close & chance(rng, 0.33, count))
    weights = names.vocabulary().surname_weights
    edges = np.where(chance(rng, 0.01, count), names.DOTTED, pick(rng, count, weights))
    drawn = names.draw(rng, male, numbers.calendar(birth)[0], np.where(shared, theirs.surname, edges))
    # Twins share the generation character where both have a name of two characters.
    echo = (kind == TWIN) & ~drawn.dotted & (theirs.second >= 0) & (drawn.second >= 0)
    drawn = Names(drawn.surname, np.where(echo, theirs.first, drawn.first), drawn.second)
    same = np.isin(kind, (SAME_NAME, SAME_NAME_AND_BIRTH)) | (close & ~shared & chance(rng, 0.4, count))
    return drawn.where(same, theirs)
