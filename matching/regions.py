"""Where a resident ID was first registered, by the codes of GB/T 2260 of every year since cards exist.

The table comes with python-stdnum: each county-level code, the names it has had and the years in which it had them.
Codes are abolished and given anew, and a holder keeps the first for life; so a name says what the digits once meant,
and a code without one says nothing against a number.
"""

import re
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
from stdnum import numdb

from matching.buffers import Ints

CARDS_BEGAN: Final = 1984  # numbers were first given then, to everybody alive
_LEVELS: Final = re.compile("市辖区|县|.*直辖.*单位")  # names of a level, not of a place
_NAME: Final = re.compile(r"(?:\[(?P<first>[0-9]{4})?-(?P<last>[0-9]{4})?\])?(?P<name>.+)")
_PERMITS: Final = 810_000  # permits and foreigners' cards: no region

Names = tuple[tuple[int, int, str], ...]  # first year, last year, name; oldest first


def first_registered(keys: Ints) -> pa.StringArray:
    """Return the region of each valid key: province, city and county in Chinese, joined.

    The name is the code's oldest in use in some year since the holder's birth, and not before `CARDS_BEGAN`. Null for a
    key of 0, for permits and foreigners' cards, and for a code that the table does not know in those years.
    """
    regions, years = keys // 10**11, np.maximum(keys // 10**7 % 10_000, CARDS_BEGAN)
    pairs, places = np.unique(regions * 10_000 + years, return_inverse=True)
    names = pa.array([_region(f"{pair // 10_000:06d}", pair % 10_000) for pair in pairs.tolist()], pa.string())
    return names.take(pa.array(places.reshape(-1), pa.int64()))


def _region(code: str, year: int) -> str | None:
    table = _table()
    county = _since(table.get(code, ()), year)
    if county is None or int(code) >= _PERMITS:
        return None
    used, name = county
    above = [_since(table.get(higher, ()), used) for higher in (code[:2], f"{code[:4]}00")]
    names = [found[1] for found in above if found] + [name]
    return "".join(dict.fromkeys(part for part in names if not _LEVELS.fullmatch(part)))


def _since(names: Names, year: int) -> tuple[int, str] | None:
    # The first of a code's names in use in `year` or later, and the first such year.
    return next(((max(first, year), name) for first, last, name in names if last >= max(first, year)), None)


@cache
def _table() -> dict[str, Names]:
    # Names by code: two digits a province, six anything below it.
    table: dict[str, Names] = {}
    for _, province, _, told, counties in numdb.get("cn/loc").prefixes:
        table[province] = _names(told["province"])
        for _, county, _, names, _ in counties:
            table[province + county] = _names(names["county"])
    return table


def _names(told: str) -> Names:
    # "[1983-1992]城区,[1993-]秀城区", or a name without years.
    found = (match for part in told.split(",") if (match := _NAME.fullmatch(part)))
    return tuple(sorted((int(one["first"] or 0), int(one["last"] or 9999), one["name"]) for one in found))
