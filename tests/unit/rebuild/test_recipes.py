"""The recipe matrix: real libraries on small data, recorded with a tracker or without, rebuilt on the same machine."""

from __future__ import annotations

import sys

import pytest

DATA = "distance,delay\n" + "".join(f"{100 + 37 * n % 900},{(n * 7919) % 61 / 3}\n" for n in range(80))

SKLEARN = """
    import lineal
    import pandas as pd
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    flights = pd.read_csv("flights.csv")
    with lineal.run("train", seed=1) as run:
        run.use(flights, name="flights", source="flights.csv")
        inputs, target = flights[["distance"]], flights["delay"]
        run.log_model(LinearRegression().fit(inputs, target), name="linear")
        forest = RandomForestRegressor(n_estimators=8, random_state=1, n_jobs=2)
        run.log_model(forest.fit(inputs, target), name="forest")
        pipeline = make_pipeline(StandardScaler(), LinearRegression()).fit(inputs, target)
        run.log_model(pipeline, name="pipeline")
        run.log_metrics({"score": pipeline.score(inputs, target)})
"""

BOOSTERS = """
    import lightgbm
    import numpy as np
    import xgboost

    table = np.loadtxt("flights.csv", delimiter=",", skiprows=1)
    inputs, target = table[:, :1], table[:, 1]
    boosted = xgboost.train({"nthread": 1, "seed": 1}, xgboost.DMatrix(inputs, target), num_boost_round=4)
    with open("boosted.ubj", "wb") as handle:
        handle.write(boosted.save_raw("ubj"))
    settings = {"num_threads": 1, "seed": 1, "verbose": -1, "deterministic": True, "force_row_wise": True}
    grown = lightgbm.train(settings, lightgbm.Dataset(inputs, target), num_boost_round=4)
    with open("grown.model", "w") as handle:
        handle.write(grown.model_to_string())
"""

ONNX = """
    import numpy as np
    from skl2onnx import to_onnx
    from sklearn.linear_model import LinearRegression

    table = np.loadtxt("flights.csv", delimiter=",", skiprows=1).astype("float32")
    model = LinearRegression().fit(table[:, :1], table[:, 1])
    with open("delay.onnx", "wb") as handle:
        handle.write(to_onnx(model, table[:1, :1]).SerializeToString())
"""

FROM_RAW = """
    import pandas as pd

    raw = pd.read_csv("flights.csv")
    raw[raw["delay"] > 5].to_parquet("late.parquet")
"""

FROM_FEATURES = """
    import pickle
    import pandas as pd
    from sklearn.linear_model import Ridge

    late = pd.read_parquet("late.parquet")
    pickle.dump(Ridge().fit(late[["distance"]], late["delay"]), open("ridge.pkl", "wb"))
"""


@pytest.fixture
def flights(project):
    project.write("flights.csv", DATA)
    return project


def names(verdict):
    return {output["name"]: output["verdict"] for output in verdict["outputs"] if output["role"] == "output"}


def is_exact(verdict):
    return set(names(verdict).values()) <= {"BIT_EXACT", "CANONICAL_EXACT"}


def test_linear_model_forest_and_pipeline_of_scikit_learn(flights):
    flights.write("train.py", SKLEARN)
    flights.run("train.py")

    verdict = flights.reproduce("run:train", status=0)

    assert is_exact(verdict)
    assert set(names(verdict)) == {"model:linear@v1", "model:forest@v1", "model:pipeline@v1"}


@pytest.mark.parametrize(
    ("script", "made"),
    [
        pytest.param(BOOSTERS, {"model:boosted@v1", "model:grown@v1"}, id="boosters"),
        pytest.param(ONNX, {"model:delay@v1"}, id="onnx"),
    ],
)
def test_a_plain_script_that_saves_models(flights, script, made):
    flights.write("train.py", script)
    flights.run("-m", "lineal", "run", "--", sys.executable, "train.py")

    verdict = flights.reproduce("run:latest", status=0)

    assert is_exact(verdict)
    assert made <= set(names(verdict))


def test_each_step_of_a_pipeline_from_raw_data(flights):
    flights.write("prepare.py", FROM_RAW)
    flights.write("train.py", FROM_FEATURES)
    for script in ("prepare.py", "train.py"):
        flights.run("-m", "lineal", "run", "--", sys.executable, script)

    assert is_exact(flights.reproduce("run:train.py", status=0))
    assert is_exact(flights.reproduce("run:prepare.py", status=0))
