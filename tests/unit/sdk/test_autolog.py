"""autolog: what is seen belongs to the run around it, what is declared is not seen twice, and off is off."""

from __future__ import annotations

import json
import pickle
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

import lineal
from lineal.capture.data import fingerprint_of
from lineal.errors import InvalidArgument
from lineal.integrations.listener import Fit, FitEnd, Split
from lineal.model.nodes import Artifact, Execution, ExecutionState
from lineal.sdk import autolog as module

ROWS = "distance,delay\n1,2\n3,4\n5,7\n"


@pytest.fixture
def flights(tmp_path):
    path = tmp_path / "flights.csv"
    path.write_text(ROWS)
    return path


def recorded():
    """Return the runs, and the artifacts by name, of the workspace in this directory."""
    with lineal.open() as workspace:
        runs = workspace.store.list(Execution).items
        return sorted(runs, key=lambda run: run.id), {one.name: one for one in workspace.store.list(Artifact).items}


def touched(run, kind):
    return {(entry["path"], entry["artifact"]) for entry in run.properties["capture"][kind]["value"]}


def fitted(frame):
    """Fit a model on a frame as an integration would tell it."""
    features, target = frame[["distance"]], frame["delay"]
    model = LinearRegression()
    fit = Fit(by="sklearn.fit", model=model, data={"X": features, "y": target}, params=model.get_params())
    listener = module._active.watching
    listener.fit_started(fit)
    model.fit(features, target)
    listener.fit_ended(fit, FitEnd(facts={"iterations": 1}))
    return model


def test_a_program_is_one_run_from_its_first_write_to_its_end(flights):
    lineal.autolog(label="delays")
    frame = pd.read_csv("flights.csv")
    assert not Path(".lineal/lineal.db").exists()
    frame.to_parquet("clean.parquet")
    ((during,), _) = recorded()
    lineal.autolog(enabled=False)
    ((run,), artifacts) = recorded()
    assert (during.state, run.state) == (ExecutionState.RUNNING, ExecutionState.COMPLETE)
    assert run.properties["label"] == "delays"
    assert touched(run, "inputs") == {("flights.csv", "flights@v1")}
    assert touched(run, "outputs") == {("clean.parquet", "clean@v1")}
    assert artifacts["flights@v1"].properties["rows"] == 3
    assert artifacts["flights@v1"].custom_properties["frame"] == artifacts["clean@v1"].custom_properties["frame"]


def test_a_program_that_touches_nothing_leaves_nothing():
    lineal.autolog()
    lineal.autolog(enabled=False)
    assert not Path(".lineal/lineal.db").exists()


def test_within_a_run_what_is_seen_is_that_runs(flights):
    lineal.autolog()
    with lineal.run("train"):
        pd.read_csv("flights.csv")
        Path("notes.md").write_text("done")
    lineal.autolog(enabled=False)
    ((run,), _) = recorded()
    assert touched(run, "inputs") == {("flights.csv", "flights@v1")}
    assert touched(run, "outputs") == {("notes.md", "notes@v1")}


@pytest.mark.parametrize("as_declared", [lambda frame: frame, lambda frame: frame.copy()], ids=["itself", "its copy"])
def test_a_declared_frame_is_the_only_input_and_knows_its_file(flights, as_declared):
    lineal.autolog()
    frame = pd.read_csv(flights)
    with lineal.run("train") as run:
        run.use(as_declared(frame), name="delays", version="2013")
    ((run,), artifacts) = recorded()
    assert artifacts.keys() == {"delays@2013"}
    (entry,) = run.properties["capture"]["inputs"]["value"]
    assert (entry["path"], entry["artifact"]) == ("flights.csv", "delays@2013")
    assert entry["file"].startswith("sha256:")


def test_a_declared_path_is_the_only_input(flights):
    lineal.autolog()
    with lineal.run("train") as run:
        pd.read_csv(run.use("flights.csv", name="delays"))
        pd.read_csv("flights.csv")
    ((run,), artifacts) = recorded()
    assert artifacts.keys() == {"delays@v1"}
    assert touched(run, "inputs") == {("flights.csv", "delays@v1")}


