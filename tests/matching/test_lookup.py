"""Lookups against a dictionary: every entry, in order, whatever collides, and nothing for what is not there."""

import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.lookup import Lookup

few = st.integers(0, 6)
any_key = st.one_of(few, st.integers(0, 2**63 - 1))


@given(st.lists(any_key, max_size=60), st.lists(any_key, max_size=60), st.none() | st.integers(1, 5))
def test_finds_what_a_dictionary_finds(keys: list[int], asked: list[int], most: int | None) -> None:
    lookup = Lookup.build(np.array(keys, dtype=np.int64))
    entries: dict[int, list[int]] = {}
    for entry, key in enumerate(keys):
        if key:
            entries.setdefault(key, []).append(entry)
    wanted = np.array(asked, dtype=np.int64)
    for one in (lookup, pickle.loads(pickle.dumps(lookup))):  # noqa: S301  our own
        found = one.find(wanted, most)
        allowed = len(keys) if most is None else most
        expected = [
            (at, e) for at, key in enumerate(asked) for e in entries.get(key, []) if len(entries[key]) <= allowed
        ]
        assert list(zip(found.asked.tolist(), found.entry.tolist(), strict=True)) == expected
        assert found.capped.tolist() == [at for at, key in enumerate(asked) if len(entries.get(key, [])) > allowed]
        may = one.may_have(wanted).tolist()
        assert all(may[at] for at, key in enumerate(asked) if key in entries)
    assert len(lookup) == sum(map(len, entries.values()))


def test_keys_that_collide_and_batches_beyond_a_block() -> None:
    keys = np.arange(1, 40_001, dtype=np.int64) * 2**40  # their low bits are all alike
    lookup = Lookup.build(keys)
    found = lookup.find(np.concatenate([keys[::-1], keys + 1]))
    assert found.asked.tolist() == list(range(len(keys)))
    assert found.entry.tolist() == list(range(len(keys)))[::-1]
    assert lookup.may_have(keys).all()
    assert lookup.may_have(keys + 1).mean() < 0.1, "the filter tells most absent keys"


def test_entries_of_key_0_are_nowhere() -> None:
    lookup = Lookup.build(np.array([0, 5, 0, 5], dtype=np.int64))
    assert lookup.find(np.array([0, 5], dtype=np.int64)).entry.tolist() == [1, 3]
