"""Invented employers, schools, shops, addresses and products: visibly made up, and nobody's."""

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogue.regions import regions
from mock_province.world.columns import digits, fixed_text, join
from mock_province.world.streams import Ints

_TRADES = ("纺织", "机械", "电子", "食品", "建材", "物流", "家政", "餐饮", "印刷", "化工", "服装", "农业")
_SHOPS = ("百货", "五金", "餐饮", "服装", "水果", "建材", "修理", "养殖", "运输", "文具")
_SCHOOLS = ("示例小学", "示例初级中学", "示例高级中学", "示例职业学院")
_ROADS = ("东林", "西苑", "南湖", "北园", "中桥", "长安", "和平", "青石", "梅园", "竹溪", "柳塘", "兰亭", "文昌")
_TOWNS = ("东林镇", "西苑街道", "南湖街道", "北园乡", "中桥镇", "青石镇", "梅园街道", "竹溪镇", "柳塘乡", "兰亭镇")


def _number(values: Ints, width: int) -> pa.StringArray:
    return fixed_text(digits(values, width))


def _word(words: tuple[str, ...], values: Ints) -> pa.StringArray:
    return pa.array(words, pa.string()).take(pa.array(values % len(words)))


@cache
def _county_codes() -> Ints:
    return np.array([int(code) for code in regions().counties], dtype=np.int64)


def county_name(county: Ints) -> pa.StringArray:
    """Write city and county, e.g. 南京市玄武区."""
    known = regions()
    names = pa.array([known.cities[code[:4]].zh + label.zh for code, label in known.counties.items()])
    return names.take(pa.array(np.searchsorted(_county_codes(), county)))


def employers(number: Ints) -> pa.StringArray:
    """Name employers by number; null for a negative one."""
    known = np.maximum(number, 0)
    cities = tuple(label.zh for label in regions().cities.values())
    name = join(_word(cities, known), "示例", _word(_TRADES, known // 13), "第", _number(known, 6), "厂")
    return pc.if_else(pa.array(number >= 0), name, None)


def shops(county: Ints, number: Ints) -> pa.StringArray:
    """Name small companies."""
    return join(county_name(county), "示例", _word(_SHOPS, number), "第", _number(number, 6), "号店")


def schools(county: Ints, stage: Ints, number: Ints) -> pa.StringArray:
    """Name schools by stage (0 primary … 3 tertiary)."""
    return join(county_name(county), "第", _number(number, 2), _word(_SCHOOLS, stage))


def addresses(county: Ints, number: Ints) -> pa.StringArray:
    """Write addresses."""
    road, house, flat = number % len(_ROADS), number // 13 % 400 + 1, number // 5200 % 60 + 101
    return join(county_name(county), _word(_ROADS, road), "路", _number(house, 3), "号", _number(flat, 3), "室")


def townships(number: Ints) -> pa.StringArray:
    """Name townships."""
    return _word(_TOWNS, number)
