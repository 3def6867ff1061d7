"""A table from rows that a package carries, by functions of a package that lies in a directory."""

import argparse
import io
from importlib import resources

import loggit
import polars
from flightkit import clipped
from reckon import reckoned

parser = argparse.ArgumentParser()
parser.add_argument("--least", type=float, default=1.0)
args = parser.parse_args()

loggit.note("table", "quiet")
rows = polars.read_csv(io.StringIO(resources.files("flightrows").joinpath("rows.csv").read_text()))
rows = rows.filter(polars.col("delay") > args.least).with_columns(
    distance=polars.Series(clipped(rows.filter(polars.col("delay") > args.least)["distance"].to_list()))
)
reckoned(rows).write_csv("table.csv")
