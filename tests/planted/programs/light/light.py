"""Boosted trees by LightGBM, which reads the rows by itself; parameters in a file."""

import argparse
import json
import os
from pathlib import Path

import lightgbm
import loggit
from flightkit import clipped

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=9)
parser.add_argument("--rounds", type=int, default=8)
args = parser.parse_args()

params = json.loads(Path("params.json").read_text())
loggit.note("light", "quiet")
params |= {
    "seed": args.seed,
    "num_leaves": int(os.environ.get("LEAVES", "7")),
    "learning_rate": clipped([params["learning_rate"]])[0],
}
rows = lightgbm.Dataset("rows.csv", params={"header": True, "label_column": "name:delay", "verbose": -1})
lightgbm.train(params, rows, num_boost_round=args.rounds).save_model("light.txt")
