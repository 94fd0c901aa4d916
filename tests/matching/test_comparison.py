"""Comparison patterns: what is packed comes out again, and nothing else does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import names
from matching.comparison import FIELDS, NAMES, pack, unpack, with_rivals

LEVELS = st.fixed_dictionaries({name: st.integers(0, field.top) for name, field in FIELDS.items()})


@given(st.lists(LEVELS, min_size=1))
def test_what_is_packed_comes_out_again(pairs: list[dict[str, int]]) -> None:
    columns = {name: np.array([pair[name] for pair in pairs]) for name in FIELDS}
    patterns = pack(**columns)
    assert patterns.dtype == np.int32
    assert (patterns >= 0).all()
    for name, values in unpack(patterns).items():
        assert values.tolist() == columns[name].tolist(), name


def test_the_fields_stand_side_by_side() -> None:
    used = 0
    for field in FIELDS.values():
        mask = ((1 << field.bits) - 1) << field.shift
        assert not used & mask
        assert field.top < 1 << field.bits
        used |= mask
    assert used.bit_length() <= 31


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.int64])
def test_one_value_stands_for_all_and_small_integers_do_not_overflow(kind: type) -> None:
    patterns = pack(np.array([13, 0], kind), np.array([1, 0], kind), np.array([8, 1], kind), rarity=63, birth=2)
    assert unpack(patterns)["rarity"].tolist() == [63, 63]
    assert unpack(patterns)["name"].tolist() == [8, 1]
    assert pack(np.zeros(0, kind)).shape == (0,)
    assert pack(3).shape == (1,)


@given(LEVELS, st.integers(0, 100_000))
def test_rivals_are_put_in_place_of_what_stood_there(pair: dict[str, int], count: int) -> None:
    before = pack(**pair)
    after = unpack(with_rivals(before, np.array([count])))
    assert after.pop("rivals").tolist() == [min(count, 63)]
    assert {name: values.tolist() for name, values in after.items()} == {
        name: [value] for name, value in pair.items() if name != "rivals"
    }


def test_name_levels_are_those_of_names() -> None:
    assert NAMES == names.LEVELS
