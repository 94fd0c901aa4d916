"""Records to members on any engine: the equality join, then `matching`'s kernels."""

import secrets
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hedui.pipeline.engines import Engine, EqualityJoin, Files
from matching.match import FROM_APPLICANT, FROM_RECORD, JOIN_KEY, MATCH_SCHEMA, ORDER, score, settle
from matching.scoring import GRADES


def match_records(
    engine: Engine,
    applicants: Path,
    records: Sequence[Path],
    out: Path,
    *,
    applicant_id: str = "applicant_id",
    carry: Sequence[str] = (),
) -> dict[str, int]:
    """Match the records of Parquet files to applicants and write `out`; return the number of rows of each grade.

    Records need the columns `record_id`, `resident_id`, `id_key`, `name`; applicants those of the same names and the
    one that `applicant_id` names. `id_key` is `matching.resident_id.encode` of the number.
    `out` has `MATCH_SCHEMA` and the columns of the records (strings) that `carry` names, in order of record, applicant.
    The same input gives the same rows, whatever the order of files and however often it is run.
    """
    schema = pa.schema([*MATCH_SCHEMA, *(pa.field(column, pa.string()) for column in carry)])
    out.parent.mkdir(parents=True, exist_ok=True)
    if not records:
        pq.write_table(schema.empty_table(), out)
        return dict.fromkeys(GRADES, 0)
    candidates = EqualityJoin(
        many=tuple(records),
        few=applicants,
        key=JOIN_KEY,
        from_many=FROM_RECORD | {column: column for column in carry},
        from_few=FROM_APPLICANT | {"applicant_id": applicant_id},
    )
    scored = out.with_name(f".{out.name}.{secrets.token_hex(4)}.scored")  # two processes may match at once
    try:
        engine.map_batches(score, candidates, scored, schema)
        engine.map_groups(settle, Files((scored,), tuple(schema.names)), ORDER, out, schema)
    finally:
        scored.unlink(missing_ok=True)
    found = pc.value_counts(pq.read_table(out, columns=["grade"]).column("grade")).to_pylist()
    return dict.fromkeys(GRADES, 0) | {entry["values"]: entry["counts"] for entry in found}
