"""Both databases behind one fixture, and files of households made of rows."""

import csv
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from hedui.keys import installation
from hedui.keys.ring import Ring
from hedui.registry import database
from hedui.settings import Settings

_CHECKS = "10X98765432"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_names = itertools.count()


def number(birth: int, sequence: int, region: int = 320102) -> str:
    """Return a valid ID number, by the standard's own arithmetic."""
    digits = f"{region}{birth}{sequence:03}"
    return digits + _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=True)) % 11]


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Return settings with an empty database of either kind."""
    if request.param == "sqlite":
        return Settings(home=tmp_path / "home", database_url="")
    server = request.getfixturevalue("postgresql")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return Settings(home=tmp_path / "home", database_url=server)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    opened = database.connect(settings)
    yield opened
    opened.dispose()


@pytest.fixture
def keyring(settings: Settings) -> Ring:
    return installation.begin(settings)


Row = dict[str, str]


@pytest.fixture
def rows() -> list[Row]:
    """Return three good households: a family with a child, a couple of whom one has signed, one without a letter."""
    family = {
        "household": "H000001",
        "county": "320102",
        "township": "玄武门街道",
        "case": "C2026-000001",
        "case_kind": "new",
        "purpose": "allowance",
        "authorisation": "S2026-000001",
        "signed_on": "2026-01-05",
        "valid_until": "",
        "revoked_on": "",
        "signed": "是",
        "guardian": "",
        "declared_monthly_income": "",
        "declared_financial_assets": "",
        "declared_vehicles": "",
        "declared_houses": "",
    }
    couple = family | {"household": "H000002", "county": "320583", "case": "C2026-000002", "authorisation": "S-2"}
    single = family | {"household": "H000003", "case": "C2026-000003", "authorisation": "", "signed_on": ""}
    return [
        family
        | {"member": "1", "relation": "self", "name": "欧阳示例", "resident_id": number(19800315, 1)}
        | {"declared_monthly_income": "1830.50", "declared_financial_assets": "0", "declared_houses": "1"},
        family | {"member": "2", "relation": "spouse", "name": "阿依古丽·买买提", "resident_id": number(19820701, 22)},
        family
        | {"member": "3", "relation": "child", "name": "欧阳小例", "resident_id": number(20150601, 13)}
        | {"guardian": "1"},
        couple | {"member": "1", "relation": "self", "name": "王示例", "resident_id": number(19550228, 5)},
        couple
        | {"member": "2", "relation": "spouse", "name": "李示例", "resident_id": number(19570228, 6), "signed": "否"},
        single
        | {"member": "1", "relation": "self", "name": "赵示例", "resident_id": number(19660101, 7), "signed": "否"},
    ]


Write = Callable[[list[Row]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows as a CSV, under the ids of their columns."""

    def write_csv(rows: list[Row]) -> Path:
        path = tmp_path / f"households{next(_names)}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write_csv


@pytest.fixture
def id_number() -> Callable[..., str]:
    return number
