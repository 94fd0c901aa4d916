"""`hedui match` on 50 million records and 1.27 million applicants, beside a bare join of the same files, in one run.

The floor is what a bare tool does with the same rows: DuckDB reads both files, joins on the number as a string and
writes the matched pairs of ids; nothing is cleaned, repaired, compared, graded or explained. Its clock starts after
Python and DuckDB are loaded; that of `hedui match` starts with its process. Both run on the same two cores, in turn, on
files that the first, unmeasured round has brought into the cache. The best of three rounds counts for each.

`ROWS=n`, `SHARE=s` for another number of records, and share of them that belong to applicants; `RUNS=n` rounds.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench import Figure
from bench.measure import GIB, THREADS, peak, pin, seconds
from bench.people import SHARE, Size, drawn

BAR = 5.0  # times the floor; the aim is 3
AIM = 3.0
BAR_GROWTH = 5.3  # from a fifth of the records to all of them
BAR_MEMORY = 4.0  # GiB
_FLOOR = f"""
import sys, time, duckdb
records, applicants, out = sys.argv[1:]
began = time.monotonic()
db = duckdb.connect(config={{"threads": {THREADS}, "preserve_insertion_order": False}})
db.execute("SET enable_progress_bar = false")
db.execute(f\"\"\"COPY (SELECT record_id, applicant_id FROM '{{records}}' JOIN '{{applicants}}' USING (resident_id))
    TO '{{out}}' (FORMAT parquet)\"\"\")
print(time.monotonic() - began)
"""
_GRADES = """
    SELECT grade, count(*) AS matches, count(*) FILTER (m.applicant_id = t.applicant_id) AS correct
    FROM '{matches}' AS m JOIN '{truth}' AS t USING (record_id)
    GROUP BY grade ORDER BY list_position(['certain', 'probable', 'possible'], grade::VARCHAR)
"""


@dataclass(frozen=True)
class Measured:
    """Seconds of the best rounds, and the memory of one more."""

    floor: float
    ours: float
    memory: float  # GiB


def main() -> Figure:
    """Measure at a fifth of the records and at all of them."""
    rows = int(float(os.environ.get("ROWS", "50e6")))
    share = float(os.environ.get("SHARE", SHARE))
    pin()
    few, all_ = (measure(Size(size, share=share)) for size in (rows // 5, rows))
    growth = all_.ours / few.ours
    ratio = all_.ours / all_.floor
    print(f"growth from {rows // 5:,} to {rows:,} records: {growth:.2f}-fold (bar {BAR_GROWTH})")
    print(f"peak memory {all_.memory:.2f} GiB (bar {BAR_MEMORY:g})")
    print(f"hedui match / floor {ratio:.2f} (bar {BAR:g}, aim {AIM:g})")
    holds = ratio <= BAR and growth <= BAR_GROWTH and all_.memory <= BAR_MEMORY
    return Figure("match", round(ratio, 2), "x floor", BAR, holds)


def measure(size: Size) -> Measured:
    """Measure the floor and `hedui match` on records of one size."""
    runs = int(os.environ.get("RUNS", "3"))
    with drawn(size) as people, tempfile.TemporaryDirectory(prefix="hedui-bench-") as scratch:
        records, applicants = str(people / "records.parquet"), str(people / "applicants.parquet")
        matches = Path(scratch) / "matches.parquet"
        joined = [sys.executable, "-c", _FLOOR, records, applicants, str(Path(scratch) / "floor.parquet")]
        hedui = str(Path(sys.executable).parent / "hedui")
        matched = [hedui, "match", records, "--applicants", applicants, "--out", str(matches), "--json"]

        _inner(joined)
        memory = peak(_fresh(matched, matches)) / GIB
        floor, ours = [], []
        for _ in range(runs):
            floor.append(_inner(joined))
            ours.append(seconds(_fresh(matched, matches)))
        best = Measured(min(floor), min(ours), memory)
        print(f"{size.records:,} records × {size.applicants:,} applicants, {size.share:.0%} of the records theirs:")
        print(f"  floor {best.floor:.2f} s of {_listed(floor)}; hedui match {best.ours:.2f} s of {_listed(ours)}")
        print(f"  ratio {best.ours / best.floor:.2f}, peak {memory:.2f} GiB")
        graded = duckdb.execute(_GRADES.format(matches=matches, truth=people / "truth.parquet")).fetchall()
        for grade, count, correct in graded:
            print(f"  {grade}: {count:,} matches, {count - correct:,} of them wrong", flush=True)
    return best


def _inner(command: list[str]) -> float:
    """Run a command that prints its own seconds."""
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603


def _fresh(command: list[str], out: Path) -> list[str]:
    """Remove what an earlier round has written."""
    out.unlink(missing_ok=True)
    return command


def _listed(times: list[float]) -> str:
    return " / ".join(f"{time:.2f}" for time in times)
