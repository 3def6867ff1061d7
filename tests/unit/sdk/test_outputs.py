"""What a run writes: content decides which version it is, and what is acknowledged is stored."""

from __future__ import annotations

import json

import pandas as pd
import polars as pl
import pytest

import lineal
from lineal.errors import AlreadyExists, InvalidArgument, NotFound, PropertyTypeMismatch
from lineal.model.edges import EventType, How
from lineal.model.nodes import Artifact, ArtifactState, Context, key_of
from lineal.workspace import open_workspace


@pytest.fixture
def run(workspace):
    with lineal.run("make", type="Transform", workspace=workspace) as opened:
        yield opened


def frame(*values):
    return pd.DataFrame({"delay": list(values), "carrier": ["UA"] * len(values)})


def test_a_dataset_is_durable_when_the_call_returns_with_all_that_is_known_of_it(workspace, run):
    artifact = run.log_dataset(frame(1, 2, 3), name="flights")
    with open_workspace(workspace.location.url, create=False) as other:
        [seen] = other.store.get(Artifact, [artifact.id])
        [event] = other.store.events(artifacts=[artifact.id])
    assert seen == artifact
    assert (seen.type, seen.name, seen.state) == ("Dataset", "flights@v1", ArtifactState.LIVE)
    assert seen.fingerprint.startswith("sha256:")
    assert (seen.properties["rows"], seen.properties["columns"]) == (3, 2)
    assert [column["name"] for column in seen.properties["schema"]] == ["delay", "carrier"]
    assert seen.custom_properties["fingerprint_kind"] == "frame"
    assert set(seen.custom_properties["column_fingerprints"]) == {"delay", "carrier"}
    assert (event.execution_id, event.type, event.how) == (run.execution.id, EventType.OUTPUT, How.DECLARED)


def test_the_same_content_is_the_same_version_and_other_content_the_next(workspace):
    names = []
    for content in (frame(1), frame(2), frame(1)):
        with lineal.run("make", type="Transform", workspace=workspace) as run:
            names.append(run.log_dataset(content, name="flights").name)
    assert names == ["flights@v1", "flights@v2", "flights@v1"]


def test_pandas_and_polars_frames_of_one_content_are_one_dataset(run):
    first = run.log_dataset(frame(1, 2), name="flights")
    second = run.log_dataset(pl.DataFrame({"delay": [1, 2], "carrier": ["UA", "UA"]}), name="flights")
    assert second.id == first.id


def test_the_same_content_made_from_itself_is_a_new_version(workspace):
    with lineal.run("ingest", type="Ingest", workspace=workspace) as ingest:
        ingest.log_dataset(frame(1), name="flights")
    with lineal.run("clean", type="Transform", workspace=workspace) as clean:
        clean.use("dataset:flights@v1")
        made = clean.log_dataset(frame(1), name="flights")
    assert made.name == "flights@v2"
    assert workspace.verify().ok


def test_a_version_taken_by_other_content_is_refused_with_both_fingerprints(workspace, run):
    first = run.log_dataset(frame(1), name="flights", version="2013-01-05")
    with pytest.raises(AlreadyExists) as refused:
        run.log_dataset(frame(2), name="flights", version="2013-01-05")
    assert first.fingerprint in refused.value.message
    assert refused.value.message.count("sha256:") == 2
    again = run.log_dataset(frame(1), name="flights", version="2013-01-05")
    assert again.id == first.id
    assert len(workspace.store.events(executions=[run.execution.id])) == 1


def test_the_next_version_follows_the_highest_number(run):
    run.log_dataset(frame(1), name="flights", version="v9")
    run.log_dataset(frame(2), name="flights", version="2013-01-05")
    assert run.log_dataset(frame(3), name="flights").name == "flights@v10"


def test_a_file_has_the_fingerprint_of_its_bytes_and_its_place(run, tmp_path):
    path = tmp_path / "flights.csv"
    path.write_text("delay\n1\n")
    artifact = run.log_dataset(path, name="flights", type="RawData")
    assert artifact.type == "RawData"
    assert artifact.uri == path.as_uri()
    assert artifact.properties["bytes"] == 8
    assert artifact.custom_properties["fingerprint_kind"] == "file"


def test_kept_content_can_be_read_back(workspace, run, tmp_path):
    path = tmp_path / "flights.csv"
    path.write_text("delay\n1\n")
    run.log_dataset(path, name="flights", keep=True)
    path.unlink()
    assert run.use("dataset:flights").bytes() == b"delay\n1\n"
    kept = run.log_dataset(frame(1, 2), name="frames", keep=True)
    assert pd.read_parquet(run.use(kept)).equals(frame(1, 2))
    assert pl.read_parquet(run.use(kept).path).shape == (2, 2)


def test_a_url_is_recorded_as_a_reference_without_its_secrets(run):
    url = "https://me:secret123@example.org/data/flights.csv.gz?X-Amz-Signature=abc123&part=1"
    artifact = run.log_dataset(url, name="flights")
    assert artifact.state is ArtifactState.REFERENCE
    assert artifact.fingerprint is None
    assert artifact.uri == "https://example.org/data/flights.csv.gz?X-Amz-Signature=[redacted]&part=1"


