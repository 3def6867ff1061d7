"""What a run reads: known content is recognised, unknown content is registered, and the thing given comes back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression

import lineal
from lineal.capture.data import fingerprint_of
from lineal.errors import AlreadyExists, FailedPrecondition, FileCorrupt, InvalidArgument, NotFound
from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, ArtifactState
from lineal.sdk.models import wanted_model
from lineal.sdk.versions import choose
from lineal.sdk.wanted import Wanted


@pytest.fixture
def run(workspace):
    with lineal.run("train", workspace=workspace) as opened:
        yield opened


@pytest.fixture
def flights(workspace):
    with lineal.run("ingest", type="Ingest", workspace=workspace) as ingest:
        return ingest.log_dataset(frame(1, 2), name="flights", type="RawData")


def frame(*values):
    return pd.DataFrame({"delay": list(values)})


def inputs(workspace, run):
    events = workspace.store.events(executions=[run.execution.id])
    return workspace.store.get(Artifact, [e.artifact_id for e in events if e.type is EventType.INPUT])


def test_a_frame_comes_back_as_it_is_and_becomes_an_input(workspace, run):
    given = frame(1)
    assert run.use(given, name="flights", source="data/flights.csv") is given
    [artifact] = inputs(workspace, run)
    assert artifact.name == "flights@v1"
    assert artifact.uri.endswith("/data/flights.csv")


def test_known_content_is_recognised_whatever_it_is_called_here(workspace, run, flights):
    run.use(pa.table({"delay": [1, 2]}), name="my frame")
    assert inputs(workspace, run) == [flights]


def test_of_several_with_one_content_the_name_given_wins_then_the_newest(workspace, run, flights):
    with lineal.run("copy", type="Transform", workspace=workspace) as copy:
        copy.use("rawdata:flights")
        newest = copy.log_dataset(frame(1, 2), name="copy", type="RawData")
    run.use(frame(1, 2), name="elsewhere", type="RawData")
    assert inputs(workspace, run) == [newest]
    with lineal.run("train", workspace=workspace) as other:
        other.use(frame(1, 2), name="flights", type="RawData")
    assert inputs(workspace, other) == [flights]


def test_using_it_twice_is_one_input(workspace, run):
    run.use(frame(1), name="flights")
    run.use(frame(1), name="flights")
    assert len(inputs(workspace, run)) == 1


def test_what_a_run_made_and_then_reads_is_no_input_of_it(workspace, run):
    run.log_dataset(frame(1), name="flights")
    run.use(frame(1), name="flights")
    assert inputs(workspace, run) == []


def test_a_reference_gives_its_artifact(workspace, run, flights):
    assert run.use("rawdata:flights@v1").artifact == flights
    assert run.use(flights).artifact == flights
    assert inputs(workspace, run) == [flights]


def test_a_reference_to_nothing_is_not_found_with_the_nearest_names(run, flights):
    with pytest.raises(NotFound, match="flihgts") as refused:
        run.use("dataset:flihgts@v1")
    assert "flights" in f"{refused.value} {refused.value.hint}"


def test_a_run_is_no_input(run):
    with pytest.raises(InvalidArgument, match="artifacts"):
        run.use(f"run:{run.id}")


def test_a_path_is_named_after_its_file_and_any_reader_takes_it(workspace, run, tmp_path):
    path = tmp_path / "flights.csv.gz"
    frame(1, 2).to_csv(path, index=False)
    assert pd.read_csv(run.use(path)).equals(frame(1, 2))
    assert pd.read_csv(run.use(str(path))).equals(frame(1, 2))
    [artifact] = inputs(workspace, run)
    assert (artifact.name, artifact.uri) == ("flights@v1", path.as_uri())


def test_a_directory_is_one_dataset(workspace, run, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "1.csv").write_text("a\n")
    used = run.use(tmp_path / "parts")
    assert used.artifact.custom_properties["fingerprint_kind"] == "dir"
    assert used.path == tmp_path / "parts"


def test_a_file_that_changed_since_it_was_recorded_is_not_handed_out(run, tmp_path):
    path = tmp_path / "flights.csv"
    path.write_text("a\n")
    used = run.use(path)
    path.write_text("other\n")
    with pytest.raises(FailedPrecondition, match="has changed since"):
        used.bytes()


def test_damaged_kept_bytes_are_not_handed_out(workspace, run):
    artifact = run.log_artifact(b"true", name="facts")
    kept = workspace.files.path(artifact.fingerprint)
    kept.chmod(0o644)
    kept.write_bytes(b"lies")
    with pytest.raises(FileCorrupt):
        run.use(artifact).bytes()


def test_bytes_that_are_not_at_hand_are_not_found(run):
    run.log_dataset(frame(1), name="flights")
    with pytest.raises(NotFound, match="keep=True"):
        raise _hinted(run.use("dataset:flights"))


def _hinted(used):
    try:
        used.bytes()
    except NotFound as error:
        return NotFound(f"{error.message} {error.hint}")
    return AssertionError("bytes were found")


def test_a_model_in_memory_is_recognised_by_its_fitted_state(workspace, run):
    with lineal.run("train", workspace=workspace) as train:
        made = train.log_model({"weights": np.array([1.0, 2.0])}, name="delay")
    given = {"weights": np.array([1.0, 2.0])}
    assert wanted_model(given, name="x").canonical == made.properties["canonical"]
    fitted = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    same = LinearRegression(n_jobs=2).fit([[0.0], [1.0]], [0.0, 2.0])
    first = run.log_model(fitted, name="linear")
    with lineal.run("evaluate", type="Evaluate", workspace=workspace) as evaluation:
        assert evaluation.use(same, name="mine") is same
        assert evaluation.log_model(same, name="copy").name == "copy@v1"
    assert inputs(workspace, evaluation) == [first]
    with lineal.run("train", workspace=workspace) as again:
        assert again.log_model(same, name="linear").id == first.id


def test_a_url_is_a_reference_that_readers_take_as_it_is(workspace, run):
    used = run.use("s3://bucket/raw/flights.parquet", type="RawData")
    assert used.__fspath__() == "s3://bucket/raw/flights.parquet"
    assert used.artifact.state is ArtifactState.REFERENCE
    assert used.artifact.fingerprint is None
    again = run.use("s3://bucket/raw/flights.parquet", type="RawData")
    assert again.artifact == used.artifact


def test_a_frame_without_a_name_is_refused(run):
    with pytest.raises(InvalidArgument, match="needs a name"):
        run.use(frame(1))


def test_a_version_taken_by_other_content_is_refused(run, flights):
    with pytest.raises(AlreadyExists, match="sha256:"):
        run.use(frame(7), name="flights", version="v1", type="RawData")


def test_an_artifact_that_was_never_stored_is_refused(run):
    with pytest.raises(InvalidArgument, match="never put"):
        run.use(Artifact(type="Dataset", name="flights@v1"))


def test_load_model_in_a_run_makes_the_model_an_input(workspace, run):
    with lineal.run("train", workspace=workspace) as train:
        model = train.log_model({"a": 1}, name="delay")
    assert lineal.load_model("model:delay").model == {"a": 1}
    assert inputs(workspace, run) == [model]


def test_load_model_without_a_run_asks_the_workspace_named(workspace, recorded_run):
    loaded = lineal.load_model("model:delay@v1", url=workspace.location.url)
    assert loaded.model == {"mean": 5.0}
    assert loaded.reference == "model:delay@v1"


def test_a_file_with_rows_is_known_by_its_bytes_and_by_its_rows(workspace, run, tmp_path):
    frame(1, 2, 3).to_parquet(tmp_path / "flights.parquet")
    about = run.use(tmp_path / "flights.parquet").artifact
    known = fingerprint_of(frame(1, 2, 3))
    assert about.custom_properties["fingerprint_kind"] == "file"
    assert about.custom_properties["frame"] == known.fingerprint
    assert about.custom_properties["row_set"] == known.row_set
    assert about.properties["rows"] == 3
    assert about.properties["bytes"] == (tmp_path / "flights.parquet").stat().st_size


def test_rows_of_a_file_that_cannot_be_read_are_a_stated_reason(workspace, run, tmp_path):
    (tmp_path / "flights.parquet").write_bytes(b"not at all")
    about = run.use(tmp_path / "flights.parquet").artifact
    assert about.fingerprint is not None
    assert "cannot be read as a table" in about.custom_properties["frame_unknown"]


@pytest.mark.parametrize("name", ["canonical", "fingerprint"])
def test_a_text_that_is_no_fingerprint_is_looked_for_as_it_is_and_finds_nothing(workspace, flights, name):
    hostile = "' OR id > 0 OR uri LIKE '%\\"
    wanted = Wanted(role=EventType.INPUT, type="Dataset", family="other", **{name: hostile})
    assert choose(workspace.store, wanted, ()).id is None
