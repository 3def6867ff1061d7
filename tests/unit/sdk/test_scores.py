"""The scores of a run: names that are the same each time, points that do not fill it, and what the user logs wins."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from sklearn.metrics import accuracy_score, mean_absolute_error, zero_one_loss

import lineal
from lineal.integrations.listener import Score
from lineal.sdk import autolog
from lineal.sdk.scores import MOST, Scores

late, guess = [0, 1, 1, 0], [0, 1, 0, 0]


def score(way, *, on="y_test", value=0.5):
    return Score(by="sklearn.metrics.f1_score", name="f1_score", values={"": [value]}, on=on, way=way)


def test_a_place_of_the_program_is_a_metric_and_a_loop_over_it_a_curve():
    scores = Scores()
    for way, on, value in ((1, "y_test", 0.1), (2, "y_test", 0.2), (1, "y_test", 0.3), (3, "y_train", 0.4)):
        scores.add(score(way, on=on, value=value))
    assert scores.take() == [
        ("f1_score_y_test", 0, 0.1), ("f1_score_y_test-2", 0, 0.2), ("f1_score_y_test", 1, 0.3),
        ("f1_score_y_train", 0, 0.4),
    ]  # fmt: skip
    assert scores.take() == scores.take_last() == []
    assert scores.facts()["scores"][0] == {
        "metric": "f1_score_y_test", "by": "sklearn.metrics.f1_score", "data": "y_test", "calls": 2
    }  # fmt: skip


def test_a_hundred_thousand_calls_are_some_thousand_points_and_the_last_one_is_among_them():
    scores = Scores()
    for number in range(100_000):
        scores.add(score("loop", value=float(number)))
    points = scores.take()
    assert points[:1000] == [("f1_score_y_test", number, float(number)) for number in range(1000)]
    points += scores.take_last()
    assert len(points) < 10_000
    assert points[-1] == ("f1_score_y_test", 99_999, 99_999.0)
    assert scores.facts()["scores"][0]["calls"] == 100_000


def test_very_many_places_are_counted_and_not_kept():
    scores = Scores()
    for way in range(MOST + 7):
        scores.add(score(way))
    assert len(scores.take()) == MOST
    assert scores.facts()["scores_more"] == 7


@pytest.fixture
def hooked():
    lineal.autolog()
    yield
    lineal.autolog(enabled=False)


def points(run):
    with lineal.open() as workspace:
        return {series.name: list(series.values) for series in workspace.store.metrics(run.execution.id)}


@pytest.mark.usefixtures("hooked")
def test_what_the_user_logs_under_the_same_name_wins_whichever_came_first():
    with lineal.run("evaluate") as run:
        accuracy_score(late, guess)
        run.log_metrics({"accuracy_score_late": 0.7, "mean_absolute_error_late": 0.1})
        mean_absolute_error(late, guess)
        zero_one_loss(late, guess)
    assert points(run) == {
        "accuracy_score_late": [0.7], "mean_absolute_error_late": [0.1], "zero_one_loss_late": [0.25]
    }  # fmt: skip
    assert run.execution.custom_properties["metric.accuracy_score_late"] == 0.7


@pytest.mark.usefixtures("hooked")
def test_each_run_has_its_own_scores_of_the_same_names():
    def evaluated(label):
        with lineal.run(label) as run:
            accuracy_score(late, guess)
        return points(run)

    assert evaluated("first") == evaluated("second") == {"accuracy_score_late": [0.75]}


def test_scores_alone_open_the_run_of_a_program_and_are_written_as_they_come():
    lineal.autolog(label="evaluate")
    accuracy_score(late, guess)
    run = lineal.current_run()
    lineal.autolog(enabled=False)
    assert points(run) == {"accuracy_score_late": [0.75]}
    assert accuracy_score(late, guess) == 0.75  # heard by nobody


@pytest.mark.usefixtures("hooked")
def test_a_curve_that_is_seen_gives_way_to_the_one_that_the_user_logs():
    with lineal.run("train") as run:
        listener = autolog._active.watching
        listener.metrics({"loss": 3.0}, step=0)
        run.log_metrics({"loss": 2.0}, step=1)
        listener.metrics({"loss": 1.0, "score": 1.0}, step=2)
    assert points(run) == {"loss": [3.0, 2.0], "score": [1.0]}


@pytest.mark.usefixtures("hooked")
def test_numbers_in_a_file_of_metrics_are_metrics_beside_the_artifact_of_the_file():
    with lineal.run("evaluate") as run:
        Path("metrics.json").write_text('{"auc": 0.9, "by": "grace", "rmse": 4.0, "test": {"f1": 0.5}}')
        run.log_metrics({"rmse": 3.0, "auc": 0.9})
    assert points(run) == {"auc": [0.9], "rmse": [3.0], "metrics.rmse": [4.0], "test.f1": [0.5]}
    [output] = run.execution.properties["capture"]["outputs"]["value"]
    assert (output["path"], output["type"]) == ("metrics.json", "Metrics")
    assert "grace" not in json.dumps(run.execution.custom_properties)


@pytest.mark.usefixtures("hooked")
def test_a_name_that_several_files_have_carries_the_name_of_each():
    with lineal.run("evaluate") as run:
        for fold in (1, 2):
            Path(f"fold_{fold}").mkdir()
            Path(f"fold_{fold}/metrics.json").write_text(json.dumps({"auc": fold / 4, "rows": 10}))
    assert points(run) == {"fold_1/metrics.auc": [0.25], "fold_2/metrics.auc": [0.5], "rows": [10.0]}


@pytest.mark.usefixtures("hooked")
def test_when_a_file_was_written_is_no_metric():
    with lineal.run("evaluate") as run:
        now = time.time()
        Path("metrics.json").write_text(json.dumps({"auc": 0.5, "began": now, "ended": int(now * 1000)}))
    assert points(run) == {"auc": [0.5]}


@pytest.mark.usefixtures("hooked")
def test_of_a_file_that_grows_run_by_run_the_new_rows_are_this_runs():
    found = []
    for number in (1, 2):
        with lineal.run("evaluate") as run, Path("scores.csv").open("a") as file:
            file.write("auc,rows\n" * (number == 1) + f"0.{number},10\n")
        found.append(points(run))
    assert found == [{"auc": [0.1], "rows": [10.0]}, {"auc": [0.2], "rows": [10.0]}]
