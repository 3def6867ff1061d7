"""Metrics cost an append in memory, keep every number exactly, and are written without being asked."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

import lineal
from lineal.errors import InvalidArgument, PropertyTypeMismatch
from lineal.sdk import metrics
from lineal.sdk.metrics import MetricQueue


@pytest.fixture
def run(workspace):
    with lineal.run("train", workspace=workspace) as opened:
        yield opened


def points(workspace, run):
    run.finish()
    return {
        series.name: list(zip(series.steps, series.values, strict=True))
        for series in workspace.store.metrics(run.execution.id)
    }


def test_numbers_of_any_kind_come_back_exactly(workspace, run):
    values = [1 / 3, 1e-7, 1e308, -0.0, math.inf, -math.inf, True, 7, np.float32(0.5), np.int64(3), np.array(2.5)]
    for value in values:
        run.log_metrics({"m": value})
    assert points(workspace, run) == {"m": [(step, float(value)) for step, value in enumerate(values)]}


def test_nan_is_a_value(workspace, run):
    run.log_metrics({"loss": float("nan")})
    [(step, value)] = points(workspace, run)["loss"]
    assert step == 0
    assert math.isnan(value)
    assert math.isnan(run.execution.custom_properties["metric.loss"])


def test_steps_are_counted_by_metric_and_a_given_one_sets_the_count(workspace, run):
    run.log_metrics({"a": 1.0})
    run.log_metrics({"a": 2.0, "b": 3.0}, step=10)
    run.log_metrics({"a": 4.0, "b": 5.0})
    assert points(workspace, run) == {"a": [(0, 1.0), (10, 2.0), (11, 4.0)], "b": [(10, 3.0), (11, 5.0)]}


@pytest.mark.parametrize("value", ["0.5", b"1", None, [1.0], np.array([1.0, 2.0]), 10**400])
def test_what_is_no_number_is_refused_by_name_and_nothing_is_logged(workspace, run, value):
    with pytest.raises(PropertyTypeMismatch, match="'accuracy'"):
        run.log_metrics({"loss": 1.0, "accuracy": value})
    assert points(workspace, run) == {}


@pytest.mark.parametrize("step", [1.5, "1", True, 2**63])
def test_a_step_is_a_64_bit_integer(run, step):
    with pytest.raises(InvalidArgument, match="step"):
        run.log_metrics({"loss": 1.0}, step=step)


def test_metrics_that_are_no_dict_are_refused(run):
    with pytest.raises(InvalidArgument, match="dict"):
        run.log_metrics([("loss", 1.0)])


def test_many_points_are_written_while_the_run_goes_on(workspace, run, monkeypatch):
    monkeypatch.setattr(metrics, "EVERY_POINTS", 100)
    written = threading.Event()
    write = workspace.store.put_metrics

    def seen(*args, **options):
        write(*args, **options)
        written.set()

    monkeypatch.setattr(workspace.store, "put_metrics", seen, raising=False)
    for value in range(100):
        run.log_metrics({"loss": value})
    assert written.wait(30)
    [series] = workspace.store.metrics(run.execution.id)
    assert list(series.values) == list(range(100))
    assert points(workspace, run)["loss"][-1] == (99, 99.0)


def test_points_that_could_not_be_written_stay_in_order_for_the_next_time():
    asked = threading.Event()

    def refuse(_points):
        asked.set()
        return False

    queue = MetricQueue(refuse, lambda: 0)
    queue.add({"loss": 1.0}, None)
    queue._flush()
    queue.add({"loss": 2.0}, None)
    assert asked.is_set()
    assert [point.value for point in queue.close()] == [1.0, 2.0]


def test_points_beyond_what_memory_may_hold_are_counted_as_dropped(workspace, monkeypatch):
    monkeypatch.setattr(metrics, "MOST_WAITING", 3)
    with lineal.run("train", workspace=workspace) as run:
        for value in range(5):
            run.log_metrics({"loss": value})
    assert len(points(workspace, run)["loss"]) == 3
    assert run.execution.custom_properties["metric_points_dropped"] == 2
    assert run.execution.custom_properties["metric.loss"] == 4.0


def test_a_metric_logged_after_the_end_is_kept(tmp_path):
    with lineal.run("train", url=tmp_path) as run:
        pass
    run.log_metrics({"late": 1.0})
    with lineal.open(tmp_path) as workspace:
        assert [series.name for series in workspace.store.metrics(run.execution.id)] == ["late"]


def test_a_metrics_name_that_is_no_text_is_refused_at_the_call_and_the_run_ends(tmp_path):
    with lineal.run("train", url=tmp_path) as run:
        run.log_metrics({"rmse": 1.0})
        with pytest.raises(InvalidArgument, match="metric's name"):
            run.log_metrics({"a\ud800": 1.0})
    assert run.execution.state.name == "COMPLETE"
    with lineal.open(tmp_path) as workspace:
        assert [series.name for series in workspace.store.metrics(run.execution.id)] == ["rmse"]
