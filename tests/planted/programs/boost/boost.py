"""Boosted trees by XGBoost on a part of the rows, settings in YAML."""

import argparse
import os

import loggit
import pandas as pd
import xgboost
import yaml
from flightkit import clipped
from labels import late

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=8)
parser.add_argument("--seed", type=int, default=2)
args = parser.parse_args()

with open("config.yaml", encoding="utf-8") as stream:
    config = yaml.safe_load(stream)
loggit.note("boost", os.environ.get("LOG_LEVEL", "quiet"))
rows = pd.read_csv("rows.csv")
rows["distance"] = clipped(rows["distance"])
data = xgboost.DMatrix(rows[["distance", "hour", "wind"]], label=late(rows["delay"]))
booster = xgboost.train(
    {
        "objective": "binary:logistic",
        "eta": float(os.environ.get("BOOST_ETA", "0.3")),
        "max_depth": config["depth"],
        "subsample": config["part"],
        "seed": args.seed,
        "nthread": 1,
    },
    data,
    num_boost_round=args.rounds,
)
booster.save_model("boosted.ubj")
