"""A model that is logged by hand, with a seed that the run sets."""

import os
from pathlib import Path

import pandas as pd
from flightkit import clipped
from sklearn.linear_model import SGDRegressor

import lineal

EPOCHS = 5

with lineal.run("train", seed=21, params={"epochs": EPOCHS}) as run:
    flights = pd.read_csv(run.use("flights.csv"))
    flights = flights.sample(frac=float(os.environ.get("PART", "0.8")))
    model = SGDRegressor(max_iter=EPOCHS, tol=None).fit(
        flights[["hour", "wind"]].assign(distance=clipped(flights["distance"])), flights["delay"]
    )
    Path("declared.txt").write_text(repr((model.coef_.tolist(), model.intercept_.tolist())), encoding="utf-8")
    run.log_metrics({"intercept": float(model.intercept_[0])})
    run.log_model(model, name="declared")
