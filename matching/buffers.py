"""Arrow strings as numpy sees them: where their bytes lie, what kinds of bytes they are of, and their hashes."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Offsets = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_M1, _M2 = np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB)
_GOLDEN: Final = np.uint64(0x9E37_79B9_7F4A_7C15)
_ALL: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_WORD: Final = 8  # bytes


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


def distinct(values: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the different values, in any order, and which of them each value is: int32[k], int32[n]. By hashing."""
    encoded = pa.array(values).dictionary_encode()
    return encoded.dictionary.to_numpy(), encoded.indices.to_numpy()


def layout(texts: pa.StringArray) -> tuple[Bytes, Offsets]:
    """Return the bytes that texts lie in, and where each begins and the last ends, int32[n + 1]. Nothing is copied."""
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:  # without rows, the buffer of the offsets may be empty too
        return np.zeros(0, dtype=np.uint8), np.zeros(len(texts) + 1, dtype=np.int32)
    places = np.frombuffer(offsets, dtype=np.int32, count=len(texts) + 1, offset=texts.offset * 4)
    return np.frombuffer(data, dtype=np.uint8), places


def padded(texts: pa.StringArray, room: int) -> tuple[Bytes, Offsets]:
    """Return what `layout` does, the first text at 0 and `room` bytes of 0 after the last: a copy."""
    data, places = layout(texts)
    return np.concatenate([data[places[0] : places[-1]], np.zeros(room, dtype=np.uint8)]), places - places[0]


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


def hashes(texts: pa.StringArray, salts: Ints | int = 0) -> Words:
    """Return a hash of each text and its salt (below 2**31), uint64[n]: SplitMix64's mixing step, a word at a time.

    The same on every machine and in every version. A null is hashed as an empty text. Unequal texts that have one hash
    can be written on purpose: who relies on equal hashes compares the texts too.
    """
    data, places = padded(texts, _WORD)
    sizes = np.diff(places)
    state = _mixed((np.asarray(salts, dtype=np.uint64) << np.uint64(32)) + sizes.astype(np.uint64))
    rows = np.arange(len(sizes))
    for start in range(0, int(sizes.max(initial=0)), _WORD):
        rows = rows[sizes[rows] > start]
        words = pieces(data, places[rows] + start, _WORD).view("<u8")[:, 0]
        beyond = np.maximum(_WORD - (sizes[rows] - start), 0).astype(np.uint64)  # bytes of the next text
        state[rows] = _mixed(state[rows] ^ (words & (_ALL >> (beyond * np.uint64(8)))))
    return state


def _mixed(words: Words) -> Words:
    words = words + _GOLDEN
    words = (words ^ (words >> np.uint64(30))) * _M1
    words = (words ^ (words >> np.uint64(27))) * _M2
    return words ^ (words >> np.uint64(31))
