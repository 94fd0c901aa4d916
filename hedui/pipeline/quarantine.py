"""The sealed quarantine: rows set aside with their reason, to be looked at and replayed, never dropped silently."""

import pyarrow as pa
from pyarrow.fs import FileSystem

from hedui.pipeline.night import Night

ROWS = pa.schema(
    [
        pa.field("category", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("item", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("line", pa.string()),  # the row as delivered, or its canonical record as JSON
    ]
)


def seal_rows(night: Night, source: str, attempt: int, rows: pa.Table) -> None:
    """Seal the rows that one attempt set aside into the store; nothing is written where there are none."""
    if rows.num_rows == 0:
        return
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, ROWS) as stream:
        stream.write_table(rows)
    name = f"quarantine/run={night.run_id}/source={source}/attempt={attempt}.sealed"
    sealed = night.worker.seal_quarantine(name, sink.getvalue().to_pybytes())
    files, root = FileSystem.from_uri(night.settings.store)
    folder, _, _ = f"{root}/{name}".rpartition("/")
    files.create_dir(folder, recursive=True)
    with files.open_output_stream(f"{root}/{name}.part") as out:
        out.write(sealed)
    files.move(f"{root}/{name}.part", f"{root}/{name}")
