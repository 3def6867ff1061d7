"""Two models at three levels: bytes, fitted state, numbers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

import lineal
from lineal.lineage.changes import Status


@pytest.fixture
def workspace(tmp_path):
    with lineal.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def logged(workspace):
    def log(*models):
        with lineal.run("train", workspace=workspace) as run:
            for number, model in enumerate(models, start=1):
                run.log_model(model, name="delay", version=f"v{number}")
        found = workspace.diff("model:delay@v1", "model:delay@v2")
        return found, {
            change.name: change for part in found.sections if part.name == "model" for change in part.changes
        }

    return log


def linear(*coefficients):
    model = LinearRegression()
    model.coef_, model.intercept_ = np.array(coefficients), 0.5
    return model


def test_the_first_number_that_differs_is_named_with_both_values_and_the_distance(logged):
    found, changes = logged(linear(1.0, 2.0, 3.0), linear(1.0, np.nextafter(2.0, 3.0), 3.0))
    assert changes.keys() == {"bytes", "fitted state", "numbers"}
    assert changes["numbers"].note == (
        "model.coef_ at index 1 was 2.0, and is 2.0000000000000004, 1 ulp apart, at most 1 ulp"
    )
    assert "model.coef_ at index 1" in found.summary


def test_models_that_differ_in_bytes_only_are_the_same_in_state_and_numbers(workspace):
    features, target = np.arange(40.0).reshape(-1, 1), np.arange(40) % 2
    one, other = (RandomForestClassifier(3, random_state=1, n_jobs=jobs).fit(features, target) for jobs in (1, 2))
    with lineal.run("train", workspace=workspace) as run:
        run.log_model(one, name="one")
        run.log_model(other, name="other")
    found = workspace.diff("model:one", "model:other")
    [part] = [part for part in found.sections if part.name == "model"]
    assert ([change.name for change in part.changes], part.same) == (["bytes"], 2)


def test_states_that_were_not_kept_are_unknown_and_never_the_same(workspace, logged):
    logged(linear(1.0), linear(2.0))
    state = workspace.store.versions("Model", "delay")[0].properties["canonical"]
    workspace.files.path(state).unlink()
    found = workspace.diff("model:delay@v1", "model:delay@v2")
    [numbers] = [change for part in found.sections for change in part.changes if change.name == "numbers"]
    assert (numbers.status, numbers.note) == (Status.UNKNOWN, "the fitted states were not both kept")


def test_a_model_and_itself_are_the_same_at_all_levels(workspace):
    with lineal.run("train", workspace=workspace) as run:
        run.log_model(linear(1.0), name="delay")
    found = workspace.diff("model:delay@v1", "model:delay@v1")
    [part] = [part for part in found.sections if part.name == "model"]
    assert (part.changes, part.same) == ((), 3)


def test_a_diff_of_datasets_has_no_such_section(workspace):
    with lineal.run("prepare", workspace=workspace) as run:
        run.log_dataset([1], name="a")
        run.log_dataset([2], name="b")
    assert "model" not in {part.name for part in workspace.diff("dataset:a", "dataset:b").sections}
