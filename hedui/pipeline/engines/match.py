"""Records to members on any engine: index the applicants, run the matcher over all records, sort what it finds."""

import secrets
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalogue.problems import Stop
from hedui.pipeline.duck import open_duckdb
from hedui.pipeline.engines import Engine, Files, Progress, Screen
from matching import characters
from matching.index import APPLICANT_SCHEMA, Index
from matching.match import (
    COMPACT_ORDER,
    COMPACT_SCHEMA,
    DUPLICATE,
    MATCH_SCHEMA,
    RECORD_SCHEMA,
    SCREENED,
    Expand,
    Matcher,
)
from matching.scoring import GRADES, Model


@dataclass(frozen=True)
class Outcome:
    """What came of matching, in figures; nothing personal."""

    records: int
    applicants: int
    grades: dict[str, int]  # rows of each grade
    numbers: dict[str, int]  # records whose number is no valid resident ID, by `resident_id.Kind`, or `document`
    capped: int  # searches that were given up because too many applicants fitted
    patterns: dict[int, int]  # all pairs that were compared, by pattern: for estimating a model


def match_records(
    engine: Engine,
    applicants: Path,
    records: Sequence[Path],
    out: Path,
    *,
    applicant_id: str = "applicant_id",
    carry: Sequence[str] = (),
    model: Model | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Match the records of Parquet files (`RECORD_SCHEMA`) to applicants and write `out`, whole or not at all.

    Applicants: the column that `applicant_id` names, `resident_id`, `name`, and those of `Index.build`. `out` has
    `MATCH_SCHEMA` and the columns of the records (strings) that `carry` names, in order of record and applicant.
    The same input gives the same rows on every engine, whatever the order of files and however often it is run.
    Raises `Stop`: `match-id-missing` and `match-duplicate-applicants` for applicants that cannot be told apart,
    `match-records-without-id` and `match-duplicate-records` for records that matched and cannot.
    """
    model = model or Model.shipped()
    along = [pa.field(column, pa.string()) for column in carry]
    with ThreadPoolExecutor(1) as pool:
        people = pool.submit(_people, applicants, applicant_id)
        characters.lanes()  # tables that take as long to make as the file to read
    index = Index.build(people.result(), model)
    matcher = Matcher(index, model)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.{secrets.token_hex(4)}")  # two processes may match at once
    draft.mkdir(mode=0o700)
    compact, finished = draft / "compact.parquet", draft / "finished.parquet"
    schemas = [pa.schema([*schema, *along]) for schema in (RECORD_SCHEMA, COMPACT_SCHEMA, MATCH_SCHEMA)]
    try:
        engine.map_batches(
            matcher,
            Files(tuple(records), schemas[0]),
            compact,
            schemas[1],
            screen=Screen(SCREENED, matcher.screen),
            progress=progress,
        )
        if missing := _nulls(compact, "record_id") - _nulls(compact, "person"):
            raise Stop("match-records-without-id", count=missing)
        engine.map_groups(Expand(index.ids, model), Files((compact,), schemas[1]), COMPACT_ORDER, finished, schemas[2])
        grades = _counts(finished)
        if DUPLICATE in grades:
            raise Stop("match-duplicate-records", count=_shared(finished))
        finished.replace(out)
        return Outcome(
            records=sum(pq.read_metadata(path).num_rows for path in records),
            applicants=len(index),
            grades={grade: grades.get(grade, 0) for grade in GRADES},
            **_tallies(compact),
        )
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _people(applicants: Path, applicant_id: str) -> pa.Table:
    there = pq.read_schema(applicants).names
    wanted = [name for name in (applicant_id, *APPLICANT_SCHEMA.names[1:]) if name in there]
    people = _read(applicants, wanted).rename_columns({applicant_id: "applicant_id"})
    ids = people.column("applicant_id").cast(pa.string())
    ids.validate(full=True)  # they go into the output as they are
    if missing := len(ids) - (pc.sum(pc.not_equal(ids, "")).as_py() or 0):
        raise Stop("match-id-missing", path=str(applicants), column=applicant_id, count=missing)
    ascending = pc.all(pc.less(ids.slice(0, max(len(ids) - 1, 0)), ids.slice(1))).as_py()  # as lists often are
    if not ascending and (more := len(ids) - pc.count_distinct(ids).as_py()):
        raise Stop("match-duplicate-applicants", path=str(applicants), count=more)
    return people


def _read(path: Path, columns: list[str]) -> pa.Table:
    # Not pq.read_table, which imports half a second of what is not needed for one file.
    with pq.ParquetFile(path) as file:
        return file.read(columns=columns)


def _nulls(path: Path, column: str) -> int:
    # Of a file that we wrote: its statistics are there.
    metadata = pq.read_metadata(path)
    place = metadata.schema.names.index(column)
    groups = (metadata.row_group(group).column(place) for group in range(metadata.num_row_groups))
    return sum(group.statistics.null_count for group in groups)


def _shared(finished: Path) -> int:
    # Ids that stand for several records.
    query = "SELECT count(DISTINCT record_id) FROM read_parquet($path) WHERE grade = $grade"
    return int(_asked(query, finished, grade=DUPLICATE)[0][0])


def _counts(finished: Path) -> dict[str, int]:
    return dict(_asked("SELECT grade, count(*) FROM read_parquet($path) GROUP BY grade", finished))


def _tallies(compact: Path) -> dict[str, Any]:
    query = """
        SELECT counted, pattern, sum(count)::BIGINT FROM read_parquet($path)
        WHERE count IS NOT NULL GROUP BY ALL ORDER BY ALL
    """
    rows = _asked(query, compact)
    numbers = {kind: count for kind, _, count in rows if kind is not None}
    patterns = {pattern: count for _, pattern, count in rows if pattern is not None}
    return {"capped": numbers.pop("capped", 0), "numbers": numbers, "patterns": patterns}


def _asked(query: str, path: Path, **values: str) -> list[Any]:
    with open_duckdb(path.parent, memory_limit="1GB") as database:
        return database.execute(query, {"path": str(path), **values}).fetchall()
