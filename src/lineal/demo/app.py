"""The served application: FastAPI, one model, one middleware line. `LINEAL_URL` names the workspace.

Run it with `uvicorn lineal.demo.app:app`.
"""

from __future__ import annotations

import os

import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel

import lineal
from lineal.demo.app_name import ENDPOINT
from lineal.demo.features import EVEN_ODDS, FEATURES
from lineal.demo.models import probability
from lineal.serving import LinealMiddleware


class Flight(BaseModel):
    """What is known of a flight before it leaves."""

    origin: str
    carrier: str
    hour: int
    weekday: int
    distance: float
    temp: float | None = None
    wind_speed: float | None = None
    precip: float | None = None
    visib: float | None = None
    pressure: float | None = None
    plane_age: float | None = None
    seats: float | None = None
    engines: float | None = None
    dest_altitude: float | None = None


class Answer(BaseModel):
    """Whether the flight will be late, and how sure the model is of that."""

    late: bool
    confidence: float


loaded = lineal.load_model(os.environ.get("DEMO_MODEL", "model:delay@production"))
app = FastAPI(title="Flight delays")
app.add_middleware(LinealMiddleware, endpoint=ENDPOINT)


@app.get("/health")
def health() -> dict[str, str]:
    """Say that the application is up."""
    return {"status": "ok"}


@app.post("/predict")
def predict(flight: Flight) -> Answer:
    """Answer whether a flight will be late."""
    row = pd.DataFrame([flight.model_dump()])[FEATURES].astype({"distance": float})
    late = float(probability(loaded.model, row)[0])
    return Answer(late=late > EVEN_ODDS, confidence=max(late, 1 - late))
