"""Regions as paths: province 32, city 3201, county 320102, township 320102/<township as in the registry>.

A scope holds what lies at or below it, component by component: the township 320102/新街 is no part of 320102/新街口.
"""

import re
from functools import lru_cache
from typing import Final

_CODE: Final = re.compile(r"[0-9]{2}(?:[0-9]{2}){0,2}")
_COUNTY: Final = 6


@lru_cache(maxsize=8192)
def path(region: str) -> tuple[str, ...] | None:
    """Return the components of a region: ("32", "01", "02", "<township>"); None where it is not one."""
    code, slash, township = region.partition("/")
    if not _CODE.fullmatch(code) or (slash and (len(code) != _COUNTY or not township)):
        return None
    return (code[:2], *filter(None, (code[2:4], code[4:6])), *([township] if slash else []))


def holds(scope: str, region: str) -> bool:
    """Say whether a region lies at or below a scope; what is no region holds nothing and lies nowhere."""
    outer, inner = path(scope), path(region)
    return outer is not None and inner is not None and inner[: len(outer)] == outer


def place(county: str, township: str | None) -> str:
    """Return the region that a household of a county and township belongs to."""
    return f"{county}/{township}" if township else county
