"""A scikit-learn pipeline exported to ONNX."""

from pathlib import Path

import pandas as pd
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

flights = pd.read_csv("flights.csv")
inputs = flights[["distance", "hour", "dep_delay"]].to_numpy("float32")
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(inputs, flights["arr_delay"] > 15)
Path("late.onnx").write_bytes(to_onnx(model, inputs[:1]).SerializeToString())
