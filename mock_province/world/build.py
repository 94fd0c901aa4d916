"""Build the world: people, lives, households, every extract, and the truth that ties records to people."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mock_province.world import accounts, income, registers
from mock_province.world import households as applying
from mock_province.world import property as owned
from mock_province.world.extracts import TRUTH, Registry, extract
from mock_province.world.holdings import Draw, Holding
from mock_province.world.import_file import write_import_file
from mock_province.world.lives import Lives, lives
from mock_province.world.people import People
from mock_province.world.strangers import KINDS, populate
from mock_province.world.streams import Ints, pick, stream

SEED = 20260630
DEPARTMENTS: dict[str, dict[str, Draw]] = {
    "public_security": {
        "household_registration": registers.household_registration,
        "motor_vehicle": owned.motor_vehicle,
    },
    "civil_affairs": {"marriage": registers.marriage, "death": registers.death},
    "human_resources": {"social_insurance": registers.social_insurance, "pension": income.pension},
    "natural_resources": {"real_estate": owned.real_estate},
    "taxation": {"personal_income_tax": income.personal_income_tax},
    "market_regulation": {"business_registration": owned.business_registration},
    "medical_insurance": {"medical_enrolment": registers.medical_enrolment},
    "housing": {"housing_fund": accounts.housing_fund},
    "education": {"school_enrolment": registers.school_enrolment},
    "transport": {"vessel": owned.vessel},
    "disabled_federation": {"disability": registers.disability},
    "agriculture": {"farm_machinery": owned.farm_machinery},
}
BANKS = tuple(f"bank_{number:02d}" for number in range(1, 44))
WEALTH_BANKS = tuple(f"bank_{number:02d}" for number in (1, 2, 3, 4, 5, 6, 21, 22, 33, 34, 35, 36))
_BANK_DRAWS: dict[str, tuple[Draw, tuple[str, ...]]] = {
    "deposit": (accounts.deposit, BANKS),
    "wealth_product": (accounts.wealth_product, WEALTH_BANKS),
}
_COUNTED = {
    "deposit": "financial_assets",
    "wealth_product": "financial_assets",
    "housing_fund": "financial_assets",
    "motor_vehicle": "vehicles",
    "real_estate": "houses",
}
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class World:
    """What was built: counts, and where the files are."""

    home: Path
    seed: int
    business_date: date
    households: int
    authorised_households: int
    applicants: int
    people: int
    records: dict[tuple[str, str], int]
    import_file: Path

    @property
    def truth(self) -> Path:
        """Where every record is tied to its person."""
        return self.home / "truth.parquet"

    def records_file(self, source: str, category: str) -> Path:
        """Return where the records lie that one source delivers of one category."""
        return records_file(self.home, source, category)


def records_file(home: Path, source: str, category: str) -> Path:
    """Return where the records of one extract lie."""
    return home / "world" / "records" / source / f"{category}.parquet"


def build(
    home: Path,
    *,
    business_date: date,
    seed: int = SEED,
    households: int = 2000,
    population_factor: float = 3.0,
    progress: Progress | None = None,
) -> World:
    """Build a province, replacing the one that was there; the same arguments give the same bytes.

    Writes under `home`: `world/records/<source>/<category>.parquet`, `truth.parquet`, `people.parquet`,
    `households.parquet` and the import file. `population_factor`: strangers per applicant. `progress` is called with
    (source, rows) after each extract. Everything is written aside and moved into place at the end.
    """
    aside = home / "world.building"
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "world" / "records").mkdir(parents=True)
    people = populate(seed, households, population_factor, business_date)
    life = lives(seed, people, business_date)
    consent = applying.consents(seed, people, life)
    registry = _registry(seed, people, consent, business_date)
    worth = {name: np.zeros(len(people), dtype=np.int64) for name in dict.fromkeys(_COUNTED.values())}
    counts: dict[tuple[str, str], int] = {}
    with pq.ParquetWriter(aside / "truth.parquet", TRUTH, compression="zstd") as truth:
        for source, category, holding in _holdings(seed, people, life, worth):
            records, tied = extract(registry, source, category, holding)
            path = records_file(aside, source, category)
            path.parent.mkdir(exist_ok=True)
            pq.write_table(records, path, compression="zstd")
            truth.write_table(tied)
            counts[source, category] = len(records)
            if progress is not None:
                progress(source, len(records))
    table = applying.table(seed, people, life, consent, applying.Worth(**worth))
    pq.write_table(table, aside / "households.parquet", compression="zstd")
    pq.write_table(_people_table(registry), aside / "people.parquet", compression="zstd")
    imported = write_import_file(table, aside)
    _replace(home, aside)
    live = people.household[: people.applicants][consent.authorised[: people.applicants]]
    return World(
        home=home,
        seed=seed,
        business_date=business_date,
        households=households,
        authorised_households=len(np.unique(live)),
        applicants=people.applicants,
        people=len(people),
        records=counts,
        import_file=home / imported.name,
    )


def _replace(home: Path, aside: Path) -> None:
    for old in (home / "world", home / "households.xlsx", home / "households.csv"):
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
    for new in sorted(aside.iterdir()):
        new.replace(home / new.name)
    aside.rmdir()


def _registry(seed: int, people: People, consent: applying.Consent, day: date) -> Registry:
    return Registry(
        people=people,
        ids=people.characters(),
        names=people.names.text(),
        dotted=people.names.dotted,
        rare=people.names.rare,
        refs=people.member_refs(),
        authorised=consent.authorised,
        seed=seed,
        day=day,
    )


def _holdings(seed: int, people: People, life: Lives, worth: dict[str, Ints]) -> Iterator[tuple[str, str, Holding]]:
    """Draw every category, add what it is worth to its owners, and hand it out source by source."""
    for source, draws in DEPARTMENTS.items():
        for category, draw in draws.items():
            yield source, category, _drawn(seed, people, life, category, draw, worth)
    for category, (draw, banks) in _BANK_DRAWS.items():
        holding = _drawn(seed, people, life, category, draw, worth)
        weights = [1 + (place * 11 % 7) / 5 for place in range(len(banks))]
        bank = pick(stream(seed, "banks", category), len(holding), weights)
        order = np.argsort(bank, kind="stable")
        edges = np.searchsorted(bank[order], np.arange(len(banks) + 1))
        for place, source in enumerate(banks):
            yield source, category, holding.take(order[edges[place] : edges[place + 1]])


def _drawn(seed: int, people: People, life: Lives, category: str, draw: Draw, worth: dict[str, Ints]) -> Holding:
    holding = draw(people, life, stream(seed, "holding", category))
    if measure := _COUNTED.get(category):
        np.add.at(worth[measure], holding.owner, holding.worth)
    return holding


def _people_table(registry: Registry) -> pa.Table:
    from mock_province.world.columns import dates, fixed_text, words

    people = registry.people
    return pa.table(
        {
            "person_id": pa.array(np.arange(1, len(people) + 1)),
            "member_ref": registry.refs,
            "authorised": pa.array(registry.authorised),
            "resident_id": fixed_text(registry.ids),
            "name": registry.names,
            "male": pa.array(people.male),
            "birth_date": dates(people.birth),
            "county": pa.array(people.county),
            "hard_negative": words(tuple(KINDS), people.kind),
        }
    )
