"""One night on a province of 2,000 households (`HOUSEHOLDS=n` for another), beside a floor job on the same records.

The floor is what a bare tool does with the same rows: DuckDB reads the records as Parquet, joins on the number as a
string, groups by household and writes Parquet; no protocol, no check, no report, no seal.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import Figure

BAR_SECONDS = 600.0  # "at most 10 minutes, installation included"
_DAY = "2026-06-30"
_FLOOR = """
import sys, duckdb
world, people, out = sys.argv[1:]
duckdb.sql(f\"\"\"COPY (
    SELECT household, count(*) AS records
    FROM read_parquet('{world}/records/*/*.parquet', union_by_name = true) JOIN '{people}' USING (resident_id)
    GROUP BY household ORDER BY household) TO '{out}' (FORMAT parquet)\"\"\")
"""


def main() -> Figure:
    """Time the import and the night as whole processes."""
    households = os.environ.get("HOUSEHOLDS", "2000")
    hedui = str(Path(sys.executable).parent / "hedui")
    folder = Path(tempfile.mkdtemp(prefix="hedui-bench-"))
    environment = os.environ | {"HEDUI_HOME": str(folder / "var"), "HEDUI_MOCK_HOME": str(folder / "mock")}
    mock = folder / "mock"

    def timed(*command: str) -> float:
        began = time.monotonic()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        return time.monotonic() - began

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped below
    try:
        built = timed(hedui, "mock", "up", "--households", households, "--date", _DAY)
        imported = timed(hedui, "household", "import", str(mock / "households.xlsx"))
        night = timed(hedui, "nightly", "--date", _DAY)
        again = timed(hedui, "nightly", "--date", _DAY)
        floor = timed(
            sys.executable, "-c", _FLOOR, str(mock / "world"), str(mock / "households.parquet"), str(folder / "floor")
        )
    finally:
        subprocess.run([hedui, "mock", "down"], env=environment, check=False, stdout=subprocess.DEVNULL)  # noqa: S603
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{households} households: mock up {built:.1f} s, import {imported:.1f} s")
    print(f"night {night:.1f} s, again on the same date {again:.1f} s")
    print(f"floor job on the same records {floor:.1f} s; night / floor {night / floor:.1f}")
    return Figure("night", round(imported + night, 1), "s", BAR_SECONDS, imported + night <= BAR_SECONDS)
