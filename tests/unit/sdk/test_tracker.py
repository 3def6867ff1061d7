"""The flat tracker states lineage after the fact, in the calls the tutorials teach."""

from __future__ import annotations

import hashlib
import json

import pytest

import lineal
from lineal.errors import AlreadyExists, InvalidArgument, NotFound
from lineal.model.edges import How
from lineal.model.nodes import Artifact, ArtifactState, Execution

SHA = hashlib.sha256(b"flights").hexdigest()
MD5 = hashlib.md5(b"flights").hexdigest()


@pytest.fixture
def tracker(tmp_path):
    with lineal.LineageTracker(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture
def store(tracker, tmp_path):
    with lineal.open(tmp_path / "workspace") as workspace:
        yield workspace.store


def test_the_tutorials_three_calls_answer_where_a_model_came_from(tracker, tmp_path):
    path = tmp_path / "delay.pkl"
    path.write_bytes(b"model")
    dataset_id = tracker.log_dataset("s3://bucket/flights.csv", "2013-01-05", 336_776, SHA)
    model_id = tracker.log_training(dataset_id, str(path), {"depth": 4, "rate": 0.1}, 42)
    lineage = tracker.get_model_lineage(model_id)
    assert json.loads(json.dumps(lineage)) == {
        "id": model_id,
        "name": "delay@v1",
        "path": path.as_uri(),
        "fingerprint": "sha256:" + hashlib.sha256(b"model").hexdigest(),
        "run": lineage["run"],
        "hyperparams": {"depth": 4, "rate": 0.1},
        "seed": 42,
        "datasets": [
            {
                "id": dataset_id,
                "name": "flights@2013-01-05",
                "uri": "s3://bucket/flights.csv",
                "version": "2013-01-05",
                "record_count": 336_776,
                "fingerprint": f"sha256:{SHA}",
            }
        ],
        "upstream": lineage["datasets"],
    }
    assert lineage["run"].startswith("run:")
    assert tracker.get_model_lineage("model:delay@v1") == lineage


def test_every_edge_is_declared_and_each_call_is_one_entry(tracker, store):
    dataset_id = tracker.log_dataset("flights.csv", "1", 5, SHA)
    tracker.log_training(dataset_id, "delay.pkl", {}, None)
    ids = [run.id for run in store.list(Execution).items]
    assert {event.how for event in store.events(executions=ids)} == {How.DECLARED}
    assert [entry.action for entry in store.entries()] == ["log dataset", "train"]
    assert store.verify().ok


def test_a_training_on_several_datasets_has_them_all(tracker):
    ids = [tracker.log_dataset(f"{name}.csv", "1", 5, MD5) for name in ("flights", "weather")]
    lineage = tracker.get_model_lineage(tracker.log_training(ids, "delay.pkl", {}, 1))
    assert {item["name"] for item in lineage["datasets"]} == {"flights@1", "weather@1"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (SHA, f"sha256:{SHA}"),
        (SHA.upper(), f"sha256:{SHA}"),
        (MD5, f"md5:{MD5}"),
        (f"md5:{MD5}", f"md5:{MD5}"),
        ("abc123", "declared:abc123"),
    ],
)
def test_a_digest_is_kept_with_its_algorithm(tracker, given, kept):
    dataset_id = tracker.log_dataset("flights.csv", "1", 5, given)
    [dataset] = tracker.get_model_lineage(tracker.log_training(dataset_id, "delay.pkl", {}, 1))["datasets"]
    assert dataset["fingerprint"] == kept


def test_the_same_dataset_again_is_the_same_and_other_content_is_refused(tracker):
    first = tracker.log_dataset("flights.csv", "1", 5, SHA)
    assert tracker.log_dataset("flights.csv", "1", 5, SHA) == first
    with pytest.raises(AlreadyExists) as refused:
        tracker.log_dataset("flights.csv", "1", 5, MD5)
    assert SHA in refused.value.message
    assert MD5 in refused.value.message


def test_a_model_file_that_is_not_there_is_declared_and_each_training_makes_another(tracker, store):
    dataset_id = tracker.log_dataset("flights.csv", "1", 5, SHA)
    ids = [tracker.log_training(dataset_id, "delay.pkl", {"depth": depth}, 1) for depth in (1, 2)]
    first, second = (model for model in store.list(Artifact).items if model.type == "Model")
    assert ids == [f"artifact#{first.id}", f"artifact#{second.id}"]
    assert (first.name, second.name) == ("delay@v1", "delay@v2")
    assert (first.state, first.fingerprint) == (ArtifactState.REFERENCE, None)
    assert tracker.get_model_lineage(ids[1])["hyperparams"] == {"depth": 2}


def test_a_lineage_reaches_through_models_trained_on_made_data(tracker, tmp_path):
    raw = tracker.log_dataset("raw.csv", "1", 5, MD5)
    with lineal.run("clean", type="Transform", url=tmp_path / "workspace") as run:
        run.use(raw)
        clean = run.log_dataset([1], name="clean")
    lineage = tracker.get_model_lineage(tracker.log_training(f"artifact#{clean.id}", "delay.pkl", {}, 1))
    assert [item["name"] for item in lineage["datasets"]] == ["clean@v1"]
    assert [item["name"] for item in lineage["upstream"]] == ["clean@v1", "raw@1"]


def test_mistakes_are_refused_and_nothing_is_stored(tracker, store):
    with pytest.raises(NotFound):
        tracker.log_training("artifact#7", "delay.pkl", {}, 1)
    with pytest.raises(InvalidArgument, match="record_count"):
        tracker.log_dataset("flights.csv", "1", -1, SHA)
    with pytest.raises(InvalidArgument, match="data_hash"):
        tracker.log_dataset("flights.csv", "1", 5, " ")
    with pytest.raises(NotFound):
        tracker.get_model_lineage("model:nothing")
    assert not list(store.list(Artifact).items)
    assert not list(store.list(Execution).items)
