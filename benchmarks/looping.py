"""What logging every step costs a training loop: CPU, in hundreds of pairs of the same few steps with and without.

Blocks of ten steps take turns within one loop, on one thread (A B, B A, …): others on the machine disturb both alike,
and the median of hundreds of pairs does not move with them. The range is that of the median: in 95 of 100 such
measurements it is in there. What the thread behind the queue and the end of the run cost is measured apart, by the same
calls without a loop around them, as a share of the loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from math import comb
from pathlib import Path
from statistics import median
from typing import cast

from benchmarks.fresh import Interpreter
from benchmarks.timing import Figure, Spread

STEPS = 200
"""Steps of a run, of which the whole cost of logging is told."""

BLOCK = 10
PAIRS = 600
RUNS = 24
GOAL = 1.0
"""Percent."""

_LEAST_CERTAIN = 0.95

_TORCH = """
import torch
torch.set_num_threads(1)
torch.manual_seed(7)
X, Y = torch.randn(8192, 21), torch.randn(8192, 1)

def batches():
    net = torch.nn.Sequential(
        torch.nn.Linear(21, 192), torch.nn.ReLU(), torch.nn.Linear(192, 192), torch.nn.ReLU(), torch.nn.Linear(192, 1))
    optimizer = torch.optim.Adam(net.parameters())
    for step in range(10**9):
        rows = slice(step * 37 % 7168, step * 37 % 7168 + 1024)
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(net(X[rows]), Y[rows])
        loss.backward()
        optimizer.step()
        yield step, loss.item()
"""
_SKLEARN = """
import numpy as np
from sklearn.neural_network import MLPClassifier
draw = np.random.default_rng(7)
X = draw.normal(size=(8192, 21))
Y = X[:, 0] > 0

def batches():
    net = MLPClassifier(hidden_layer_sizes=(192, 192), random_state=0)
    for step in range(10**9):
        rows = slice(step * 37 % 7168, step * 37 % 7168 + 1024)
        net.partial_fit(X[rows], Y[rows], classes=[False, True])
        yield step, net.loss_
"""
_MEASURED = """
import time
import lineal

def blocks(run):
    steps = batches()
    for pair in range(PAIRS + 5):
        taken = {}
        for logs in (False, True) if pair % 2 else (True, False):
            began = time.thread_time()
            for _ in range(BLOCK):
                step, loss = next(steps)
                if logs:
                    run.log_metrics({"loss": loss}, step=step)
            taken[logs] = time.thread_time() - began
        if pair >= 5:  # the first ones warm up
            yield taken[False], taken[True]

def calls(run):
    for step in range(STEPS):
        run.log_metrics({"loss": 1 / (step + 1)}, step=step)

def nothing(run):
    pass

def ended(work):
    with lineal.run(work.__name__, url=sys.argv[1]) as run:
        began = cpu()
        work(run)
        run.finish()
        return cpu() - began

with lineal.run("loop", url=sys.argv[1]) as run:
    pairs = list(blocks(run))
ended(calls)
alone = []
for turn in range(RUNS):
    works = (calls, nothing) if turn % 2 else (nothing, calls)
    taken = {work: ended(work) for work in works}
    alone.append(taken[calls] - taken[nothing])
print(json.dumps([number for pair in pairs for number in pair] + alone))
"""


def measure(directory: Path, *, small: bool) -> Iterator[Figure]:
    """Yield what is paid for logging each step, as it was measured around a loop, and of the calls alone."""
    library, loop = ("PyTorch", _TORCH) if _has_torch() else ("scikit-learn", _SKLEARN)
    pairs, runs = (3, 2) if small else (PAIRS, RUNS)
    sizes = f"STEPS, BLOCK, PAIRS, RUNS = {STEPS}, {BLOCK}, {pairs}, {runs}\n"
    threads = 'os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}\n'
    interpreter = Interpreter(directory / "bytecode")
    numbers = cast("list[float]", interpreter.run(sizes + threads + loop + _MEASURED, str(directory / "runs")))
    plain, logged = numbers[: 2 * pairs : 2], numbers[1 : 2 * pairs : 2]
    step = median(plain) / BLOCK
    conditions: dict[str, str | int | float] = {
        "loop": f"{library}, steps of {step * 1e3:.1f} ms, on one thread",
        "clock": "CPU",
        "goal in %": GOAL,
        "range": "of the median, in 95 of 100 cases",
    }
    around = [(other / one - 1) * 100 for one, other in zip(plain, logged, strict=True)]
    alone = [taken / (step * STEPS) * 100 for taken in numbers[2 * pairs :]]
    for name, percents in (
        (f"a training loop that logs each step, beside the same loop: blocks of {BLOCK} steps", around),
        (f"all of logging {STEPS} steps, the thread and the end with it, as a share of the loop", alone),
    ):
        yield Figure(name=name, unit="%", lineal=of_median(percents), rounds=len(percents), conditions=conditions)


def of_median(values: Sequence[float]) -> Spread:
    """Return the median with the ranks around it that hold it in at least 95 of 100 cases; all of a few."""
    ordered = sorted(values)
    number = len(ordered)
    whole = Spread.of(ordered)
    for outside in range(number // 2, 0, -1):
        missed = 2 * sum(comb(number, rank) for rank in range(outside)) / 2**number
        if 1 - missed >= _LEAST_CERTAIN:
            return Spread(whole.median, ordered[outside - 1], ordered[-outside])
    return whole


def _has_torch() -> bool:
    return find_spec("torch") is not None  # not in the lock: measured is what is there
