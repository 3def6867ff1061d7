"""Was it batch 03? The same recipe with one input left out or exchanged, and never taken for the model."""

from __future__ import annotations

import json

import pytest

import lineal
from lineal.model.edges import OUTPUTS
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Execution
from lineal.rebuild.counterfactual import NO_METRIC
from lineal.rebuild.record import rebuilds_of

BATCHES = """
    import glob, lineal

    with lineal.run("train") as run:
        rows = []
        for path in sorted(glob.glob("days/*.csv")):
            run.use(path, name="flights", version=path[5:-4])
            rows += map(float, open(path).read().split())
        mean = sum(rows) / len(rows)
        run.log_metrics({"mean": mean})
        run.log_model({"mean": mean}, name="delay")
"""


@pytest.fixture
def batches(project):
    for day, text in (("01", "1\n2\n"), ("02", "1\n2\n3\n"), ("03", "90\n")):
        project.write(f"days/2013-01-{day}.csv", text)
    project.write("train.py", BATCHES)
    project.run("train.py")
    return project


def test_an_input_is_left_out_and_the_metrics_are_compared(batches):
    batches.commit()

    answer = batches.reproduce("model:delay", "--without", "dataset:flights@2013-01-03", status=0)

    assert answer["verdict"] == "COUNTERFACTUAL"
    assert answer["counterfactual"]["compared"] == "DIVERGED"
    assert answer["counterfactual"]["without"] == ["dataset:flights@2013-01-03"]
    assert answer["counterfactual"]["metrics"] == [{"name": "mean", "recorded": 16.5, "now": 1.8, "change": -14.7}]
    assert answer["sentence"] == (
        "without dataset:flights@2013-01-03, model:delay@v1 comes out otherwise: mean 1.8 (was 16.5)"
    )
    assert (batches.root / "days/2013-01-03.csv").exists()
    assert batches.left_behind == []


def test_what_comes_of_a_supposition_is_no_version_and_no_rebuild_of_the_model(batches):
    answer = batches.reproduce("model:delay", "--without", "dataset:flights@2013-01-03", status=0)

    with lineal.open(batches.root) as workspace:
        [run] = workspace.store.list(Execution, ListOptions(type="Rebuild")).items
        models = workspace.store.list(Artifact, ListOptions(type="Model")).items
        read = [event.artifact_id for event in workspace.store.events(executions=[run.id]) if event.type not in OUTPUTS]
        names = {artifact.name for artifact in workspace.store.get(Artifact, read)}
        assert run.custom_properties["verdict"] == "COUNTERFACTUAL"
        assert run.custom_properties["counterfactual"]["without"] == ["dataset:flights@2013-01-03"]
        assert "statement" not in run.custom_properties
        assert [model.name for model in models] == ["delay@v1", None]
        assert names == {"delay@v1", "flights@2013-01-01", "flights@2013-01-02"}
        assert rebuilds_of(workspace.store, models[0]) == []
    shown = batches.run("-m", "lineal", "show", answer["recorded_as"]).stdout
    assert "16.5 → 1.8" in shown


def test_an_input_that_does_not_matter_is_said_not_to_matter(project):
    project.write("notes.txt", "nothing\n")
    project.write(
        "train.py",
        """
        import lineal, os

        with lineal.run("train") as run:
            if os.path.exists("notes.txt"):
                run.use("notes.txt", name="notes")
            run.log_model({"w": 1}, name="m")
        """,
    )
    project.run("train.py")

    answer = project.reproduce("model:m", "--without", "dataset:notes", status=0)

    assert answer["sentence"] == "without dataset:notes@v1, model:m@v1 comes out the same: that input did not matter"
    with lineal.open(project.root) as workspace:
        [run] = workspace.store.list(Execution, ListOptions(type="Rebuild")).items
        assert not [event for event in workspace.store.events(executions=[run.id]) if event.type in OUTPUTS]


def test_an_input_that_the_program_makes_again_itself_is_not_said_not_to_matter(project):
    project.write("cache.txt", "5")
    project.write(
        "train.py",
        """
        import lineal, os

        with lineal.run("train") as run:
            if not os.path.exists("cache.txt"):
                open("cache.txt", "w").write("5")
            run.use("cache.txt", name="cache")
            run.log_model({"w": int(open("cache.txt").read())}, name="m")
        """,
    )
    project.run("train.py")

    answer = project.reproduce("model:m", "--without", "dataset:cache", status=0)

    assert answer["counterfactual"]["remade"] == ["dataset:cache@v1"]
    assert answer["sentence"] == (
        "without dataset:cache@v1, model:m@v1 comes out the same: "
        "the program has made dataset:cache@v1 again by itself, so whether it matters is not known"
    )


