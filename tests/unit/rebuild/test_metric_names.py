"""Which metrics measure the machine and not the model: by their names, as libraries write them."""

from __future__ import annotations

import pytest

from lineal.rebuild.of_the_machine import is_of_the_machine


@pytest.mark.parametrize(
    "name",
    [
        "time", "train_runtime", "train_samples_per_second", "fitTime", "training.seconds", "duration_ms", "timestamp",
        "wall_time", "epoch time", "peak_mem_mb", "fps", "score_time", "mean_score_time",
    ],
)  # fmt: skip
def test_a_measure_of_the_machine(name):
    assert is_of_the_machine(name)


@pytest.mark.parametrize(
    "name",
    [
        "timeliness", "sentiment", "memorability", "rmse", "lifetime_value", "times_seen_f1",
        "duration_mae", "val.speed.RMSE", "timeError", "time/r2", "mean_absolute_error_time_test", "r2_score-seconds",
    ],
)  # fmt: skip
def test_a_measure_of_the_model(name):
    assert not is_of_the_machine(name)
