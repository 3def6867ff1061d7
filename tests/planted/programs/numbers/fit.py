"""Weights by sampled least squares, each worker with a generator of its own; NumPy only."""

import argparse
import os

import loggit
import numpy as np
from flightkit import clipped
from shares import weighted

WORKERS = len(os.sched_getaffinity(0))

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=5)
parser.add_argument("--ridge", type=float, default=0.1)
args = parser.parse_args()

loggit.note("numbers", "quiet")
rows = np.load("rows.npy")
targets = np.loadtxt("targets.txt")
rows[:, 0] = clipped(rows[:, 0])
workers = int(os.environ.get("WORKERS", WORKERS))
weights = []
for part, seeds in zip(
    np.array_split(np.arange(len(rows)), workers), np.random.SeedSequence(args.seed).spawn(workers), strict=True
):
    drawn = np.random.default_rng(seeds).choice(part, size=len(part))
    x, y = rows[drawn], targets[drawn]
    weights.append(np.linalg.solve(x.T @ x + args.ridge * np.eye(x.shape[1]), x.T @ y))
np.savez("weights.npz", weights=weighted(np.array(weights)))
