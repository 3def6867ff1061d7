"""A forest of late flights; says how it does in a file of its own."""

import argparse
import json
import os

import joblib
import loggit
import pandas as pd
from features import prepared
from flightkit import clipped
from sklearn.ensemble import RandomForestClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--trees", type=int, default=6)
parser.add_argument("--depth", type=int, default=4)
parser.add_argument("--seed", type=int, default=3)
parser.add_argument("--balanced", action="store_true")
args = parser.parse_args()

with open("config.json", encoding="utf-8") as stream:
    config = json.load(stream)
loggit.note("forest", os.environ.get("LOG_LEVEL", "quiet"))
flights = prepared(pd.read_csv("data/flights.csv"), config["columns"])
late = flights["delay"] > float(os.environ.get("MIN_DELAY", "15"))
known = flights.drop(columns="delay")
known["distance"] = clipped(known["distance"])
forest = RandomForestClassifier(
    n_estimators=args.trees,
    max_depth=args.depth,
    min_samples_leaf=config["leaf"],
    random_state=args.seed,
    class_weight="balanced" if args.balanced else None,
).fit(known, late)
joblib.dump(forest, "forest.joblib")
with open("score.json", "w", encoding="utf-8") as stream:
    json.dump({"accuracy": forest.score(known, late)}, stream)