def test_a_logged_model_that_is_written_as_well_is_one_output(flights):
    lineal.autolog()
    with lineal.run("train") as run:
        model = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
        with Path("model.pkl").open("wb") as file:
            pickle.dump(model, file, protocol=2)
        run.log_model(model, name="delay")
    ((run,), artifacts) = recorded()
    assert {artifact.type for artifact in artifacts.values() if artifact.name == "delay@v1"} == {"Model"}
    assert touched(run, "outputs") == {("model.pkl", "delay@v1")}


def test_a_written_model_has_its_fitted_state_and_its_training(flights):
    lineal.autolog()
    model = fitted(pd.read_csv("flights.csv"))
    with Path("model.pkl").open("wb") as file:
        pickle.dump(model, file)
    lineal.autolog(enabled=False)
    ((run,), artifacts) = recorded()
    stored = artifacts["model@v1"]
    assert stored.type == "Model"
    assert stored.properties["canonical"].startswith("sha256:")
    assert stored.custom_properties["iterations"] == 1
    assert stored.custom_properties["training_data"].keys() == {"X", "y"}
    assert run.custom_properties["param.fit_intercept"] is True
    assert run.custom_properties["fits"][0]["model"] == "LinearRegression"


def test_a_model_that_nobody_wrote_is_kept_and_data_without_a_file_is_its_input():
    lineal.autolog(label="train.py")
    fitted(pd.DataFrame({"distance": [1.0, 2.0], "delay": [3.0, 5.0]}))
    lineal.autolog(enabled=False)
    ((run,), artifacts) = recorded()
    assert {name: artifact.type for name, artifact in artifacts.items()} == {
        "train.X@v1": "Dataset",
        "train.y@v1": "Dataset",
        "LinearRegression@v1": "Model",
    }
    model = lineal.load_model("model:LinearRegression").model
    assert model.predict(pd.DataFrame({"distance": [3.0]})) == pytest.approx([7.0])
    assert run.state is ExecutionState.COMPLETE


def test_metrics_parameters_and_splits_become_the_runs():
    lineal.autolog()
    with lineal.run("train", params={"depth": 4}):
        listener = module._active.watching
        listener.params({"depth": 9, "rate": np.float64(0.1), "model": object()})
        listener.metrics({"loss": 0.5}, step=3)
        listener.split(Split(by="train_test_split", facts={"test_size": 0.2, "seed": 7}))
    ((run,), _) = recorded()
    found = run.custom_properties
    assert (found["param.depth"], found["param.rate"], found["param.model"]) == (4, 0.1, "<object>")
    assert found["metric.loss"] == 0.5
    assert found["splits"] == [{"by": "train_test_split", "test_size": 0.2, "seed": 7}]


def test_what_a_thread_reads_is_the_runs_that_is_open(flights):
    lineal.autolog()
    with lineal.run("train"):
        reader = threading.Thread(target=lambda: Path("flights.csv").read_text())
        reader.start()
        reader.join()
    ((run,), _) = recorded()
    assert touched(run, "inputs") == {("flights.csv", "flights@v1")}


