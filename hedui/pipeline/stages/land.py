"""Land: decode one delivery into canonical records, and encode each resident ID to its 64-bit key, here and once."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalogue.categories import categories
from connectors.decode import REJECTS, Decoded, decode
from hedui.pipeline.night import Night
from matching import resident_id


def land(night: Night, source: str, attempt: int) -> int:
    """Write `landed/<category>.parquet` and `landed/<category>.rejects.parquet`; return the rows delivered.

    Raises `Skip` where a whole delivery is unusable (empty, truncated, stale, wrong encoding, …).
    """
    manifest = night.manifests[source]
    area = night.workspace.source(source, attempt)
    area.landed.mkdir(parents=True, exist_ok=True)
    rows = 0
    for dataset in manifest.datasets:
        decoded = decode(manifest, dataset, area.raw / dataset.category, night.business_date)
        rows += _write(decoded, area.landed, dataset.category)
    return rows


def _write(decoded: Iterator[Decoded], folder: Path, category: str) -> int:
    rows = 0
    schema = categories()[category].schema
    with ExitStack() as files:
        good = files.enter_context(pq.ParquetWriter(folder / f"{category}.parquet", schema, compression="zstd"))
        bad = files.enter_context(pq.ParquetWriter(folder / f"{category}.rejects.parquet", REJECTS, compression="zstd"))
        for part in decoded:
            good.write_batch(_keyed(part.records))
            bad.write_batch(part.rejects)
            rows += part.records.num_rows + part.rejects.num_rows
    return rows


def _keyed(records: pa.RecordBatch) -> pa.RecordBatch:
    place = records.schema.get_field_index("id_key")
    return records.set_column(place, records.schema.field(place), resident_id.encode(records.column("resident_id")))
