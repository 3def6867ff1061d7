"""Imputing, scaling and one-hot encoding before a classifier, searched over folds."""

import joblib
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

flights = pd.read_csv("flights.csv")
numbers, words = ["distance", "hour", "dep_delay"], ["carrier", "origin"]
prepare = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        ("words", OneHotEncoder(handle_unknown="ignore"), words),
    ]
)
search = GridSearchCV(
    Pipeline([("prepare", prepare), ("model", SGDClassifier(random_state=2))]), {"model__alpha": [0.001, 0.1]}, cv=3
)
search.fit(flights[numbers + words], flights["arr_delay"] > 15)
joblib.dump(search.best_estimator_, "pipeline.joblib")
