"""Deployment and serving: a decision, a revision, a real process on loopback, real later flights."""

from __future__ import annotations

import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pandas as pd

import lineal
from lineal.demo import features, tables
from lineal.demo.app_name import APP, ENDPOINT
from lineal.demo.plan import Plan
from lineal.demo.progress import Progress
from lineal.demo.training import MODEL

START_SECONDS = 60
HOST = "127.0.0.1"


def release(workspace: lineal.Workspace, version: str, progress: Progress) -> None:
    """Approve a model and deploy it as the next revision of the endpoint."""
    reference = f"model:{MODEL}@{version}"
    with progress.step(f"approve {MODEL}@{version}"):
        workspace.approve(
            reference,
            actor="Dana Whitfield, model risk",
            reason="Better than the day before on two weeks of unseen flights; no subgroup below 0.6 AUC.",
            regulation="SR 26-2",
        )
    with progress.step(f"deploy {MODEL}@{version}"):
        workspace.deploy(
            reference, endpoint=ENDPOINT, actor="Noor Haddad, platform", reason=f"{MODEL} {version} was approved"
        )


@contextmanager
def served(url: str, port: int | None = None) -> Iterator[str]:
    """Run the application in a process of its own and give its address."""
    port = port or _free_port()
    command = [sys.executable, "-m", "uvicorn", APP, "--host", HOST, "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(command, env={**os.environ, "LINEAL_URL": url}, stdin=subprocess.DEVNULL)
    address = f"http://{HOST}:{port}"
    try:
        _wait_until_up(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def predict(address: str, plan: Plan, progress: Progress) -> list[httpx.Response]:
    """Ask for real flights of a day after everything the models have seen."""
    flights = _flights_of(plan.served)
    asked = [
        _without_nan(flight) for flight in flights.sample(plan.predictions, random_state=plan.seed).to_dict("records")
    ]
    with progress.step(f"{plan.predictions} predictions"), httpx.Client(base_url=address, timeout=30) as client:
        return [client.post("/predict", json=flight).raise_for_status() for flight in asked]


def _flights_of(day: str) -> pd.DataFrame:
    """Return the features of one day's flights, as an application would put them together."""
    raw = {name: tables.read(tables.path_of(name)) for name in ("flights", "weather", "planes", "airports")}
    flights = features.between(features.clean(raw["flights"]), day, day)
    weather = features.weather_features(flights, raw["weather"])
    aircraft = features.aircraft_features(flights, raw["planes"], raw["airports"])
    return features.merge(flights, weather, aircraft)[features.FEATURES]


def _without_nan(flight: dict[str, object]) -> dict[str, object]:
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in flight.items()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the application ended with status {process.returncode} before it answered")
        try:
            httpx.get(f"{address}/health", timeout=2).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the application did not answer within {START_SECONDS} s")
