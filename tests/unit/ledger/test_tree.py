"""The Merkle tree: RFC 6962's published roots, and its definition word for word."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.ledger.tree import EMPTY_ROOT, Frontier, leaf_digest, node_digest, root_of

# The inputs and roots of certificate-transparency's own tests (cpp/merkletree/merkle_tree_test.cc).
INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_come_out(size):
    leaves = [leaf_digest(bytes.fromhex(data)) for data in INPUTS[:size]]
    assert root_of(leaves).hex() == ROOTS[size]


def by_definition(leaves):
    """RFC 6962, section 2.1: split at the largest power of two below the size."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=70))
def test_a_root_is_what_the_definition_says(leaves):
    assert root_of(leaves) == by_definition(leaves)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=40))
def test_a_growing_tree_knows_its_root_at_every_size(leaves):
    frontier = Frontier()
    for size, leaf in enumerate(leaves):
        assert (frontier.size, frontier.root()) == (size, root_of(leaves[:size]))
        frontier.append(leaf)
    assert frontier.root() == root_of(leaves)


def test_leaves_and_nodes_live_in_different_domains():
    left, right = leaf_digest(b"a"), leaf_digest(b"b")
    assert leaf_digest(left + right) != node_digest(left, right)
    assert leaf_digest(b"a") == sha256(b"\0a").digest()
    assert node_digest(left, right) == sha256(b"\1" + left + right).digest()
    assert sha256(b"").digest() == EMPTY_ROOT


def test_order_and_number_of_leaves_count():
    a, b = leaf_digest(b"a"), leaf_digest(b"b")
    assert len({root_of(leaves) for leaves in ([], [a], [a, a], [a, b], [b, a], [a, a, a], [a, b, b])}) == 7
