"""Matching of any two files: records and applicants in, matches out. No registry, no keyring, no settings."""

import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from catalogue.problems import Stop
from hedui.pipeline.engines import Progress, open_engine
from hedui.pipeline.engines.match import Outcome, match_records
from hedui.pipeline.match_input import Input, damage, open_input
from hedui.pipeline.workspace import is_full, put, scratch
from matching.scoring import Model

_PATIENCE: Final = 5  # seconds for a master to be there


@dataclass(frozen=True)
class Matched:
    """What came of matching two inputs."""

    records: Input
    applicants: Input
    outcome: Outcome
    parameters: str  # version of the model
    seconds: float  # wall time, checks included

    def to_dict(self) -> dict[str, object]:
        """Return the figures under the names that `--json` has, as documented in `docs/match.md`."""
        sides = (self.records, self.applicants)
        return {
            "records": self.records.rows,
            "applicants": self.applicants.rows,
            "matches": dict(self.outcome.grades),
            "numbers": dict(self.outcome.numbers),
            "capped": self.outcome.capped,
            "nulls": {side.role: side.nulls for side in sides},
            "unknown": {side.role: side.unknown for side in sides},
            "parameters": self.parameters,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class Fitted:
    """What a model was estimated from."""

    records: int
    applicants: int
    pairs: int  # candidates that were compared
    version: str


def match_files(
    records: Sequence[Path],
    applicants: Path,
    out: Path,
    *,
    engine: str = "local",
    model: Model,
    progress: Progress | None = None,
) -> Matched:
    """Match records to applicants and write `out`, whole or not at all; a file that was there is replaced.

    `records` are Parquet files or folders of them. Raises `Stop` for inputs that cannot be used and for an `out` that
    cannot be written, before any work; what is handled and only counted is in the result.
    """
    begun = time.monotonic()
    sides = open_input("records", records), open_input("applicants", [applicants])
    check_out(out, _paths(sides), records)
    with scratch(out) as folder:
        outcome = _matched(sides, folder / out.name, engine, model, progress)
        put(folder, out)
    return Matched(*sides, outcome, model.version, time.monotonic() - begun)


def fit_files(
    records: Sequence[Path],
    applicants: Path,
    out: Path,
    data_date: date,
    *,
    engine: str = "local",
    progress: Progress | None = None,
) -> Fitted:
    """Estimate a model from two inputs, as `match_files` takes them, and write it to `out`, whole or not at all.

    Raises `Stop` where too few pairs can be compared, or where nothing sensible comes of them; `out` stays as it was.
    """
    from matching.estimate import LEAST, fit

    sides = open_input("records", records), open_input("applicants", [applicants])
    check_out(out, _paths(sides), records)
    start = Model.assumed()
    with scratch(out) as folder:
        outcome = _matched(sides, folder / "compared.parquet", engine, start, progress)
        pairs = sum(outcome.patterns.values())
        if pairs < LEAST:
            raise Stop("match-fit-too-little", count=pairs, least=LEAST)
        model = fit(
            outcome.patterns,
            records=outcome.records,
            applicants=outcome.applicants,
            start=start,
            data_date=data_date,
            source=f"hedui match fit, {len(sides[0].paths)} files of records",
        )
        if model.version == start.version:
            raise Stop("match-fit-no-sense", count=pairs)
        model.save(folder / out.name)
        put(folder, out)
    return Fitted(outcome.records, outcome.applicants, pairs, model.version)


def _matched(sides: tuple[Input, Input], out: Path, engine: str, model: Model, progress: Progress | None) -> Outcome:
    if engine == "spark":
        _check_master()
    try:
        return match_records(
            open_engine(engine, out.parent), sides[1].paths[0], sides[0].paths, out, model=model, progress=progress
        )
    except Exception as error:
        if is_full(error) or (isinstance(error, Stop) and error.code != "engine-failed"):
            raise
        # Footers may promise more than pages hold. Only now is it worth reading everything, to say where.
        if (problem := damage(sides)) is None:
            raise
    raise problem


def _check_master() -> None:
    # Spark itself tries for minutes, and then says nothing of what it waited for.
    from hedui.settings import Settings

    master = Settings().spark_master
    if not master.startswith("spark://"):
        return
    for place in master.removeprefix("spark://").split(","):  # one of them leads
        host, _, port = place.rpartition(":")
        with suppress(OSError, ValueError), socket.create_connection((host.strip("[]"), int(port)), _PATIENCE):
            return
    raise Stop("spark-unreachable", master=master)


def _paths(sides: Sequence[Input]) -> list[Path]:
    return [path for side in sides for path in side.paths]


def read_model(path: Path | None) -> Model:
    """Return the model of a file of parameters; the shipped one for None. `Stop` where the file is not one."""
    if path is None:
        return Model.shipped()
    if not path.is_file():
        raise Stop("match-no-file", path=str(path))
    try:
        return Model.load(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # a TOML error is a ValueError
        pass
    raise Stop("match-bad-parameters", path=str(path))


def check_out(out: Path, inputs: Sequence[Path], given: Sequence[Path] = ()) -> None:
    """Raise `Stop` unless `out` may be written: it is none of the `inputs`, nor would it be read with `given` again."""
    if not out.parent.is_dir():
        raise Stop("match-out-no-folder", folder=str(out.parent))
    if out.exists() and not out.is_file():
        raise Stop("match-out-not-a-file", path=str(out))
    place = out.resolve()
    in_a_folder = place.suffix == ".parquet" and any(one.is_dir() and one.resolve() == place.parent for one in given)
    if in_a_folder or any(place == one or (out.exists() and out.samefile(one)) for one in inputs):
        raise Stop("match-out-is-input", path=str(out))
