"""Two fitted states are compared from their canonical bytes alone: part, index, both values, distance."""

from __future__ import annotations

import struct

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lineal.capture.fingerprints.differences import compare_states
from lineal.capture.fingerprints.leaves import read_state
from lineal.capture.fingerprints.models import canonical_of
from lineal.errors import InvalidArgument
from lineal.model.fingerprint import of_bytes

DRAW = np.random.default_rng(7)
X = DRAW.normal(size=(200, 4))
Y = X @ np.array([1.0, -2.0, 0.5, 0.0])
LABELS = (Y > 0).astype(int)


def state(model):
    found = canonical_of(model)
    assert found.state is not None, found.reason
    return found.state


def forest(**changes):
    return RandomForestClassifier(n_estimators=3, random_state=1, **changes).fit(X, LABELS)


def boosted(seed=1, rounds=3):
    data = xgboost.DMatrix(X, LABELS)
    return xgboost.train({"seed": seed, "nthread": 1, "subsample": 0.5}, data, num_boost_round=rounds)


def light(seed=1):
    data = lightgbm.Dataset(X, LABELS)
    settings = {"verbosity": -1, "num_threads": 1, "seed": seed, "bagging_fraction": 0.5, "bagging_freq": 1}
    return lightgbm.train({**settings, "min_data_in_leaf": 5, "objective": "binary"}, data, num_boost_round=3)


MODELS = {
    "linear": lambda: LinearRegression().fit(X, Y),
    "logistic": lambda: LogisticRegression().fit(X, LABELS),
    "forest": forest,
    "pipeline": lambda: make_pipeline(StandardScaler(), LogisticRegression()).fit(X, LABELS),
    "columns": lambda: ColumnTransformer([("a", OneHotEncoder(), [0]), ("b", StandardScaler(), [1, 2])]).fit(
        np.round(X)
    ),
    "xgboost": boosted,
    "xgboost in scikit-learn": lambda: xgboost.XGBRegressor(n_estimators=2, n_jobs=1).fit(X, Y),
    "lightgbm": light,
    "arrays": lambda: {"weights": X.astype("<f4"), "steps": np.arange(5), "wave": X[:2].astype(complex)},
    "a list of models": lambda: [LinearRegression().fit(X, Y), LogisticRegression().fit(X, LABELS)],
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_the_state_of_a_model_has_its_canonical_fingerprint_and_is_read_without_its_library(make):
    model = make()
    kept = state(model)

    leaves = list(read_state(kept))

    assert of_bytes(kept) == canonical_of(model).fingerprint
    assert leaves
    assert compare_states(kept, state(make())) is None


def test_a_changed_weight_is_named_with_its_index_both_values_and_its_distance():
    before, after = LinearRegression().fit(X, Y), LinearRegression().fit(X, Y)
    after.coef_ = before.coef_.copy()
    after.coef_[2] = np.nextafter(before.coef_[2], np.inf)

    found = compare_states(state(before), state(after))

    assert found.first.part == "model.coef_"
    assert (found.first.index, found.first.ulp) == (2, 1)
    assert (float(found.first.recorded), float(found.first.rebuilt)) == (before.coef_[2], after.coef_[2])
    assert (found.count, found.max_ulp, found.is_near) == (1, 1, True)


def test_a_weight_beyond_the_tolerance_is_not_near():
    before, after = {"w": np.ones(5000)}, {"w": np.ones(5000)}
    after["w"][4999] += 1e-6

    found = compare_states(state(before), state(after))

    assert (found.first.index, found.is_near) == (4999, False)
    assert compare_states(state(before), state(after), tolerance=1e-5).is_near


@pytest.mark.parametrize(("dtype", "bits"), [("<f8", "<q"), ("<f4", "<i"), ("<f2", "<h")])
def test_distances_are_counted_across_zero_in_units_of_the_type(dtype, bits):
    smallest = np.frombuffer(struct.pack(bits, 1), dtype=dtype)

    found = compare_states(state({"w": -smallest}), state({"w": smallest}))

    assert found.max_ulp == 2


def test_a_distance_that_no_record_can_hold_is_told_as_the_largest():
    found = compare_states(state({"w": np.array([1e300])}), state({"w": np.array([-1e300])}))

    assert found.max_ulp == found.first.ulp == 2**63 - 1


def test_infinity_and_nan_have_no_distance_and_are_not_near():
    found = compare_states(state({"w": np.array([1.0, 2.0])}), state({"w": np.array([1.0, np.nan])}))

    assert (found.first.rebuilt, found.max_ulp, found.is_near) == ("nan", None, False)


def test_a_tolerance_that_is_given_holds_for_narrow_types_too_and_else_their_own_is_told():
    before, after = {"w": np.ones(2, "<f4")}, {"w": np.nextafter(np.ones(2, "<f4"), np.float32(2))}

    by_itself = compare_states(state(before), state(after))

    assert (by_itself.is_near, by_itself.tolerance) == (True, 16 * 2**-23)
    assert not compare_states(state(before), state(after), tolerance=0.0).is_near
    assert not compare_states(state(before), state(after), tolerance=1e-9).is_near


def test_two_parts_of_one_name_are_two_parts():
    before, after = [{1: 0.5, "1": 1.0}], [{1: 7.5, "1": 1.0}]

    found = compare_states(state(before), state(after))

    assert (found.count, found.first.recorded, found.first.rebuilt, found.is_near) == (1, "0.5", "7.5", False)


def test_another_shape_another_type_and_a_lost_part_are_told():
    before = {"a": np.ones(3), "b": np.ones(2), "c": np.ones(1)}
    after = {"a": np.ones(4), "b": np.ones(2, dtype="<f4")}

    found = compare_states(state(before), state(after))

    assert found.parts == ("a", "b", "c")
    assert (found.first.recorded, found.first.rebuilt) == ("<f8 of shape [3]", "<f8 of shape [4]")
    assert not found.is_near


def test_a_changed_setting_of_an_estimator_is_named():
    found = compare_states(state(forest(max_depth=3)), state(forest(max_depth=4)))

    assert "model.max_depth" in found.parts


@pytest.mark.parametrize("make", [boosted, light])
def test_the_trees_of_boosters_are_named(make):
    found = compare_states(state(make(seed=1)), state(make(seed=2)))

    assert "trees[" in found.first.part


@pytest.mark.torch
def test_a_tensor_of_a_module_is_named():
    import torch

    def module(value):
        made = torch.nn.Linear(2, 1)
        with torch.no_grad():
            made.weight.fill_(0.5)
            made.bias.fill_(value)
        return made

    found = compare_states(state(module(1.0)), state(module(1.0 + 2**-23)))
    half = compare_states(state(module(1.0).bfloat16()), state(module(2.0).bfloat16()))

    assert (found.first.part, found.first.index, found.max_ulp, found.is_near) == ("bias", 0, 1, True)
    assert (half.first.recorded, half.first.rebuilt, half.max_ulp) == ("1.0", "2.0", 128)


@pytest.mark.parametrize(
    "bytes_", [b"", b"lineal model 1\n", b"lineal model 1\nZ", b"lineal model 1\nM\xff", b"pickle"]
)
def test_bytes_that_are_no_state_are_refused(bytes_):
    with pytest.raises(InvalidArgument):
        list(read_state(bytes_))


def test_a_state_cut_off_anywhere_is_refused_or_read_never_more():
    whole = state(LinearRegression().fit(X, Y))

    for length in range(len(whole)):
        with pytest.raises(InvalidArgument):
            list(read_state(whole[:length]))
