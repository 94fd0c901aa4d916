"""Assess: gather per household what was matched to its members, and make its report document."""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from catalogue.categories import Category, categories
from catalogue.problems import Stop
from connectors.manifest import Manifest
from hedui.pipeline.checkpoints import checkpoint
from hedui.pipeline.duck import open_duckdb
from hedui.pipeline.night import Night
from hedui.pipeline.sources import accepted_files
from hedui.policy.force import Policy
from hedui.policy.load import shipped
from hedui.policy.outcome import Words
from hedui.reports.basis import Basis, SourceState
from hedui.reports.kernel import DOCUMENTS, EVIDENCE, assess_batch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Kernel = Callable[[pa.RecordBatch], pa.RecordBatch]
# How an engine runs a kernel: over every batch, results in the order of the batches. `map` does it in this process.
Run = Callable[[Kernel, Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]

PART = 4096  # households gathered at a time: memory stays flat however many there are
BATCH = 512  # households a kernel call
_MATCH_FIELDS: dict[str, Any] = {
    "record_id": pa.string(),
    "applicant_id": pa.string(),
    "grade": pa.string(),
    "weight": pa.float64(),
    "evidence": pa.list_(EVIDENCE),
    "source": pa.string(),
    "category": pa.string(),
}
_MATCHES = pa.schema(_MATCH_FIELDS)
_UNUSABLE = pa.schema({name: pa.string() for name in ("member_ref", "source", "category")}.items())


@dataclass(frozen=True)
class Inputs:
    """What select, validate and match left in the working area."""

    applicants: Path
    households: Path
    accepted: Sequence[Path]  # canonical files of accepted sources, each named for its category
    matches: Sequence[Path]
    unusable: Path | None = None  # about which members a source delivered rows that were set aside; None: about nobody


def assess_run(night: Night) -> list[str]:
    """Assess every household of a run; return the cities that have reports to write, in order."""
    if night.published():
        return []
    out = night.workspace.assessed
    if not night.stage_done("assess"):
        with night.stage("assess") as counts:
            checkpoint("assess:begun")
            unusable = night.workspace.root / "unusable.parquet"
            inputs = Inputs(
                applicants=night.workspace.applicants,
                households=night.workspace.households,
                accepted=accepted_files(night),
                matches=sorted(night.workspace.matches.glob("*.parquet")),
                unusable=unusable if unusable.exists() else None,
            )
            basis = Basis.of(
                source_states(night.manifests, night.workspace.answers), Policy.on(night.business_date, shipped())
            )
            counts["households"] = assess(inputs, basis, out)
            checkpoint("assess:written")
    return sorted({path.stem.partition("=")[2][:4] for path in out.glob("county=*.parquet")})


def source_states(manifests: Mapping[str, Manifest], answers: Path) -> list[SourceState]:
    """Join what the manifests say of every source with how it stands in this run."""
    said = {row["source"]: row for row in pq.read_table(answers).to_pylist()}
    return [
        SourceState(
            id=source,
            name=Words(zh=manifest.name.zh, en=manifest.name.en),
            kind=manifest.kind,
            required=manifest.required,
            categories=tuple(sorted(dataset.category for dataset in manifest.datasets)),
            state=said[source]["state"],
            as_of=said[source]["as_of"],
            problem=said[source]["problem"],
            set_aside=said[source].get("set_aside") or 0,
        )
        for source, manifest in manifests.items()
    ]


def assess(inputs: Inputs, basis: Basis, out: Path, *, run: Run = map, memory: str = "1GB") -> int:
    """Write `county=<code>.parquet` (DOCUMENTS, by household) into folder `out`; return the number of households.

    The folder appears whole or not at all. `memory` is what DuckDB may use before it spills into the working area.
    Raises `Stop` (assess-records-missing) where a match names a record that no accepted file holds.
    """
    draft = _beside(out)
    draft.mkdir(parents=True)
    try:
        with open_duckdb(draft / "spill", memory_limit=memory) as database:
            _gather(database, inputs, [source.id for source in basis.sources if source.answered])
            written = _write(run(partial(assess_batch, basis), _families(database)), draft)
        shutil.rmtree(draft / "spill", ignore_errors=True)
        checkpoint("assess:unnamed")
        _put(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # nothing is left of it but after a failure
    return written


def _beside(out: Path) -> Path:
    """Name a folder that no other call uses: two processes may assess the same run at once."""
    return out.with_name(f".{out.name}.{os.getpid()}-{secrets.token_hex(4)}")


def _put(draft: Path, out: Path) -> None:
    """Rename `draft` to `out`. What another call or a killed attempt left there is moved away first, then deleted."""
    moved: list[Path] = []
    while True:
        try:
            draft.rename(out)
            break
        except OSError as problem:
            if problem.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
            with suppress(FileNotFoundError):  # another call has just moved it away
                moved.append(out.rename(_beside(out)))
    for folder in moved:
        shutil.rmtree(folder, ignore_errors=True)


def _gather(database: "DuckDBPyConnection", inputs: Inputs, accepted_sources: list[str]) -> None:
    """Make the tables `household`, `record` and `set_aside`."""
    _view(database, "households", [inputs.households])
    _view(database, "applicants", [inputs.applicants])
    if inputs.matches:
        _view(database, "matches", inputs.matches)
    else:
        database.register("matches", _MATCHES.empty_table())
    database.execute(_sql("household"), {"size": PART})
    database.execute(_sql("matched"), {"accepted": accepted_sources})
    if inputs.unusable is None:
        database.register("unusable", _UNUSABLE.empty_table())
    else:
        _view(database, "unusable", [inputs.unusable])
    database.execute(_sql("unusable"), {"accepted": accepted_sources})
    database.execute(_sql("record"))
    for category, paths in groupby(sorted(inputs.accepted, key=lambda path: (path.stem, path)), lambda path: path.stem):
        _view(database, "accepted", paths)
        statement = Template(_sql("items")).substitute(items=_items(categories()[category]), category=category)
        database.execute(statement)
    missing = _count(database, "matched") - _count(database, "record")
    if missing:
        raise Stop("assess-records-missing", records=missing)


def _view(database: "DuckDBPyConnection", name: str, paths: Iterable[Path]) -> None:
    # Without hive partitioning: folders are named source=…, which must not become a column.
    database.read_parquet([str(path) for path in paths], hive_partitioning=False).create_view(name, replace=True)


def _items(category: Category) -> str:
    """Say in SQL how a category's items become JSON: integers stay numbers, all else is text, so no digit is lost."""
    return ", ".join(
        f"'{item.id}': r.{item.id}" if item.type == "integer" else f"'{item.id}': CAST(r.{item.id} AS VARCHAR)"
        for item in category.items
    )


def _count(database: "DuckDBPyConnection", table: str) -> int:
    (rows,) = database.table(table).aggregate("count(*)").fetchall()[0]
    return int(rows)


def _families(database: "DuckDBPyConnection") -> Iterator[pa.RecordBatch]:
    parts = -(-_count(database, "household") // PART)
    for part in range(parts):
        reader: Any = database.sql(_sql("families"), params={"part": part}).to_arrow_reader(BATCH)
        yield from reader


def _write(documents: Iterable[pa.RecordBatch], folder: Path) -> int:
    """Write documents, which come in order of county, to one file a county."""
    written = 0
    slices = (piece for batch in documents for piece in _by_county(batch))
    for county, pieces in groupby(slices, key=lambda piece: piece[0]):
        # No document is like another: neither a dictionary nor statistics would be of use.
        path = folder / f"county={county}.parquet"
        with pq.ParquetWriter(
            path, DOCUMENTS, compression="lz4", use_dictionary=False, write_statistics=False
        ) as writer:
            for _, piece in pieces:
                writer.write_batch(piece)
                written += piece.num_rows
    return written


def _by_county(batch: pa.RecordBatch) -> Iterator[tuple[str | None, pa.RecordBatch]]:
    start = 0
    for county, rows in groupby(batch.column("county").to_pylist()):
        length = sum(1 for _ in rows)
        yield county, batch.slice(start, length)
        start += length


def _sql(name: str) -> str:
    return (files("sql") / "assess" / f"{name}.sql").read_text("utf-8")
