"""The first half of the demo, a program like any user's: data and models, all recorded in the workspace of LINEAL_URL.

It serves nothing and ends by itself, so `lineal reproduce model:delay` can run it again.
"""

from __future__ import annotations

import argparse

from lineal.demo import data, training
from lineal.demo.plan import FULL, SMALL, Plan
from lineal.demo.progress import Progress


def build(plan: Plan) -> None:
    """Record the way from the raw tables to both releases of the model."""
    with Progress("flight delays", _steps(plan)) as progress:
        raw = data.ingest(progress)
        data.validate(raw, progress)
        merged = data.prepare(raw, progress)
        versions = data.grow(merged, plan, progress)
        judged = data.holdout(merged, plan, progress)
        members = training.first_release(versions[plan.first_release], judged, plan, progress)
        training.second_release(members, versions[plan.last_release], judged, plan, progress)


def _steps(plan: Plan) -> int:
    ingested, prepared, held_out, trained = 5, 5, 1, 8
    return ingested + prepared + len(plan.batches) + held_out + trained


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m lineal.demo.build")
    parser.add_argument("--small", action="store_true")
    build(SMALL if parser.parse_args().small else FULL)
