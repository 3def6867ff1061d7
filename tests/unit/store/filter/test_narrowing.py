"""The shortest list leads, the other parts are asked about its nodes only, and a long one leads nothing."""

from __future__ import annotations

import pytest

from lineal.model.ids import NodeKind
from lineal.store.filter import compile_filter
from lineal.store.filter.narrowing import narrowed


@pytest.fixture
def many(tables):
    for number in range(1, 41):
        tables.artifact(
            number,
            properties={
                "split": "test",
                "final": number % 2 == 0,
                "quality": number / 40,
                "owner": f"team-{number % 8}",
            },
            created_at=number * 1000,
        )
    return tables


def plan(tables, text, most=30):
    condition, parameters = narrowed(
        tables.connection.cursor(), compile_filter(text, NodeKind.ARTIFACT), "artifact", most=most
    )
    statement = f"SELECT node.id FROM artifact AS node WHERE {condition} ORDER BY node.id LIMIT 100"
    found = [row[0] for row in tables.connection.execute(statement, parameters)]
    assert found == tables.find(text)
    return condition, [row[3] for row in tables.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def test_the_shorter_list_leads_wherever_it_stands(many):
    for text in (
        "properties.split.string_value = 'test' AND properties.owner.string_value = 'team-3'",
        "properties.owner.string_value = 'team-3' AND properties.split.string_value = 'test'",
    ):
        condition, steps = plan(many, text)

        assert condition.startswith("(node.id IN (SELECT p.node_id FROM property_string AS p")
        assert condition.count("EXISTS") == 1
        assert any("(map=? AND name=? AND value=? AND node_id=?)" in step for step in steps)


def test_a_range_is_listed_because_its_index_does_not_know_the_node(many):
    condition, _ = plan(many, "properties.quality.double_value > 0.5 AND properties.owner.string_value = 'team-3'")

    assert "EXISTS" not in condition


def test_parts_that_all_find_many_are_left_as_they_are(many):
    condition, _ = plan(many, "properties.split.string_value = 'test' AND properties.final.bool_value = true", most=10)

    assert "EXISTS" not in condition


@pytest.mark.parametrize("time", ["created_at", "create_time_since_epoch"])
def test_few_nodes_of_a_time_are_found_by_its_index_and_many_in_their_order(many, time):
    limit = "3000" if time == "created_at" else "3"

    _, few = plan(many, f"{time} <= {limit}")
    _, most = plan(many, f"{time} >= 0")

    assert any("ix_artifact_created_at" in step for step in few)
    assert not any("ix_artifact" in step or "TEMP B-TREE" in step for step in most)


def test_a_name_is_found_by_the_index_of_types_and_names(many):
    _, steps = plan(many, "name = 'n7'")

    assert not any(step.startswith("SCAN node") for step in steps)
