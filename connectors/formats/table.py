"""Tables: what a database query returned, kept as an Arrow stream of text columns."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from catalogue.problems import Skip
from connectors.formats.parts import Chunk, Said, dumped, numbered
from connectors.grammar import DatabaseDataset, TableFormat


def read(raw: Path, dataset: DatabaseDataset, _: TableFormat, said: Said) -> Iterator[Chunk]:
    """Yield the rows of a query."""
    control = json.loads((raw / "control.json").read_bytes())
    said.date, said.count = control.get("business_date"), control.get("row_count")
    said.sum = control.get("amount_sum") if dataset.control.sum_item else None
    wanted = [field.column for field in dataset.fields]
    with pa.memory_map(str(raw / "rows.arrow")) as file, pa.ipc.open_stream(file) as stream:
        if missing := sorted(set(wanted) - set(stream.schema.names)):
            raise Skip("missing-column", column=", ".join(missing))
        if twice := sorted({name for name in wanted if stream.schema.names.count(name) > 1}):
            raise Skip("column-twice", column=", ".join(twice))
        for batch in stream:
            first = said.rows + 1
            said.rows += batch.num_rows
            cells = {name: batch.column(name) for name in wanted}
            yield Chunk(numbered(first, batch.num_rows), cells, partial(_lines, batch))


def _lines(batch: pa.RecordBatch, positions: Sequence[int]) -> list[str]:
    return dumped(batch.take(pa.array(positions, pa.int64())).to_pylist())(range(len(positions)))
