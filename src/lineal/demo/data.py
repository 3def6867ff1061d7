"""Recorded data work: ingest, validation gate, cleaning, two feature branches, growing training data."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

import lineal
from lineal.demo import features, tables
from lineal.demo.plan import Plan
from lineal.demo.progress import Progress

PIPELINE = "flight-delays"


def ingest(progress: Progress) -> dict[str, pd.DataFrame]:
    """Return the five raw tables, each recorded with rows, bytes and fingerprint."""
    raw = {}
    for name in tables.FILES:
        path = tables.path_of(name)
        with progress.step(f"ingest {name}"), lineal.run(f"ingest {name}", type="Ingest", pipeline=PIPELINE) as run:
            frame = tables.read(path)
            run.log_dataset(frame, name=name, type="RawData", source=path, properties={"bytes": path.stat().st_size})
            raw[name] = frame
    return raw


def validate(raw: dict[str, pd.DataFrame], progress: Progress) -> None:
    """Stop here unless the raw flights pass the gate; the report is recorded either way."""
    with progress.step("validation gate"), lineal.run("validate flights", type="Validate", pipeline=PIPELINE) as run:
        run.use(raw["flights"], name="flights", type="RawData")
        report = features.findings(raw["flights"])
        run.log_artifact(report, name="validation-flights", type="Report")
        failed = [name for name, check in report.items() if not check["passed"]]
        if failed:
            raise ValueError(f"the raw flights failed the gate: {', '.join(failed)}")


def prepare(raw: dict[str, pd.DataFrame], progress: Progress) -> pd.DataFrame:
    """Return all flights with both branches of features: weather and aircraft, recorded each on its own."""
    with progress.step("cleaning"), lineal.run("clean flights", type="Transform", pipeline=PIPELINE) as run:
        run.use("report:validation-flights@latest")
        run.use(raw["flights"], name="flights", type="RawData")
        flights = features.clean(raw["flights"])
        run.log_params({"late_minutes": features.LATE_MINUTES})
        run.log_dataset(flights, name="flights-clean")
    with progress.step("weather features"), lineal.run("weather", type="Transform", pipeline=PIPELINE) as run:
        run.use(flights, name="flights-clean")
        run.use(raw["weather"], name="weather", type="RawData")
        weather = features.weather_features(flights, raw["weather"])
        run.log_dataset(weather, name="weather-features", type="Features")
    with progress.step("aircraft features"), lineal.run("aircraft", type="Transform", pipeline=PIPELINE) as run:
        run.use(flights, name="flights-clean")
        run.use(raw["planes"], name="planes", type="RawData")
        run.use(raw["airports"], name="airports", type="RawData")
        aircraft = features.aircraft_features(flights, raw["planes"], raw["airports"])
        run.log_dataset(aircraft, name="aircraft-features", type="Features")
    with progress.step("merge both branches"), lineal.run("merge", type="Transform", pipeline=PIPELINE) as run:
        run.use(flights, name="flights-clean")
        run.use(weather, name="weather-features", type="Features")
        run.use(aircraft, name="aircraft-features", type="Features")
        merged = features.merge(flights, weather, aircraft)
        run.log_dataset(merged, name="flights-merged")
    return merged


def grow(merged: pd.DataFrame, plan: Plan, progress: Progress) -> dict[str, pd.DataFrame]:
    """Return the training data after each batch: every version is the one before and the days since."""
    versions: dict[str, pd.DataFrame] = {}
    before: str | None = None
    for day in plan.batches:
        with progress.step(f"training data {day}"), lineal.run("append", type="Transform", pipeline=PIPELINE) as run:
            run.use(merged, name="flights-merged")
            if before is not None:
                run.use(versions[before], name="flights-training")
            run.log_params({"until": day})
            batch = features.between(merged, plan.batches[0] if before is None else _next(before), day)
            parts = [batch] if before is None else [versions[before], batch]
            rows = pd.concat(parts, ignore_index=True)
            run.log_dataset(rows, name="flights-training", version=day, keep=True)
        versions[day] = rows
        before = day
    return versions


def holdout(merged: pd.DataFrame, plan: Plan, progress: Progress) -> pd.DataFrame:
    """Return later flights no model has seen."""
    first, last = plan.judged
    with progress.step("holdout"), lineal.run("holdout", type="Transform", pipeline=PIPELINE) as run:
        run.use(merged, name="flights-merged")
        rows = features.between(merged, first, last)
        run.log_dataset(rows, name="flights-holdout", version=last)
    return rows


def _next(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
