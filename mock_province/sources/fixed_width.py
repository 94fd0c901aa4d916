"""Fixed-width deliveries counted in bytes: banks 21 to 32."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mock_province.sources.files import appearing, content, encoded, joined, refuse
from mock_province.sources.layout import Column, FixedWidth
from mock_province.sources.wire import Cells, Delivery

Bytes = npt.NDArray[np.uint8]

_SPACE, _ZERO, _WIDE = 0x20, 0x30, 0xA1  # U+3000 is A1A1 in GBK and GB18030: two equal bytes
_END = 0x0A  # never part of a character in GBK or GB18030


def write(delivery: Delivery, form: FixedWidth, path: Path) -> None:
    """Write one fixed-width file between its header and trailer lines."""
    control = delivery.control()
    with appearing(path) as file:
        file.write(encoded(control.fill(form.lead) + form.newline, form.encoding))
        for cells in delivery.batches():
            refuse(cells, "\r\n")
            blocks = [block(cells.column(column.name), column, form.encoding) for column in delivery.columns]
            ending = np.frombuffer(form.newline.encode(), np.uint8)
            blocks.append(np.broadcast_to(ending, (cells.num_rows, len(ending))))
            file.write(np.concatenate(blocks, axis=1).tobytes())
        file.write(encoded(control.fill(form.trail) + form.newline, form.encoding))


def block(cells: Cells, column: Column, encoding: str) -> Bytes:
    """Return one column as bytes, shape (rows, width). ValueError where a value does not fit: a source cuts nothing."""
    text, ends = _encoded_cells(cells, encoding)
    lengths = np.diff(ends, prepend=0)
    if lengths.size and lengths.max() > column.width:
        raise ValueError(f"a value of column {column.name} needs more than its {column.width} bytes")
    filling = {"space": _SPACE, "zero": _ZERO, "wide": _WIDE}[column.pad]
    out = np.full((len(cells), column.width), filling, np.uint8)
    if column.pad == "wide":  # half a full-width space is none: an odd remainder ends in an ASCII space
        out[(column.width - lengths) % 2 == 1, -1] = _SPACE
    within = np.arange(text.size) - np.repeat(ends - lengths, lengths)
    first = column.width - lengths if column.right else np.zeros_like(lengths)
    rows = np.repeat(np.arange(len(cells)), lengths)
    out[rows, within + np.repeat(first, lengths)] = text
    return out


def _encoded_cells(cells: Cells, encoding: str) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """Encode a whole column at once: all bytes end to end, and where each cell ends."""
    data = np.frombuffer(encoded(content(joined([cells, "\n"])), encoding), np.uint8)
    marks = data == _END
    ends = np.flatnonzero(marks) - np.arange(len(cells))
    return data[~marks], ends.astype(np.int64)
