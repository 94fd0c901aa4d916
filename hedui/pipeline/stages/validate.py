"""Validate: Great Expectations decides what passes, what is quarantined, and what is refused as a whole."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalogue.problems import Skip
from expectations.suite import validate as judge
from expectations.verdict import QUARANTINED_SCHEMA, Verdict
from hedui.pipeline.night import Night
from hedui.pipeline.quarantine import ROWS, seal_rows
from matching import resident_id

ABOUT = pa.schema([pa.field("category", pa.string()), pa.field("id_key", pa.int64())])


@dataclass(frozen=True)
class Judged:
    """What came of one source: rows accepted, rows set aside by reason, and the newest as-of date."""

    accepted: int
    quarantined: Counter[str]
    as_of: date


def validate(night: Night, source: str, attempt: int) -> Judged:
    """Write `accepted/<category>.parquet` and seal the rows set aside, with their reasons, into the quarantine.

    Raises `Skip` where the extract of any category is refused: a source is accepted whole or not at all.
    """
    area = night.workspace.source(source, attempt)
    area.accepted.mkdir(parents=True, exist_ok=True)
    set_aside: list[pa.Table] = []
    about: list[pa.Table] = []
    refused: Skip | None = None
    accepted = 0
    as_of: list[date] = []
    for dataset in night.manifests[source].datasets:
        category = dataset.category
        landed = pq.read_table(area.landed / f"{category}.parquet")
        rejects = pq.read_table(area.landed / f"{category}.rejects.parquet")
        if dataset.may_be_empty and not landed.num_rows and not rejects.num_rows:
            verdict = Verdict(
                landed, QUARANTINED_SCHEMA.empty_table()
            )  # the source vouched for none: that is an answer
        else:
            verdict = judge(landed, category, night.business_date, decoded_rejects=rejects.num_rows)
        if verdict.refused:
            reasons = ", ".join((*verdict.refused, *verdict.not_evaluated))
            refused = refused or Skip("extract-refused", source=source, category=category, reasons=reasons)
        set_aside += [_undecodable(rejects, category), _unsound(landed, verdict, category)]
        about += [
            _about(category, resident_id.encode(rejects.column("resident_id"))),
            _about_unsound(landed, verdict, category),
        ]
        pq.write_table(verdict.accepted, area.accepted / f"{category}.parquet", compression="zstd")
        accepted += verdict.accepted.num_rows
        as_of.append(pc.max(verdict.accepted.column("as_of")).as_py() or night.business_date)
    rows = pa.concat_tables(set_aside)
    seal_rows(night, source, attempt, rows)
    pq.write_table(pa.concat_tables(about), area.set_aside)
    if refused:
        raise refused
    newest = min(max(as_of), night.business_date)  # the end of a running period may lie ahead: what is known is not
    return Judged(accepted, Counter(rows.column("reason").to_pylist()), newest)


def _about(category: str, keys: pa.Array | pa.ChunkedArray) -> pa.Table:
    known = keys.drop_null()
    return pa.table({"category": pa.repeat(category, len(known)), "id_key": known}, schema=ABOUT)


def _about_unsound(landed: pa.Table, verdict: Verdict, category: str) -> pa.Table:
    # A repeated row takes nothing away: the first copy is accepted.
    lost = verdict.quarantined.filter(pc.not_equal(verdict.quarantined.column("reason"), "duplicate-row"))
    rows = landed.filter(pc.is_in(landed.column("row"), value_set=lost.column("row").combine_chunks()))
    return _about(category, rows.column("id_key"))


def _undecodable(rejects: pa.Table, category: str) -> pa.Table:
    return rejects.append_column("category", pa.repeat(category, len(rejects))).select(ROWS.names).cast(ROWS)


def _unsound(landed: pa.Table, verdict: Verdict, category: str) -> pa.Table:
    quarantined = verdict.quarantined
    bad = landed.filter(pc.is_in(landed.column("row"), value_set=quarantined.column("row").combine_chunks()))
    lines = {row["row"]: json.dumps(row, ensure_ascii=False, default=str) for row in bad.to_pylist()}
    columns = {
        "category": pa.repeat(category, len(quarantined)),
        "row": quarantined.column("row"),
        "item": quarantined.column("item"),
        "reason": quarantined.column("reason"),
        "line": pa.array([lines.get(row) for row in quarantined.column("row").to_pylist()], pa.string()),
    }
    return pa.table(columns, schema=ROWS)
