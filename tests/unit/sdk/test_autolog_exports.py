"""Exports: an edge of its own from a model to its other form, however that is written, and no second one."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import onnx
import pytest
from skl2onnx import to_onnx
from sklearn.linear_model import LinearRegression

import lineal
from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, Execution, ExecutionState

X = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)


def exports():
    """Return the exports as (input, output) by name, and the names of all models."""
    lineal.autolog(enabled=False)
    with lineal.open() as workspace:
        models = {one.id: one.name for one in workspace.store.list(Artifact).items if one.type == "Model"}
        found = []
        for run in workspace.store.list(Execution).items:
            if run.type == "Export":
                events = workspace.store.events(executions=[run.id])
                assert run.state is ExecutionState.COMPLETE
                found.append(tuple(models[e.artifact_id] for kind in EventType for e in events if e.type is kind))
    return found, set(models.values())


@pytest.mark.parametrize("way", ["onnx.save", "bytes", "metadata added"])
def test_an_export_leads_from_the_model_to_its_other_form(way):
    lineal.autolog()
    model = LinearRegression().fit(X, X[:, 0])
    joblib.dump(model, "delay.joblib")
    made = to_onnx(model, X[:1])
    if way == "metadata added":
        made.doc_string = "the delay of a flight"
    if way == "bytes":
        Path("out.onnx").write_bytes(made.SerializeToString())
    else:
        onnx.save(made, "out.onnx")
    assert exports() == ([("delay@v1", "out@v1")], {"delay@v1", "out@v1"})
    with lineal.open() as workspace:
        assert "delay@v1" in {node.label for node in workspace.trace("model:out").nodes.values()}


def test_a_model_that_was_written_nowhere_else_is_recorded_for_its_export():
    lineal.autolog()
    onnx.save(to_onnx(LinearRegression().fit(X, X[:, 0]), X[:1]), "out.onnx")
    assert exports() == ([("LinearRegression@v1", "out@v1")], {"LinearRegression@v1", "out@v1"})


def test_a_run_that_reads_the_model_is_itself_the_edge():
    joblib.dump(LinearRegression().fit(X, X[:, 0]), "delay.joblib")
    lineal.autolog()
    onnx.save(to_onnx(joblib.load("delay.joblib"), X[:1]), "out.onnx")
    assert exports() == ([], {"delay@v1", "out@v1"})
    with lineal.open() as workspace:
        assert "delay@v1" in {node.label for node in workspace.trace("model:out").nodes.values()}


def test_a_conversion_that_is_not_written_is_none():
    lineal.autolog()
    model = LinearRegression().fit(X, X[:, 0])
    to_onnx(model, X[:1])
    assert exports() == ([], {"LinearRegression@v1"})


def test_what_is_declared_is_the_end_of_the_edge():
    lineal.autolog()
    with lineal.run("train") as run:
        model = LinearRegression().fit(X, X[:, 0])
        run.log_model(model, name="delay")
        onnx.save(to_onnx(model, X[:1]), "out.onnx")
        run.log_model("out.onnx", name="delay-onnx")
    assert exports() == ([("delay@v1", "delay-onnx@v1")], {"delay@v1", "delay-onnx@v1"})
