"""Diff: what changed, in one sentence and section by section; what is not known is never called the same."""

from __future__ import annotations

import math

import pytest

from lineal.errors import InvalidArgument, NotFound
from lineal.lineage.changes import Status, compare, equal
from lineal.lineage.diff import diff
from lineal.lineage.locks import parse_lock

LOCK_A = """
lock-version = "1.0"
[[packages]]
name = "Scikit_Learn"
version = "1.5.0"
[[packages]]
name = "numpy"
version = "2.0.0"
"""
LOCK_B = LOCK_A.replace("1.5.0", "1.6.0").replace("numpy", "polars")


class Shelf:
    """Files as the diff needs them: bytes under a fingerprint."""

    def __init__(self, **files):
        self.files = files

    def get(self, fingerprint):
        if fingerprint.removeprefix("sha256:") not in self.files:
            raise NotFound(fingerprint)
        return self.files[fingerprint.removeprefix("sha256:")].encode()


def record(lock="a", commit="c1", cores=8):
    items = {
        "commit": commit,
        "dirty": False,
        "environment": {"fingerprint": f"sha256:{lock}"},
        "cpu_memory": {"cores": cores},
    }
    return {"capture": {name: {"status": "captured", "value": value, "reason": None} for name, value in items.items()}}


@pytest.fixture
def two(pen):
    """Two versions of a model: another day of data, another rate, another package, another score."""
    pen.run("Ingest", [], ["RawData raw@1"])
    pen.run("Transform", ["RawData raw@1"], ["Dataset train@1"], about={"Dataset train@1": {"rows": 842}})
    pen.run("Transform", ["RawData raw@1"], ["Dataset train@2"], about={"Dataset train@2": {"rows": 1785}})
    pen.run(
        "Train", ["Dataset train@1"], ["Model m@1"],
        params={"rate": 0.1, "trees": 10}, metrics={"auc": 0.5}, facts={"seed": 1, **record()},
    )  # fmt: skip
    pen.run(
        "Train", ["Dataset train@2"], ["Model m@2"],
        params={"rate": 0.2, "trees": 10, "depth": 3}, metrics={"auc": 0.75}, facts={"seed": 1, **record(lock="b")},
    )  # fmt: skip
    return pen


def part(answer, name):
    return next(one for one in answer.sections if one.name == name)


def changes(answer, name):
    return {change.name: change for change in part(answer, name).changes}


def test_the_summary_says_what_differs_with_values_and_what_is_the_same(two):
    answer = diff(two.store, "model:m@1", "model:m@2")
    assert answer.summary.startswith("m@2 differs from m@1 in ")
    assert "dataset:train: 842 → 1,785 rows" in answer.summary
    assert "metrics (auc 0.5 → 0.75)" in answer.summary
    assert answer.summary.endswith("not fully known are code, seeds and hardware.")
    assert "content" not in answer.summary
    assert not answer.same


def test_datasets_are_compared_by_family_with_versions_and_rows(two):
    found = changes(diff(two.store, "model:m@1", "model:m@2"), "datasets")
    assert set(found) == {"dataset:train"}
    assert found["dataset:train"].before["versions"] == ["1"]
    assert found["dataset:train"].after["rows"] == 1785


def test_params_show_added_and_changed_values(two):
    found = changes(diff(two.store, "model:m@1", "model:m@2"), "params")
    assert (found["rate"].status, found["rate"].before, found["rate"].after) == (Status.CHANGED, 0.1, 0.2)
    assert found["depth"].status is Status.ADDED
    assert "trees" not in found


def test_params_of_a_step_far_upstream_are_compared_too(pen):
    for version, rate in ((1, 0.1), (2, 0.5)):
        pen.run("Train base", [], [f"Model base@{version}"], params={"rate": rate})
        pen.run("Train ensemble", [f"Model base@{version}"], [f"Model m@{version}"], params={"rate": 9})
    found = changes(diff(pen.store, "model:m@1", "model:m@2"), "params")
    assert {name: (change.before, change.after) for name, change in found.items()} == {"base: rate": (0.1, 0.5)}


def test_metrics_have_a_delta(two):
    assert changes(diff(two.store, "model:m@1", "model:m@2"), "metrics")["auc"].delta == 0.25


def test_an_evaluation_that_read_only_this_model_brings_its_metrics(two):
    two.run("Evaluate one", ["Model m@1"], [], metrics={"recall": 0.5})
    two.run("Evaluate two", ["Model m@2"], [], metrics={"recall": 0.25})
    two.run("Evaluate both", ["Model m@1", "Model m@2"], [], metrics={"gap": 1.0})
    found = changes(diff(two.store, "model:m@1", "model:m@2"), "metrics")
    assert found["recall"].delta == -0.25
    assert "gap" not in found


def test_with_files_the_environment_is_compared_pin_by_pin(two):
    files = Shelf(a=LOCK_A, b=LOCK_B)
    found = changes(diff(two.store, "model:m@1", "model:m@2", files=files), "environment")
    assert (found["scikit-learn"].before, found["scikit-learn"].after) == ("1.5.0", "1.6.0")
    assert found["numpy"].status is Status.REMOVED
    assert found["polars"].status is Status.ADDED


def test_without_the_lock_the_environments_still_differ_as_a_whole(two):
    found = changes(diff(two.store, "model:m@1", "model:m@2", files=Shelf()), "environment")
    assert found["lock"].status is Status.CHANGED


