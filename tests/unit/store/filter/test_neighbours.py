"""Neighbours: one alias is one row within the smallest condition that holds all its uses."""

from __future__ import annotations

import pytest

from lineal.errors import FilterSyntaxError
from lineal.model.ids import NodeKind
from lineal.store.filter import compile_filter


@pytest.fixture
def world(tables):
    """Artifact 1 is in contexts x and y, artifact 2 in y, artifact 3 (with a uri) in none."""
    tables.put("type", id=9, kind=2, name="Experiment", version="")
    tables.context(1, name="x", type_id=9, external_id="ext", created_at=5_000)
    tables.context(2, name="y")
    for number, uri in ((1, None), (2, None), (3, "u")):
        tables.artifact(number, uri=uri)
    for number, (artifact, context) in enumerate([(1, 1), (1, 2), (2, 2)], start=1):
        tables.put("attribution", id=number, artifact_id=artifact, context_id=context)
    for number, (artifact, execution, type_) in enumerate([(1, 1, 4), (2, 1, 3), (2, 2, 4)], start=1):
        tables.put("event", id=number, artifact_id=artifact, execution_id=execution, type=type_, time=7_999)
    tables.node(NodeKind.EXECUTION, 1, state=3)
    tables.node(NodeKind.EXECUTION, 2, state=4)
    tables.put("association", id=1, execution_id=1, context_id=1)
    tables.put("parent_context", id=1, child_id=2, parent_id=1)
    return tables


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("contexts_a.name = 'x'", [1]),
        ("contexts_a.name = 'x' AND contexts_a.id = 2", []),
        ("contexts_a.name = 'x' AND contexts_b.id = 2", [1]),
        ("contexts_a.name = 'x' AND (uri = 'u' OR contexts_a.id = 2)", []),
        ("(contexts_a.name = 'x') AND uri IS NULL AND (contexts_a.type = 'Experiment')", [1]),
        ("contexts_a.name = 'x' OR uri = 'u'", [1, 3]),
        ("contexts_a.name = 'x' OR contexts_a.name = 'y' OR uri = 'u'", [1, 2, 3]),
        ("contexts_a.name != 'x'", [1, 2]),
        ("NOT contexts_a.name = 'x'", [2, 3]),
        ("NOT (contexts_a.name = 'x' AND contexts_a.id = 2)", [1, 2, 3]),
        ("contexts_a.name NOT IN ('x')", [1, 2]),
        ("NOT contexts_a.id = 2", [3]),
        ("contexts_a.id < contexts_b.id", [1]),
        ("contexts_a.id = contexts_a.id", [1, 2]),
        ("contexts_a.external_id = 'ext'", [1]),
        ("contexts_a.external_id IS NULL", [1, 2]),
        ("(contexts_a.external_id = 'ext') IS NULL", []),
        ("contexts_a.create_time_since_epoch = 5 AND contexts_a.last_update_time_since_epoch = 0", [1]),
        ("contexts_a.id + 1 = 2", [1]),
        ("contexts_a.id = id", [1, 2]),
        ("CASE WHEN contexts_a.name = 'x' THEN 1 ELSE 2 END = 2", [2, 3]),
        ("events_e.type = OUTPUT", [1, 2]),
        ("events_e.type = INPUT AND events_e.execution_id = 1", [2]),
        ("events_e.type = OUTPUT AND events_e.execution_id = 1", [1]),
        ("events_0.type = INPUT AND events_1.type = OUTPUT", [2]),
        ("events_0.milliseconds_since_epoch = 7 AND events_0.execution_id = 2", [2]),
        ("contexts_a.name = 'y' AND events_a.type = INPUT", [2]),
    ],
)
def test_an_artifact_is_found_by_its_neighbours(world, text, found):
    assert world.find(text) == found


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        (NodeKind.EXECUTION, "contexts_a.name = 'x'", [1]),
        (NodeKind.EXECUTION, "events_a.artifact_id = 2 AND events_a.type = OUTPUT", [2]),
        (NodeKind.CONTEXT, "artifacts_a.id = 2", [2]),
        (NodeKind.CONTEXT, "artifacts_a.name = 'n1' AND artifacts_a.state = UNKNOWN", [1, 2]),
        (NodeKind.CONTEXT, "executions_a.last_known_state = COMPLETE", [1]),
        (NodeKind.CONTEXT, "parent_contexts_a.external_id = 'ext'", [2]),
        (NodeKind.CONTEXT, "child_contexts_a.name = 'y' AND child_contexts_a.create_time_since_epoch = 0", [1]),
        (NodeKind.CONTEXT, "NOT parent_contexts_a.id > 0", [1]),
    ],
)
def test_executions_and_contexts_have_neighbours_of_their_own(world, kind, text, found):
    assert world.find(text, kind) == found


def test_aliases_are_taken_as_written(world):
    assert world.find("contexts_a.name = 'x' AND CONTEXTS_a.id = 2") == []
    assert world.find("contexts_a.name = 'x' AND contexts_A.id = 2") == [1]


def test_a_filter_that_names_few_neighbours_begins_with_them(world):
    for text in (
        "contexts_a.name = 'x'",
        "contexts_a.id IN (1, 2)",
        "events_a.execution_id = 1 AND events_a.type = INPUT",
    ):
        plan = world.plan(text)

        assert not any(step.startswith("SCAN node") for step in plan), plan


def test_a_column_of_the_node_in_the_condition_keeps_it_with_the_node():
    assert " IN (SELECT e1" in compile_filter("contexts_a.name = 'x'", NodeKind.ARTIFACT).sql
    assert "EXISTS" in compile_filter("contexts_a.name = 'x' AND contexts_a.id = id", NodeKind.ARTIFACT).sql


def test_the_id_of_a_neighbour_is_read_from_the_edge():
    assert "JOIN" not in compile_filter("contexts_a.id = 5", NodeKind.ARTIFACT).sql


def test_more_neighbours_than_a_database_joins_are_refused():
    pairs = " AND ".join(f"contexts_c{number}.id = contexts_c{number + 1}.id" for number in range(18))
    apart = " AND ".join(f"contexts_c{number}.id = 1" for number in range(101))

    for text, first in ((pairs, "contexts_c17"), (apart, "contexts_c100")):
        with pytest.raises(FilterSyntaxError, match="different neighbours") as caught:
            compile_filter(text, NodeKind.ARTIFACT)
        assert caught.value.position == text.index(first)


def test_neighbours_that_are_not_joined_are_a_hundred(world):
    assert world.find(" AND ".join(f"contexts_c{number}.name = 'x'" for number in range(100))) == world.find(
        "contexts_a.name = 'x'"
    )
