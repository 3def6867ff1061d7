"""Trace: complete at any depth and width, filtered without cutting a path, and honest about what is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineal.errors import InvalidArgument, NotFound
from lineal.lineage.query import trace
from lineal.model.aliases import Alias
from lineal.model.edges import Event, EventType, How
from lineal.model.ids import ArtifactId, ExecutionId, NodeKey, NodeKind
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Causality, Origin, Publication, Use
from lineal.model.traversal import Direction

BY = Origin(actor="ada", action="test")
TRACE = "019a4f02111172228333444455550001"


def names(graph, *types):
    return [item.label for item in graph.nodes.values() if not types or item.node.type in types]


def test_a_revision_is_traced_through_its_model_and_runs_to_the_raw_data(flights):
    graph = trace(flights.store, "endpoint:delay-api")
    assert names(graph, "Deploy") == ["deploy"]
    assert set(names(graph, "Model")) == {"delay@v1.0", "forest@v1.0", "boost@v1.0"}
    assert set(names(graph, "Train")) == {"ensemble", "forest", "boost"}
    assert set(names(graph, "RawData")) == {"flights@1", "weather@1"}
    assert graph.truncated is None


def test_nodes_come_nearest_first(flights):
    graph = trace(flights.store, "endpoint:delay-api")
    hops = [item.hop for item in graph.nodes.values()]
    assert hops == sorted(hops)
    assert names(graph)[0] == "delay-api@r1"


def test_a_prediction_starts_at_the_revision_that_answered_and_is_carried_along(flights):
    graph = trace(flights.store, f"prediction:{TRACE[:10]}")
    assert [prediction.trace_id for prediction in graph.predictions] == [TRACE]
    assert names(graph)[0] == "delay-api@r1"


def test_a_prediction_without_a_revision_says_so(flights):
    flights.answer("019b4f02111172228333444455550002", None)
    with pytest.raises(NotFound, match="did not record which revision"):
        trace(flights.store, "prediction:019b4f02")


def test_downstream_goes_from_raw_data_to_the_revision(flights):
    graph = trace(flights.store, "rawdata:weather", Direction.DOWNSTREAM)
    assert names(graph)[0] == "weather@1"
    assert "delay-api@r1" in names(graph)
    assert "flights@1" not in names(graph)


def test_both_directions_are_one_graph_with_each_edge_once(flights):
    graph = trace(flights.store, "dataset:train@2013-01-01", None)
    assert {"flights@1", "weather@1", "delay-api@r1"} <= set(names(graph))
    assert len(graph.edges) == len(set(graph.edges))


def test_hops_cut_the_answer_and_it_says_so(flights):
    graph = trace(flights.store, "model:delay@v1.0", hops=2)
    assert max(item.hop for item in graph.nodes.values()) == 2
    assert graph.truncated is not None


def test_a_limit_cuts_the_answer_and_it_says_so(flights):
    graph = trace(flights.store, "model:delay@v1.0", limit=3)
    assert len(graph.nodes) == 3
    assert graph.truncated is not None
    assert "3" in graph.truncated.reason


def test_decisions_and_aliases_stand_beside_their_node(flights):
    graph = trace(flights.store, "endpoint:delay-api")
    model = next(item for item in graph.nodes.values() if item.label == "delay@v1.0")
    assert [decision.actor for decision in model.decisions] == ["grace"]
    assert model.aliases == ("production",)
    assert next(iter(graph.nodes.values())).aliases == ("live",)


def test_a_filter_joins_what_it_keeps_over_what_it_hides_and_counts_it(flights):
    graph = trace(flights.store, "model:delay@v1.0", types=["rawdata"])
    assert set(names(graph)) == {"delay@v1.0", "flights@1", "weather@1"}
    via = {(graph.nodes[edge.source].label, graph.nodes[edge.target].label): edge for edge in graph.edges}
    assert {edge.role for edge in graph.edges} == {"via"}
    assert {edge.how for edge in graph.edges} == {How.INFERRED}
    # flights → join → train → forest → model forest → ensemble → delay: five hidden nodes
    assert via["flights@1", "delay@v1.0"].hidden == 5
    assert via["weather@1", "delay@v1.0"].hidden == 7


def test_a_filter_on_a_type_keeps_those_that_inherit_from_it(flights):
    graph = trace(flights.store, "model:delay@v1.0", types=["Dataset"])
    assert set(names(graph)) == {"delay@v1.0", "train@2013-01-01", "weather@2013-01-01", "flights@1", "weather@1"}


def test_a_filter_keeps_plain_edges_between_neighbours_it_keeps(flights):
    graph = trace(flights.store, "model:delay@v1.0", types=["model", "train"])
    roles = {(graph.nodes[edge.source].label, graph.nodes[edge.target].label): edge.role for edge in graph.edges}
    assert roles["ensemble", "delay@v1.0"] == "output"
    assert roles["forest@v1.0", "ensemble"] == "input"
    assert "via" not in roles.values()


def test_a_filter_on_an_unknown_type_is_refused_with_the_nearest(flights):
    with pytest.raises(InvalidArgument) as caught:
        trace(flights.store, "model:delay", types=["modle"])
    assert "model" in caught.value.hint


def test_a_filtered_hub_is_joined_from_all_sides(pen):
    raws = [f"RawData raw{number}@1" for number in range(3)]
    models = [f"Model m{number}@1" for number in range(3)]
    pen.run("Ingest", [], raws)
    pen.run("Transform hub", raws, ["Dataset d@1"])
    for model in models:
        pen.run(f"Train {model[6:]}", ["Dataset d@1"], [model])
    pen.run("Train all", models, ["Model all@1"])
    graph = trace(pen.store, "model:all", types=["rawdata", "model"])
    pairs = {(graph.nodes[edge.source].label, graph.nodes[edge.target].label) for edge in graph.edges}
    assert {(f"raw{raw}@1", f"m{model}@1") for raw in range(3) for model in range(3)} <= pairs


def test_a_hub_with_more_connections_than_are_drawn_is_said(pen):
    pen.run("Ingest", [], ["RawData a@1"])
    pen.run("Transform hub", ["RawData a@1"], ["Dataset d@1"])
    models = [f"Model m{number}@1" for number in range(70)]
    for model in models:
        pen.run("Train", ["Dataset d@1"], [model])
    pen.run("Train all", models, ["Model all@1"])
    graph = trace(pen.store, "model:all", types=["rawdata", "model"])
    assert graph.truncated is not None
    assert "not drawn" in graph.truncated.reason
    assert sum(graph.nodes[edge.source].label == "a@1" for edge in graph.edges) == 64


def test_a_chain_of_a_thousand_hops_is_complete(pen):
    pen.run("Ingest", [], ["Dataset d@0"])
    for number in range(500):
        pen.run("Transform", [f"Dataset d@{number}"], [f"Dataset d@{number + 1}"])
    graph = trace(pen.store, "dataset:d@500")
    assert max(item.hop for item in graph.nodes.values()) == 1001
    assert graph.truncated is None
    filtered = trace(pen.store, "dataset:d@500", types=["Ingest"])
    assert [edge.hidden for edge in filtered.edges] == [1000]


def test_a_fan_out_is_complete(pen):
    pen.run("Ingest", [], ["RawData a@1"])
    uses = [Use(artifact=pen.known["RawData a@1"], type=EventType.INPUT)]
    uses += [Use(artifact=Artifact(type="Dataset"), type=EventType.OUTPUT) for _ in range(12_000)]
    pen.store.publish(Publication(execution=Execution(type="Transform"), uses=uses), by=BY)
    graph = trace(pen.store, "rawdata:a", Direction.DOWNSTREAM)
    assert len(graph.nodes) == 12_002
    assert len(graph.edges) == 12_001


def test_a_cycle_from_bad_data_ends_and_keeps_every_edge(pen):
    pen.run("Transform one", [], ["Dataset a@1"])
    run = pen.run("Transform two", ["Dataset a@1"], ["Dataset b@1"])
    back = Event(artifact_id=pen.known["Dataset b@1"], execution_id=ExecutionId(run - 1), type=EventType.INPUT)
    pen.store.put_edges([back], by=BY, causality=Causality.FLAG)
    graph = trace(pen.store, "dataset:b", None)
    assert len(graph.nodes) == 4
    filtered = trace(pen.store, "dataset:b", types=["Dataset"])
    assert set(names(filtered)) == {"a@1", "b@1"}
    assert all(edge.source != edge.target for edge in filtered.edges)


def test_a_context_stands_for_everything_in_it(pen):
    pen.run("Ingest", [], ["RawData a@1"], contexts=[Context(type="Pipeline", name="daily")])
    graph = trace(pen.store, "pipeline:daily")
    assert set(names(graph)) == {"a@1", "ingest"}
    assert len(graph.roots) == 2


def test_an_empty_context_is_refused(pen):
    pen.store.put([Context(type="Pipeline", name="empty")], by=BY)
    with pytest.raises(InvalidArgument, match="empty context"):
        trace(pen.store, "pipeline:empty")


def test_a_key_is_as_good_as_a_reference(flights):
    key = NodeKey(NodeKind.ARTIFACT, flights.known["Model delay@v1.0"])
    assert trace(flights.store, key).nodes == trace(flights.store, "model:delay").nodes


def test_an_earlier_moment_shows_the_aliases_and_names_of_then(flights):
    before = flights.store.entries(newest_first=True, limit=1)[0].time
    flights.run("Train later", ["Dataset train@2013-01-01"], ["Model delay@v2.0"])
    move = Alias(type="Model", family="delay", alias="production", artifact_id=flights.known["Model delay@v2.0"])
    flights.store.put_aliases([move], by=BY)
    assert names(trace(flights.store, "model:delay@production"))[0] == "delay@v2.0"
    then = trace(flights.store, "model:delay@production", as_of=before)
    assert names(then)[0] == "delay@v1.0"
    assert then.as_of == before
    assert names(trace(flights.store, "model:delay", as_of=before))[0] == "delay@v1.0"


def test_a_run_that_makes_known_content_again_is_counted_but_not_followed(flights):
    again = flights.store.get(Artifact, [flights.known["Dataset train@2013-01-01"]])[0]
    fresh = replace(again, id=None, created_at=None, updated_at=None, entry=None)
    run = Execution(type="Transform", properties={"label": "join again"})
    flights.store.publish(Publication(execution=run, uses=[Use(artifact=fresh, type=EventType.OUTPUT)]), by=BY)
    graph = trace(flights.store, "dataset:train")
    assert "join again" not in names(graph)
    assert next(iter(graph.nodes.values())).reproduced == 1


def test_an_id_that_is_not_there_is_not_found(flights):
    with pytest.raises(NotFound):
        trace(flights.store, NodeKey(NodeKind.ARTIFACT, ArtifactId(9999)))


def test_a_trace_goes_one_way_at_a_time(flights):
    with pytest.raises(InvalidArgument, match="a trace goes one way"):
        trace(flights.store, "rawdata:weather", Direction.BOTH)
