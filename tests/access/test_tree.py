"""Tree heads: the published vectors of Certificate Transparency, and the definition of RFC 6962 by itself."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedui.access.tree import EMPTY, Tree, steps

# The leaves and heads by which the reference implementation of RFC 6962 (certificate-transparency) is tested.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
HEADS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


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
    for leaf, head in zip(LEAVES, HEADS, strict=True):
        tree.add(bytes.fromhex(leaf))
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
