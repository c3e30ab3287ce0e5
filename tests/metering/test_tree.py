"""The tree over the readings of one time: every leaf has its place, and whoever is not there stands between two."""

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from wattbook.metering.tree import Leaf, Tree, TreeError, data_hash, is_covered, leaf_hash

ZERO = bytes(32)


def leaves(size: int, step: int = 1) -> list[tuple[int, bytes]]:
    return [(1 + step * place, keccak(place.to_bytes(4))) for place in range(size)]


def by_recursion(hashes: list[bytes]) -> bytes:
    """The root, built in another way: all places filled with zeros to the next power of two."""
    if len(hashes) & len(hashes) - 1:
        return by_recursion([*hashes, ZERO])
    half = len(hashes) // 2
    return keccak(by_recursion(hashes[:half]) + by_recursion(hashes[half:])) if half else hashes[0]


@pytest.mark.parametrize("size", range(1, 41))
def test_root_is_that_of_a_whole_tree(size):
    assert Tree(leaves(size)).root == by_recursion([leaf_hash(*leaf) for leaf in leaves(size)])


@pytest.mark.parametrize("size", [*range(1, 41), 1_000])
def test_every_leaf_is_covered_at_its_place_only(size):
    tree = Tree(leaves(size))
    for place in (*range(min(size, 40)), size - 1):
        leaf, proof = leaf_hash(*leaves(size)[place]), tree.proof(place)
        assert is_covered(tree.root, size, place, leaf, proof)
        for wrong in (place ^ 1, place + size, place + (1 << len(proof))):
            assert not is_covered(tree.root, size, wrong, leaf, proof)
        assert not is_covered(tree.root, size, place, keccak(leaf), proof)
        for length in range(len(proof)):
            assert not is_covered(tree.root, size, place, leaf, proof[:length])
        assert not is_covered(tree.root, size, place, leaf, [*proof, ZERO])


def test_a_node_is_no_leaf():
    """Neither where its two leaves stand, nor in a tree of half the size."""
    tree = Tree(leaves(4))
    node = keccak(leaf_hash(*leaves(4)[0]) + leaf_hash(*leaves(4)[1]))
    assert keccak(node + tree.proof(0)[1]) == tree.root
    for size in (3, 4):
        assert not is_covered(tree.root, size, 0, node, tree.proof(0)[1:])
    # Who believes another size is shown another tree: the size is part of what is signed.
    assert is_covered(tree.root, 2, 0, node, tree.proof(0)[1:])


def test_the_places_left_hold_no_leaf():
    tree = Tree(leaves(5))
    for place in (5, 6, 7):
        assert not is_covered(tree.root, 5, place, ZERO, tree.proof(4))


@given(st.sets(st.integers(0, 2**32 - 1), min_size=1, max_size=60), st.integers(0, 2**32 - 1))
def test_who_is_not_there_stands_between_neighbours(devices, other):
    ordered = sorted(devices - {other}) or [(other + 1) % 2**32]
    tree = Tree([(device, ZERO) for device in ordered])
    place, beside = tree.neighbours(other)
    assert beside == ordered[place : place + len(beside)]
    if len(beside) == 2:
        assert beside[0] < other < beside[1]
    elif other < beside[0]:
        assert place == 0
    else:
        assert place == tree.size - 1


def test_who_is_there_has_no_neighbours():
    with pytest.raises(TreeError, match=r"^device 2 has a reading there$"):
        Tree(leaves(3)).neighbours(2)


def test_place_of_a_device():
    tree = Tree(leaves(5, step=3))
    assert [tree.place(device) for device in (1, 4, 13)] == [0, 1, 4]
    with pytest.raises(TreeError, match=r"^device 2 has no reading there$"):
        tree.place(2)


@pytest.mark.parametrize("place", [-1, 3, 4])
def test_no_proof_of_a_place_without_a_leaf(place):
    with pytest.raises(TreeError, match=rf"^there is no leaf {place} of 3$"):
        Tree(leaves(3)).proof(place)


@pytest.mark.parametrize("devices", [[], [2, 1], [1, 1], [1, 2, 2]])
def test_devices_rise(devices):
    with pytest.raises(TreeError, match=r"^a tree has leaves, by rising device, none twice$"):
        Tree([(device, ZERO) for device in devices])


def test_every_value_is_in_the_hash():
    usual = Leaf(1, 2, 3, 0, 1, keccak(b"record"), keccak(b"salt"))
    changes = {"register": 9, "sequence": 9, "quality": 2, "trust": 3, "source": ZERO, "salt": ZERO}
    hashes = {usual.content_hash}
    for field, value in changes.items():
        hashes.add(Leaf(**{**vars(usual), field: value}).content_hash)
    assert len(hashes) == 1 + len(changes)
    # The device is beside it, so that a place can be shown without the values.
    assert Leaf(**{**vars(usual), "device": 9}).content_hash == usual.content_hash
    assert leaf_hash(9, usual.content_hash) != leaf_hash(1, usual.content_hash)


def test_data_hash_is_that_of_the_list_that_is_served():
    assert Tree(leaves(3)).data_hash == data_hash(leaves(3))
    assert data_hash(leaves(2)) == keccak(b"\0\0\0\1" + leaves(2)[0][1] + b"\0\0\0\2" + leaves(2)[1][1])
    assert len({data_hash(leaves(size)) for size in range(5)}) == 5
