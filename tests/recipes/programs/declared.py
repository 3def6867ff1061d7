"""With a tracker: one process, four runs; each model from its own library, the last one warm-started."""

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lineal

FEATURES = ["distance", "hour", "dep_delay"]
flights = pd.read_csv("flights.csv")

with lineal.run("noise", type="Transform", seed=11) as run:
    run.use(flights, name="flights", source="flights.csv")
    noisy = flights.assign(hour=flights["hour"] + np.random.normal(size=len(flights)))  # noqa: NPY002
    run.log_dataset(noisy, name="noisy")

inputs, target = noisy[FEATURES], noisy["arr_delay"]

with lineal.run("scikit-learn", seed=12) as run:
    run.use(noisy, name="noisy")
    run.log_model(make_pipeline(StandardScaler(), Ridge()).fit(inputs, target), name="ridge")
    forest = RandomForestRegressor(n_estimators=4, warm_start=True, n_jobs=2).fit(inputs, target)
    run.log_model(forest, name="forest", version="small")

with lineal.run("boosters", seed=13) as run:
    run.use(noisy, name="noisy")
    run.log_model(xgboost.XGBRegressor(n_estimators=4, subsample=0.5).fit(inputs, target), name="xgboost")
    settings = {"n_estimators": 4, "deterministic": True, "force_row_wise": True, "verbose": -1}
    run.log_model(lightgbm.LGBMRegressor(**settings).fit(inputs, target), name="lightgbm")

with lineal.run("warm start", seed=14) as run:
    run.use(noisy, name="noisy")
    forest.set_params(n_estimators=8).fit(inputs, target)
    run.log_metrics({"score": forest.score(inputs, target)})
    run.log_model(forest, name="forest", version="large", parents=["model:forest@small"])
