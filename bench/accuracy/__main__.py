"""`python -m bench.accuracy`: how right matching is, on worlds with known truth or on labelled pairs.

Prints tables and bars, and writes `accuracy.json`, with every figure, and pictures. The exit code is 0 where no bar is
broken, 1 where one is, 4 where a file can't be used.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.accuracy.bars import Bar, bars, figures
from bench.accuracy.labels import check_matches, read_labels
from bench.accuracy.table import show, show_bars
from bench.accuracy.world import KINDS, prepare
from catalogue.problems import Problem
from catalogue.text import text
from matching.accuracy import Tally, against_labels, against_truth

HOUSEHOLDS = 200_000
SEEDS = (7001, 7002, 7003)  # of no test and no tuning
_WIDTH = 118
_BROKEN, _USAGE, _STOPPED = 1, 2, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    asked = _parser().parse_args(arguments)
    if (asked.labels is None) != (asked.matches is None):
        print(f"error: {text('accuracy-both')}", file=sys.stderr)
        return _USAGE
    # Tables go beside the JSON, not into it.
    console = Console(file=sys.stderr if asked.json else sys.stdout, width=_WIDTH, highlight=False, soft_wrap=False)
    asked.out.mkdir(parents=True, exist_ok=True)
    try:
        if asked.labels is not None:
            found, judged = _labelled(console, asked.labels, asked.matches, asked.out)
        else:
            found, judged = _worlds(console, asked.seeds, asked.households, asked.out)
    except Problem as problem:
        print(f"error: {problem.message()}\nhint: {problem.hint()}", file=sys.stderr)
        return _STOPPED
    written = asked.out / "accuracy.json"
    written.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    console.print(text("accuracy-written", folder=str(asked.out)))
    if asked.json:
        print(json.dumps(found, ensure_ascii=False))
    return _BROKEN if any(bar.holds is False for bar in judged) else 0


def _worlds(
    console: Console, seeds: Sequence[int], households: int, out: Path
) -> tuple[dict[str, Any], tuple[Bar, ...]]:
    tallies, each = [], {}
    for seed in seeds:
        tally, run = _world(console.print, seed, households)
        tallies.append(tally)
        each[str(seed)] = {"run": run, **figures(tally, KINDS)}
        console.rule(text("accuracy-seed", seed=seed, households=f"{households:,}"))
        if len(seeds) > 1:
            show_bars(console, bars(tally, KINDS))
    together = reduce(add, tallies)
    console.rule(text("accuracy-together", seeds=", ".join(map(str, seeds))))
    show(console, together, KINDS)
    _pictures(together, out, f"{households:,} households, seeds {', '.join(map(str, seeds))}")
    judged = tuple(bar for tally in (together, *tallies) for bar in bars(tally, KINDS))
    return {"households": households, "seeds": each, "together": figures(together, KINDS)}, judged


def _world(say: Callable[[str], None], seed: int, households: int) -> tuple[Tally, dict[str, Any]]:
    from hedui.pipeline.engines import open_engine
    from hedui.pipeline.engines.match import match_records

    with tempfile.TemporaryDirectory(prefix="hedui-accuracy-") as folder:
        home = Path(folder)
        began = time.monotonic()
        # In a process of its own, which gives its memory back.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            prepared = pool.submit(prepare, home, seed, households).result()
        built = time.monotonic()
        outcome = match_records(
            open_engine("local", home / "scratch"), prepared.applicants, prepared.records, home / "matches.parquet"
        )
        matched = time.monotonic()
        tally = against_truth(home / "matches.parquet", prepared.truth, KINDS, scratch=home)
        run = {
            "records": prepared.record_rows,
            "applicants": prepared.applicant_rows,
            "build_seconds": round(built - began, 1),
            "match_seconds": round(matched - built, 1),
            "compare_seconds": round(time.monotonic() - matched, 1),
            "outcome": {name: value for name, value in asdict(outcome).items() if name != "patterns"},
        }
    say(text("accuracy-ran", seed=seed, **{key: str(value) for key, value in run.items() if key != "outcome"}))
    return tally, run


def _labelled(console: Console, labels: Path, matches: Path, out: Path) -> tuple[dict[str, Any], tuple[Bar, ...]]:
    pairs = read_labels(labels)
    check_matches(matches)
    tally = against_labels(matches, pairs, KINDS)
    show(console, tally, KINDS, sampled=True)
    unknown = ["recall", "strangers", "certain", "queue"]
    if not {"number_error", "name_error"} <= set(pairs.column_names):
        unknown.append("kinds")
    console.print(text("accuracy-partial", pairs=len(pairs)))
    for figure in unknown:
        console.print(f"- {text(f'accuracy-partial-{figure}')}")
    _pictures(tally, out, f"{len(pairs):,} labelled pairs")
    found = {"labelled_pairs": len(pairs), "cannot_tell": unknown, "labelled": figures(tally, KINDS, sampled=True)}
    return found, bars(tally, KINDS, sampled=True)


def _pictures(tally: Tally, out: Path, title: str) -> None:
    from bench.accuracy.pictures import draw

    draw(tally, KINDS, out, title)


def _seeds(said: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(seed) for seed in said.split(",")))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=text("accuracy-help"))
    home = Path(os.environ.get("HEDUI_HOME", "var"))
    parser.add_argument("--households", type=int, default=HOUSEHOLDS, metavar="N", help=text("accuracy-households"))
    parser.add_argument("--seeds", type=_seeds, default=SEEDS, metavar="A,B,C", help=text("accuracy-seeds"))
    parser.add_argument("--labels", type=Path, metavar="FILE", help=text("accuracy-labels"))
    parser.add_argument("--matches", type=Path, metavar="FILE", help=text("accuracy-matches"))
    parser.add_argument("--out", type=Path, default=home / "accuracy", metavar="DIR", help=text("accuracy-out"))
    parser.add_argument("--json", action="store_true", help=text("accuracy-json"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