def test_a_program_that_needs_what_was_left_out_is_said_to_miss_that(project):
    project.write("data/flights.csv", "1")
    project.write("train.py", 'open("model.txt", "w").write(open("data/flights.csv").read())\n')
    project.run("-m", "lineal", "run", "--name", "train", "--", project.python, "train.py")

    answer = project.reproduce("run:train", "--without", "dataset:flights", status=25)

    assert answer["verdict"] == "NOT_RUNNABLE"
    assert answer["counterfactual"]["compared"] is None
    assert answer["missing"][0]["sentence"] == (
        "the program does not run without dataset:flights@v1: it opens data/flights.csv, which was left out"
    )


def test_an_input_is_exchanged_for_a_file(batches):
    other = batches.write("elsewhere/better day.csv", "3\n")

    answer = batches.reproduce(
        "model:delay", "--replace", f"dataset:flights@2013-01-03={other.relative_to(batches.root)}", status=0
    )

    assert answer["counterfactual"]["metrics"][0]["now"] == 2.0
    assert answer["counterfactual"]["replaced"] == {"dataset:flights@2013-01-03": "elsewhere/better day.csv"}


def test_an_input_is_exchanged_for_another_version_and_that_is_what_was_read(batches):
    answer = batches.reproduce(
        "model:delay", "--replace", "dataset:flights@2013-01-03=dataset:flights@2013-01-01", status=0
    )

    assert answer["counterfactual"]["metrics"][0]["now"] == pytest.approx(12 / 7)
    with lineal.open(batches.root) as workspace:
        [run] = workspace.store.list(Execution, ListOptions(type="Rebuild")).items
        read = [event.artifact_id for event in workspace.store.events(executions=[run.id]) if event.type not in OUTPUTS]
        names = sorted(str(artifact.name) for artifact in workspace.store.get(Artifact, read))
        assert names == ["delay@v1", "flights@2013-01-01", "flights@2013-01-02"]


def test_an_input_that_has_vanished_can_still_be_exchanged(batches):
    (batches.root / "days/2013-01-03.csv").unlink()
    (batches.root / "day.csv").write_text("3\n")

    answer = batches.reproduce("model:delay", "--replace", "dataset:flights@2013-01-03=day.csv", status=0)

    assert answer["counterfactual"]["metrics"][0]["now"] == 2.0


def test_a_reference_that_is_left_out_is_not_found_and_a_sentence_says_so(project):
    project.write(
        "first.py", "import lineal\n\nwith lineal.run('a') as run:\n    run.log_artifact({'n': 3}, name='conf')\n"
    )
    project.write(
        "second.py",
        """
        import json, lineal

        with lineal.run("second") as run:
            n = json.loads(run.use("report:conf@v1").bytes())["n"]
            run.log_model({"n": n * 2}, name="doubled")
        """,
    )
    project.run("first.py")
    project.run("second.py")

    answer = project.reproduce("model:doubled", "--without", "report:conf@v1", status=25)

    assert answer["sentence"].startswith("the program does not run without report:conf@v1: ")
    assert answer["missing"][0]["advice"] == "exchange it for another: --replace OLD=NEW"


def test_a_reference_can_stand_for_other_content(project):
    make = "import lineal\n\nwith lineal.run('a') as run:\n    run.log_artifact({'n': %d}, name='conf')\n"
    for n in (3, 4):
        project.write("first.py", make % n)
        project.run("first.py")
    project.write(
        "second.py",
        """
        import json, lineal

        with lineal.run("second") as run:
            n = json.loads(run.use("report:conf@v1").bytes())["n"]
            run.log_metrics({"n": n})
            run.log_model({"n": n * 2}, name="doubled")
        """,
    )
    project.run("second.py")

    answer = project.reproduce("model:doubled", "--replace", "report:conf@v1=report:conf@v2", status=0)

    assert answer["counterfactual"]["metrics"][0]["now"] == 4.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--without", "model:delay"), "is no input of"),
        (("--without", "dataset:nothing"), "nothing"),
        (("--replace", "dataset:flights@2013-01-03"), "is no exchange"),
        (("--replace", "dataset:flights@2013-01-03=none.csv"), "there is no file none.csv"),
        (
            ("--without", "dataset:flights@2013-01-03", "--replace", "dataset:flights@2013-01-03=days/2013-01-01.csv"),
            "is named twice",
        ),
        (("--without", "dataset:flights@2013-01-03", "--from", "raw"), "goes with none of"),
        (("--bisect", "--from", "raw"), "goes with none of"),
        (("--try", "threads=1", "--from", "raw"), "goes with none of"),
        (("--all",), "both model:delay and --all are given, and only one can be"),
    ],
)
def test_a_supposition_that_means_nothing_is_refused(batches, options, said):
    done = batches.start("-m", "lineal", "reproduce", "model:delay", *options)

    assert done.returncode in (2, 3)
    assert said in done.stderr


