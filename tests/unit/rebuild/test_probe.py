"""`--probe`: the recorded model and the rebuilt one are called on the same data, by a process that is confined."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import lineal
from lineal.errors import InvalidArgument
from lineal.model.listing import ListOptions
from lineal.model.nodes import Execution
from lineal.rebuild.probe import MOST_BYTES, find_probe

ROWS = pd.DataFrame(
    {"distance": [100.0, 900.0, 400.0, 700.0] * 5, "hour": range(20), "late": [0.5, 3.25, 1.75, 2.5] * 5}
)
FITTED = """
    import pandas as pd
    import lineal
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = pd.read_csv("flights.csv")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows[["distance", "hour"]], rows["late"] > 2)
    with lineal.run("train", seed=1) as run:
        run.use("flights.csv", name="flights")
        run.log_model(model, name="delay")
"""
OWN = """
    import lineal

    class Model:
        def __init__(self, mean): self.mean = mean
        {method}

    if __name__ == "__main__":
        with lineal.run("train") as run:
            run.log_model(Model(2.5), name="own")
"""


@pytest.fixture
def flights(project):
    ROWS.to_csv(project.root / "flights.csv", index=False)
    return project


@pytest.fixture
def fitted(flights):
    flights.write("train.py", FITTED)
    flights.run("train.py", PYTHONHASHSEED="0")
    return flights


def own(project, method, **more):
    """Return the answer about a class of the program's own, which has this method."""
    ROWS[["distance"]].to_csv(project.root / "flights.csv", index=False)
    project.write("train.py", OWN.replace("{method}", method))
    project.run("train.py")
    return project.reproduce("model:own", "--probe", "flights.csv", *more.pop("options", ()), **more)


def test_a_model_is_called_on_a_file_by_the_names_of_its_columns_and_predicts_the_same(fitted):
    found = fitted.reproduce("model:delay", "--probe", "flights.csv", status=0)

    probe = found["probe"]
    assert found["verdict"] == "BIT_EXACT"
    assert probe["models"][0]["sentence"] == (
        "model:delay@v1 predicts the same for all 20 rows of flights.csv (predict, predict_proba, decision_function)"
    )
    assert probe["data"]["rows"] == 20
    assert probe["data"]["fingerprint"].startswith("sha256:")
    assert fitted.left_behind == []


def test_what_a_probe_found_stands_in_the_record_and_in_the_signed_statement(fitted):
    found = fitted.reproduce("model:delay", "--probe", "dataset:flights@v1", status=0)

    with lineal.open(fitted.root) as workspace:
        [run] = workspace.store.list(Execution, ListOptions(type="Rebuild")).items
        recorded = run.custom_properties["rebuild"]["probe"]
    shown = fitted.run("-m", "lineal", "audit", "statement", found["recorded_as"], "--format", "json").stdout
    assert recorded["data"]["name"] == "dataset:flights@v1"
    assert "predicts the same for all 20 rows" in fitted.run("-m", "lineal", "show", found["recorded_as"]).stdout
    assert recorded["models"][0]["same"] is True
    assert found["probe"]["data"]["fingerprint"] in shown


def test_predictions_that_differ_are_counted_and_the_first_row_is_named_but_not_its_values_in_the_record(flights):
    flights.write("train.py", FITTED)
    flights.run("train.py", PYTHONHASHSEED="0")
    text = (flights.root / "flights.csv").read_text()
    (flights.root / "other.csv").write_text(text.replace("0.5", "9.5"))

    found = flights.reproduce("model:delay", "--replace", "dataset:flights@v1=other.csv", "--probe", "flights.csv")

    [model] = found["probe"]["models"]
    [predict] = [call for call in model["calls"] if call["call"] == "predict"]
    assert found["counterfactual"]["predictions"] == [
        {"name": "model:delay@v1", "called": True, "rows": 20, "differing": 20}
    ]
    assert 0 < predict["differing"] < 20
    assert predict["first"] == {"row": 1, "column": None, "ulp": None, "recorded": "0", "rebuilt": "1"}
    assert "predicts otherwise for" in found["sentence"]
    with lineal.open(flights.root) as workspace:
        [run] = workspace.store.list(Execution, ListOptions(type="Rebuild")).items
        kept = run.custom_properties["rebuild"]["probe"]["models"][0]["calls"]
    assert all(set(call["first"] or {"row": 1}) <= {"row", "column", "ulp"} for call in kept)


def test_predictions_beyond_the_tolerance_decide_the_verdict(project):
    found = own(
        project,
        "def predict(self, rows): return [self.mean + getattr(self, 'more', 0)] * len(rows)",
        status=0,
    )
    assert found["probe"]["models"][0]["same"] is True
    project.write(
        "train.py",
        (project.root / "train.py")
        .read_text()
        .replace("Model(2.5)", "Model(__import__('time').time_ns() % 1_000_003)"),
    )
    project.run("train.py")

    found = project.reproduce("model:own", "--probe", "flights.csv", status=24)

    assert found["verdict"] == "DIVERGED"
    assert [one["kind"] for one in found["differences"]][-1] == "predictions"
    assert found["differences"][-1]["where"]["row"] == 1
    assert found["probe"]["models"][0]["differing"] == 20


