"""Agreement with `stdnum.cn.ric`, an independent implementation: every difference has a reason, and no other is left.

`python tests/matching/test_stdnum.py [COUNT]` compares a million numbers (or COUNT) in two processes and prints the
table; the test compares 200,000, because stdnum needs half a minute for a million.
"""

import datetime as dt
import random
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pyarrow as pa
import pytest
from stdnum import numdb
from stdnum.cn import ric
from stdnum.exceptions import InvalidComponent, ValidationError

from matching import regions, resident_id

CHUNK = 50_000

# Validity, birth date and sex of numbers of 18 characters; then the place.
REASONS = {
    "both valid": "agreed",
    "neither valid": "agreed",
    "same birth date": "agreed",
    "same place": "agreed",
    "neither knows the place": "agreed",
    "ours valid: place unknown": "stdnum holds the region against its table; codes it lacks stay valid for us",
    "ours valid: place not of the birth year": "stdnum asks for a code in use in the year of birth; cards began in"
    " 1984, a registration may come later, and a code is kept for life",
    "ours valid: permit or foreigners' card": "81, 82, 83 and 9: their digits name no region that stdnum knows",
    "ours invalid: before 1880 or after 2100": "stdnum knows no range of years",
    "ours named: in use after the birth year": "as above: we name the region as first registered, in 1984 or later",
    "ours unnamed: abolished before 1984": "stdnum names a code that was given up before numbers were given",
    "ours unnamed: permit": "stdnum takes Hong Kong, Macau and Taiwan residents' permits for regions",
    "another name: renamed by 1984": "we give the name when numbers began, stdnum that of the birth year",
}


def mutated(rng: random.Random, number: str) -> str:
    """A number as it is, or after a typing error, or digits at random."""
    at = rng.randrange(len(number))
    match rng.randrange(8):
        case 0:
            return number[:at] + rng.choice("0123456789X") + number[at + 1 :]
        case 1:
            return number[:at] + number[at + 1 : at + 2] + number[at] + number[at + 2 :]
        case 2:
            return number[:at] + number[at + 1 :]
        case 3:
            return number[:at] + rng.choice("0123456789") + number[at:]
        case 4:
            return ric_number("".join(rng.choice("0123456789") for _ in range(17)))
        case _:
            return number


def ric_number(body: str) -> str:
    return body + "10X98765432"[sum(int(digit) * 2 ** (17 - at) for at, digit in enumerate(body)) % 11]


def sample(seed: int, count: int) -> list[str]:
    """Numbers of all codes ever given and of some never given, born 1870 to 2110, a part of them mutated."""
    rng = random.Random(seed)  # noqa: S311
    known = [code for code in regions._table() if len(code) == 6]
    first, last = dt.date(1870, 1, 1).toordinal(), dt.date(2110, 12, 31).toordinal()
    texts = []
    for _ in range(count):
        region = rng.choice(known) if rng.random() < 0.9 else f"{rng.randrange(100_000, 1_000_000)}"
        born = dt.date.fromordinal(rng.randrange(first, last))
        texts.append(mutated(rng, ric_number(f"{region}{born:%Y%m%d}{rng.randrange(1000):03d}")))
    return texts


def theirs(text: str) -> tuple[str, str | None]:
    """`valid` and the county's name, `place` and None for a number that only its place makes invalid, or `invalid`."""
    try:
        ric.validate(text)
        return "valid", ric.get_birth_place(text)["county"].rpartition("]")[2]
    except KeyError:  # how stdnum meets a county that it does not know in a province that it does
        return "place", None
    except InvalidComponent:
        try:
            ric.get_birth_date(text)
        except InvalidComponent:
            return "invalid", None
        return "place", None
    except ValidationError:
        return "invalid", None


