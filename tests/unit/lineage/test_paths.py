"""Paths: all of them, shortest first, whichever way round one asks."""

from __future__ import annotations

import pytest

from lineal.errors import InvalidArgument
from lineal.lineage.paths import paths
from lineal.model.edges import Event, EventType
from lineal.model.ids import ExecutionId
from lineal.model.publication import Causality, Origin

BY = Origin(actor="ada", action="test")


def told(answer):
    return [[answer.nodes[key].label for key in path] for path in answer.found]


def test_every_way_from_raw_data_to_the_model_is_found_shortest_first(flights):
    answer = paths(flights.store, "rawdata:flights", "model:delay")
    assert sorted(told(answer)) == [
        ["flights@1", "join", "train@2013-01-01", "boost", "boost@v1.0", "ensemble", "delay@v1.0"],
        ["flights@1", "join", "train@2013-01-01", "forest", "forest@v1.0", "ensemble", "delay@v1.0"],
    ]
    both = paths(flights.store, "rawdata:weather", "model:delay")
    assert [len(path) for path in both.found] == [9, 9]
    assert answer.truncated is None


def test_a_short_way_comes_before_a_long_one(pen):
    pen.run("Ingest", [], ["RawData a@1"])
    pen.run("Transform long", ["RawData a@1"], ["Dataset b@1"])
    pen.run("Train", ["RawData a@1", "Dataset b@1"], ["Model m@1"])
    assert told(paths(pen.store, "rawdata:a", "model:m")) == [
        ["a@1", "train", "m@1"],
        ["a@1", "long", "b@1", "train", "m@1"],
    ]


def test_the_order_in_which_one_asks_does_not_matter(flights):
    there, back = (
        paths(flights.store, "rawdata:flights", "model:delay"),
        paths(flights.store, "model:delay", "rawdata:flights"),
    )
    assert there.found == back.found
    assert (there.swapped, back.swapped) == (False, True)
    assert back.source.label == "flights@1"


def test_things_that_do_not_depend_on_each_other_have_no_path(flights):
    answer = paths(flights.store, "model:forest", "model:boost")
    assert answer.found == ()
    assert answer.truncated is None


def test_a_thing_reaches_itself_without_a_step(flights):
    assert told(paths(flights.store, "model:forest", "model:forest")) == [["forest@v1.0"]]


def test_more_paths_than_asked_for_are_said(pen):
    pen.run("Ingest", [], ["Dataset d@0"])
    for number in range(12):
        middle = [f"Features f{number}.{side}@1" for side in range(2)]
        pen.run("Transform", [f"Dataset d@{number}"], middle)
        pen.run("Transform", middle, [f"Dataset d@{number + 1}"])
    answer = paths(pen.store, "dataset:d@0", "dataset:d@12", limit=7)
    assert len(set(answer.found)) == 7
    assert answer.truncated is not None
    assert "7" in answer.truncated.reason
    assert len(set(paths(pen.store, "dataset:d@0", "dataset:d@12", limit=5000).found)) == 2**12


def test_a_chain_of_a_thousand_hops_has_one_path(pen):
    pen.run("Ingest", [], ["Dataset d@0"])
    for number in range(500):
        pen.run("Transform", [f"Dataset d@{number}"], [f"Dataset d@{number + 1}"])
    answer = paths(pen.store, "dataset:d@0", "dataset:d@500")
    assert [len(path) for path in answer.found] == [1001]


def test_paths_through_a_cycle_of_bad_data_visit_nothing_twice(pen):
    pen.run("Ingest", [], ["RawData a@1"])
    run = pen.run("Transform", ["RawData a@1"], ["Dataset b@1"])
    pen.run("Train", ["Dataset b@1"], ["Model m@1"])
    back = Event(artifact_id=pen.known["Model m@1"], execution_id=ExecutionId(run), type=EventType.INPUT)
    pen.store.put_edges([back], by=BY, causality=Causality.FLAG)
    answer = paths(pen.store, "rawdata:a", "model:m")
    assert told(answer) == [["a@1", "transform", "b@1", "train", "m@1"]]


def test_asking_for_no_path_at_all_is_refused(flights):
    with pytest.raises(InvalidArgument, match="at least 1"):
        paths(flights.store, "model:forest", "model:delay", limit=0)
