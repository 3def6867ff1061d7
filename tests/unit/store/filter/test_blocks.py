"""The property index lies in blocks of nodes on SQLite: a filter reads all of them, also where ids have gaps."""

from __future__ import annotations

import pytest

from lineal.model.ids import NodeKind
from lineal.store.filter import compile_filter
from lineal.store.filter.narrowing import narrowed
from lineal.store.tables import BLOCK_BITS

BLOCK = 1 << BLOCK_BITS
IDS = [1, BLOCK - 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK, 9 * BLOCK + 5, 2**53]


@pytest.fixture
def far_apart(tables):
    for id_ in IDS:
        tables.artifact(id_, properties={"x": 1, "final": id_ == BLOCK, "y": id_ / 2}, custom={"x": 1, "who": "ada"})
        tables.node(NodeKind.EXECUTION, id_, properties={"x": 2})
    return tables


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("properties.x.int_value = 1", IDS),
        ("properties.x.int_value = 2", []),
        ("custom_properties.who.string_value LIKE 'a%'", IDS),
        ("properties.final.bool_value", [BLOCK]),
        (f"properties.y.double_value >= {BLOCK}.0", IDS[4:]),
        ("NOT (properties.x.int_value = 1)", []),
        ("properties.z.int_value IS NULL", IDS),
        ("properties.x.int_value + custom_properties.x.int_value = 2", IDS),
        ("properties.x.int_value = 1 AND custom_properties.who.string_value = 'ada'", IDS),
    ],
)
def test_a_filter_reads_every_block(far_apart, text, found):
    assert far_apart.find(text) == found


def test_the_view_lists_the_blocks_that_have_nodes(far_apart):
    blocks = [row[0] for row in far_apart.connection.execute("SELECT number FROM artifact_block")]

    assert blocks == sorted({id_ >> BLOCK_BITS for id_ in IDS})


def test_without_nodes_there_are_no_blocks(tables):
    assert tables.connection.execute("SELECT number FROM artifact_block").fetchall() == []
    assert tables.find("properties.x.int_value = 1") == []


def test_a_question_about_one_node_reads_its_block_only(far_apart):
    compiled = compile_filter(
        "properties.final.bool_value = true AND custom_properties.who.string_value = 'ada'", NodeKind.ARTIFACT
    )
    condition, parameters = narrowed(far_apart.connection.cursor(), compiled, "artifact")
    statement = f"SELECT node.id FROM artifact AS node WHERE {condition}"

    assert [row[0] for row in far_apart.connection.execute(statement, parameters)] == [BLOCK]
    plan = [row[3] for row in far_apart.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert any("(map=? AND name=? AND value=? AND node_id=?)" in step for step in plan)