def compare(part: tuple[int, int]) -> Counter[str]:
    """Sort the numbers of one sample (seed, count) by what both say of them."""
    texts = sample(*part)
    ours = resident_id.encode(pa.array(texts))
    told = resident_id.describe(ours).to_pylist()
    names = regions.first_registered(resident_id.keys(pa.array(texts))).to_pylist()
    found: Counter[str] = Counter()
    for text, key, one, name in zip(texts, ours.to_pylist(), told, names, strict=True):
        found["numbers"] += 1
        verdict, place = theirs(text) if len(text) == 18 else ("invalid", None)
        if len(text) != 18 and key is None:
            found["neither valid"] += 1
            continue
        if key is None:
            found[_unlike_theirs(text, verdict)] += 1
            continue
        assert verdict != "invalid", "a number is valid to us that stdnum refuses for more than its place"
        same = one["birth_date"] == ric.get_birth_date(text) and (one["sex"] == "male") == (int(text[16]) % 2 == 1)
        found["same birth date" if same else "UNEXPLAINED birth date"] += 1
        found["both valid" if verdict == "valid" else _unknown_place(text)] += 1
        found[_place(text, name, place)] += 1
    return found


def _unlike_theirs(text: str, verdict: str) -> str:
    outside = not 1880 <= int(text[6:10]) <= 2100 if text[6:10].isdigit() else False
    if verdict == "invalid":
        return "neither valid"
    if outside:
        return "ours invalid: before 1880 or after 2100"
    return "neither valid" if text[0] == "0" and verdict == "place" else "UNEXPLAINED validity"


def _years(text: str) -> list[tuple[int, int]]:
    # The years of each name of the code in stdnum's own table.
    told = [properties for _, properties in numdb.get("cn/loc").info(text[:6])][-1].get("county", "")
    spans = [part[1:].split("]")[0].split("-") for part in told.split(",") if part.startswith("[")]
    if told and not spans:
        return [(0, 9999)]
    return [(int(first or 0), int(last or 9999)) for first, last in spans]


def _unknown_place(text: str) -> str:
    if text[0] == "9" or text[:2] in {"81", "82", "83"}:
        return "ours valid: permit or foreigners' card"
    born = int(text[6:10])
    if not _years(text):
        return "ours valid: place unknown"
    within = any(first <= born <= last for first, last in _years(text))
    return "UNEXPLAINED place" if within else "ours valid: place not of the birth year"


def _place(text: str, name: str | None, place: str | None) -> str:
    born = int(text[6:10])
    if name is None and place is None:
        return "neither knows the place"
    if name is None:
        if int(text[:6]) >= 810_000:
            return "ours unnamed: permit"
        gone = all(last < 1984 or first > last for first, last in _years(text))
        return "ours unnamed: abolished before 1984" if gone else "UNEXPLAINED name missing"
    if place is None:
        later = not any(first <= born <= last for first, last in _years(text))
        return "ours named: in use after the birth year" if later else "UNEXPLAINED name given"
    if name.endswith(place) or place in {"市辖区", "县"} or "直辖" in place:
        return "same place"
    return "another name: renamed by 1984" if born < 1984 else "UNEXPLAINED name"


def parts(count: int) -> list[tuple[int, int]]:
    return [(seed, min(CHUNK, count - seed * CHUNK)) for seed in range(-(-count // CHUNK))]


@pytest.mark.parametrize("part", parts(200_000), ids=lambda part: f"seed {part[0]}")
def test_every_difference_has_a_reason(part: tuple[int, int]) -> None:
    found = compare(part)
    assert set(found) - {"numbers"} <= set(REASONS)
    assert found["numbers"] == part[1]
    assert found["both valid"] > part[1] // 10
    assert found["neither valid"] > part[1] // 10


def main() -> int:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with ProcessPoolExecutor(2) as pool:
        found = sum(pool.map(compare, parts(count)), Counter())
    for what, times in sorted(found.items(), key=lambda item: -item[1]):
        print(f"{times:>9,}  {what:<42} {REASONS.get(what, '')}")  # noqa: T201
    unexplained = sum(times for what, times in found.items() if what.startswith("UNEXPLAINED"))
    print(f"{unexplained:>9,}  unexplained")  # noqa: T201
    return min(unexplained, 1)


if __name__ == "__main__":
    sys.exit(main())
