"""Recorded training: two families, an ensemble of both, a warm start, and what they are worth."""

from __future__ import annotations

import pandas as pd
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline

import lineal
from lineal.demo import models
from lineal.demo.data import PIPELINE
from lineal.demo.plan import Plan
from lineal.demo.progress import Progress

MODEL = "delay"


def first_release(rows: pd.DataFrame, judged: pd.DataFrame, plan: Plan, progress: Progress) -> dict[str, Pipeline]:
    """Train delay@v1.0: a linear model and trees, and their ensemble. Return the members."""
    members = {
        "linear": _train_linear(rows, "v1.0", plan, progress),
        "trees": _train_trees(rows, judged, plan, progress),
    }
    _ensemble(members, rows, judged, "v1.0", progress)
    return members


def second_release(
    members: dict[str, Pipeline], rows: pd.DataFrame, judged: pd.DataFrame, plan: Plan, progress: Progress
) -> None:
    """Train delay@v1.1 on newer data: the linear model anew, the trees warm-started from v1.0's."""
    linear = _train_linear(rows, "v1.1", plan, progress)
    params = {"trees": plan.more_trees, "warm_start": "model:delay-trees@v1.0"}
    with (
        progress.step("warm start of trees"),
        lineal.run("train trees", params=params, seed=plan.seed, pipeline=PIPELINE) as run,
    ):
        run.use(rows, name="flights-training")
        trees = models.more_trees(members["trees"], rows, count=plan.more_trees)
        for loss in models.learning_curve(trees, judged):
            run.log_metrics({"log_loss": loss})
        run.log_model(trees, name="delay-trees", version="v1.1", parents=["model:delay-trees@v1.0"])
    _ensemble({"linear": linear, "trees": trees}, rows, judged, "v1.1", progress)


def _train_linear(rows: pd.DataFrame, version: str, plan: Plan, progress: Progress) -> Pipeline:
    params = {"strength": 0.5}
    with (
        progress.step(f"linear model {version}"),
        lineal.run("train linear", params=params, seed=plan.seed, pipeline=PIPELINE) as run,
    ):
        run.use(rows, name="flights-training")
        model = models.linear(rows, strength=0.5, seed=plan.seed)
        run.log_metrics({"train_log_loss": models.scores(model, rows)["log_loss"]})
        run.log_model(model, name="delay-linear", version=version)
    return model


def _train_trees(rows: pd.DataFrame, judged: pd.DataFrame, plan: Plan, progress: Progress) -> Pipeline:
    params = {"trees": plan.trees, "depth": 10}
    with (
        progress.step("trees v1.0"),
        lineal.run("train trees", params=params, seed=plan.seed, pipeline=PIPELINE) as run,
    ):
        run.use(rows, name="flights-training")
        model = models.trees(rows, count=plan.trees, depth=10, seed=plan.seed)
        for loss in models.learning_curve(model, judged):
            run.log_metrics({"log_loss": loss})
        run.log_model(model, name="delay-trees", version="v1.0")
    return model


def _ensemble(
    members: dict[str, Pipeline], rows: pd.DataFrame, judged: pd.DataFrame, version: str, progress: Progress
) -> None:
    parents = [f"model:delay-{name}@{version}" for name in members]
    with (
        progress.step(f"ensemble {version}"),
        lineal.run("train ensemble", params={"voting": "soft"}, pipeline=PIPELINE) as run,
    ):
        run.use(rows, name="flights-training")
        model = models.ensemble(members, rows)
        run.log_model(model, name=MODEL, version=version, parents=parents)
    _evaluate(model, judged, version, progress)


def _evaluate(model: VotingClassifier, judged: pd.DataFrame, version: str, progress: Progress) -> None:
    with (
        progress.step(f"evaluation {version}"),
        lineal.run(f"evaluate {MODEL}", type="Evaluate", pipeline=PIPELINE) as run,
    ):
        run.use(f"model:{MODEL}@{version}")
        run.use(judged, name="flights-holdout")
        scores, curve = models.scores(model, judged), models.roc(model, judged)
        run.log_metrics(scores)
        run.log_artifact({"scores": scores, "roc": curve}, name=f"evaluation-{MODEL}-{version}", type="Metrics")
