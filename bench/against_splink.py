"""`hedui match` beside Splink 5 on DuckDB: 5 million records and 1.27 million applicants, time and F1.

Splink is set up as its own documentation advises (`bench/splink_job.py` says how), trained on the same data, and given
the threshold with the highest F1, which nobody without the truth could choose; of several applicants for one record it
keeps the best. `hedui match` answers with *certain* and *probable*. Both run on the same two cores, as whole processes.

`ROWS=n`, `SHARE=s`, `APPLICANTS=n` for other sizes; `CHUNKS=n` if Splink runs out of memory.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from bench import Figure
from bench.measure import GIB, peak, pin, seconds
from bench.people import APPLICANTS, SHARE, Size, drawn
from bench.splink_job import MODELS

BAR = 5.0  # times as fast, at a higher F1
_RUNS = 3
_TRUE = "SELECT record_id, applicant_id FROM '{truth}' WHERE applicant_id IS NOT NULL"
_OURS = "SELECT record_id, applicant_id, 0 AS weight FROM '{matches}' WHERE grade IN ('certain', 'probable')"
_SPLINK = """
    SELECT * FROM '{matches}' QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY weight DESC, applicant_id) = 1
"""
# F1 at every threshold at once: pairs from the heaviest down, and how many of them are right.
_F1 = """
    WITH truth AS ({true}), found AS ({found}),
    by_weight AS (
        SELECT weight, count(*) AS pairs, count(truth.record_id) AS correct
        FROM found LEFT JOIN truth USING (record_id, applicant_id) GROUP BY weight
    ), down_to AS (
        SELECT weight, (SELECT count(*) FROM truth) AS wanted, sum(pairs) OVER down AS pairs,
            sum(correct) OVER down AS correct
        FROM by_weight WINDOW down AS (ORDER BY weight DESC)
    )
    SELECT 2 * correct / (pairs + wanted) AS f1, correct / pairs, correct / wanted, weight
    FROM down_to ORDER BY f1 DESC, weight DESC LIMIT 1
"""


def main() -> Figure:
    """Run both; the figure is how many times as long the faster of Splink's models takes."""
    size = Size(
        int(float(os.environ.get("ROWS", "5e6"))),
        int(float(os.environ.get("APPLICANTS", APPLICANTS))),
        float(os.environ.get("SHARE", SHARE)),
    )
    pin()
    print(f"{size.records:,} records × {size.applicants:,} applicants, {size.share:.0%} of the records theirs")
    with drawn(size) as people, tempfile.TemporaryDirectory(prefix="hedui-bench-") as scratch:
        matches = str(Path(scratch) / "matches.parquet")
        ours, our_f1 = _hedui(people, matches)
        theirs, their_f1 = zip(*(_splink(people, matches, model) for model in MODELS), strict=True)
    times, best = min(theirs) / ours, max(their_f1)
    print(f"hedui match is {times:.1f} times as fast (bar {BAR:g}); F1 {our_f1:.5f} against {best:.5f} at best")
    return Figure("against_splink", round(times, 1), "x as fast", BAR, times >= BAR and our_f1 > best)


def _hedui(people: Path, out: str) -> tuple[float, float]:
    hedui = str(Path(sys.executable).parent / "hedui")
    records, applicants = str(people / "records.parquet"), str(people / "applicants.parquet")
    command = [hedui, "match", records, "--applicants", applicants, "--out", out]
    held = peak(command)
    took = min(seconds(command) for _ in range(_RUNS))
    f1, precision, recall, _ = _measured(people, _OURS.format(matches=out))
    print(f"hedui match, certain and probable: {took:.1f} s, {held / GIB:.2f} GiB")
    print(f"  F1 {f1:.5f}, precision {precision:.5f}, recall {recall:.5f}", flush=True)
    return took, f1


def _splink(people: Path, out: str, model: str) -> tuple[float, float]:
    records, applicants = str(people / "records.parquet"), str(people / "applicants.parquet")
    began = time.monotonic()
    held = peak([sys.executable, "-m", "bench.splink_job", records, applicants, out, model], every=1.0)
    took = time.monotonic() - began
    f1, precision, recall, weight = _measured(people, _SPLINK.format(matches=out))
    stages = json.loads(Path(out).with_suffix(".json").read_text("utf-8"))
    listed = ", ".join(f"{stage} {spent:.1f}" for stage, spent in stages.items())
    print(f"Splink, model {model!r}: {took:.1f} s ({listed}), {held / GIB:.2f} GiB")
    print(
        f"  F1 {f1:.5f}, precision {precision:.5f}, recall {recall:.5f} at its best threshold, {weight:.2f}", flush=True
    )
    return took, f1


def _measured(people: Path, found: str) -> tuple[float, float, float, float]:
    """Return F1, precision, recall over all true pairs, and the threshold, where F1 is highest."""
    true = _TRUE.format(truth=people / "truth.parquet")
    row: tuple[float, float, float, float] = duckdb.execute(_F1.format(true=true, found=found)).fetchall()[0]
    return row
