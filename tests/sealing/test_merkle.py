"""The Merkle trees: the published hashes of the Certificate Transparency tests, and the definition of RFC 9162."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedui.sealing import merkle
from tests.sealing.rfc6962 import ENTRIES, ROOTS

# Of the same tests: leaf, size, proof.
INCLUSION = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
LEAVES = [merkle.leaf(entry) for entry in ENTRIES]

sizes = st.integers(1, 70)


def leaves(size: int) -> list[bytes]:
    return [merkle.leaf(f"entry {n}".encode()) for n in range(size)]


def split(entries):
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return entries[:half], entries[half:]


def defined_root(entries: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, over leaf hashes."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return entries[0]
    left, right = split(entries)
    return sha256(b"\1" + defined_root(left) + defined_root(right)).digest()


def defined_path(index: int, entries: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1."""
    if len(entries) == 1:
        return []
    left, right = split(entries)
    if index < len(left):
        return [*defined_path(index, left), defined_root(right)]
    return [*defined_path(index - len(left), right), defined_root(left)]


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_published_roots(size):
    assert merkle.Tree(LEAVES[:size]).root.hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_published_inclusion_proofs(index, size, proof):
    path = merkle.Tree(LEAVES[:size]).path(index)
    assert path.hex() == "".join(proof)
    assert merkle.verify_inclusion(LEAVES[index], index, size, path, bytes.fromhex(ROOTS[size]))


def test_the_example_of_rfc_9162():
    a, b, c, d, e, f, j = LEAVES[:7]  # section 2.1.5, with its letters
    g, h, i = merkle.node(a, b), merkle.node(c, d), merkle.node(e, f)
    k, l = merkle.node(g, h), merkle.node(i, j)  # noqa: E741
    tree = merkle.Tree(LEAVES[:7])
    assert tree.root == merkle.node(k, l)
    assert [tree.path(at) for at in (0, 3, 4, 6)] == [b + h + l, c + g + l, f + j + k, i + k]


@settings(max_examples=60, deadline=None)
@given(size=st.integers(0, 70))
def test_root_and_all_paths_are_those_of_the_definition(size):
    entries = leaves(size)
    tree = merkle.Tree(entries)
    assert len(tree) == size
    assert tree.root == defined_root(entries)
    expected = [b"".join(defined_path(index, entries)) for index in range(size)]
    assert list(tree.paths()) == expected
    assert [tree.path(index) for index in range(size)] == expected
    assert [len(path) // 32 for path in expected] == [merkle.path_length(index, size) for index in range(size)]


@settings(max_examples=100, deadline=None)
@given(size=sizes, data=st.data())
def test_no_other_leaf_place_size_or_path_is_included(size, data):
    entries = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    tree = merkle.Tree(entries)
    path, top = tree.path(index), tree.root
    assert merkle.verify_inclusion(entries[index], index, size, path, top)
    for place, count in ((p, c) for p in range(-1, size + 2) for c in (size, size + 1)):
        if (place, count) != (index, size) and merkle.verify_inclusion(entries[index], place, count, path, top):
            # The size is signed beside the root, so a proof says nothing about it; the place it does fix.
            assert count != size
            assert merkle.path_length(place, count) == len(path) // 32
    assert not merkle.verify_inclusion(merkle.leaf(b"another"), index, size, path, top)
    assert not merkle.verify_inclusion(entries[index], index, size, path + bytes(32), top)
    assert not merkle.verify_inclusion(entries[index], index, size, path, bytes(32))
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        broken = path[:at] + bytes([path[at] ^ 1]) + path[at + 1 :]
        assert not merkle.verify_inclusion(entries[index], index, size, broken, top)
        assert not merkle.verify_inclusion(entries[index], index, size, path[:-32], top)
        assert not merkle.verify_inclusion(entries[index], index, size, path[:-1], top)


@settings(max_examples=300, deadline=None)
@given(index=st.integers(-2, 70), size=st.integers(-2, 70), proof=st.binary(max_size=300))
def test_hostile_proofs_are_false_and_nothing_else(index, size, proof):
    whole = proof[: len(proof) // 32 * 32]
    for hostile in (proof, whole):
        assert not merkle.verify_inclusion(b"\1" * 32, index, size, hostile, b"\2" * 32)


def test_what_is_not_there_has_no_proof():
    for index in (-1, 3):
        with pytest.raises(IndexError):
            merkle.Tree(leaves(3)).path(index)


def test_a_node_is_no_leaf():
    two = leaves(2)
    assert merkle.Tree(two).root != merkle.leaf(two[0] + two[1])
