"""Scores of scikit-learn: what the program's own calls come to, once each, with the data's name; nothing changed."""

from __future__ import annotations

import inspect
import pickle
import sys
import threading
import types

import numpy as np
import pytest
import sklearn.base
import sklearn.metrics
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    confusion_matrix,
    f1_score,
    get_scorer,
    log_loss,
    make_scorer,
    mean_squared_error,
    r2_score,
)
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.hooked import with_hooks

RNG = np.random.default_rng(4)
X = RNG.normal(size=(60, 3))
late = (X[:, 0] + 0.1 * RNG.normal(size=60) > 0).astype(int)
guess = (X[:, 0] > 0.2).astype(int)


def told(heard):
    return {(score.name, score.on): score.values for score in heard.scores}


def evaluated(y_true, y_pred):
    return accuracy_score(y_true, y_pred)


def test_a_metric_function_is_a_score_named_after_it_and_the_data(heard):
    found = accuracy_score(late, guess)
    (score,) = heard.scores
    assert (score.by, score.name, score.on) == ("sklearn.metrics.accuracy_score", "accuracy_score", "late")
    assert score.values == {"": [found]}


def test_a_loss_is_one_too_and_what_it_does_inside_is_neither_score_nor_training(heard):
    loss = log_loss(late, np.clip(guess, 0.1, 0.9))
    assert told(heard) == {("log_loss", "late"): {"": [loss]}}
    assert heard.fits == []


def test_the_data_is_called_as_in_the_script_else_as_in_the_call(heard):
    own = late.copy()
    evaluated(late, guess)
    evaluated(own, guess)
    case = types.SimpleNamespace(labels=own)
    accuracy_score(case.labels, guess)
    accuracy_score(y_pred=guess, y_true=own)
    accuracy_score(own[:10], guess[:10])
    assert [score.on for score in heard.scores] == ["late", "y_true", "labels", "guess", None]


def test_settings_tell_two_calls_apart_and_hold_no_data_and_no_secret(heard):
    weights = np.ones(60)
    f1_score(late, guess, average="macro", sample_weight=weights, zero_division=0)
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    with pytest.raises(ValueError, match="average"):
        f1_score(late, guess, average=secret)
    assert [dict(score.settings) for score in heard.scores] == [{"average": "macro", "zero_division": 0}]


def test_the_same_place_is_the_same_way_and_another_place_another(heard):
    for _ in range(2):
        accuracy_score(late, guess), accuracy_score(late, guess)
    ways = [score.way for score in heard.scores]
    assert ways[0] == ways[2] != ways[1] == ways[3]


def test_the_score_of_an_estimator_is_one_whatever_it_calls(heard):
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, late)
    found = pipeline.score(X, late)
    regression = LinearRegression().fit(X, late).score(X=X, y=late)
    inertia = KMeans(2, n_init=1, random_state=0).fit(X).score(X)
    assert told(heard) == {
        ("Pipeline.score", "X"): {"": [found]},
        ("LinearRegression.score", "X"): {"": [regression]},
        ("KMeans.score", "X"): {"": [inertia]},
    }


def test_an_estimator_of_the_program_with_a_score_of_its_own_is_told_once(heard):
    class Mean(RegressorMixin, BaseEstimator):
        def fit(self, data, y):
            self.mean_, self.n_features_in_ = y.mean(), data.shape[1]
            return self

        def predict(self, data):
            return np.full(len(data), self.mean_)

        def score(self, data, y):
            return max(super().score(data, y), r2_score(y, self.predict(data)))

    Mean().fit(X, late).score(X, late)
    assert [score.name for score in heard.scores] == ["Mean.score"]


def test_folds_are_told_each_with_their_mean(heard):
    scores = cross_val_score(LogisticRegression(), X, late, cv=4)
    several = cross_validate(LogisticRegression(), X, late, cv=3, scoring=["accuracy", "f1"])
    assert told(heard)["cross_val_score", None] == {"test_score": scores.tolist(), "test_score.mean": [scores.mean()]}
    assert told(heard)["cross_validate", None] == {
        "test_accuracy": several["test_accuracy"].tolist(), "test_accuracy.mean": [several["test_accuracy"].mean()],
        "test_f1": several["test_f1"].tolist(), "test_f1.mean": [several["test_f1"].mean()],
    }  # fmt: skip