def test_files_of_one_name_in_two_directories_are_two_families(tmp_path):
    for name in ("train", "test"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.csv").write_text(name)
    lineal.autolog()
    with lineal.run("train"):
        Path("train/part.csv").read_text()
        Path("test/part.csv").read_text()
    ((run,), _) = recorded()
    assert touched(run, "inputs") == {("train/part.csv", "part@v1"), ("test/part.csv", "test/part@v1")}


def test_off_is_off(flights):
    reader = pd.read_csv
    lineal.autolog()
    assert pd.read_csv is not reader
    lineal.autolog(enabled=False)
    assert pd.read_csv is reader
    pd.read_csv("flights.csv")
    with lineal.run("train"):
        Path("flights.csv").read_text()
    ((run,), artifacts) = recorded()
    assert (artifacts, run.properties["capture"]["inputs"]["value"]) == ({}, [])


def test_off_is_off_also_after_it_was_turned_on_twice():
    before = vars(LinearRegression)["fit"]
    lineal.autolog()
    lineal.autolog()
    lineal.autolog(enabled=False)
    assert vars(LinearRegression)["fit"] is before


def test_what_is_disabled_is_not_seen(flights):
    reader = pd.read_csv
    lineal.autolog(disable=["pandas", "files"])
    assert pd.read_csv is reader
    with lineal.run("train"):
        pd.read_csv("flights.csv")
    ((_,), artifacts) = recorded()
    assert artifacts == {}
    lineal.autolog()
    with lineal.run("train"):
        pd.read_csv("flights.csv")
    assert recorded()[1].keys() == {"flights@v1"}


def test_a_name_that_is_no_integration_and_a_text_are_refused():
    with pytest.raises(InvalidArgument, match="no integration called panda"):
        lineal.autolog(disable=["panda"])
    with pytest.raises(InvalidArgument, match="list of names"):
        lineal.autolog(disable="pandas")


def test_bytes_of_what_was_read_and_written_are_kept_but_no_secrets(tmp_path, flights):
    (tmp_path / "settings.json").write_text(json.dumps({"password": "hunter2hunter2"}))
    lineal.autolog()
    with lineal.run("train") as run:
        Path("flights.csv").read_text()
        Path("settings.json").read_text()
        Path("model.bin").write_bytes(b"weights")
    ((run,), artifacts) = recorded()
    with lineal.open() as workspace:
        kept = {name: workspace.files.has(artifact.fingerprint) for name, artifact in artifacts.items()}
    assert kept == {"flights@v1": True, "settings@v1": False, "model@v1": True}
    assert run.state is ExecutionState.COMPLETE


KEY = f"-----BEGIN {'PRIVATE'} KEY-----\nMIIB\n-----END {'PRIVATE'} KEY-----\n"


@pytest.mark.parametrize(
    ("name", "text"), [("service.pem", KEY), ("store.p12", "bytes"), ("settings.yaml", "password: correct horse\n")]
)
def test_keys_and_passwords_that_are_read_are_known_but_not_kept(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    lineal.autolog()
    with lineal.run("train"):
        Path(name).read_text()
    (artifact,) = recorded()[1].values()
    with lineal.open() as workspace:
        assert not workspace.files.has(artifact.fingerprint)


def test_two_runs_at_once_both_have_the_file_that_both_read(flights):
    lineal.autolog()
    both, done = threading.Barrier(2), []

    def train():
        with lineal.run("train"):
            both.wait(30)
            Path("flights.csv").read_text()
            both.wait(30)
            done.append(True)

    threads = [threading.Thread(target=train) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs, artifacts = recorded()
    assert len(done) == 2
    assert artifacts.keys() == {"flights@v1"}
    assert [touched(run, "inputs") for run in runs] == [{("flights.csv", "flights@v1")}] * 2


def test_what_was_asked_of_a_database_is_the_runs_with_the_fingerprint_of_the_answer():
    with closing(sqlite3.connect("flights.db")) as database:
        database.execute("CREATE TABLE flights (delay INTEGER)")
        database.execute("INSERT INTO flights VALUES (4), (6)")
        database.commit()
    lineal.autolog()
    with lineal.run("train"), closing(sqlite3.connect("flights.db")) as database:
        frame = pd.read_sql("SELECT delay FROM flights", database)
        pd.read_sql("SELECT max(delay) AS most FROM flights", database)
    with lineal.run("add"), closing(sqlite3.connect("flights.db")) as database:
        database.execute("INSERT INTO flights VALUES (8)")
        database.commit()
    (train, add), artifacts = recorded()
    first, second = train.custom_properties["queries"]
    assert (first["query"], first["rows"]) == ("SELECT delay FROM flights", 2)
    assert first["result"] == fingerprint_of(frame).fingerprint
    assert second["query"] == "SELECT max(delay) AS most FROM flights"
    assert (touched(train, "inputs"), touched(train, "outputs")) == ({("flights.db", "flights@v1")}, set())
    assert (touched(add, "inputs"), touched(add, "outputs")) == (
        {("flights.db", "flights@v1")},
        {("flights.db", "flights@v2")},
    )
    assert artifacts.keys() == {"flights@v1", "flights@v2"}
