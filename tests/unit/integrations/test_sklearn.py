"""scikit-learn: one training a fit, whatever it fits inside; steps, importances, splits, curves; nothing changed."""

from __future__ import annotations

import pickle
import sys
import types

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_score,
    train_test_split,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from lineal.integrations.libraries import install
from tests.hooked import with_hooks

RNG = np.random.default_rng(4)
X = pd.DataFrame(RNG.normal(size=(60, 3)), columns=["distance", "hour", "wind"])
Y = (X["distance"] + 0.1 * RNG.normal(size=60) > 0).astype(int)


def test_a_fit_is_one_training_with_its_data_its_settings_and_what_it_learned(heard):
    model = LogisticRegression(C=0.5, random_state=3).fit(X, Y)
    (fit,), ((ended, end),) = heard.fits, heard.ends
    assert ended is fit
    assert (fit.model, fit.by) == (model, "sklearn.linear_model.LogisticRegression.fit")
    assert fit.data["X"] is X
    assert fit.data["y"] is Y
    assert fit.params["C"] == 0.5
    assert end.error is None
    assert end.facts["params"]["C"] == 0.5
    assert end.facts["coefficients"] == dict(zip(X.columns, model.coef_[0].tolist(), strict=True))
    assert end.facts["intercept"] == model.intercept_.tolist()
    assert end.facts["classes"] == [0, 1]
    assert (end.facts["random_state"], end.facts["converged"]) == (3, True)
    assert end.facts["iterations"] == int(model.n_iter_[0])
    assert end.facts["seconds"] > 0


def test_feature_importances_carry_the_names_of_the_features_the_largest_first(heard):
    model = RandomForestClassifier(20, random_state=1).fit(X, Y)
    (_, end), *more = heard.ends
    assert not more
    importances = end.facts["feature_importances"]
    assert importances == pytest.approx(dict(zip(X.columns, model.feature_importances_, strict=True)))
    assert next(iter(importances)) == "distance"
    assert end.facts["features"] == 3


def test_several_outputs_have_coefficients_each(heard):
    LinearRegression().fit(X.to_numpy(), np.c_[Y, 1 - Y])
    coefficients = heard.ends[0][1].facts["coefficients"]
    assert list(coefficients) == ["0", "1"]
    assert set(coefficients["0"]) == {"x0", "x1", "x2"}


def test_a_pipeline_is_one_training_with_its_steps_and_the_names_the_last_one_saw(heard):
    data = X.assign(carrier=["AA", "UA", "B6"] * 20)
    columns = ColumnTransformer(
        [("number", StandardScaler(with_mean=False), ["distance", "hour"]), ("one", OneHotEncoder(), ["carrier"])]
    )
    Pipeline([("columns", columns), ("skip", "passthrough"), ("model", LogisticRegression())]).fit(data, Y)
    ((fit, end),) = heard.ends
    assert fit.by == "sklearn.pipeline.Pipeline.fit"
    assert fit.params["columns__number__with_mean"] is False
    columns_step, skip, model = end.facts["steps"]
    assert (skip["name"], skip["class"]) == ("skip", "passthrough")
    assert model["class"] == "sklearn.linear_model.LogisticRegression"
    number, one, rest = columns_step["steps"]
    assert (number["class"], number["columns"]) == ("sklearn.preprocessing.StandardScaler", ["distance", "hour"])
    assert number["params"]["with_mean"] is False
    assert one["columns"] == ["carrier"]
    assert (rest["class"], rest["columns"]) == ("drop", ["wind"])
    assert set(end.facts["coefficients"]) == {
        "number__distance", "number__hour", "one__carrier_AA", "one__carrier_B6", "one__carrier_UA"
    }  # fmt: skip


