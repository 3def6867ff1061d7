"""Plain scikit-learn: two model families, an ensemble of both, a warm start, metrics. It knows nothing of Lineal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lineal.demo.features import CATEGORIES, EVEN_ODDS, FEATURES, TARGET

NUMBERS = [name for name in FEATURES if name not in CATEGORIES]


def linear(rows: pd.DataFrame, *, strength: float, seed: int) -> Pipeline:
    """Return a fitted logistic regression."""
    regression = LogisticRegression(C=strength, max_iter=500, random_state=seed)
    return Pipeline([("prepare", _prepare()), ("model", regression)]).fit(rows[FEATURES], rows[TARGET])


def trees(rows: pd.DataFrame, *, count: int, depth: int, seed: int) -> Pipeline:
    """Return a fitted random forest."""
    # One thread: several add up the trees' votes in any order, and the last digit of a probability with it.
    forest = RandomForestClassifier(
        n_estimators=count, max_depth=depth, min_samples_leaf=5, random_state=seed, warm_start=True
    )
    return Pipeline([("prepare", _prepare()), ("model", forest)]).fit(rows[FEATURES], rows[TARGET])


def more_trees(start: Pipeline, rows: pd.DataFrame, *, count: int) -> Pipeline:
    """Return the forest of `start` with more trees, the new ones grown on `rows`: a warm start."""
    forest = start.named_steps["model"].set_params(n_estimators=count)
    forest.fit(start.named_steps["prepare"].transform(rows[FEATURES]), rows[TARGET])
    return Pipeline([("prepare", start.named_steps["prepare"]), ("model", forest)])


def ensemble(members: Mapping[str, Pipeline], rows: pd.DataFrame) -> VotingClassifier:
    """Return the mean of fitted members; the rows only tell it the classes."""
    frozen = [(name, FrozenEstimator(member)) for name, member in members.items()]
    return VotingClassifier(frozen, voting="soft").fit(rows[FEATURES], rows[TARGET])


def probability(model: Pipeline | VotingClassifier, rows: pd.DataFrame) -> np.ndarray:
    """Return the probability of being late, one number a row."""
    answer: np.ndarray = model.predict_proba(rows[FEATURES])[:, 1]
    return answer


def learning_curve(model: Pipeline, rows: pd.DataFrame) -> list[float]:
    """Return the log loss on `rows` after 1, 2, 3 … trees."""
    prepared = model.named_steps["prepare"].transform(rows[FEATURES])
    votes = [tree.predict_proba(prepared)[:, 1] for tree in model.named_steps["model"].estimators_]
    means = np.cumsum(votes, axis=0) / np.arange(1, len(votes) + 1)[:, None]
    return [float(log_loss(rows[TARGET], mean)) for mean in means]


def scores(model: Pipeline | VotingClassifier, rows: pd.DataFrame) -> dict[str, float]:
    """Return the metrics of a model on rows it never saw."""
    likely, late = probability(model, rows), rows[TARGET].to_numpy()
    return {
        "auc": float(roc_auc_score(late, likely)),
        "brier": float(brier_score_loss(late, likely)),
        "log_loss": float(log_loss(late, likely)),
        "accuracy": float(np.mean((likely > EVEN_ODDS) == late)),
    }


def roc(model: Pipeline | VotingClassifier, rows: pd.DataFrame) -> dict[str, list[float]]:
    """Return the ROC curve, thinned to about fifty points."""
    false_positives, true_positives, _ = roc_curve(rows[TARGET], probability(model, rows))
    chosen = np.unique(np.linspace(0, len(false_positives) - 1, 50).astype(int))
    return {
        "false_positive_rate": [float(rate) for rate in false_positives[chosen]],
        "true_positive_rate": [float(rate) for rate in true_positives[chosen]],
    }


def _prepare() -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("categories", OneHotEncoder(handle_unknown="ignore"), CATEGORIES)]
    )
