"""Whole groups out of sorted batches: what `map_groups` promises its kernel, on every engine."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc


def whole_groups(batches: Iterator[pa.RecordBatch], key: str) -> Iterator[pa.RecordBatch]:
    """Cut sorted batches anew where the key changes, so that no group is divided. Nulls are a group, too."""
    held: list[pa.RecordBatch] = []  # the last group so far: it may go on in the next batch
    for batch in batches:
        if not batch.num_rows:
            continue
        keys = batch.column(key)
        first = batch.num_rows - _same_as_last(keys)
        if held and not held[0].column(key)[0].equals(keys[0]):
            yield _joined(held)
            held = []
        if first:
            yield _joined([*held, batch.slice(0, first)])
            held = []
        held.append(batch.slice(first))
    if held:
        yield _joined(held)


def _same_as_last(keys: pa.Array) -> int:
    if not keys[-1].is_valid:
        return int(keys.null_count)
    return int(pc.sum(pc.equal(keys, keys[-1])).as_py())


def _joined(parts: list[pa.RecordBatch]) -> pa.RecordBatch:
    return parts[0] if len(parts) == 1 else pa.concat_batches(parts)
