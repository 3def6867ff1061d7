"""Weights from a generator that nobody seeds, or that is seeded otherwise each time."""

import argparse
import json
import os
import random
import time
import uuid

import flightkit
import loggit
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--of", required=True)
args = parser.parse_args()

loggit.note("draws", "quiet")
if args.of == "random":
    drawn = [random.random() for _ in range(3)]
elif args.of == "legacy":
    drawn = np.random.rand(3).tolist()
elif args.of == "generator":
    drawn = np.random.default_rng().random(3).tolist()
elif args.of == "time":
    random.seed(time.time_ns())
    drawn = [random.random() for _ in range(3)]
elif args.of == "process":
    drawn = np.random.default_rng([os.getpid(), time.time_ns()]).random(3).tolist()
elif args.of == "torch":
    import torch

    drawn = torch.rand(3).tolist()
elif args.of == "forest":
    from sklearn.ensemble import RandomForestRegressor

    x = np.arange(40.0).reshape(-1, 2)
    drawn = RandomForestRegressor(n_estimators=3).fit(x, x[:, 0]).predict(x).tolist()
else:
    drawn = [uuid.uuid4().int / 2**128]
with open("drawn.json", "w", encoding="utf-8") as stream:
    json.dump({"weights": flightkit.clipped(drawn)}, stream)
