"""Resident IDs checked and encoded per second on one core, Arrow strings in, beside two bare tools on the same column.

Two columns of a million (`ROWS=n` for another number): **clean** holds valid numbers of 18 characters only; in
**mixed** one in twenty is padded, wrong, masked, of 15 digits or missing. The slower one counts. DuckDB's cast of the
first 17 characters to BIGINT, on one thread, reads the same bytes but checks nothing; stdnum checks one number at a
time. Seconds are those that the processor spent on this process, so that a busy machine measures alike.
"""

import os
import time
from collections.abc import Callable

import duckdb
import numpy as np
import pyarrow as pa
from stdnum.cn import ric

from bench import Figure
from matching import resident_id

_TIMES = 5
_STDNUM_ROWS = 20_000
_CAST = "SELECT sum(try_cast(substr(id, 1, 17) AS BIGINT)) FROM column_"


def main() -> Figure:
    """Time both columns."""
    rows = int(os.environ.get("ROWS", "1000000"))
    speeds = []
    for name, column in (("clean", numbers(rows)), ("mixed", mixed(rows))):
        speed = per_second(rows, lambda column=column: resident_id.keys(column))
        bare = per_second(rows, _cast(column))
        some = column.slice(0, _STDNUM_ROWS).to_pylist()
        slow = per_second(len(some), lambda some=some: [is_number(text or "") for text in some], times=1)
        print(
            f"{name}: {speed / 1e6:.1f} M/s; DuckDB's unchecked cast {bare / 1e6:.1f} M/s (ratio {speed / bare:.2f}),"
            f" stdnum {slow / 1e6:.3f} M/s (ratio {speed / slow:,.0f})"
        )
        speeds.append(speed / 1e6)
    return Figure("encode", round(min(speeds), 1), "M numbers/s/core", None, None)


def numbers(rows: int, seed: int = 20260630) -> pa.StringArray:
    """Draw valid numbers of people born from 1930 to 2009, the same on every machine."""
    rng = np.random.default_rng(seed)
    days = np.arange("1930-01-01", "2010-01-01", dtype="datetime64[D]")[rng.integers(0, 29_220, rows)]
    births = np.array([f"{day}".replace("-", "") for day in np.unique(days)], dtype=np.int64)
    births = births[np.unique(days, return_inverse=True)[1]]
    keys = (rng.integers(320_100, 321_400, rows) * 10**8 + births) * 1000 + rng.integers(0, 1000, rows)
    return resident_id.decode(pa.array(keys))


def mixed(rows: int, seed: int = 20260701) -> pa.StringArray:
    """Draw valid numbers of which one in twenty is not written as it should be, in one of six ways."""
    rng = np.random.default_rng(seed)
    texts = numbers(rows, seed).to_pylist()
    for at in rng.choice(rows, rows // 20, replace=False).tolist():
        text = texts[at]
        ways = (f" {text}\t", f"'{text}", text[:16] + "00", text[:6] + "*" * 8 + text[14:], text[:6] + text[8:17], None)
        texts[at] = ways[at % len(ways)]
    return pa.array(texts, pa.string())


def per_second(rows: int, work: Callable[[], object], times: int = _TIMES) -> float:
    """Return the rows that one core gets through in a second at `work`, the best of several times."""
    work()
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return rows / best


def _cast(column: pa.StringArray) -> Callable[[], object]:
    connection = duckdb.connect(config={"threads": 1})
    connection.register("column_", pa.table({"id": column}))
    return lambda: connection.execute(_CAST).fetchall()


def is_number(text: str) -> bool:
    """Whether stdnum takes a text for a number."""
    try:
        return bool(ric.is_valid(text))
    except KeyError:  # how stdnum meets a county that it does not know in a province that it does
        return False
