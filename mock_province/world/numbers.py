"""Resident ID numbers (GB 11643): 6 digits region, 8 birth date, 3 sequence (odd for men), 1 check character."""

import numpy as np

from catalogue.regions import regions
from mock_province.world.columns import Bytes, digits
from mock_province.world.streams import Ints, Mask, Stream, pick

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)  # by the weighted sum modulo 11
TOP_SEQUENCE = 995  # 996–999 marked people born in 18xx
_BATCH = 1 << 18

# Codes under which people were first registered before a county was merged, raised or renamed,
# and the year from which the present code was given (GB/T 2260). Holders keep them for life.
FORMER: dict[str, tuple[int, tuple[str, ...]]] = {
    "320104": (2013, ("320103", "320104")),
    "320106": (2013, ("320107", "320106")),
    "320115": (2001, ("320121",)),
    "320116": (2002, ("320112", "320123")),
    "320117": (2013, ("320124",)),
    "320118": (2013, ("320125",)),
    "320205": (2001, ("320283",)),
    "320213": (2016, ("320202", "320203", "320204")),
    "320312": (2010, ("320323",)),
    "320412": (2002, ("320405", "320483")),
    "320413": (2015, ("320482",)),
    "320508": (2012, ("320502", "320503", "320504")),
    "320509": (2012, ("320584",)),
    "320612": (2009, ("320683",)),
    "320613": (2020, ("320602", "320611")),
    "320614": (2020, ("320684",)),
    "320685": (2018, ("320621",)),
    "320706": (2014, ("320705", "320706")),
    "320707": (2014, ("320721",)),
    "320803": (2012, ("320882",)),
    "320812": (2016, ("320802", "320811")),
    "320813": (2016, ("320829",)),
    "320904": (2015, ("320982",)),
    "321003": (2011, ("321011", "321003")),
    "321012": (2011, ("321088",)),
    "321112": (2002, ("321121",)),
    "321204": (2012, ("321284",)),
    "321311": (2004, ("321321",)),
}
# Other provinces, from which people married or moved in.
# fmt: off
ELSEWHERE = (
    340104, 340123, 340221, 340321, 340421, 340826, 341021, 341122, 341221, 341322, 341523, 341621, 341702, 341822,
    370123, 370303, 370402, 370724, 370829, 371323, 371722,
    410122, 410224, 410322, 410423, 411024, 411321, 411422, 411521, 411623,
    420106, 420222, 420381, 420822, 420984, 421022,
    430124, 430321, 430523, 430722,
    330106, 330281, 330327, 330522, 330723, 331021,
    360121, 360323, 360424, 360730, 361023,
    510104, 510322, 510623, 511025, 511321, 511622,
    520102, 520222, 520322, 522121,
    530102, 530326,
    610104, 610321,
    620102, 622421,
    650102, 653101, 652801,
    230102, 230231,
    220104,
    210102,
    130102,
    140105,
    110105,
    310110,
)
# fmt: on
_LOCAL_SHARE, _MOVED_SHARE = 0.84, 0.11  # registered at birth in the county of residence; elsewhere in the province


def check_characters(body: Ints) -> Bytes:
    """Return the check character (ASCII) of each 17-digit body."""
    checks = np.empty(len(body), dtype=np.uint8)
    for start in range(0, len(body), _BATCH):
        batch = digits(body[start : start + _BATCH], 17).astype(np.int64) - ord("0")
        checks[start : start + _BATCH] = CHECKS[(batch @ WEIGHTS) % 11]
    return checks


def characters(body: Ints) -> Bytes:
    """Write bodies as 18-character numbers: an n × 18 matrix of ASCII."""
    matrix = np.empty((len(body), 18), dtype=np.uint8)
    matrix[:, :17] = digits(body, 17)
    matrix[:, 17] = check_characters(body)
    return matrix


def calendar(days: Ints) -> tuple[Ints, Ints, Ints]:
    """Split days since 1970-01-01 into year, month, day."""
    day = days.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    year = day.astype("datetime64[Y]")
    return (
        year.astype(np.int64) + 1970,
        month.astype(np.int64) - year.astype("datetime64[M]").astype(np.int64) + 1,
        (day - month.astype("datetime64[D]")).astype(np.int64) + 1,
    )


def written(days: Ints) -> Ints:
    """Write days since 1970-01-01 as the number yyyymmdd; adding 10,000 adds a calendar year."""
    year, month, day = calendar(days)
    return year * 10_000 + month * 100 + day


def bodies(region: Ints, birth: Ints, sequence: Ints) -> Ints:
    """Compose the 17 digits from region code, birth (days since 1970) and sequence."""
    return (region * 100_000_000 + written(birth)) * 1_000 + sequence


def sequences(rng: Stream, male: Mask) -> Ints:
    """Draw sequence numbers: odd for men, even for women, never 0 or above 995."""
    return rng.integers(1, TOP_SEQUENCE // 2, size=len(male), endpoint=True) * 2 - np.where(male, 1, 0)


def first_regions(rng: Stream, county: Ints, birth: Ints) -> Ints:
    """Draw the region of first registration for people who now live in `county` (six digits)."""
    size = len(county)
    code = county.copy()
    counties = np.array([int(c) for c in regions().counties], dtype=np.int64)
    kind = pick(rng, size, [_LOCAL_SHARE, _MOVED_SHARE, 1 - _LOCAL_SHARE - _MOVED_SHARE])
    within = counties[rng.integers(0, len(counties), size=size)]
    beyond = np.array(ELSEWHERE, dtype=np.int64)[rng.integers(0, len(ELSEWHERE), size=size)]
    code = np.where(kind == 1, within, code)
    year = calendar(birth)[0]
    which = rng.integers(0, 6, size=size)  # 6: a multiple of every number of predecessors
    for present, (since, former) in FORMER.items():
        held = (code == int(present)) & (year < since)
        code[held] = np.array([int(c) for c in former], dtype=np.int64)[which[held] % len(former)]
    return np.where(kind == 2, beyond, code)  # noqa: PLR2004  the third weight above


def make_unique(rng: Stream, body: Ints, male: Mask, taken: Ints) -> Ints:
    """Redraw the sequence of every body that is in `taken` or was met before, until no two are the same."""
    body = body.copy()
    while True:
        clash = np.ones(len(body), dtype=bool)
        clash[np.unique(body, return_index=True)[1]] = False
        clash |= np.isin(body, taken)
        if not clash.any():
            return body
        body[clash] = body[clash] // 1_000 * 1_000 + sequences(rng, male[clash])
