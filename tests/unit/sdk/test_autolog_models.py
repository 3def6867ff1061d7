"""autolog and models: what a training says is its model's, warm starts are edges, and nothing is held for ever."""

from __future__ import annotations

import gc
import weakref

import joblib
import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from safetensors.numpy import save_file
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lineal
from lineal.capture.fingerprints.models import canonical_of
from lineal.model.edges import EventType, How
from lineal.model.nodes import Artifact, Execution

RNG = np.random.default_rng(4)
X = pd.DataFrame(RNG.normal(size=(60, 2)), columns=["distance", "wind"])
Y = (X["distance"] > 0).astype(int)


def recorded():
    """Return the last run and, by name, its artifacts with their events."""
    lineal.autolog(enabled=False)
    with lineal.open() as workspace:
        run = max(workspace.store.list(Execution).items, key=lambda one: one.id)
        events = workspace.store.events(executions=[run.id])
        found = workspace.store.get(Artifact, [event.artifact_id for event in events])
        return run, {one.name: (one, event) for one, event in zip(found, events, strict=True)}


def test_a_model_that_is_written_carries_what_its_training_said():
    X.assign(late=Y).to_csv("flights.csv", index=False)
    lineal.autolog()
    frame = pd.read_csv("flights.csv")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5)).fit(frame[["distance", "wind"]], frame["late"])
    joblib.dump({"model": model, "columns": ["distance", "wind"]}, "late.joblib")
    run, touched = recorded()
    assert set(touched) == {"flights@v1", "late@v1"}
    late, event = touched["late@v1"]
    assert (late.type, event.type, event.how) == ("Model", EventType.OUTPUT, How.OBSERVED)
    facts = late.custom_properties
    assert set(facts["coefficients"]) == {"distance", "wind"}
    assert [step["class"] for step in facts["steps"]] == [
        "sklearn.preprocessing.StandardScaler",
        "sklearn.linear_model.LogisticRegression",
    ]
    assert facts["params"]["logisticregression__C"] == 0.5
    assert run.custom_properties["param.logisticregression__C"] == 0.5
    assert facts["training_data"].keys() == {"X", "y"}
    (fit,) = run.custom_properties["fits"]
    assert (fit["model"], fit["by"]) == ("Pipeline", "sklearn.pipeline.Pipeline.fit")


def test_a_model_that_goes_on_from_a_file_has_it_as_a_parent_and_no_second_node():
    first = xgb.train({"max_depth": 1}, xgb.DMatrix(X, Y), 2)
    first.save_model("first.ubj")
    lineal.autolog()
    loaded = xgb.Booster(model_file="first.ubj")
    xgb.train({"max_depth": 1}, xgb.DMatrix(X, Y), 2, xgb_model=loaded).save_model("second.ubj")
    _, touched = recorded()
    parents = {name: event.path for name, (one, event) in touched.items() if one.type == "Model"}
    assert parents == {"first@v1": ("parents", 0), "second@v1": ()}


def test_a_parent_that_was_recorded_before_is_known_by_its_fitted_state():
    with lineal.run("first") as run:
        model = SGDClassifier(random_state=0).fit(X, Y)
        run.log_model(model, name="late")
    lineal.autolog()
    model.partial_fit(X, Y)
    joblib.dump(model, "later.joblib")
    _, touched = recorded()
    assert touched["late@v1"][1].path == ("parents", 0)
    assert {name for name, (one, _) in touched.items() if one.type == "Model"} == {"late@v1", "later@v1"}


def test_a_model_the_run_itself_fitted_is_no_parent_of_it():
    lineal.autolog()
    model = RandomForestClassifier(2, warm_start=True, random_state=0).fit(X, Y)
    model.set_params(n_estimators=4).fit(X, Y)
    joblib.dump(model, "forest.joblib")
    _, touched = recorded()
    assert [name for name, (one, _) in touched.items() if one.type == "Model"] == ["forest@v1"]


def test_a_model_nobody_writes_is_recorded_the_last_one_that_predicts():
    lineal.autolog()
    LinearRegression().fit(X, Y)
    LogisticRegression().fit(X, Y)
    StandardScaler().fit(X)
    _, touched = recorded()
    assert [name for name, (one, _) in touched.items() if one.type == "Model"] == ["LogisticRegression@v1"]


def test_what_is_declared_is_not_recorded_a_second_time():
    lineal.autolog()
    with lineal.run("train") as run:
        model = LinearRegression().fit(X, Y)
        run.log_model(model, name="late")
        joblib.dump(model, "late.joblib")
    _, touched = recorded()
    assert [name for name, (one, _) in touched.items() if one.type == "Model"] == ["late@v1"]


def test_data_and_earlier_models_are_not_held():
    lineal.autolog()
    data, model = X.copy(), LinearRegression()
    model.fit(data, Y)
    list(KFold(2).split(data))
    held = weakref.ref(data), weakref.ref(model)
    del data, model
    LinearRegression().fit(X, Y)
    gc.collect()
    assert [one() for one in held] == [None, None]


def test_curves_are_metrics_of_the_run():
    lineal.autolog()
    matrix = xgb.DMatrix(X, Y)
    history = {}
    xgb.train({}, matrix, 3, evals=[(matrix, "train")], evals_result=history, verbose_eval=False)
    run, _ = recorded()
    assert run.custom_properties["metric.train.rmse"] == history["train"]["rmse"][-1]
    with lineal.open() as workspace:
        (series,) = workspace.store.metrics(run.id)
    assert (list(series.steps), list(series.values)) == ([0, 1, 2], history["train"]["rmse"])


def test_the_same_division_of_data_is_told_once():
    lineal.autolog()
    for _ in range(3):
        list(KFold(3, shuffle=True, random_state=1).split(X))
    LinearRegression().fit(X, Y)
    run, _ = recorded()
    assert run.custom_properties["splits"] == [
        {"by": "sklearn.model_selection.KFold", "n_splits": 3, "shuffle": True, "random_state": 1, "rows": 60}
    ]


@pytest.mark.parametrize("way", ["logged", "seen"])
def test_a_model_file_is_known_by_the_state_in_it_not_by_its_metadata(way):
    for number, metadata in enumerate(({"at": "noon"}, {"at": "night"})):
        lineal.autolog()
        with lineal.run(f"run {number}") as run:
            save_file({"w": np.ones(3)}, "late.safetensors", metadata=metadata)
            if way == "logged":
                run.log_model("late.safetensors", name="late")
    _, touched = recorded()
    assert set(touched) == {"late@v1"}
    late = touched["late@v1"][0]
    assert late.properties["canonical"] == canonical_of({"w": np.ones(3)}).fingerprint


def test_hooks_put_in_twice_are_all_taken_out():
    before = LinearRegression.fit, xgb.train, joblib.dump
    lineal.autolog()
    lineal.autolog(disable=["pandas"])
    lineal.autolog(enabled=False)
    assert (LinearRegression.fit, xgb.train, joblib.dump) == before
