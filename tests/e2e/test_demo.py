"""The main job on real data: `lineal demo --small --no-serve`, run twice, and what it leaves behind."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest

import lineal
from lineal.model.edges import OUTPUTS
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Execution, ExecutionState
from lineal.model.traversal import Direction

STEPS = {"Ingest": 5, "Validate": 1, "Transform": 8, "Train": 6, "Evaluate": 2, "Deploy": 1}
EXACT = {"BIT_EXACT", "CANONICAL_EXACT"}


def run_demo(directory):
    command = [sys.executable, "-m", "lineal", "demo", "--small", "--no-serve", "--dir", str(directory)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Two runs of the demo in one directory, and the workspace they wrote."""
    directory = tmp_path_factory.mktemp("demo")
    runs = [run_demo(directory), run_demo(directory)]
    for done in runs:
        assert done.returncode == 0, done.stderr
    with lineal.open(directory) as workspace:
        yield directory, [done.stdout for done in runs], workspace


def test_everything_lies_under_the_directory(demo):
    directory, _, _ = demo
    assert (directory / ".lineal" / "lineal.db").is_file()
    assert (directory / "lineage.svg").read_text().startswith("<svg")


def test_each_run_of_the_demo_is_recorded_as_runs_of_its_own(demo):
    _, _, workspace = demo
    executions = workspace.store.list(Execution, ListOptions(limit=1000)).items
    assert {execution.state for execution in executions} == {ExecutionState.COMPLETE}
    assert {type_: sum(one.type == type_ for one in executions) for type_ in STEPS} == {
        type_: 2 * count for type_, count in STEPS.items()
    }


def test_identical_data_and_models_are_recognised_by_fingerprint(demo):
    _, _, workspace = demo
    artifacts = workspace.store.list(Artifact, ListOptions(limit=1000)).items
    made_twice = [one for one in artifacts if one.type != "EndpointRevision"]
    events = workspace.store.events(artifacts=[one.id for one in made_twice])
    for artifact in made_twice:
        outputs = [event for event in events if event.artifact_id == artifact.id and event.type in OUTPUTS]
        assert [event.reproduces for event in outputs] == [False, True], artifact.name


def test_the_raw_tables_have_rows_bytes_and_fingerprints(demo):
    _, _, workspace = demo
    flights = workspace.resolve("rawdata:flights")
    assert flights.properties["rows"] == 336_776
    assert flights.properties["bytes"] > 8_000_000
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", flights.fingerprint)


def test_the_ensemble_depends_on_raw_tables_through_both_branches(demo):
    _, _, workspace = demo
    graph = workspace.trace("model:delay@v1.0")
    assert {one.name for one in graph.artifacts("RawData")} == {"flights@v1", "weather@v1", "planes@v1", "airports@v1"}
    assert {"weather-features@v1", "aircraft-features@v1"} <= {one.name for one in graph.artifacts("Features")}
    assert {"delay-linear@v1.0", "delay-trees@v1.0"} <= {one.name for one in graph.artifacts("Model")}
    assert graph.truncated is None


def test_training_data_grows_by_day(demo):
    _, _, workspace = demo
    rows = [one.properties["rows"] for one in workspace.store.versions("Dataset", "flights-training")]
    assert rows == sorted(rows)
    assert len(set(rows)) == 3


def test_the_warm_started_model_comes_from_the_one_before(demo):
    _, _, workspace = demo
    assert "delay-trees@v1.0" in {one.name for one in workspace.trace("model:delay-trees@v1.1").artifacts("Model")}


def test_a_prediction_leads_down_to_the_raw_tables(demo):
    _, outputs, workspace = demo
    trace_id = re.search(r"X-Lineage-Trace-Id: ([0-9a-f]{32})", outputs[0]).group(1)
    graph = workspace.trace(f"prediction:{trace_id}")
    assert [one.trace_id for one in graph.predictions] == [trace_id]
    assert {"RawData", "Dataset", "Model", "EndpointRevision"} <= {one.type for one in graph.artifacts()}


def test_weather_reaches_the_live_endpoint(demo):
    _, _, workspace = demo
    impact = workspace.impact("rawdata:weather")
    assert impact.has_live
    assert workspace.trace("rawdata:weather", Direction.DOWNSTREAM).artifacts("EndpointRevision")


def test_every_question_is_asked_and_answered(demo):
    _, outputs, _ = demo
    for printed in outputs:
        assert printed.count("$ lineal ") == 11
        assert "Dana Whitfield" in printed
        assert "SR 26-2" in printed
        assert "nothing differs" in printed


def test_nothing_differs_from_the_ledger(demo):
    _, _, workspace = demo
    assert workspace.verify().ok


def test_the_ensemble_and_the_warm_started_model_are_rebuilt_from_the_record(demo, tmp_path):
    directory, _, _ = demo
    shutil.copytree(directory / ".lineal", tmp_path / ".lineal")
    command = [sys.executable, "-m", "lineal", "reproduce", "model:delay@v1.1", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    verdict = json.loads(done.stdout)

    assert verdict["verdict"] in EXACT, done.stderr
    models = {one["name"]: one["verdict"] for one in verdict["outputs"] if one["name"].startswith("model:")}
    assert {"model:delay@v1.1", "model:delay-trees@v1.1", "model:delay-trees@v1.0"} <= set(models)
    assert set(models.values()) <= EXACT
