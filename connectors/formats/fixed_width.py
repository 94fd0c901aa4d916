"""Fixed width: columns cut by bytes, as mainframes write them. A cut can go through a character."""

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.formats.lines import Lines, has_trailer, read_control, take_header, take_trailer
from connectors.formats.parts import LOST, Chunk, Reject, Said, is_foreign, legible, likely, numbered, strings
from connectors.grammar import Encoding, FileDataset, FixedWidth

_NEWLINE, _RETURN = 0x0A, 0x0D
_ASCII = 0x80
_PADDING = " \u3000"

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.intp]


def read(raw: Path, dataset: FileDataset, form: FixedWidth, said: Said) -> Iterator[Chunk]:
    """Yield the rows of a fixed-width file, padding stripped from every cell. Blank lines are no rows."""
    read_control(raw, dataset, said)
    with (raw / "delivery").open("rb") as file:
        lines = Lines(file, form.encoding)
        take_header(lines, dataset, said)
        for block in lines.blocks(trailer=has_trailer(dataset)):
            yield _chunk(block, form, dataset, said)
        take_trailer(lines, dataset, form.encoding, said)


def _chunk(block: bytes, form: FixedWidth, dataset: FileDataset, said: Said) -> Chunk:
    number = dataset.field("resident_id")
    width = sum(column.bytes for column in form.columns)
    data = np.frombuffer(block, np.uint8)
    starts, ends = _bounds(data)
    fits = ends - starts == width
    rows = numbered(said.rows + 1, len(starts))
    said.rows += len(starts)
    said.misfits += int((~fits).sum())

    def text(position: np.intp) -> str:
        return block[starts[position] : ends[position]].decode(form.encoding, "replace")

    def number_in(position: np.intp) -> str | None:
        """Find the resident ID in a row of another length, counted from either end, where it stands out as one."""
        line = block[starts[position] : ends[position]]
        places = _places(form, number.column, len(line)) if number else ()
        return likely(line[place].decode(form.encoding, "replace").strip(_PADDING) for place in places)

    rejects = [Reject(int(rows[p]), "", "wrong-length", text(p), number_in(p)) for p in np.flatnonzero(~fits)]
    good = np.flatnonzero(fits)
    cells, lost = _cells(_matrix(data, starts[good], width), form)
    for place in np.flatnonzero(lost):
        said.broken += 1
        found = legible(cells[number.column][place].as_py()) if number else None
        rejects.append(Reject(int(rows[good[place]]), "", "broken-character", text(good[place]), found))
    _listen(block, form.encoding, said, spoilt=bool(lost.any()))
    kept = np.flatnonzero(~lost)
    if len(kept) < len(good):
        cells = {name: column.take(pa.array(kept)) for name, column in cells.items()}
    whole = good[kept]
    return Chunk(rows[whole], cells, lambda wanted: [text(whole[p]) for p in wanted], tuple(rejects))


def _places(form: FixedWidth, name: str, length: int) -> tuple[slice, slice]:
    """Return where a column lies in a line of `length` bytes, counted from its start and from its end."""
    before = sum(column.bytes for column in takewhile(lambda column: column.name != name, form.columns))
    width = sum(column.bytes for column in form.columns)
    own = next(column.bytes for column in form.columns if column.name == name)
    moved = max(before + length - width, 0)
    return slice(before, before + own), slice(moved, moved + own)


def _bounds(data: Bytes) -> tuple[Positions, Positions]:
    """Find where the lines of a block start and end, line ends and blank lines left out."""
    breaks = np.flatnonzero(data == _NEWLINE)
    starts = np.concatenate([[0], breaks[:-1] + 1])
    ends = breaks - ((breaks > starts) & (data[np.maximum(breaks - 1, 0)] == _RETURN))
    filled = ends > starts
    return starts[filled], ends[filled]


def _matrix(data: Bytes, starts: Positions, width: int) -> Bytes:
    """Lay lines of one width under each other: one row of bytes a line."""
    if len(starts) == 0:
        return np.empty((0, width), np.uint8)
    step = int(starts[1] - starts[0]) if len(starts) > 1 else width
    if len(starts) > 1 and (np.diff(starts) == step).all():
        shape = (len(starts), width)
        return np.lib.stride_tricks.as_strided(data[starts[0] :], shape, (step, 1), writeable=False)
    return np.asarray(data[starts[:, None] + np.arange(width)])


def _cells(matrix: Bytes, form: FixedWidth) -> tuple[dict[str, pa.StringArray], npt.NDArray[np.bool_]]:
    """Cut the columns, and mark the rows in which a cut went through a character.

    Every column is decoded, mapped or not: half a character at the end of one shows up as a letter in the next.
    """
    lost = np.zeros(len(matrix), bool)
    cells: dict[str, pa.StringArray] = {}
    at = 0
    for column in form.columns:
        cut = matrix[:, at : at + column.bytes]
        at += column.bytes
        cells[column.name] = texts = _texts(cut, form.encoding)
        if bool(cut.size) and (cut.max() >= _ASCII or cut.min() == 0):
            lost |= pc.match_substring_regex(texts, f"[\\x00{LOST}]").to_numpy(zero_copy_only=False)
        cells[column.name] = pc.utf8_trim(texts, _PADDING)
    return cells, lost


def _texts(cut: Bytes, encoding: Encoding) -> pa.StringArray:
    """Decode one column, all rows in one go: a line break after each keeps half characters from reaching over."""
    count, width = cut.shape
    if not cut.size or cut.max() < _ASCII:
        offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
        return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(cut.tobytes()))
    lined = np.empty((count, width + 1), np.uint8)
    lined[:, :width] = cut
    lined[:, width] = _NEWLINE
    try:
        text = np.frombuffer(lined.tobytes().decode(encoding).encode(), np.uint8)
    except UnicodeDecodeError:
        return strings([row.tobytes().decode(encoding, "replace") for row in cut])
    breaks = np.flatnonzero(text == _NEWLINE)
    offsets = np.zeros(count + 1, np.int32)
    offsets[1:] = breaks - np.arange(count)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text[text != _NEWLINE]))


def _listen(block: bytes, encoding: Encoding, said: Said, *, spoilt: bool) -> None:
    """Note whether the lines speak the declared encoding; line by line where some of them were spoilt."""
    if block.isascii():
        return
    foreign = is_foreign(block, encoding)
    if foreign or not spoilt:
        lines = block.count(b"\n")
        said.spoken += lines
        said.foreign += lines * foreign
        return
    spoken = [line for line in block.split(b"\n") if not line.isascii()]
    said.spoken += len(spoken)
    said.foreign += sum(is_foreign(line, encoding) for line in spoken)
