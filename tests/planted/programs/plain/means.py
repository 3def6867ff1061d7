"""The mean delay of each hour over some days, of drawn rows; the standard library, and no repository."""

import argparse
import csv
import glob
import json
import os
import random
import tomllib

import loggit
from flightkit import clipped
from rounding import rounded
from sortedcontainers import SortedDict
from weights import weight

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=8)
parser.add_argument("--share", type=float, default=0.8)
args = parser.parse_args()

random.seed(args.seed)
loggit.note("means", os.environ.get("LOG_LEVEL", "quiet"))
with open("means.toml", "rb") as stream:
    least = tomllib.load(stream)["least"]
hours = SortedDict()
for day in sorted(glob.glob("day-*.csv")):
    with open(day, newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if random.random() < args.share and float(row["delay"]) > least:
                hours.setdefault(row["hour"], []).append(clipped([float(row["delay"])])[0] * weight(row))
discount = float(os.environ.get("DISCOUNT", "1"))
means = {hour: rounded(discount * sum(delays) / len(delays)) for hour, delays in hours.items()}
with open("means.json", "w", encoding="utf-8") as stream:
    json.dump({"means": means, "keys": list(hours.irange("1", "3"))}, stream)