def test_content_that_cannot_be_fingerprinted_is_recorded_as_unknown_with_the_reason(run):
    mixed = pd.DataFrame({"x": [1, "one", object()]})
    first = run.log_dataset(mixed, name="mixed")
    assert first.fingerprint is None
    assert "x" in first.custom_properties["fingerprint_unknown"]
    assert first.properties["rows"] == 3
    # Nobody can say whether it is the same again.
    assert run.log_dataset(mixed, name="mixed").name == "mixed@v2"


def test_a_lazy_frame_has_no_content_yet_and_is_recorded_as_unknown(run):
    artifact = run.log_dataset(pl.LazyFrame({"x": [1]}), name="lazy")
    assert artifact.fingerprint is None
    assert "fingerprint_unknown" in artifact.custom_properties


def test_properties_the_type_does_not_declare_become_custom_ones(run):
    artifact = run.log_dataset([1], name="flights", properties={"origin": "JFK", "rows": 5})
    assert artifact.properties["rows"] == 5
    assert artifact.custom_properties["origin"] == "JFK"


def test_a_property_of_the_wrong_type_is_refused_and_nothing_is_stored(workspace, run):
    with pytest.raises(PropertyTypeMismatch, match="rows"):
        run.log_dataset([1], name="flights", properties={"rows": "many"})
    assert not list(workspace.store.list(Artifact).items)


@pytest.mark.parametrize("name", ["", "a@b", " a", "a\n", None, 7])
def test_a_name_that_no_reference_could_name_is_refused(run, name):
    with pytest.raises(InvalidArgument):
        run.log_dataset([1], name=name)


@pytest.mark.parametrize("version", ["", "a@b", "latest", " v1", 7])
def test_a_version_that_no_reference_could_name_is_refused(run, version):
    with pytest.raises(InvalidArgument):
        run.log_dataset([1], name="flights", version=version)


def test_a_missing_file_is_not_found(run):
    with pytest.raises(NotFound, match=r"nowhere\.csv"):
        run.log_dataset("nowhere.csv", name="flights")
    with pytest.raises(NotFound, match=r"nowhere\.pkl"):
        run.log_model("nowhere.pkl", name="delay")


def test_what_is_no_data_at_all_is_refused(run):
    with pytest.raises(InvalidArgument):
        run.log_dataset(object(), name="flights")
    with pytest.raises(InvalidArgument, match="object cannot be logged"):
        run.log_artifact(object(), name="report")


def test_a_model_is_kept_and_comes_back_verified(workspace, run):
    artifact = run.log_model({"weights": [1.0, 2.0]}, name="delay", version="v1.0")
    assert artifact.type == "Model"
    assert artifact.properties["format"] == "pickle"
    assert workspace.files.has(artifact.fingerprint)
    assert workspace.load_model("model:delay@v1.0").model == {"weights": [1.0, 2.0]}


def test_a_models_bytes_and_file_are_kept_as_they_are(workspace, run, tmp_path):
    path = tmp_path / "delay.bin"
    path.write_bytes(b"weights")
    of_file = run.log_model(path, name="from file")
    of_bytes = run.log_model(b"weights", name="from bytes")
    assert of_file.fingerprint == of_bytes.fingerprint
    assert (of_file.properties["format"], of_bytes.properties["format"]) == ("file", "bytes")
    assert workspace.files.get(of_file.fingerprint) == b"weights"


def test_a_model_that_cannot_be_pickled_is_recorded_with_the_reason(run):
    artifact = run.log_model(lambda x: x, name="delay")
    assert artifact.fingerprint is None
    assert "cannot be pickled" in artifact.custom_properties["bytes_unknown"]


def test_a_models_parents_are_inputs_of_its_run(workspace, run):
    with lineal.run("train", workspace=workspace) as train:
        first = train.log_model({"a": 1}, name="forest")
    run.log_model({"b": 2}, name="ensemble", parents=[first, "model:forest@v1"])
    inputs = [e for e in workspace.store.events(executions=[run.execution.id]) if e.type is EventType.INPUT]
    assert [(event.artifact_id, event.path) for event in inputs] == [(first.id, ("parents", 0))]


def test_reports_are_files_bytes_or_json(workspace, run, tmp_path):
    path = tmp_path / "curve.svg"
    path.write_text("<svg/>")
    of_path = run.log_artifact(path, name="curve")
    of_json = run.log_artifact({"rmse": 1.5}, name="scores", type="Metrics")
    of_bytes = run.log_artifact(b"\x00\x01", name="raw")
    assert [item.properties["format"] for item in (of_path, of_json, of_bytes)] == ["svg", "json", "bytes"]
    assert workspace.files.get(of_path.fingerprint) == b"<svg/>"
    assert json.loads(workspace.files.get(of_json.fingerprint)) == {"rmse": 1.5}
    assert of_json.type == "Metrics"


def test_artifacts_belong_to_the_contexts_of_their_run(workspace):
    with lineal.run("train", experiment="delays", workspace=workspace) as run:
        artifact = run.log_dataset([1], name="flights")
    [context] = workspace.store.list(Context).items
    [edge] = workspace.store.memberships([key_of(artifact)])
    assert edge.context_id == context.id