def test_the_answer_is_a_card_for_people(batches):
    done = batches.run("-m", "lineal", "reproduce", "model:delay", "--without", "dataset:flights@2013-01-03")

    assert "What if model:delay@v1 had other inputs?" in done.stdout
    assert "16.5 → 1.8" in done.stdout
    assert json.dumps("never a version of the model")[1:-1] in done.stdout


def test_without_a_metric_the_outputs_are_compared_and_it_is_said_how_to_get_one(project):
    project.write("a.csv", "1")
    project.write("other.csv", "-2")
    project.write(
        "train.py",
        """
        import lineal

        with lineal.run("train") as run:
            run.log_model({"mean": float(open(run.use("a.csv", name="flights")).read())}, name="delay")
        """,
    )
    project.run("train.py")

    answer = project.reproduce("model:delay", "--replace", "dataset:flights=other.csv", status=0)

    assert "model:delay@v1 comes out otherwise: model:delay@v1: " in answer["sentence"]
    assert "was 1.0, and is -2.0" in answer["sentence"]
    [output] = answer["counterfactual"]["outputs"]
    assert (output["name"], output["verdict"]) == ("model:delay@v1", "DIVERGED")
    assert NO_METRIC in answer["notes"]
    shown = project.run("-m", "lineal", "show", answer["recorded_as"]).stdout
    assert "model:delay@v1 DIVERGED" in shown


def test_a_plain_script_has_metrics_to_compare_though_it_states_none(project):
    for day, delay in (("01", 1), ("02", 2), ("03", 90)):
        rows = "".join(f"{x},{x * delay}\n" for x in range(1, 9))
        project.write(f"days/2013-01-{day}.csv", f"distance,delay\n{rows}")
    project.write(
        "train.py",
        """
        import glob, json
        import joblib
        import pandas as pd
        from sklearn.linear_model import LinearRegression
        from sklearn.metrics import mean_absolute_error

        flights = pd.concat([pd.read_csv(day) for day in sorted(glob.glob("days/*.csv"))])
        X, y = flights[["distance"]], flights["delay"]
        model = LinearRegression().fit(X, y)
        print("mae:", mean_absolute_error(y, model.predict(X)))
        joblib.dump(model, "delay.joblib")
        with open("metrics.json", "w") as file:
            json.dump({"worst": float(abs(y - model.predict(X)).max()), "by": "grace"}, file)
        """,
    )
    project.run("-m", "lineal", "run", "--", project.python, "train.py")

    again = project.reproduce("model:delay", status=0)
    answer = project.reproduce("model:delay", "--without", "dataset:2013-01-03", status=0)

    assert again["verdict"] == "BIT_EXACT"
    compared = {one["name"]: one for one in answer["counterfactual"]["metrics"]}
    assert compared.keys() == {"mean_absolute_error_y", "worst"}
    assert all(abs(one["now"]) < one["recorded"] for one in compared.values())
    assert NO_METRIC not in answer["notes"]


def test_a_metric_of_a_plain_script_that_differs_is_the_first_difference_with_both_values_and_its_step(project):
    project.write(
        "train.py",
        """
        import time
        from sklearn.metrics import mean_absolute_error

        late = [0.0]
        for number in range(3):
            mean_absolute_error(late, [number if number < 2 else time.time_ns()])
        open("model.bin", "w").write("1")
        """,
    )
    project.run("-m", "lineal", "run", "--", project.python, "train.py")
    with lineal.open(project.root) as workspace:
        (run,) = workspace.store.list(Execution).items
        (series,) = workspace.store.metrics(run.id)

    first = project.reproduce("run:train.py", status=24)["first_difference"]

    assert list(series.values[:2]) == [0.0, 1.0]
    assert (first["kind"], first["what"], first["where"]) == ("metric", "mean_absolute_error_late", {"step": 2})
    assert first["recorded"] == series.values[2] != first["rebuilt"]
