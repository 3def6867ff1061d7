"""LightGBM's estimator with bagging, its booster saved as text."""

import lightgbm
import pandas as pd

flights = pd.read_csv("flights.csv")
model = lightgbm.LGBMRegressor(
    n_estimators=6,
    num_leaves=7,
    subsample=0.7,
    subsample_freq=1,
    random_state=3,
    n_jobs=2,
    deterministic=True,
    force_row_wise=True,
    verbose=-1,
)
model.fit(flights[["distance", "hour", "dep_delay"]], flights["arr_delay"])
model.booster_.save_model("boosted.txt")
