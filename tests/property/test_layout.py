"""The layout of any graph: nothing overlaps, data flows to the right, the same graph is the same picture."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.lineage.graph import GraphEdge, GraphNode, LineageGraph
from lineal.lineage.lanes import LANES
from lineal.lineage.layout import Layout, layout
from lineal.model.ids import ArtifactId, ExecutionId, NodeKey, NodeKind
from lineal.model.nodes import Artifact, Execution
from lineal.model.traversal import Direction

ARTIFACTS = ("RawData", "Dataset", "Features", "Model", "Image", "EndpointRevision", "Metrics", "MyOwnType")
EXECUTIONS = ("Ingest", "Transform", "Train", "Evaluate", "Deploy", "MyOwnStep")


def graph_of(types: list[str], pairs: set[tuple[int, int]]) -> LineageGraph:
    keys = [
        NodeKey(NodeKind.EXECUTION if type_ in EXECUTIONS else NodeKind.ARTIFACT, number)
        for number, type_ in enumerate(types)
    ]
    nodes = {}
    for number, (key, type_) in enumerate(zip(keys, types, strict=True)):
        if key.kind is NodeKind.EXECUTION:
            node: Artifact | Execution = Execution(type=type_, id=ExecutionId(number))
        else:
            node = Artifact(type=type_, id=ArtifactId(number))
        nodes[key] = GraphNode(key=key, node=node, hop=number)
    edges = [GraphEdge(source=keys[a], target=keys[b], role="input") for a, b in sorted(pairs)]
    return LineageGraph(roots=tuple(keys[:1]), direction=Direction.DOWNSTREAM, nodes=nodes, edges=edges)


@st.composite
def graphs(draw: st.DrawFn) -> LineageGraph:
    types = draw(st.lists(st.sampled_from(ARTIFACTS + EXECUTIONS), min_size=1, max_size=25))
    ends = st.integers(0, len(types) - 1)
    return graph_of(types, draw(st.sets(st.tuples(ends, ends), max_size=50)))


def overlapping(plan: Layout) -> list[tuple[str, str]]:
    boxes = sorted(plan.boxes.values(), key=lambda box: (box.column, box.y))
    return [
        (above.id, below.id)
        for above, below in pairwise(boxes)
        if above.column == below.column and above.y + above.height > below.y
    ]


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_every_node_has_a_place_inside_the_picture_and_none_covers_another(graph: LineageGraph) -> None:
    plan = layout(graph)
    assert set(plan.boxes) == {str(key) for key in graph.nodes}
    for box in plan.boxes.values():
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= plan.width
        assert box.y + box.height <= plan.height
    assert overlapping(plan) == []


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_every_edge_is_drawn_and_runs_to_the_right_unless_it_is_marked_as_running_back(graph: LineageGraph) -> None:
    plan = layout(graph)
    drawn = {(route.source, route.target) for route in plan.routes}
    assert drawn == {(str(e.source), str(e.target)) for e in graph.edges if e.source != e.target}
    for route in plan.routes:
        source, target = plan.boxes[route.source], plan.boxes[route.target]
        assert route.points[0] == (source.x + source.width, source.y + source.height // 2)
        assert route.points[-1] == (target.x, target.y + target.height // 2)
        if not route.back:
            assert source.column < target.column
            assert all(before[0] <= after[0] for before, after in pairwise(route.points))


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_the_same_graph_gives_the_same_whole_numbers(graph: LineageGraph) -> None:
    first, second = layout(graph), layout(graph)
    assert first == second
    assert all(isinstance(part, int) for box in first.boxes.values() for part in (box.x, box.y, box.width))


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_lanes_stand_in_their_order_and_do_not_touch(graph: LineageGraph) -> None:
    bands = layout(graph).bands
    names = [name for name, _ in LANES]
    assert [names.index(band.name) for band in bands] == sorted(names.index(band.name) for band in bands)
    assert all(left.x + left.width < right.x for left, right in pairwise(bands))


def test_a_star_of_five_hundred_leaves_is_one_column_with_its_centre_in_the_middle() -> None:
    plan = layout(graph_of(["Transform", *["Dataset"] * 500], {(0, leaf) for leaf in range(1, 501)}))
    columns = {box.column for box in plan.boxes.values()}
    centre = plan.boxes["execution#0"]
    ys = [box.y for box in plan.boxes.values() if box.column == 1]
    assert len(columns) == 2
    assert min(ys) < centre.y < max(ys)
    assert abs(centre.y - (min(ys) + max(ys)) / 2) < 20


def test_a_chain_of_five_hundred_is_a_straight_line() -> None:
    types = ["Transform" if number % 2 else "Dataset" for number in range(500)]
    plan = layout(graph_of(types, {(number, number + 1) for number in range(499)}))
    middles = {box.y + box.height // 2 for box in plan.boxes.values()}
    assert len({box.column for box in plan.boxes.values()}) == 500
    assert max(middles) - min(middles) <= 1


def test_a_cycle_from_bad_data_is_drawn_with_one_edge_running_back() -> None:
    plan = layout(graph_of(["Dataset", "Transform", "Dataset"], {(0, 1), (1, 2), (2, 1)}))
    assert [(route.source, route.target) for route in plan.routes if route.back] == [("artifact#2", "execution#1")]


def test_parts_that_do_not_touch_lie_below_each_other() -> None:
    plan = layout(graph_of(["RawData", "Transform", "RawData", "Transform"], {(0, 1), (2, 3)}))
    upper = [plan.boxes["artifact#0"], plan.boxes["execution#1"]]
    lower = [plan.boxes["artifact#2"], plan.boxes["execution#3"]]
    assert max(box.y + box.height for box in upper) < min(box.y for box in lower)


def test_what_is_made_from_a_model_stands_right_of_it() -> None:
    plan = layout(graph_of(["Train", "Model", "Train", "Model"], {(0, 1), (1, 2), (2, 3)}))
    assert [plan.boxes[name].column for name in ("execution#0", "artifact#1", "execution#2", "artifact#3")] == [
        0,
        1,
        2,
        3,
    ]


def test_an_empty_graph_has_an_empty_layout() -> None:
    empty = LineageGraph(roots=(), direction=None, nodes={}, edges=())
    assert layout(empty).boxes == {}


@pytest.mark.parametrize("size", [3000])
def test_a_wide_graph_is_laid_out_without_recursion(size: int) -> None:
    types = ["Transform" if number % 2 else "Dataset" for number in range(size)]
    pairs = {(number // 3, number) for number in range(1, size)}
    assert len(layout(graph_of(types, pairs)).boxes) == size
