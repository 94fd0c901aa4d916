"""Buffers: every legal layout of an Arrow column of strings, and hashes that are the same for ever."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import buffers, documents, names, repair, resident_id
from matching.columns import types_of

EMPTY = pa.Array.from_buffers(pa.string(), 0, [None, pa.py_buffer(b""), pa.py_buffer(b"")])  # no offsets at all

columns = st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=20)
unhurried = settings(deadline=None)  # other work on the machine is no failure


@pytest.mark.parametrize("empty", [EMPTY, pa.array([], pa.string()), pa.array(["a"]).slice(1)])
def test_no_rows_in_any_layout(empty: pa.StringArray) -> None:
    data, places = buffers.layout(empty)
    assert (len(data[places[0] : places[-1]]), len(places)) == (0, 1)
    assert (
        len(buffers.lengths(empty)) == len(buffers.counts(empty, buffers.among("1"))) == len(buffers.hashes(empty)) == 0
    )
    assert buffers.padded(empty, 8)[0].tolist() == [0] * 8
    assert len(resident_id.keys(empty)) == len(resident_id.clean(empty)) == len(resident_id.kinds(empty)) == 0
    assert len(repair.edits(empty).row) == repair.partial_keys(empty).size == repair.masks(empty).size == 0
    assert len(documents.opaque_keys(empty, types_of(empty))) == len(documents.text_keys(empty)) == 0
    assert len(documents.mask_keys(empty)) == len(names.prepare(empty)) == 0


@unhurried
@given(columns, st.integers(0, 5))
def test_lengths_counts_and_padding_of_slices(texts: list[str | None], first: int) -> None:
    column, rest = pa.array(texts, pa.string()).slice(first), texts[first:]
    raw = [(text or "").encode() for text in rest]
    assert buffers.lengths(column).tolist() == [len(text) for text in raw]
    assert buffers.counts(column, buffers.among("01")).tolist() == [text.count(b"0") + text.count(b"1") for text in raw]
    data, places = buffers.padded(column, 4)
    assert data.tobytes() == b"".join(raw) + bytes(4)
    assert places.tolist() == np.cumsum([0, *map(len, raw)]).tolist()
    assert buffers.flags(column.is_valid()).tolist() == [text is not None for text in rest]


def test_a_null_flag_is_false() -> None:
    assert buffers.flags(pa.array([True, None, False])).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_strings_of_any_kind(kind: pa.DataType) -> None:
    column = pa.array(["a", None], pa.string()).cast(kind)
    assert buffers.strings(column).equals(pa.array(["a", None]))
    assert buffers.strings(pa.chunked_array([column, column])).to_pylist() == ["a", None] * 2


# ---- hashes


def plainly(text: bytes, salt: int = 0) -> int:
    """The hash by its definition, a word at a time, in Python's own integers."""

    def mixed(word: int) -> int:
        word = (word + 0x9E3779B97F4A7C15) % 2**64
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB % 2**64
        return word ^ (word >> 31)

    state = mixed((salt << 32) + len(text))
    for start in range(0, len(text), 8):
        state = mixed(state ^ int.from_bytes(text[start : start + 8], "little"))
    return state


@unhurried
@given(columns, st.integers(0, 2**31 - 1), st.integers(0, 5))
def test_hashes_are_as_defined(texts: list[str | None], salt: int, first: int) -> None:
    column, raw = pa.array(texts, pa.string()).slice(first), [(text or "").encode() for text in texts[first:]]
    assert buffers.hashes(column, salt).tolist() == [plainly(text, salt) for text in raw]
    salts = np.arange(len(raw), dtype=np.int64)
    assert buffers.hashes(column, salts).tolist() == [plainly(text, at) for at, text in enumerate(raw)]


def test_hashes_never_change() -> None:
    assert buffers.hashes(pa.array(["", "E12345678", None])).tolist() == [
        plainly(b""), plainly(b"E12345678"), plainly(b""),
    ]  # fmt: skip
    assert buffers.hashes(pa.array(["E12345678"]), 1)[0] >> np.uint64(1) == 533967564500329075
