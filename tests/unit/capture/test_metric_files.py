"""Files of metrics: recognised by their names, read for their numbers, and for nothing else that stands in them."""

from __future__ import annotations

import json
import math
from pathlib import PurePath

import pytest

from lineal.capture.metric_files import is_metric_file, metrics_in
from lineal.capture.metric_values import MOST_NAMES


def values(name, text, **options):
    found = metrics_in(PurePath(name), text.encode(), **options)
    return {metric: [value for _, value in points] for metric, points in found.items()}


def points(name, text):
    return metrics_in(PurePath(name), text.encode())


@pytest.mark.parametrize(
    "name",
    [
        "metrics.json", "out/metrics_test.json", "test-metrics.yaml", "scores.csv", "results2.json",
        "eval_results.json", "EvalMetrics.json", "evaluation.yml", "history.csv", "train_loss.tsv", "metrics.jsonl",
        "dvclive/plots/metrics/train/acc.tsv",
    ],
)  # fmt: skip
def test_a_name_says_that_a_file_holds_metrics(name):
    assert is_metric_file(PurePath(name))


@pytest.mark.parametrize(
    "name",
    [
        "flights.csv", "metrics.txt", "evaluate.py", "retrieval.json", "glossary.csv", "scoreboard.json",
        "my_scores_by_day.csv",
    ],
)  # fmt: skip
def test_other_names_do_not(name):
    assert not is_metric_file(PurePath(name))


def test_numbers_of_an_object_have_its_keys_as_names_and_texts_are_left():
    text = json.dumps({"auc": 0.9, "test": {"f1": 1, "recall@10": 0.5}, "ok": True, "by": "grace", "none": None})
    assert values("metrics.json", text) == {"auc": [0.9], "test.f1": [1.0], "test.recall@10": [0.5]}


def test_what_no_double_can_be_is_kept_as_json_of_python_writes_it():
    found = values("metrics.json", '{"a": NaN, "b": -Infinity, "c": 1e308}')
    assert math.isnan(found["a"][0])
    assert (found["b"], found["c"]) == ([-math.inf], [1e308])
    assert values("metrics.json", f'{{"a": {10**400}, "b": 1}}') == {"b": [1.0]}


def test_settings_and_what_names_a_run_are_no_metrics():
    text = json.dumps({"auc": 0.9, "params": {"C": 1, "grid": {"n": 2}}, "seed": 4, "pid": 77, "epoch": 3})
    assert values("metrics.json", text) == {"auc": [0.9]}


def test_a_list_of_numbers_is_a_curve():
    found = points("history.json", '{"loss": [0.5, 0.4], "epoch": [0, 1], "mixed": [1, "a"], "empty": []}')
    assert found == {"loss": [(0, 0.5), (1, 0.4)]}


@pytest.mark.parametrize("name", ["metrics.jsonl", "metrics.json"])
def test_lines_of_objects_are_curves_over_their_step(name):
    text = '{"step": 10, "epoch": 1, "loss": 0.5}\n\n{"step": 20, "epoch": 2, "loss": 0.4, "auc": 0.8}\n'
    assert points(name, text) == {"loss": [(10, 0.5), (20, 0.4)], "auc": [(20, 0.8)]}


def test_a_table_of_steps_is_curves_also_where_cells_are_empty():
    text = "epoch,step,train_loss,val_loss\n0,9,0.5,\n0,9,,0.6\n1,19,0.3,\n"
    assert points("metrics.csv", text) == {"train_loss": [(9, 0.5), (19, 0.3)], "val_loss": [(9, 0.6)]}
    assert points("history.csv", ",loss\n0,0.5\n1,0.4\n") == {"loss": [(0, 0.5), (1, 0.4)]}
    assert points("plots/metrics/train/acc.tsv", "step\tacc\n1\t0.5\n") == {"train.acc": [(1, 0.5)]}


def test_a_table_of_one_row_is_one_number_each_and_its_texts_are_left():
    assert values("scores.csv", "model,auc,f1\nforest,0.9,0.8\n") == {"auc": [0.9], "f1": [0.8]}


def test_a_table_of_names_and_values_is_what_it_says():
    assert values("scores.csv", "metric,value\nauc,0.9\nf1,0.8\nnote,none\n") == {"auc": [0.9], "f1": [0.8]}


@pytest.mark.parametrize(
    "text",
    [
        "model,auc\nforest,0.9\nlinear,0.8\n",
        "epoch,phase,loss\n0,train,0.5\n0,test,0.6\n",
        "0.9,0.8\n0.7,0.6\n",
        "",
        "auc\n",
    ],
)
def test_a_table_whose_rows_are_told_apart_by_texts_or_that_has_no_header_gives_nothing(text):
    assert values("scores.csv", text) == {}


def test_rows_that_were_there_before_are_another_runs():
    before = "auc,f1\n0.7,0.6\n"
    assert values("scores.csv", before + "0.9,0.8\n", before=before.encode()) == {"auc": [0.9], "f1": [0.8]}
    assert values("scores.csv", "auc,f1\n0.9,0.8\n", before=before.encode()) == {"auc": [0.9], "f1": [0.8]}
    line = '{"auc": 0.7}\n'
    assert values("scores.jsonl", line + '{"auc": 0.9}\n', before=line.encode()) == {"auc": [0.9]}


def test_yaml_is_read_by_the_parser_that_the_program_uses_else_line_by_line(monkeypatch):
    import sys

    import yaml

    nested, flat = "test:\n  auc: 0.9\nby: grace\n", "auc: 0.9  # of the test rows\nby: grace\nrows: 12\n"
    monkeypatch.setitem(sys.modules, "yaml", yaml)
    assert values("metrics.yaml", nested) == {"test.auc": [0.9]}
    bomb = "a: &a [1, 1]\n" + "".join(f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *a]\n" for n in range(60))
    assert values("metrics.yaml", bomb) == {"a": [1.0, 1.0]}
    assert values("metrics.yaml", "a: [1") == {}
    monkeypatch.delitem(sys.modules, "yaml")
    assert values("metrics.yaml", nested) == {}
    assert values("metrics.yaml", flat) == {"auc": [0.9], "rows": [12.0]}


@pytest.mark.parametrize(
    "key",
    [
        "grace@example.org", "+491701234567", "https://example.org/a", "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
        "x" * 101, "a\x00b", "", "predictions",
    ],
)  # fmt: skip
def test_a_key_that_is_no_metrics_name_is_not_taken(key):
    assert values("metrics.json", json.dumps({key: 1, "auc": 2})) == {"auc": [2.0]}


@pytest.mark.parametrize(
    "text",
    [
        "no json at all", "[1, 2, 3]", '["a"]', "3", "null", '"text"', "\ufeff", "{", "[" * 100_000, "\x00",
        json.dumps({f"m{n}": n for n in range(MOST_NAMES + 1)}), json.dumps({"loss": [0.1] * 10_001}),
        json.dumps({"auc": 1, "text": "x" * (1 << 20)}),
    ],
)  # fmt: skip
def test_what_is_no_small_file_of_numbers_gives_nothing(text):
    assert values("results.json", text) == {}


def test_bytes_that_are_no_text_give_nothing():
    assert metrics_in(PurePath("metrics.json"), b'{"auc": \xff}') == {}
