"""Tree heads: the published vectors of Certificate Transparency, and the definition of RFC 6962 by itself."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedui.access.tree import EMPTY, Tree, steps
from tests.sealing.rfc6962 import ENTRIES, ROOTS


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + by_definition(leaves[:half]) + by_definition(leaves[half:])).digest()


def test_the_published_heads():
    tree = Tree()
    assert tree.root == EMPTY
    for entry, head in zip(ENTRIES, ROOTS[1:], strict=True):
        tree.add(entry)
        assert tree.root.hex() == head


@given(st.lists(st.binary(max_size=40), max_size=70), st.integers(0, 70))
def test_heads_are_as_defined_and_go_on_from_peaks(leaves, at):
    first = Tree()
    for leaf in leaves[:at]:
        first.add(leaf)
    assert first.root == by_definition(leaves[:at])
    second = Tree(first.size, first.peaks)
    for leaf in leaves[at:]:
        second.add(leaf)
    assert second.root == by_definition(leaves)


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_peaks_are_those_of_smaller_trees(leaves):
    tree, smaller = Tree(), {}
    for leaf in leaves:
        tree.add(leaf)
        smaller[tree.size] = tree.peaks
    assert [smaller[size] for size in steps(tree.size)] == [tree.peaks[: count + 1] for count in range(len(tree.peaks))]


@pytest.mark.parametrize(("size", "peaks"), [(1, []), (3, [bytes(32)]), (2, [bytes(31)]), (-1, []), (0, [bytes(32)])])
def test_peaks_that_do_not_fit_are_refused(size, peaks):
    with pytest.raises(ValueError, match=str(size)):
        Tree(size, peaks)
