"""The same program for both trackers: only the lines that record differ."""

from __future__ import annotations

from dataclasses import dataclass

ROWS, COLUMNS = 10_000, 21
PARAMETERS, METRICS, STEPS = 20, 100, 200

_WORK = f"""
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

draw = np.random.default_rng(int(sys.argv[2]))
frame = pd.DataFrame({{f"column_{{n}}": draw.normal(size={ROWS}) for n in range({COLUMNS})}})
target = (frame["column_0"] > 0).to_numpy()
model = LogisticRegression().fit(frame, target)
metrics = {METRICS}
parameters = {{f"parameter_{{n}}": n / 3 for n in range({PARAMETERS})}}

def batches():
    network = MLPClassifier(hidden_layer_sizes=(64,), random_state=0)
    values = frame.to_numpy()
    for step in range({STEPS}):
        rows = slice(step * 37 % ({ROWS} - 2048), step * 37 % ({ROWS} - 2048) + 2048)
        network.partial_fit(values[rows], target[rows], classes=[False, True])
        yield step, network.loss_

def loop(log):
    began = cpu()
    for step, loss in batches():
        log(loss, step)
    return cpu() - began
"""

_TIMED = """
before = cpu()
prepare()
first = cpu()
record("first")
second = cpu()
record("second")
third = cpu()
plain, logged = [], []
with open_run("loop") as run:
    for turn in range(3):
        plain.append(loop(lambda loss, step: None))
        logged.append(loop(logger(run)))
print(json.dumps([second - before, third - second, min(logged) / min(plain), min(plain), hashing()]))
"""


@dataclass(frozen=True, slots=True)
class Costs:
    """What one process measured.

    `first` is the CPU of import and a first run, children of the process counted, `further` of the next run; `hashing`
    of fingerprinting the frame alone (0 where it is not known apart); `loop` is the CPU of a training loop that logs
    each step divided by that of the same loop alone, which takes `plain`. Seconds.
    """

    first: float
    further: float
    loop: float
    plain: float
    hashing: float


LINEAL = (
    _WORK
    + """
def prepare():
    global lineal
    import lineal

def open_run(name):
    return lineal.run(name, type="Train", params=parameters, seed=42, url=sys.argv[1])

def record(name):
    with open_run(name) as run:
        run.use(frame, name="training-data")
        for step in range(metrics):
            run.log_metrics({"loss": 1 / (step + 1)}, step=step)
        run.log_model(model, name="model")

def logger(run):
    return lambda loss, step: run.log_metrics({"loss": loss}, step=step)

def hashing():
    from lineal.capture.data import fingerprint_of
    began = cpu()
    fingerprint_of(frame)
    return cpu() - began
"""
    + _TIMED
)

MLFLOW = (
    _WORK
    + """
import contextlib, logging, os
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
logging.disable(logging.WARNING)
os.chdir(sys.argv[1])

def prepare():
    global mlflow
    import mlflow, mlflow.sklearn
    mlflow.set_tracking_uri("sqlite:///runs.db")
    mlflow.set_experiment("measured")

def open_run(name):
    run = mlflow.start_run(run_name=name)
    mlflow.log_params(parameters)
    return run

def record(name):
    with open_run(name):
        mlflow.log_input(mlflow.data.from_pandas(frame, name="training-data"), context="training")
        for step in range(metrics):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.sklearn.log_model(model, name="model")

def logger(run):
    return lambda loss, step: mlflow.log_metric("loss", loss, step=step)

def hashing():
    return 0.0
"""
    + _TIMED
)
