"""What is read is of the very classes a user makes, and as unchangeable."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState, kind_of
from lineal.model.types import NodeType
from lineal.store.rows import nodes_of, row_of

STORED = {"id": 7, "created_at": 100, "updated_at": 200, "entry": 3}
MAPS = {"properties": {"rows": 5}, "custom_properties": {"owner": "ada"}}
NODES = [
    Artifact(
        type="T",
        name="a@1",
        uri="u",
        fingerprint="sha256:0",
        state=ArtifactState.LIVE,
        external_id="x",
        **MAPS,
        **STORED,
    ),
    Execution(
        type="T", name="e", state=ExecutionState.FAILED, external_id="x", started_at=1, ended_at=2, **MAPS, **STORED
    ),
    Context(type="T", name="c", external_id="x", **MAPS, **STORED),
]


def read(node, times=1):
    kind = kind_of(node)
    row = row_of(node, 7, 1, 100, 200, 3)
    return nodes_of(kind, [row] * times, {1: NodeType(kind=kind, name="T")})


@pytest.mark.parametrize("node", NODES, ids=lambda node: type(node).__name__)
def test_a_row_gives_back_the_record_it_was_made_of(node):
    assert read(node) == [node]
    assert read(node, times=3) == [node] * 3
    assert type(read(node)[0]) is type(node)


@pytest.mark.parametrize("node", NODES, ids=lambda node: type(node).__name__)
def test_every_field_of_a_record_that_was_read_can_be_read_and_none_set(node):
    (found,) = read(node)

    for field in fields(node):
        assert getattr(found, field.name) == getattr(node, field.name)
        with pytest.raises(FrozenInstanceError):
            setattr(found, field.name, None)
    assert replace(found, name="other").name == "other"


def test_a_page_of_nothing_is_nothing():
    assert nodes_of(NodeKind.ARTIFACT, [], {}) == []
