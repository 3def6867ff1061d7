"""LightGBM: trainings with their curves, by `train` and by the scikit-learn classes; model files; init models."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from tests.hooked import with_hooks

RNG = np.random.default_rng(4)
X = pd.DataFrame(RNG.normal(size=(200, 3)), columns=["distance", "hour", "wind"])
Y = (X["distance"] + 0.5 * RNG.normal(size=200) > 0).astype(int)
PARAMS = {"objective": "binary", "metric": "auc", "num_leaves": 4, "seed": 3, "verbose": -1, "num_threads": 1}


def _sets():
    train = lgb.Dataset(X[:140], Y[:140])
    return train, lgb.Dataset(X[140:], Y[140:], reference=train)


def test_train_is_a_training_with_curves_importances_and_the_best_round(heard):
    train, valid = _sets()
    history = {}
    callbacks = [lgb.early_stopping(3, verbose=False), lgb.record_evaluation(history)]
    booster = lgb.train(PARAMS, train, 40, valid_sets=[valid], valid_names=["valid"], callbacks=callbacks)
    ((fit, end),) = heard.ends
    assert fit.by == "lightgbm.train"
    assert end.model is booster
    assert fit.params == {**PARAMS, "num_boost_round": 40}
    assert fit.data["data"].equals(X[:140])
    rounds = len(history["valid"]["auc"])
    assert [(values["valid.auc"], step) for values, step in heard.points] == list(
        zip(history["valid"]["auc"], range(rounds), strict=True)
    )
    assert end.facts["best_iteration"] == booster.best_iteration
    assert end.facts["curves"]["valid.auc"]["best"] == max(history["valid"]["auc"])
    gain = booster.feature_importance(importance_type="gain").tolist()
    assert end.facts["feature_importances"] == dict(zip(X.columns, gain, strict=True))
    assert len(callbacks) == 2


def test_callbacks_given_by_position_are_left_as_they_are(heard):
    train, valid = _sets()
    seen = []
    keep = False
    lgb.train(PARAMS, train, 3, [valid], None, None, None, keep, [lambda env: seen.append(env.iteration)])
    assert seen == [0, 1, 2]
    assert (len(heard.ends), heard.points) == (1, [])


def test_the_scikit_learn_classes_are_one_training_with_curves(heard):
    model = lgb.LGBMClassifier(n_estimators=5, num_leaves=4, random_state=1, verbose=-1)
    model.fit(X[:140], Y[:140], eval_X=(X[140:],), eval_y=(Y[140:],))
    ((fit, end),) = heard.ends
    assert (fit.by, fit.model) == ("lightgbm.sklearn.LGBMClassifier.fit", model)
    assert [values["valid_0.binary_logloss"] for values, _ in heard.points] == model.evals_result_["valid_0"][
        "binary_logloss"
    ]
    assert (end.facts["rounds"], end.facts["params"]["num_leaves"]) == (5, 4)
    assert set(end.facts["feature_importances"]) == set(X.columns)


def test_cross_validation_is_a_split_with_curves_and_no_model(heard):
    found = lgb.cv(PARAMS, _sets()[0], 4, nfold=3, seed=5)
    assert heard.fits == []
    (split,) = heard.splits
    assert (split.by, split.facts["nfold"], split.facts["seed"]) == ("lightgbm.cv", 3, 5)
    assert [values["cv.valid auc-mean"] for values, _ in heard.points] == found["valid auc-mean"]


def test_model_files_are_seen_written_and_read_with_the_model_they_hold(heard):
    booster = lgb.train(PARAMS, _sets()[0], 2)
    booster.save_model("delay.txt")
    again = lgb.Booster(model_file="delay.txt")
    assert [(w.path, w.thing, w.type) for w in heard.writes] == [("delay.txt", booster, "Model")]
    assert [(r.path, r.thing, r.type) for r in heard.reads] == [("delay.txt", again, "Model")]


def test_training_on_names_its_parent_as_a_file_or_as_the_object(heard):
    first = lgb.train(PARAMS, _sets()[0], 2)
    first.save_model("first.txt")
    lgb.train(PARAMS, _sets()[0], 2, init_model="first.txt")
    lgb.train(PARAMS, _sets()[0], 2, init_model=first)
    assert [(read.path, read.thing) for read in heard.parents] == [("first.txt", None), (None, first)]


def test_a_table_read_by_the_library_itself_is_an_input(heard):
    X.assign(y=Y).to_csv("train.csv", index=False)
    lgb.Dataset("train.csv", params={"header": True, "label_column": "name:y", "verbose": -1}).construct()
    (read,) = heard.reads
    assert (read.path, read.type) == ("train.csv", "Dataset")


def test_a_training_that_fails_raises_what_it_always_did(heard):
    with pytest.raises(lgb.basic.LightGBMError, match="nonsense") as caught:
        lgb.train({"objective": "nonsense", "verbose": -1}, _sets()[0], 2)
    ((_, end),) = heard.ends
    assert end.error is caught.value


def test_models_are_the_same_text_with_and_without_the_hooks():
    def fitted():
        train, valid = _sets()
        booster = lgb.train(PARAMS, train, 10, valid_sets=[valid], callbacks=[lgb.early_stopping(2, verbose=False)])
        wrapped = lgb.LGBMRegressor(n_estimators=3, num_threads=1, verbose=-1).fit(X, Y)
        return [booster.model_to_string(), wrapped.booster_.model_to_string()]

    plain = fitted()
    assert with_hooks(fitted) == plain


def test_after_undo_the_library_is_as_it_was():
    def state():
        kinds = [lgb.Booster, lgb.Dataset, lgb.LGBMModel, lgb.LGBMClassifier, lgb.LGBMRegressor, lgb.LGBMRanker]
        return [lgb.train, lgb.engine.train, lgb.sklearn.train, lgb.cv, *[dict(vars(kind)) for kind in kinds]]

    before = state()
    assert with_hooks(state) != before
    assert state() == before


def test_an_evaluation_of_a_booster_is_a_score(heard):
    data = lgb.Dataset(X, Y, free_raw_data=False)
    booster = lgb.train({"objective": "binary", "metric": ["auc"], "verbose": -1}, data, 2, keep_training_booster=True)
    ((_, metric, value, _),) = booster.eval_train()
    (score,) = heard.scores
    assert (score.name, dict(score.values)) == ("Booster.eval_train", {f"training.{metric}": [value]})
