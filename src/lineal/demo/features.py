"""Plain data work: validation, cleaning, two branches of features, daily batches. It knows nothing of Lineal."""

from __future__ import annotations

import pandas as pd

EVEN_ODDS = 0.5
"""A model says late from this probability on."""

LATE_MINUTES = 15
"""A flight is late if it arrives more than this after its schedule (the US Department of Transportation's rule)."""

KEYS = ["date", "carrier", "flight", "origin", "sched_dep_time"]
WEATHER = ["temp", "wind_speed", "precip", "visib", "pressure"]
AIRCRAFT = ["plane_age", "seats", "engines", "dest_altitude"]
SCHEDULE = ["hour", "weekday", "distance"]
CATEGORIES = ["origin", "carrier"]
FEATURES = [*CATEGORIES, *SCHEDULE, *WEATHER, *AIRCRAFT]
TARGET = "late"

NEEDED = ["origin", "dest", "carrier", "flight", "sched_dep_time", "distance", "time_hour"]
ORIGINS = {"JFK", "LGA", "EWR"}
FEWEST_FLIGHTS = 300_000
LARGEST_MISSING_SHARE = 0.05


def findings(flights: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Return the checks of the validation gate: name → passed and what was seen."""
    missing = float(flights[NEEDED].isna().any(axis=1).mean())
    no_arrival = float(flights["arr_delay"].isna().mean())
    origins = sorted(flights["origin"].dropna().unique())
    return {
        "enough rows": {"passed": len(flights) >= FEWEST_FLIGHTS, "rows": len(flights)},
        "schedule complete": {"passed": missing == 0, "share_missing": missing},
        "known origins": {"passed": set(origins) <= ORIGINS, "origins": origins},
        "few without arrival": {"passed": no_arrival < LARGEST_MISSING_SHARE, "share_without_arrival": no_arrival},
    }


def clean(flights: pd.DataFrame) -> pd.DataFrame:
    """Return the flights that arrived, each with its date and whether it was late."""
    arrived = flights.dropna(subset=["arr_delay", "tailnum"]).copy()
    arrived["date"] = pd.to_datetime(arrived[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")
    arrived["weekday"] = pd.to_datetime(arrived["date"]).dt.dayofweek
    arrived[TARGET] = arrived["arr_delay"] > LATE_MINUTES
    columns = [*KEYS, "dest", "tailnum", "hour", "weekday", "distance", "time_hour", TARGET]
    return arrived[columns].drop_duplicates(KEYS).reset_index(drop=True)


def weather_features(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """Return the weather at each flight's origin in the hour of departure."""
    hourly = weather.drop_duplicates(["origin", "time_hour"])[["origin", "time_hour", *WEATHER]]
    joined = flights[[*KEYS, "time_hour"]].merge(hourly, on=["origin", "time_hour"], how="left")
    return joined[[*KEYS, *WEATHER]]


def aircraft_features(flights: pd.DataFrame, planes: pd.DataFrame, airports: pd.DataFrame) -> pd.DataFrame:
    """Return the aircraft of each flight and the altitude of where it goes."""
    fleet = planes.assign(plane_age=2013 - planes["year"])[["tailnum", "plane_age", "seats", "engines"]]
    places = airports.rename(columns={"faa": "dest", "alt": "dest_altitude"})[["dest", "dest_altitude"]]
    joined = flights[[*KEYS, "tailnum", "dest"]].merge(fleet, on="tailnum", how="left")
    joined = joined.merge(places, on="dest", how="left")
    return joined[[*KEYS, *AIRCRAFT]]


def merge(flights: pd.DataFrame, weather: pd.DataFrame, aircraft: pd.DataFrame) -> pd.DataFrame:
    """Return both branches joined to the flights: what models are trained on."""
    joined = flights.merge(weather, on=KEYS).merge(aircraft, on=KEYS)
    return joined[["date", *FEATURES, TARGET]]


def between(rows: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Return the rows from one day to another, both included."""
    return rows[rows["date"].between(first, last)].reset_index(drop=True)
