"""What looks like a resident ID number, whole, masked or mistyped: it may not stand on a command line."""

import re
import unicodedata
from typing import Final

# Each becomes `*`, which may be any digit. An X beside another and a dash beside another hide places as well.
_HIDDEN: Final = re.compile(r"[#?_×•■□○●]|X(?=X)|(?<=X)X|[-.~/](?=[-.~/])|(?<=[-.~/])[-.~/]")
_BETWEEN: Final = r"[\s.\-/·‐-―]"  # groups of places are kept apart by these
_VISIBLE: Final = 7  # digits; fewer tell little

# The beginnings of GB/T 2260, of permits (8) and of cards (9); month and day; the years from 1800 to 2099.
_PROVINCE: Final = r"(?:[12*][1-5*]|3[1-7*]|4[1-6*]|5[0-4*]|6[1-5*]|7[1*]|8[1-3*]|9[\d*])"
_DAY: Final = r"(?:[0*][1-9*]|[1*][0-2*])(?:[0*][1-9*]|[12*][\d*]|[3*][01*])"
_CENTURY: Final = r"(?:[1*][89*]|[2*][0*])"
_BORN: Final = rf"{_CENTURY}..{_DAY}"

# By length, what its beginning may be, and how many of these it has to be.
_SHAPES: Final = {
    15: ((rf"(?![7-9]){_PROVINCE}.{{6}}{_DAY}",), 1),
    17: ((rf".{{5,6}}{_BORN}",), 1),  # a place is missing before or behind the date
    18: ((_PROVINCE, rf".{{6}}{_CENTURY}", rf".{{10}}{_DAY}"), 2),  # one of them may be wrong
    19: ((rf".{{6,7}}{_BORN}",), 1),
}
_SCIENTIFIC: Final = re.compile(r"\d\.\d{4,}E\+?1[47]")  # what a spreadsheet makes of one


def looks_like_one(value: str) -> bool:
    """Say whether a resident ID may stand in a text: a valid one, or one that a slip or a mask away.

    Numbers of 14, 16, 20 and more places are never taken for one.
    """
    said = _HIDDEN.sub("*", unicodedata.normalize("NFKC", value).upper())
    return bool(_SCIENTIFIC.search(said)) or any(
        _fits(places, length) for length in _SHAPES for places in _runs(said, length)
    )


def _runs(said: str, length: int) -> list[str]:
    """Return all that is `length` places long, without what keeps them apart."""
    pattern = rf"(?<!\d)(?=((?:[\d*]{_BETWEEN}*){{{length - 1}}}[\dX*])(?!\d))"
    return [re.sub(_BETWEEN, "", found) for found in re.findall(pattern, said)]


def _fits(places: str, length: int) -> bool:
    patterns, enough = _SHAPES[length]
    visible = sum(place.isdigit() for place in places)
    return visible >= _VISIBLE and sum(bool(re.match(pattern, places)) for pattern in patterns) >= enough
