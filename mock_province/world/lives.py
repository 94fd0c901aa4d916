"""What people's lives are like: work, retirement, school, disability, death; the source of every holding and income."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from mock_province.world.people import ADULT, NOBODY, People, days
from mock_province.world.streams import Ints, Mask, Stream, banded, chance, stream

RETIRED_MEN, RETIRED_WOMEN = 60, 55
YUAN = 100  # fen

# Share of people without exceptional wealth; amounts in yuan as (weight, from, to).
_WAGES_POOR = [(0.55, 1_800, 2_800), (0.35, 2_800, 4_200), (0.10, 4_200, 7_500)]
_WAGES = [(0.25, 2_200, 4_000), (0.50, 4_000, 8_000), (0.20, 8_000, 16_000), (0.05, 16_000, 45_000)]
_PENSION_RESIDENT = [(0.8, 187, 320), (0.2, 320, 900)]
_PENSION_EMPLOYEE = [(0.6, 1_900, 3_400), (0.35, 3_400, 5_600), (0.05, 5_600, 9_800)]


@dataclass(frozen=True)
class Lives:
    """One entry per person. Amounts are fen a month; 0 where there is none."""

    day: date
    age: Ints
    adult: Mask
    poor: Mask  # lives on little; most applicants
    alive: Mask
    died_on: Ints  # days since 1970; NOBODY for the living
    wage: Ints
    employer: Ints  # number of the employer; NOBODY for none
    pension: Ints
    employee_scheme: Mask  # pension or insurance through an employer
    disability: Ints  # level 1 (most severe) to 4; 0 for none
    student: Mask

    @property
    def today(self) -> int:
        """The business date as days since 1970."""
        return days(self.day)

    def heirs(self, rng: Stream, everyone: float, poor: float) -> Mask:
        """Toss a coin per living adult, with one probability for most people and another for the poor."""
        return self.adult & self.alive & chance(rng, np.where(self.poor, poor, everyone), len(self.age))


def lives(seed: int, people: People, day: date) -> Lives:
    """Draw the lives of all `people` as they stand on `day`."""
    size = len(people)
    age = people.ages(day)
    applicant = people.household != NOBODY

    rng = stream(seed, "lives", "means")
    poor = chance(rng, np.where(applicant, 0.9, 0.3), size)

    rng = stream(seed, "lives", "death")
    dead = chance(rng, np.where(applicant, 0.004, 0.012) * np.where(age > 60, 2, 0.5), size) & (age >= ADULT)  # noqa: PLR2004
    # An applicant died after the household applied: nobody signs after death.
    died_on = np.where(dead, days(day) - rng.integers(3, np.where(applicant, 60, 900)), NOBODY)

    rng = stream(seed, "lives", "disability")
    disabled = chance(rng, np.where(applicant, 0.17, 0.03), size) & (age >= 3)  # noqa: PLR2004
    disability = np.where(disabled, rng.integers(1, 4, endpoint=True, size=size), 0)
    severe = (disability > 0) & (disability <= 2)  # noqa: PLR2004

    rng = stream(seed, "lives", "work")
    over = age >= np.where(people.male, RETIRED_MEN, RETIRED_WOMEN)
    works = (age >= ADULT) & ~over & ~dead & ~severe & chance(rng, np.where(poor, 0.45, 0.8), size)
    wage = np.where(poor, banded(rng, size, _WAGES_POOR), banded(rng, size, _WAGES))
    formal = chance(rng, np.where(poor, 0.4, 0.8), size)
    employers = max(20, size // 60)

    rng = stream(seed, "lives", "pension")
    employee = chance(rng, np.where(poor, 0.12, 0.55), size)
    amount = np.where(employee, banded(rng, size, _PENSION_EMPLOYEE), banded(rng, size, _PENSION_RESIDENT))
    receives = over & ~dead & (employee | (age >= RETIRED_MEN))

    stays = chance(stream(seed, "lives", "school"), np.where(age < 16, 0.97, 0.75), size)  # noqa: PLR2004  compulsory until 15
    student = (age >= 6) & (age < 22) & ~works & stays  # noqa: PLR2004
    return Lives(
        day=day,
        age=age,
        adult=age >= ADULT,
        poor=poor,
        alive=~dead,
        died_on=died_on,
        wage=np.where(works, wage * YUAN, 0),
        employer=np.where(works & formal, stream(seed, "lives", "employer").integers(0, employers, size=size), NOBODY),
        pension=np.where(receives, amount * YUAN + rng.integers(0, YUAN, size=size), 0),
        employee_scheme=(works & formal) | (over & employee),
        disability=disability,
        student=student & ~dead,
    )
