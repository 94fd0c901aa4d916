"""The published error rates, read from `rates.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# Numbers that are the same after cleaning, or after the upgrade from 15 to 18 digits.
INTACT_NUMBERS = ("none", "fifteen", "lower_x", "full_width", "space", "tab", "apostrophe")
# Names that are the same after normalisation.
AGREEING_NAMES = ("none", "dot", "space", "width")
DEFECTS = ("bad_date", "bad_amount", "missing_id", "unknown_code")


@dataclass(frozen=True)
class Rates:
    """Rates that hold for one source, by kind of error."""

    number: dict[str, float]
    name: dict[str, float]
    row: dict[str, float]
    bad_rows: float
    smallest_extract: int


@cache
def published() -> dict[str, dict[str, Any]]:
    """Return the tables as written."""
    return tomllib.loads((files("mock_province.world") / "rates.toml").read_text("utf-8"))


def rates(source: str) -> Rates:
    """Return the rates of one source: the general ones, overridden by the groups it is listed in."""
    tables = published()
    number, name = dict(tables["number"]), dict(tables["name"])
    for title, table in tables.items():
        if title not in {"number", "name", "row", "limits"} and source in table["sources"]:
            for kind, rate in table.items():
                if kind in number:
                    number[kind] = rate
                elif kind in name:
                    name[kind] = rate
    limits = tables["limits"]
    return Rates(number, name, tables["row"], limits["bad_rows"], limits["smallest_extract"])


def is_gbk(source: str) -> bool:
    """Whether a source can write only what GBK carries: even-numbered banks 02–32."""
    number = int(source.removeprefix("bank_")) if source.startswith("bank_") else 0
    return 2 <= number <= 32 and number % 2 == 0  # noqa: PLR2004
