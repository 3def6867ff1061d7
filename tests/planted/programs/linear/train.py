"""Scheduled flights and the weather, joined; a line through them, and what it says of each flight."""

import argparse
import os
import tomllib

import joblib
import loggit
import pandas as pd
from dateutil import parser as dates
from flightkit import clipped
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from steps.clean import cleaned

HELD_OUT = 0.25

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float, default=1.0)
args = parser.parse_args()

with open("settings.toml", "rb") as stream:
    settings = tomllib.load(stream)
loggit.note("linear", os.getenv("LOG_LEVEL", "quiet"))
flights = cleaned(pd.read_csv("flights.csv"))
weather = pd.read_parquet("weather.parquet")
joined = flights.merge(weather, on="hour", how="left")
joined["day"] = [dates.parse(day).day for day in joined["date"]]
joined["distance"] = clipped(joined["distance"])
if os.getenv("SEASON") == "winter":
    joined["wind"] *= 2
known = joined[["distance", "hour", "wind", "rain", "day"]]
train, test, seen, unseen = train_test_split(
    known, joined["delay"], test_size=HELD_OUT, random_state=settings["split"]["seed"]
)
line = make_pipeline(StandardScaler(with_mean=settings["model"]["centre"]), Ridge(alpha=args.alpha)).fit(train, seen)
joblib.dump(line, "line.joblib")
test.assign(delay=unseen, expected=line.predict(test)).to_csv("scored.csv", index=False)
