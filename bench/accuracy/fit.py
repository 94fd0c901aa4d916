"""`python -m bench.accuracy.fit OUT.toml`: estimate the figures of `matching/parameters.toml` on a mock province.

The shipped file was written by this command with its defaults; it starts from figures that were reasoned
(`matching/assumed.toml`). The seed is one for tuning: it is not among those that `make accuracy` measures on.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.accuracy.world import DAY, prepare
from hedui.pipeline.engines import open_engine
from hedui.pipeline.engines.match import match_records
from matching.estimate import fit
from matching.scoring import Model

SEED = 11
HOUSEHOLDS = 100_000


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy.fit", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--households", type=int, default=HOUSEHOLDS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hedui-fit-") as folder:
        home = Path(folder)
        world = prepare(home, asked.seed, asked.households)
        outcome = match_records(
            open_engine("local", home / "scratch"), world.applicants, world.records, home / "matches.parquet"
        )
    model = fit(
        outcome.patterns,
        records=world.record_rows,
        applicants=world.applicant_rows,
        start=Model.assumed(),
        data_date=DAY,
        source=f"mock province, seed {asked.seed}, {asked.households:,} households",
    )
    model.save(asked.out)
    print(model.source)
    return 0


if __name__ == "__main__":
    sys.exit(main())
