"""Raw rows → features → model → scores: each step reads what the one before wrote."""

import json
from pathlib import Path

import joblib
import pandas as pd
from sklearn.tree import DecisionTreeRegressor


def prepare():
    raw = pd.read_csv("flights.csv")
    raw[raw["distance"] > 300].assign(morning=raw["hour"] < 12).to_parquet("out/features.parquet")


def train():
    features = pd.read_parquet("out/features.parquet")
    model = DecisionTreeRegressor(max_depth=4, random_state=0)
    joblib.dump(model.fit(features[["distance", "morning"]], features["arr_delay"]), "out/tree.joblib")


def score():
    features, model = pd.read_parquet("out/features.parquet"), joblib.load("out/tree.joblib")
    features["expected"] = model.predict(features[["distance", "morning"]])
    features.to_csv("out/scored.csv", index=False)
    with Path("out/score.json").open("w") as handle:
        json.dump({"error": float((features["expected"] - features["arr_delay"]).abs().mean())}, handle)


Path("out").mkdir(exist_ok=True)
prepare()
train()
score()