@pytest.mark.parametrize("jobs", [None, 2])
def test_what_a_search_or_an_ensemble_fits_inside_is_part_of_it_also_in_threads(heard, jobs):
    import joblib

    with joblib.parallel_backend("threading", n_jobs=jobs or 1):
        search = GridSearchCV(
            make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [0.1, 1]}, cv=3
        )
        search.fit(X, Y)
        VotingClassifier([("a", DecisionTreeClassifier()), ("b", Never())], n_jobs=jobs).fit(X, Y)
        BaggingClassifier(DecisionTreeClassifier(), n_estimators=4, n_jobs=jobs).fit(X, Y)
    assert [type(fit.model).__name__ for fit in heard.fits] == ["GridSearchCV", "VotingClassifier", "BaggingClassifier"]
    facts = heard.ends[0][1].facts
    assert facts["best_params"] == search.best_params_
    assert facts["best_score"] == search.best_score_
    assert (facts["folds"], facts["tried"], len(facts["candidates"])) == (3, 2, 2)
    assert [step["name"] for step in facts["steps"]] == ["standardscaler", "logisticregression"]
    assert heard.points[:2] == [
        ({"cv_score": score}, step) for step, score in enumerate(search.cv_results_["mean_test_score"])
    ]


class Never(ClassifierMixin, BaseEstimator):
    """An estimator of the program's own, defined before the hooks are put in."""

    def fit(self, data, y):
        self.classes_ = np.unique(y)
        self.n_features_in_ = data.shape[1]
        return self

    def predict(self, data):
        return np.zeros(len(data), dtype=int)


def test_estimators_of_the_program_are_heard_whether_defined_before_or_after(heard):
    class Later(Never):
        def fit(self, data, y):
            return super().fit(data, y)

    Never().fit(X, Y)
    Later().fit(X, Y)
    assert [type(fit.model).__name__ for fit in heard.fits] == ["Never", "Later"]


def test_a_fit_that_fails_raises_what_it_always_did_and_is_told_as_failed(heard):
    with pytest.raises(ValueError, match="NaN") as caught:
        LinearRegression().fit(X * np.nan, Y)
    ((_, end),) = heard.ends
    assert end.error is caught.value


def test_wrong_arguments_are_the_users_mistake_alone(heard, capfd):
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        LinearRegression().fit(X)
    assert capfd.readouterr().err == ""


def test_preprocessing_by_hand_is_told_but_its_settings_are_not_the_runs(heard):
    MinMaxScaler((0, 2)).fit_transform(X)
    PCA(2).fit_transform(X)
    assert [fit.by.rpartition("sklearn.")[2] for fit in heard.fits] == [
        "preprocessing.MinMaxScaler.fit", "decomposition.PCA.fit_transform"
    ]  # fmt: skip
    assert heard.fits[0].params == {}
    assert heard.ends[0][1].facts["params"]["feature_range"] == [0, 2]


def test_a_split_tells_ratios_rows_and_seed(heard):
    train_test_split(X, Y, test_size=0.25, random_state=7)
    (split,) = heard.splits
    assert split.by == "sklearn.train_test_split"
    assert split.facts == {
        "test_size": 0.25, "random_state": 7, "stratified": False, "rows": [45, 15], "ratios": [0.75, 0.25]
    }  # fmt: skip
    assert split.whole[0] is X


@pytest.mark.parametrize(
    ("splitter", "facts"),
    [
        (KFold(5, shuffle=True, random_state=2), {"n_splits": 5, "shuffle": True, "random_state": 2}),
        (StratifiedKFold(3), {"n_splits": 3, "shuffle": False}),
        (ShuffleSplit(2, test_size=0.3, random_state=1), {"n_splits": 2, "test_size": 0.3, "random_state": 1}),
    ],
)
def test_folds_tell_how_many_they_are_and_their_seed(heard, splitter, facts):
    assert len(list(splitter.split(X, Y))) == facts["n_splits"]
    (split,) = heard.splits
    assert split.facts == {**facts, "rows": 60}