def test_variables_and_edited_files_of_packages_are_part_of_the_environment(pen):
    edit = {"place": "gauge/it.py", "package": "gauge", "state": "edited", "fingerprint": "sha256:1"}
    here = {"variables": {"DROP": None, "RATE": "1"}, "edited_packages": {"files": {}}}
    there = {"variables": {"DROP": "1", "RATE": "1"}, "edited_packages": {"files": {"/x/gauge/it.py": edit}}}
    for version, items in ((1, here), (2, there)):
        capture = {name: {"status": "captured", "value": value} for name, value in items.items()}
        pen.run("Train", [], [f"Model m@{version}"], facts={"capture": capture})
    answer = diff(pen.store, "execution#1", "execution#2")
    found = changes(answer, "environment")
    assert found["variable DROP"].after == "1"
    assert found["edited file gauge/it.py"].status is Status.ADDED
    assert "in environment (" in answer.summary


def test_what_was_not_captured_is_unknown_and_not_the_same(two):
    answer = diff(two.store, "model:m@1", "model:m@2")
    assert part(answer, "code").same == 2
    assert part(answer, "code").unknown
    assert changes(answer, "hardware")["gpu"].status is Status.UNKNOWN
    assert "not fully known are" in answer.summary


def test_nothing_changed_between_two_runs_of_one_recipe(pen):
    for version in (1, 2):
        pen.run("Train", [], [f"Model m@{version}"], params={"rate": 0.1}, facts={"seed": 1})
    answer = diff(pen.store, "execution#1", "execution#2")
    assert part(answer, "params").changes == ()
    assert part(answer, "seeds").same == 1
    assert answer.summary.startswith("Nothing recorded differs")
    models = diff(pen.store, "model:m@1", "model:m@2")
    assert "different content, but nothing recorded explains it" in models.summary


def test_a_thing_compared_with_itself_is_the_same(two):
    assert diff(two.store, "model:m@1", "model:m@1").summary == "m@1 was compared with itself."


def test_two_revisions_are_compared_through_their_models(two):
    for version in (1, 2):
        two.run("Deploy", [f"Model m@{version}"], [f"EndpointRevision api@r{version}"])
    answer = diff(two.store, "endpoint:api@r1", "endpoint:api@r2")
    assert changes(answer, "params")["rate"].after == 0.2
    assert "dataset:train" in changes(answer, "datasets")


def test_two_datasets_are_compared_by_their_own_facts(two):
    answer = diff(two.store, "dataset:train@1", "dataset:train@2")
    assert changes(answer, "content")["rows"].delta == 943
    assert part(answer, "datasets").same == 1


def test_steps_are_counted(pen):
    pen.run("Transform clean", [], ["Dataset a@1"])
    pen.run("Train", ["Dataset a@1"], ["Model m@1"])
    pen.run("Transform enrich", ["Dataset a@1"], ["Dataset b@1"])
    pen.run("Train", ["Dataset b@1"], ["Model m@2"])
    found = changes(diff(pen.store, "model:m@1", "model:m@2"), "steps")
    assert {name: change.status for name, change in found.items()} == {"Transform enrich": Status.ADDED}


def test_a_model_and_a_dataset_are_not_compared(two):
    with pytest.raises(InvalidArgument, match="m@1 is a Model and train@1 a Dataset"):
        diff(two.store, "model:m@1", "dataset:train@1")


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        (LOCK_A, {"scikit-learn": "1.5.0", "numpy": "2.0.0"}),
        ('version = 1\n[[package]]\nname = "a"\nversion = "1"\n', {"a": "1"}),
        (
            "Numpy==2.0.0 \\\n    --hash=sha256:ab\npandas[x]==2.2 ; python_version>'3'\n# c\n",
            {"numpy": "2.0.0", "pandas": "2.2"},
        ),
        ("nothing of the kind", None),
        ("", None),
    ],
)
def test_locks_of_several_forms_are_read(text, packages):
    assert parse_lock(text) == packages


def test_equality_is_exact_about_kinds_and_kind_to_nan():
    assert equal(math.nan, math.nan)
    assert equal({"a": [1, math.nan]}, {"a": [1, math.nan]})
    assert len(compare({"a": 1, "b": 0}, {"a": True, "b": False})[0]) == 2
    assert not equal("1", 1)
    assert compare({"a": 1}, {"a": 1}) == ([], 1)


def test_rows_in_another_order_are_told_apart_from_other_rows(pen):
    pen.run("Ingest", [], ["RawData raw@1"])
    for version, rows in (("1", "abc"), ("2", "abc"), ("3", "xyz")):
        facts = {"row_set": f"sha256:{rows}", "frame": f"sha256:{version}"}
        about = {f"Dataset train@{version}": {"rows": 842, **facts}}
        pen.run("Transform", ["RawData raw@1"], list(about), about=about)
        pen.run("Train", [f"Dataset train@{version}"], [f"Model m@{version}"])
    answer = diff(pen.store, "dataset:train@1", "dataset:train@2")
    assert changes(answer, "content")["frame"].note == "the same rows in another order"
    assert "the same 842 rows in another order" in diff(pen.store, "model:m@1", "model:m@2").summary
    assert "in another order" not in diff(pen.store, "model:m@1", "model:m@3").summary
    assert changes(diff(pen.store, "dataset:train@1", "dataset:train@3"), "content")["frame"].note == ""
