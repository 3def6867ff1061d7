"""Resolve: each form finds its thing; what is not there is answered with what is near and what there is."""

from __future__ import annotations

import pytest

from lineal.errors import InvalidArgument, NotFound
from lineal.lineage.resolve import resolve
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.predictions import Prediction
from lineal.model.publication import Origin
from lineal.model.types import NodeType

BY = Origin(actor="ada", action="test")
TRACE = "019a4f02111172228333444455550001"


def refused(store, text, error=NotFound):
    with pytest.raises(error) as caught:
        resolve(store, text)
    return f"{caught.value.message} | {caught.value.hint}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("model:delay@v1.0", "delay@v1.0"),
        ("model:delay@production", "delay@v1.0"),
        ("model:delay", "delay@v1.0"),
        ("MODEL:delay@latest", "delay@v1.0"),
        ("dataset:train", "train@2013-01-01"),
        ("dataset:flights@1", "flights@1"),
        ("rawdata:flights", "flights@1"),
        ("raw-data:flights", "flights@1"),
        ("features:weather", "weather@2013-01-01"),
        ("endpoint:delay-api", "delay-api@r1"),
        ("endpoint:delay-api@r1", "delay-api@r1"),
        ("endpointrevision:delay-api@live", "delay-api@r1"),
    ],
)
def test_a_name_finds_its_artifact(flights, text, name):
    found = resolve(flights.store, text)
    assert isinstance(found, Artifact)
    assert found.name == name


def test_without_a_version_it_is_the_newest_and_latest_says_the_same(flights):
    flights.run("Train", [], ["Model delay@v2.0"])
    assert resolve(flights.store, "model:delay").name == "delay@v2.0"
    assert resolve(flights.store, "model:delay@latest").name == "delay@v2.0"
    assert resolve(flights.store, "model:delay@production").name == "delay@v1.0"


def test_a_version_comes_before_an_alias_of_the_same_text(flights):
    flights.run("Train", [], ["Model delay@v2.0"])
    flights.alias("Model delay@v2.0", "v1.0")
    assert resolve(flights.store, "model:delay@v1.0").name == "delay@v1.0"


def test_a_name_without_a_version_is_found_as_it_is(pen):
    pen.run("Ingest", [], ["RawData planes.csv"])
    assert resolve(pen.store, "rawdata:planes.csv").name == "planes.csv"


def test_the_type_asked_for_comes_before_one_that_inherits_from_it(pen):
    pen.run("Ingest", [], ["RawData a@1", "Dataset a@1"])
    assert resolve(pen.store, "dataset:a@1").type == "Dataset"


def test_one_name_under_two_inheriting_types_is_ambiguous_and_both_are_shown(pen):
    pen.run("Ingest", [], ["RawData a@1", "Features a@1"])
    told = refused(pen.store, "dataset:a@1", InvalidArgument)
    assert "RawData a@1" in told
    assert "Features a@1" in told


def test_a_users_own_type_has_a_kind_too(pen):
    pen.store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="FeatureView", base="Features")], by=BY)
    pen.run("Transform", [], ["FeatureView clicks@7"])
    assert resolve(pen.store, "feature_view:clicks").name == "clicks@7"
    assert resolve(pen.store, "dataset:clicks").name == "clicks@7"


def test_an_id_finds_each_kind_of_node(pen):
    pen.run("Ingest", [], ["RawData a@1"], contexts=[Context(type="Pipeline", name="daily")])
    assert isinstance(resolve(pen.store, "artifact#1"), Artifact)
    assert isinstance(resolve(pen.store, "execution#1"), Execution)
    assert isinstance(resolve(pen.store, "context#1"), Context)
    refused(pen.store, "artifact#99")


def test_a_context_is_found_by_its_name(pen):
    pen.store.put([Context(type="Experiment", name="try@home")], by=BY)
    assert resolve(pen.store, "experiment:try@home").name == "try@home"
    assert "did you mean experiment:try@home?" in refused(pen.store, "experiment:try@hom")


def test_a_prediction_is_found_by_a_prefix_of_its_trace_id(flights):
    found = resolve(flights.store, f"prediction:{TRACE[:8]}")
    assert isinstance(found, Prediction)
    assert found.trace_id == TRACE
    refused(flights.store, "prediction:ffffffff")


def test_a_fingerprint_is_found_by_a_prefix(flights):
    model = resolve(flights.store, "model:delay")
    assert resolve(flights.store, model.fingerprint[:15]) == model
    assert resolve(flights.store, model.fingerprint) == model
    assert "no artifact has the fingerprint" in refused(flights.store, "sha256:0000000000")


