"""Regions of first registration, by the years in which a code had a name."""

import numpy as np
import pytest

from matching import regions


def named(region: int, year: int) -> str | None:
    found: str | None = regions.first_registered(np.array([(region * 10**8 + year * 10_000 + 101) * 1000]))[0].as_py()
    return found


@pytest.mark.parametrize(
    ("region", "year", "name"),
    [
        (320102, 1990, "江苏省南京市玄武区"),
        (320583, 2000, "江苏省苏州市昆山市"),
        (320583, 1950, "江苏省苏州市昆山市"),  # registered at any age
        (110221, 1990, "北京市昌平县"),  # abolished in 1999, valid for life
        (110221, 1950, "北京市昌平县"),
        (110221, 2005, None),
        (110114, 1990, "北京市昌平区"),  # since 1999: a child registered late
        (330402, 1950, "浙江省嘉兴市城区"),  # one code, three names
        (330402, 1993, "浙江省嘉兴市秀城区"),
        (330402, 2006, "浙江省嘉兴市南湖区"),
        (429004, 1996, "湖北省仙桃市"),  # of the province itself: no level is named
        (500101, 2000, "重庆市万州区"),
        (320100, 1990, "江苏省南京市"),
        (710000, 1990, "台湾省"),
        (999999, 1990, None),
        (329999, 1990, None),
        (810000, 1994, None),
        (830000, 1994, None),
        (932156, 1994, None),
        (0, 0, None),
    ],
)
def test_names(region: int, year: int, name: str | None) -> None:
    assert named(region, year) == name


def test_a_name_for_every_row_whatever_the_order() -> None:
    keys = np.array([32010219900101001, 0, 11022119900101001, 32010219900101002])
    assert regions.first_registered(keys).to_pylist() == [
        "江苏省南京市玄武区",
        None,
        "北京市昌平县",
        "江苏省南京市玄武区",
    ]
    assert regions.first_registered(keys[:0]).to_pylist() == []


def test_every_code_of_the_table_has_a_name_some_year() -> None:
    codes = [int(code) for code in regions._table() if len(code) == 6 and int(code) < 810_000]
    assert len(codes) > 6_000
    last = [max(year for _, year, _ in regions._table()[f"{code:06d}"]) for code in codes]
    for code, year in zip(codes, last, strict=True):
        assert bool(named(code, 1950)) == (year >= regions.CARDS_BEGAN)