def test_a_cross_validation_is_a_split_with_scores_and_no_model(heard):
    scores = cross_val_score(LogisticRegression(), X, Y, cv=KFold(4))
    assert heard.fits == []
    told = next(split for split in heard.splits if split.by == "sklearn.cross_val_score")
    assert told.facts["test_score"] == scores.tolist()
    assert (told.facts["folds"], told.facts["estimator"]) == (4, "sklearn.linear_model.LogisticRegression")


def test_a_loss_curve_is_told_point_by_point_with_where_it_converged(heard):
    model = MLPClassifier((4,), max_iter=30, random_state=0)
    with pytest.warns(match="Maximum iterations"):
        model.fit(X, Y)
    assert [(values["loss_curve"], step) for values, step in heard.points] == list(
        zip(model.loss_curve_, range(30), strict=True)
    )
    facts = heard.ends[0][1].facts
    assert facts["converged"] is False
    assert facts["curves"]["loss_curve"] == {
        "points": 30, "first": model.loss_curve_[0], "last": model.loss_curve_[-1], "best": min(model.loss_curve_),
        "best_at": 29, "converged_at": 29,
    }  # fmt: skip


def test_learning_batch_by_batch_is_one_training_that_counts_them(heard):
    model = SGDClassifier(random_state=0)
    for start in (0, 20, 40):
        model.partial_fit(X[start : start + 20], Y[start : start + 20], classes=[0, 1])
    (fit,) = heard.fits
    assert fit.model is model
    assert heard.ends == heard.parents == []
    facts = fit.at_end().facts
    assert (facts["batches"], facts["rows"]) == (3, 60)
    assert facts["coefficients"] == dict(zip(X.columns, model.coef_[0].tolist(), strict=True))


def test_learning_on_names_the_model_that_was_there_before_as_the_parent(heard):
    before = pickle.loads(pickle.dumps(SGDClassifier(random_state=0).fit(X, Y)))
    before.partial_fit(X, Y)
    warm = LogisticRegression(warm_start=True).fit(X, Y)
    warm.fit(X, Y)
    assert [read.thing for read in heard.parents] == [before, warm]


def test_models_are_the_same_with_and_without_the_hooks():
    def fitted():
        forest = RandomForestClassifier(10, random_state=1, n_jobs=2).fit(X, Y)
        pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
        return [pickle.dumps(forest), pickle.dumps(pipeline), pickle.dumps(cross_val_score(pipeline, X, Y))]

    plain = fitted()
    assert with_hooks(fitted) == plain


def test_a_listener_that_fails_is_said_once_and_the_program_goes_on(capfd):
    patches = install(_Failing())
    assert LinearRegression().fit(X, Y).coef_.shape == (3,)
    assert LinearRegression().fit(X, Y).coef_.shape == (3,)
    patches.undo()
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "your program goes on: RuntimeError: no" in err


def test_after_undo_every_class_and_function_is_as_it_was():
    import sklearn.model_selection
    import sklearn.utils.parallel

    def state():
        kinds = [BaseEstimator, *_all(BaseEstimator), sklearn.utils.parallel._FuncWrapper, KFold]
        found = {(kind, name): value for kind in kinds for name, value in vars(kind).items() if callable(value)}
        found |= {name: value for name, value in vars(sklearn.model_selection).items() if callable(value)}
        return {key: id(value) for key, value in found.items() if isinstance(value, types.FunctionType)}

    before = state()
    assert with_hooks(state) != before
    assert state() == before
    assert "__init_subclass__" not in vars(BaseEstimator)


def test_nothing_is_imported_to_be_hooked(subprocess_python):
    code = "import sys; from lineal.integrations.libraries import install; install(object()); print(*sys.modules)"
    assert not {"sklearn", "xgboost", "lightgbm", "numpy", "torch"} & set(subprocess_python(code).split())


def _all(kind):
    for one in kind.__subclasses__():
        yield one
        yield from _all(one)


class _Failing:
    def __getattr__(self, name):
        def fail(*_args, **_named):
            raise RuntimeError("no")

        return fail


@pytest.fixture
def subprocess_python():
    import subprocess

    def run(code):
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    return run