def test_equal_content_under_two_names_is_ambiguous(pen):
    pen.run("Train", [], ["Model a@1"])
    fingerprint = resolve(pen.store, "model:a").fingerprint
    pen.store.put([Artifact(type="Model", name="b@1", fingerprint=fingerprint)], by=BY)
    told = refused(pen.store, fingerprint, InvalidArgument)
    assert "a@1" in told
    assert "b@1" in told


def test_latest_is_the_newest_run_and_a_deployment_is_no_run(flights):
    assert resolve(flights.store, "run:latest").properties["label"] == "ensemble"


def test_a_label_finds_its_newest_run(flights):
    newer = flights.run("Train forest", [], ["Model forest@v2.0"])
    assert resolve(flights.store, "run:forest").id == newer
    assert resolve(flights.store, "train:forest").id == newer
    assert "labels:" in refused(flights.store, "transform:forest-fire-brigade")


def test_a_label_with_quotes_and_backslashes_is_found(pen):
    label = r"it's a \"test\" \ 100%_"
    run = pen.run(f"Train {label}")
    assert resolve(pen.store, f"run:{label}").id == run


def test_a_run_is_found_by_a_unique_prefix_of_its_id_with_or_without_dashes(flights):
    first = resolve(flights.store, "run:00000001")
    assert first.properties["label"] == "ingest"
    assert resolve(flights.store, "run:00000001-0000").id == first.id
    told = refused(flights.store, "run:0000000", InvalidArgument)
    assert "names more than one thing" in told
    assert "ingest 00000001" in told


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("model:dleay", "did you mean model:delay?"),
        ("model:delay@v1.1", "model:delay@v1.0"),
        ("model:delay@produktion", "model:delay@production"),
        ("model:delay@zzz", "versions and aliases of delay: v1.0, production"),
        ("modle:delay", "did you mean model?"),
        ("unheard:of", "known: "),
        ("model:train", "of another kind there is dataset:train"),
        ("model:xyz", "there is model:"),
        ("endpoint:delay", "did you mean endpoint:delay-api?"),
        ("endpoint:delay-api@r9", "r1"),
        ("run:forrest", "did you mean run:forest?"),
        ("image:x", "there is no image in this workspace yet"),
        ("artifact:27", "did you mean artifact#27?"),
        ("execution:forest", "by its id, as in execution#7"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is_near_or_there(flights, text, near):
    assert near in refused(flights.store, text)


@pytest.mark.parametrize(
    ("text", "near"), [("dataset:q", "there is dataset:Queue"), ("dataset:queue", "did you mean dataset:Queue?")]
)
def test_a_type_that_is_a_standard_one_but_for_case_has_its_names_suggested(store, text, near):
    store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="DataSet")], by=BY)
    store.put([Artifact(type="DataSet", name="Queue")], by=BY)

    assert near in refused(store, text)


def test_an_endpoint_without_a_live_revision_says_that_it_has_others(pen):
    pen.run("Deploy", [], ["EndpointRevision api@r1"])
    assert "has no live revision" in refused(pen.store, "endpoint:api")


def test_an_empty_workspace_says_that_there_is_nothing_yet(store):
    assert "there is no model in this workspace yet" in refused(store, "model:x")
    assert "there is no run in this workspace yet" in refused(store, "run:latest")


def test_a_thing_that_came_later_is_not_there_at_an_earlier_moment(flights):
    before = flights.store.entries(newest_first=True, limit=1)[0].time
    flights.run("Train", [], ["Model later@v1"])
    assert resolve(flights.store, "model:later").name == "later@v1"
    with pytest.raises(NotFound, match="at that time"):
        resolve(flights.store, "model:later", as_of=before)


@pytest.mark.parametrize("text", ["run:forest", "train:forest", "run:{id}", "sha256:{fingerprint}"])
def test_what_is_looked_up_by_label_id_or_content_is_the_one_of_that_time(pen, text):
    pen.run("Ingest flights")
    before = pen.store.entries(newest_first=True, limit=1)[0].time
    first = pen.run("Train forest", [], ["Model forest@v1"])
    then = pen.store.entries(newest_first=True, limit=1)[0].time
    run = pen.store.get(Execution, [first])[0]
    model = resolve(pen.store, "model:forest@v1")
    for _ in range(40):  # more than one page of newer ones
        pen.run("Train forest")
    wanted = text.format(id=run.external_id, fingerprint=model.fingerprint.removeprefix("sha256:")[:12])
    assert resolve(pen.store, wanted, as_of=then).id == (model.id if wanted.startswith("sha256") else first)
    with pytest.raises(NotFound, match="at that time"):
        resolve(pen.store, wanted, as_of=before)
