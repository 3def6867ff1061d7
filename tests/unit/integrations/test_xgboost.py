"""XGBoost: trainings with their curves, by `train` and by the scikit-learn classes; model files; warm starts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.hooked import with_hooks

RNG = np.random.default_rng(4)
X = pd.DataFrame(RNG.normal(size=(120, 3)), columns=["distance", "hour", "wind"])
Y = (X["distance"] + 0.5 * RNG.normal(size=120) > 0).astype(int)
PARAMS = {"max_depth": 2, "objective": "binary:logistic", "eval_metric": ["logloss", "auc"], "seed": 3}


def _matrices():
    return xgb.DMatrix(X[:80], Y[:80]), xgb.DMatrix(X[80:], Y[80:])


def test_train_is_a_training_with_curves_importances_and_the_best_round(heard):
    train, valid = _matrices()
    history = {}
    booster = xgb.train(
        PARAMS, train, 40, evals=[(train, "train"), (valid, "valid")], early_stopping_rounds=3, evals_result=history,
        verbose_eval=False,
    )  # fmt: skip
    ((fit, end),) = heard.ends
    assert fit.by == "xgboost.train"
    assert end.model is booster
    assert fit.params == {**PARAMS, "num_boost_round": 40, "early_stopping_rounds": 3}
    rounds = len(history["valid"]["auc"])
    assert [step for _, step in heard.points] == list(range(rounds))
    assert [values["valid.auc"] for values, _ in heard.points] == history["valid"]["auc"]
    assert end.facts["rounds"] == rounds
    assert (end.facts["best_iteration"], end.facts["best_score"]) == (booster.best_iteration, booster.best_score)
    assert end.facts["curves"]["train.logloss"]["last"] == history["train"]["logloss"][-1]
    gain = booster.get_score(importance_type="gain")
    assert end.facts["feature_importances"] == gain
    assert next(iter(end.facts["feature_importances"])) == max(gain, key=gain.get)


def test_the_data_behind_a_matrix_is_the_trainings_data_while_the_program_holds_it(heard):
    frame, labels = X.copy(), Y.copy()
    train = xgb.DMatrix(frame, label=labels)
    xgb.train(PARAMS, train, 2)
    assert heard.fits[0].data["data"] is frame
    assert heard.fits[0].data["label"] is labels
    heard.fits.clear(), heard.ends.clear()
    del frame, labels
    xgb.train(PARAMS, train, 2)
    assert heard.fits[0].data == {}


def test_a_callback_of_the_user_that_stops_does_not_hide_the_last_round(heard):
    class Stop(xgb.callback.TrainingCallback):
        def after_iteration(self, _model, epoch, _evals_log):
            return epoch == 4

    train, _ = _matrices()
    given = [Stop()]
    xgb.train(PARAMS, train, 40, evals=[(train, "train")], callbacks=given, verbose_eval=False)
    assert [step for _, step in heard.points] == [0, 1, 2, 3, 4]
    assert len(given) == 1


def test_the_scikit_learn_classes_are_one_training_with_curves(heard):
    model = xgb.XGBClassifier(n_estimators=5, max_depth=2, random_state=1, eval_metric="logloss")
    model.fit(X[:80], Y[:80], eval_set=[(X[80:], Y[80:])], verbose=False)
    ((fit, end),) = heard.ends
    assert (fit.by, fit.model) == ("xgboost.sklearn.XGBClassifier.fit", model)
    assert set(fit.data) == {"X", "y"}
    assert fit.params["max_depth"] == 2
    assert [values["validation_0.logloss"] for values, _ in heard.points] == model.evals_result()["validation_0"][
        "logloss"
    ]
    assert end.facts["feature_importances"] == pytest.approx(
        dict(zip(X.columns, model.feature_importances_.tolist(), strict=True))
    )
    assert (end.facts["rounds"], end.facts["random_state"]) == (5, 1)


def test_a_booster_in_a_pipeline_or_a_search_is_part_of_it(heard):
    make_pipeline(StandardScaler(), xgb.XGBRegressor(n_estimators=2)).fit(X, Y)
    GridSearchCV(xgb.XGBRegressor(n_estimators=2), {"max_depth": [1, 2]}, cv=2).fit(X, Y)
    assert [fit.by.rpartition("sklearn.")[2] for fit in heard.fits] == [
        "pipeline.Pipeline.fit",
        "model_selection.GridSearchCV.fit",
    ]
    assert set(heard.ends[0][1].facts["feature_importances"]) == set(X.columns)


def test_cross_validation_is_a_split_with_curves_and_no_model(heard):
    train, _ = _matrices()
    found = xgb.cv(PARAMS, train, 4, nfold=3, seed=5)
    assert heard.fits == []
    (split,) = heard.splits
    assert (split.by, split.facts["nfold"], split.facts["seed"]) == ("xgboost.cv", 3, 5)
    assert [values["cv.test-auc-mean"] for values, _ in heard.points] == found["test-auc-mean"].tolist()


def test_model_files_are_seen_written_and_read_with_the_model_they_hold(heard):
    booster = xgb.train(PARAMS, _matrices()[0], 2)
    booster.save_model("delay.ubj")
    again = xgb.Booster(model_file="delay.ubj")
    model = xgb.XGBClassifier(n_estimators=2).fit(X, Y)
    model.save_model("wrapped.json")
    wrapped = xgb.XGBClassifier()
    wrapped.load_model("wrapped.json")
    assert [(w.path, w.thing, w.type) for w in heard.writes] == [
        ("delay.ubj", booster, "Model"),
        ("wrapped.json", model, "Model"),
    ]
    assert [(r.path, r.thing, r.type) for r in heard.reads] == [
        ("delay.ubj", again, "Model"),
        ("wrapped.json", wrapped, "Model"),
    ]


def test_a_warm_start_names_its_parent_as_a_file_or_as_the_object(heard):
    train, _ = _matrices()
    first = xgb.train(PARAMS, train, 2)
    first.save_model("first.ubj")
    xgb.train(PARAMS, train, 2, xgb_model="first.ubj")
    xgb.train(PARAMS, train, 2, xgb_model=first)
    xgb.XGBClassifier(n_estimators=1).fit(X, Y, xgb_model=first)
    assert [(read.path, read.thing) for read in heard.parents] == [("first.ubj", None), (None, first), (None, first)]


@pytest.mark.filterwarnings("ignore:.*text file.*")
def test_a_table_read_by_the_library_itself_is_an_input(heard):
    Path("train.svm").write_text("1 0:1 1:2\n0 0:2 1:1\n", encoding="ascii")
    xgb.DMatrix("train.svm?format=libsvm")
    (read,) = heard.reads
    assert (read.path, read.type) == ("train.svm", "Dataset")


def test_a_training_that_fails_raises_what_it_always_did(heard):
    train, _ = _matrices()
    with pytest.raises(xgb.core.XGBoostError, match="nonsense") as caught:
        xgb.train({"objective": "nonsense"}, train, 2)
    ((_, end),) = heard.ends
    assert end.error is caught.value


def test_models_are_the_same_bytes_with_and_without_the_hooks():
    def fitted():
        train, valid = _matrices()
        booster = xgb.train(PARAMS, train, 10, evals=[(valid, "valid")], early_stopping_rounds=2, verbose_eval=False)
        return [booster.save_raw(), xgb.XGBClassifier(n_estimators=3).fit(X, Y).get_booster().save_raw()]

    plain = fitted()
    assert with_hooks(fitted) == plain


def test_after_undo_the_library_is_as_it_was():
    def state():
        kinds = [xgb.Booster, xgb.DMatrix, xgb.QuantileDMatrix, xgb.XGBModel, xgb.XGBClassifier, xgb.XGBRanker]
        return [xgb.train, xgb.training.train, xgb.sklearn.train, xgb.cv, *[dict(vars(kind)) for kind in kinds]]

    before = state()
    assert with_hooks(state) != before
    assert state() == before


def test_an_evaluation_of_a_booster_is_a_score_also_round_by_round(heard):
    train, valid = _matrices()
    booster = xgb.train(PARAMS, train, 2, evals=[(valid, "valid")], verbose_eval=False)
    assert heard.scores == []
    for _ in range(2):
        booster.update(train, booster.num_boosted_rounds())
        text = booster.eval(valid, "valid")
    first, second = heard.scores
    assert (first.name, first.way) == ("Booster.eval", second.way)
    logloss, auc = (float(part.rpartition(":")[2]) for part in text.split("\t")[1:])
    assert dict(second.values) == {"valid.logloss": [logloss], "valid.auc": [auc]}
