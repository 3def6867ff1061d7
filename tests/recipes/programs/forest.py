"""A random forest on two threads, pickled into a directory that the program makes."""

import pickle
from pathlib import Path

import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

flights = pd.read_csv("flights.csv")
train, judged = train_test_split(flights, test_size=0.25, random_state=7)
features = ["distance", "hour", "dep_delay"]
forest = RandomForestRegressor(n_estimators=8, random_state=7, n_jobs=2).fit(train[features], train["arr_delay"])

Path("models").mkdir(exist_ok=True)
with Path("models/forest.pkl").open("wb") as handle:
    pickle.dump(forest, handle)
Path("models/score.txt").write_text(f"{forest.score(judged[features], judged['arr_delay'])!r}\n")
