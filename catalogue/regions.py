"""The administrative divisions that a case can belong to: province, 13 cities, 95 county-level divisions."""

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import Field

from catalogue.labels import Label, Strict


class Province(Strict):
    """The province: a code of 2 digits and its name."""

    code: str
    label: Label


class Regions(Strict):
    """Codes by level: province 2 digits, city 4, county 6."""

    province: Province
    cities: dict[str, Label] = Field(min_length=1)
    counties: dict[str, Label] = Field(min_length=1)

    def label(self, code: str) -> Label:
        """Return the name of a province, city or county; KeyError for an unknown code."""
        if code == self.province.code:
            return self.province.label
        return self.cities[code] if len(code) == len(next(iter(self.cities))) else self.counties[code]


def lineage(county: str) -> tuple[str, str, str]:
    """Return the codes of county, city and province that a county lies in."""
    return county, county[:4], county[:2]


@cache
def regions() -> Regions:
    """Read `regions.toml`."""
    return Regions.model_validate(tomllib.loads((files("catalogue") / "regions.toml").read_text("utf-8")))
