"""Arrow strings as numpy sees them: where their bytes lie, and what kinds of bytes they are of."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Offsets = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


def strings(values: pa.Array | pa.ChunkedArray) -> pa.StringArray:
    """Return values as one array of plain strings, whatever their encoding in memory."""
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return array if array.type == pa.string() else array.cast(pa.string())


def flags(array: pa.BooleanArray) -> Flags:
    """Return bool[n]; a null is False."""
    if array.null_count:
        array = pc.fill_null(array, fill_value=False)
    found: Flags = array.to_numpy(zero_copy_only=False)
    return found


def layout(texts: pa.StringArray) -> tuple[Bytes, Offsets]:
    """Return the bytes that texts lie in, and where each begins and the last ends, int32[n + 1]. Nothing is copied."""
    _, offsets, data = texts.buffers()
    if offsets is None or data is None:
        return np.zeros(0, dtype=np.uint8), np.zeros(len(texts) + 1, dtype=np.int32)
    places = np.frombuffer(offsets, dtype=np.int32, count=len(texts) + 1, offset=texts.offset * 4)
    return np.frombuffer(data, dtype=np.uint8), places


def lengths(texts: pa.StringArray) -> Offsets:
    """Return the bytes of each text, int32[n]; 0 for a null."""
    found = np.diff(layout(texts)[1])
    return found * flags(texts.is_valid()) if texts.null_count else found


def matrix(texts: pa.StringArray, length: int) -> Bytes:
    """Return texts that are all `length` bytes long (no null) as uint8[n, length], without copying."""
    data, places = layout(texts)
    return data[places[0] : places[-1]].reshape(-1, length)


def pieces(data: Bytes, starts: Offsets, length: int) -> Bytes:
    """Return the `length` bytes that begin at each of `starts`, uint8[n, length]. They must lie within `data`."""
    windows = np.ndarray((max(len(data) - length + 1, 0),), f"V{length}", data, 0, (1,))
    found: Bytes = windows[starts].view(np.uint8).reshape(-1, length)
    return found


def counts(texts: pa.StringArray, wanted: Flags) -> Offsets:
    """Return how many bytes of each text are `wanted`, a bool for each of the 256: int32[n]; 0 for a null."""
    data, places = layout(texts)
    running = np.zeros(places[-1] - places[0] + 1, dtype=np.int32)
    np.cumsum(wanted[data[places[0] : places[-1]]], out=running[1:])
    found: Offsets = np.diff(running[places - places[0]])
    return found * flags(texts.is_valid()) if texts.null_count else found


def among(characters: str) -> Flags:
    """Return which of the 256 bytes stand for one of some ASCII characters: a table for `counts`."""
    table = np.zeros(256, dtype=np.bool_)
    table[list(characters.encode("ascii"))] = True
    return table
