"""Impact: what breaks, how large it is in a word, live endpoints first."""

from __future__ import annotations

import pytest

from lineal.lineage.impact import impact, size_of
from lineal.lineage.render.rows import way
from lineal.model.decisions import DecisionAction
from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin, Publication, Use


def labels(affected):
    return [one.item.label for one in affected]


def test_a_raw_table_affects_the_features_models_approval_and_live_endpoint_made_from_it(flights):
    answer = impact(flights.store, "rawdata:weather")
    assert labels(answer.endpoints) == ["delay-api@r1"]
    assert set(labels(answer.models)) == {"forest@v1.0", "boost@v1.0", "delay@v1.0"}
    assert set(answer.families) == {"forest", "boost", "delay"}
    assert labels(answer.datasets) == ["weather@2013-01-01", "train@2013-01-01"]
    assert [decision.actor for decision in answer.approvals] == ["grace"]
    assert answer.has_live
    assert answer.total == 6
    assert "1 live endpoint" in answer.sentence


def test_each_affected_thing_says_how_it_is_reached(flights):
    answer = impact(flights.store, "dataset:train")
    model = next(one for one in answer.models if one.item.label == "forest@v1.0")
    assert model.hops == 2
    assert way(model) == "train@2013-01-01 → forest → forest@v1.0"


def test_of_a_long_way_the_middle_is_counted(flights):
    endpoint = impact(flights.store, "rawdata:weather").endpoints[0]
    assert endpoint.hops == 10
    assert len(endpoint.path) + endpoint.between == 11
    assert way(endpoint) == "weather@1 → weather-features → weather@2013-01-01 → … 6 more … → deploy → delay-api@r1"


def test_nothing_made_from_it_is_no_impact(flights):
    answer = impact(flights.store, "endpoint:delay-api")
    assert (answer.size, answer.total, answer.has_live) == ("none", 0, False)
    assert answer.sentence == "Nothing recorded depends on delay-api@r1."


def test_a_revision_that_is_no_longer_live_is_listed_apart(flights):
    flights.run("Deploy again", ["Model delay@v1.0"], ["EndpointRevision delay-api@r2"])
    flights.alias("EndpointRevision delay-api@r2", "live")
    answer = impact(flights.store, "model:delay")
    assert labels(answer.endpoints) == ["delay-api@r2"]
    assert labels(answer.revisions) == ["delay-api@r1"]


def test_a_rejection_is_no_approval(flights):
    flights.decide("Model forest@v1.0", DecisionAction.REJECT)
    assert len(impact(flights.store, "rawdata:weather").approvals) == 1


@pytest.mark.parametrize(
    ("artifacts", "live", "word"),
    [
        (0, False, "none"),
        (1, False, "small"),
        (9, False, "small"),
        (10, False, "medium"),
        (99, False, "medium"),
        (100, False, "large"),
        (999, False, "large"),
        (1000, False, "huge"),
        (1, True, "medium"),
        (100, True, "large"),
        (1000, True, "huge"),
    ],
)
def test_the_size_is_a_word_and_a_live_endpoint_is_never_small(artifacts, live, word):
    assert size_of(artifacts, live=live) == word


def test_a_chain_of_models_costs_no_more_than_its_length(pen):
    pen.run("Train", [], ["Model m@0"])
    for number in range(400):
        pen.run("Train", [f"Model m@{number}"], [f"Model m@{number + 1}"])
    answer = impact(pen.store, "model:m@0")
    assert len(answer.models) == 400
    assert max(len(one.path) for one in answer.models) == 5
    assert answer.size == "large"


def test_a_name_without_a_version_stands_for_all_its_versions(pen):
    pen.run("Ingest", [], ["RawData a@v1"])
    pen.run("Train", ["RawData a@v1"], ["Model m@v1"])
    pen.run("Ingest", [], ["RawData a@v2"])
    answer = impact(pen.store, "rawdata:a")
    assert [one.item.label for one in answer.models] == ["m@v1"]
    assert "a (2 versions)" in answer.sentence
    assert impact(pen.store, "rawdata:a@v2").total == 0


def test_versions_of_all_types_below_the_named_one_count(pen):
    pen.run("Ingest", [], ["RawData a@v1"])
    pen.run("Train", ["RawData a@v1"], ["Model m@v1"])
    pen.run("Transform", ["RawData a@v1"], ["Dataset a@v2"])
    assert [one.item.label for one in impact(pen.store, "dataset:a").models] == ["m@v1"]


def test_a_context_stands_for_its_members_and_not_for_their_other_versions(pen):
    pen.run("Ingest", [], ["RawData a@v1"])
    pen.run("Train", ["RawData a@v1"], ["Model m@v1"])
    by = Origin(actor="ada", action="put")
    run = Publication(
        execution=Execution(type="Ingest"),
        uses=[Use(artifact=Artifact(type="RawData", name="a@v2", fingerprint="sha256:2"), type=EventType.OUTPUT)],
        contexts=[Context(type="Experiment", name="late")],
    )
    pen.store.publish(run, by=by)
    assert not impact(pen.store, "experiment:late").models
