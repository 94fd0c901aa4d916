"""What the file formats share: whole lines from columns, files that appear at once, transcoding."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mock_province.sources.wire import Cells

_CODECS = {"utf-8-sig": "utf-8"}  # the byte order mark is written once, by the writer
COPY = 1 << 20


@contextmanager
def appearing(path: Path) -> Iterator[BufferedWriter]:
    """Open a file that takes its name only when it is complete, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        yield file
    part.replace(path)


def encoded(text: str | bytes, encoding: str) -> bytes:
    """Encode text (or UTF-8 bytes); ValueError, without quoting the text, where the encoding can't hold it."""
    words = text.decode("utf-8") if isinstance(text, bytes) else text
    try:
        return words.encode(_CODECS.get(encoding, encoding))
    except UnicodeEncodeError:
        raise ValueError(f"a delivery holds a character that {encoding} can't write") from None


def joined(parts: Sequence[Cells | str]) -> pa.StringArray:
    """Set columns and constants side by side, one string a row; a missing value is the empty string."""
    filled = [pa.scalar(p) if isinstance(p, str) else pc.fill_null(p, "").cast(pa.large_string()) for p in parts]
    typed = [p.cast(pa.large_string()) if isinstance(p, pa.Scalar) else p for p in filled]
    return pc.binary_join_element_wise(*typed, pa.scalar("", pa.large_string()))


def content(strings: Cells) -> bytes:
    """Return all strings of an array end to end, as UTF-8."""
    if len(strings) == 0:
        return b""
    large = strings.cast(pa.large_string())
    _, offsets, data = large.buffers()
    ends = memoryview(offsets).cast("q")
    start, end = ends[large.offset], ends[large.offset + len(large)]
    return bytes(memoryview(data)[start:end]) if data is not None else b""


def refuse(cells: pa.RecordBatch, characters: str) -> None:
    """ValueError where a cell holds one of the characters that would break the layout."""
    for character in characters:
        for column in cells.columns:
            if pc.any(pc.match_substring(column, character)).as_py():
                raise ValueError(f"a cell holds {character!r}, which this layout can't write")


def transcode(source: Path, target: Path, encoding: str, other: str) -> None:
    """Write a file again in another encoding, as somebody's export script did."""
    with source.open(encoding=encoding, newline="") as text, appearing(target) as out:
        while chunk := text.read(COPY):
            out.write(chunk.encode(other))


def cut(source: Path, target: Path) -> None:
    """Copy the first six tenths of a file; the cut falls inside a row."""
    size = source.stat().st_size * 6 // 10
    with source.open("rb") as data, appearing(target) as out:
        shutil.copyfileobj(data, out, COPY)
        out.truncate(size)
        out.seek(0, os.SEEK_END)