@pytest.mark.parametrize("jobs", [None, 2])
def test_of_a_search_the_best_score_is_told_and_none_of_those_inside(heard, jobs):
    import joblib

    def own_score(model, data, y):
        return f1_score(y, model.predict(data))

    with joblib.parallel_backend("threading", n_jobs=jobs or 1):
        search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=3, scoring=own_score, n_jobs=jobs)
        search.fit(X, late)
    assert told(heard) == {("GridSearchCV.best_score", None): {"": [search.best_score_]}}


def test_what_is_no_number_is_no_score(heard):
    confusion_matrix(late, guess)
    classification_report(late, guess)
    f1_score(late, guess, average=None)
    mean_squared_error(X, X, multioutput="raw_values")
    assert heard.scores == []


def test_what_a_library_computes_for_itself_is_not_told(heard):
    library = types.FunctionType(
        compile(
            "def measure(score, *data):\n    return score(*data)\n", "/usr/lib/python3/site-packages/lib.py", "exec"
        ).co_consts[0],
        {},
    )
    assert library(accuracy_score, late, guess) == pytest.approx(accuracy_score(late, guess))
    assert len(heard.scores) == 1


def test_a_score_that_fails_raises_what_it_always_did_and_tells_nothing(heard, capfd):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        accuracy_score(late, guess[:-1])
    with pytest.raises(TypeError, match="missing a required argument"):
        accuracy_score(late)
    assert heard.scores == []
    assert capfd.readouterr().err == ""


def test_functions_taken_before_the_hooks_are_heard_and_stay_the_same_objects():
    before, scorer = accuracy_score, make_scorer(accuracy_score)
    pickled = pickle.dumps([accuracy_score, scorer, get_scorer("accuracy")])

    def hooked():
        assert sklearn.metrics.accuracy_score is before
        assert pickle.loads(pickled)[0] is before
        return pickle.dumps([accuracy_score, scorer, get_scorer("accuracy")])

    assert with_hooks(hooked) == pickled


def test_signatures_are_those_that_scikit_learn_reads():
    def signatures():
        asked = [accuracy_score, sklearn.metrics.get_scorer_names, Pipeline.score, LogisticRegression.score]
        return [str(inspect.signature(one)) for one in asked]

    assert with_hooks(signatures) == signatures()


def test_after_undo_every_function_runs_what_it_ran():
    functions = [getattr(sklearn.metrics, name) for name in sklearn.metrics.__all__]
    functions = [one for one in functions if isinstance(one, types.FunctionType)]
    classes = [kind for kind in vars(sklearn.base).values() if isinstance(kind, type)]

    def state():
        graft = [(one.__code__, one.__kwdefaults__, dict(vars(one))) for one in functions]
        return graft, [vars(kind).get("score") for kind in classes]

    before = state()
    assert with_hooks(state) != before
    assert state() == before


def test_a_debugger_sees_the_variables_of_every_frame(heard):
    seen, before = [], sys.gettrace()

    def look(frame, _event, _argument):
        if frame.f_code.co_name in {"hooked", "wrapper", "accuracy_score"}:
            seen.append(dict(frame.f_locals))
        return look

    sys.settrace(look)
    try:
        accuracy_score(late, guess)
    finally:
        sys.settrace(before)
    assert len(heard.scores) == 1
    assert any("parameter_constraints" in variables and "args" in variables for variables in seen)


@pytest.fixture
def often():
    """Threads take turns five hundred times as often as they do."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def test_a_function_hooked_while_other_threads_call_it_answers_all_of_them(often):
    stop, wrong = threading.Event(), []

    def call():
        while not stop.is_set():
            try:
                wrong.extend([] if accuracy_score([1, 0], [1, 0]) == 1 else ["no"])
            except Exception as error:  # noqa: BLE001  any is one too many
                wrong.append(error)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        with_hooks(lambda: accuracy_score([1, 0], [1, 0]))
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