def test_a_model_that_answers_in_two_ways_is_said_to_be_not_deterministic(project):
    found = own(
        project, "def predict(self, rows): return [__import__('random').random() for _ in range(len(rows))]", status=0
    )

    assert found["probe"]["models"][0]["same"] is None
    assert "predict of model:own@v1 is not deterministic" in found["probe"]["sentence"]


def test_nan_is_the_same_as_nan(project):
    found = own(project, "def predict(self, rows): return [float('nan')] * len(rows)", status=0)

    assert found["probe"]["models"][0]["same"] is True


def test_a_model_that_hangs_is_given_up(project):
    found = own(
        project,
        "def predict(self, rows): __import__('time').sleep(600)",
        options=("--timeout", "8"),
    )

    assert found["verdict"] == "BIT_EXACT"
    assert "did not answer within 8 s" in found["probe"]["sentence"]
    assert project.left_behind == []


def test_a_model_that_takes_its_process_down_does_not_take_the_rebuild_with_it(project):
    found = own(project, "def predict(self, rows): __import__('os')._exit(3)", status=26)

    assert "ended with status 3" in found["probe"]["sentence"]


def test_a_model_cannot_write_beside_its_directory_nor_into_the_recorded_code(project, tmp_path):
    outside = tmp_path / "outside.txt"
    found = own(project, f"def predict(self, rows): open({str(outside)!r}, 'w'); return rows", status=26)

    assert not outside.exists() or found["writes"] == "open"


def test_what_a_model_says_when_it_fails_is_told_and_not_recorded(project):
    found = own(project, "def predict(self, rows): raise ValueError('Grace is 37')", status=26)

    assert "predict failed (ValueError): Grace is 37" in found["probe"]["models"][0]["sentence"]
    with lineal.open(project.root) as workspace:
        [run] = workspace.store.list(Execution, ListOptions(type="Rebuild")).items
        assert "Grace" not in json.dumps(run.custom_properties["rebuild"], default=str)


def test_a_model_without_anything_to_call_is_said_to_have_none(trained):
    (trained.root / "rows.csv").write_text("a\n1\n")

    found = trained.reproduce("model:delay", "--probe", "rows.csv", status=26)
    planned = trained.reproduce("model:delay", "--probe", "rows.csv", "--dry-run", status=0)

    assert found["verdict"] == "BIT_EXACT"
    assert found["probe"]["models"][0]["called"] is False
    assert "the file holds a dict, which has no predict" in found["probe"]["sentence"]
    assert planned["probe"]["models"][0]["callable"] is False


def test_a_probe_that_could_not_be_called_does_not_end_well(fitted):
    (fitted.root / "words.csv").write_text("distance,hour\nfar,noon\n")

    found = fitted.reproduce("model:delay", "--probe", "words.csv", status=26)

    assert found["verdict"] == "BIT_EXACT"
    assert "model:delay@v1 cannot be called on words.csv: " in found["probe"]["sentence"]


def test_a_dry_run_says_whether_a_model_can_be_called_and_calls_nothing(fitted):
    planned = fitted.reproduce("model:delay", "--probe", "flights.csv", "--dry-run", status=0)

    assert planned["probe"]["models"] == [
        {
            "name": "model:delay@v1",
            "callable": True,
            "sentence": "model:delay@v1 can be called on flights.csv: with scikit-learn",
        }
    ]
    assert fitted.left_behind == []


def test_data_that_is_none_is_refused_before_the_program_runs(fitted):
    (fitted.root / "empty.csv").touch()
    (fitted.root / "other.csv").write_text("hour,delay\n1,2\n")

    for data, said in (
        ("none.csv", "there is no file none.csv"),
        ("empty.csv", "empty.csv is empty"),
        ("train.py", "train.py is no data that a model is called on"),
        (".", "is a directory"),
        ("other.csv", "the data has no column 'distance', which Pipeline takes; it has hour, delay"),
    ):
        done = fitted.start("-m", "lineal", "reproduce", "model:delay", "--probe", data)

        assert done.returncode not in (0, 24, 25)
        assert said in done.stderr
        assert "running" not in done.stderr
    assert fitted.left_behind == []


def test_data_that_is_too_large_is_refused_by_its_size(tmp_path):
    with (tmp_path / "all.csv").open("wb") as file:
        file.truncate(MOST_BYTES + 1)

    with lineal.open(tmp_path) as workspace, pytest.raises(InvalidArgument, match="more than the 1,024 MiB of a probe"):
        find_probe(workspace.store, workspace.files, str(tmp_path / "all.csv"))


def test_data_that_made_no_model_cannot_be_probed(project):
    project.write("data.csv", "a\n1\n")
    project.write(
        "make.py", "import lineal\n\nwith lineal.run('a') as run:\n    run.log_dataset('data.csv', name='rows')\n"
    )
    project.run("make.py")

    done = project.start("-m", "lineal", "reproduce", "dataset:rows", "--probe", "data.csv")

    assert "is no model, and made none" in done.stderr
