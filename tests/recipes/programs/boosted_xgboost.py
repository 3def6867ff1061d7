"""XGBoost with rows and columns drawn at random, saved in its own format."""

import pandas as pd
import xgboost

flights = pd.read_csv("flights.csv")
table = xgboost.DMatrix(flights[["distance", "hour", "dep_delay"]], flights["arr_delay"])
settings = {"seed": 3, "subsample": 0.7, "colsample_bytree": 0.7, "nthread": 2, "max_depth": 3}
xgboost.train(settings, table, num_boost_round=6).save_model("boosted.ubj")
