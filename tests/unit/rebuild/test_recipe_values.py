"""A recipe compares values where the bytes differ: with the packages that are there, and without Lineal."""

from __future__ import annotations

import importlib.util
import io
import json
import pickle
import re
import shlex
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnx
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lineal.capture.fingerprints.state import VOLATILE
from lineal.lineage.capture_record import Item
from lineal.rebuild import renamed
from lineal.rebuild.handout import compare_values, rebuild
from lineal.rebuild.handout.compare_values import compare
from lineal.rebuild.recipe_texts import dockerfile
from tests.unit.rebuild.test_recipe_directory import PYTHON, export, rebuilt

if importlib.util.find_spec("h5py"):
    import h5py

X = np.random.default_rng(7).normal(size=(80, 4))
Y = (X[:, 0] > 0).astype(int)
TABLE = pd.DataFrame({"carrier": ["UA", None, "B6"], "delay": [1.5, np.nan, -0.25]})

# A pickle of another protocol: other bytes, the same values.
TRAIN = """
    import os, pickle
    rows = [float(line) for line in open("data.csv").read().split()[1:]]
    model = {"mean": sum(rows) / len(rows), "rows": rows}
    with open("model.pkl", "wb") as file:
        pickle.dump(model, file, protocol=3 if "LINEAL_RECIPE" in os.environ else 5)
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "for a stranger"


def forest(*, seed: int = 1, jobs: int = 1, trees: int = 5) -> RandomForestClassifier:
    return RandomForestClassifier(n_estimators=trees, random_state=seed, n_jobs=jobs).fit(X, Y)


def pickled(place: Path, *models: object) -> list[Path]:
    paths = [place / f"{number}.pkl" for number in range(len(models))]
    for path, model in zip(paths, models, strict=True):
        path.write_bytes(pickle.dumps(model))
    return paths


def safetensors(place: Path, values: list[float], **about: str) -> Path:
    body = struct.pack(f"<{len(values)}f", *values)
    head = json.dumps(
        {"__metadata__": about, "w": {"dtype": "F32", "shape": [len(values)], "data_offsets": [0, len(body)]}}
    ).encode()
    place.write_bytes(struct.pack("<Q", len(head)) + head + body)
    return place


def test_a_forest_trained_by_another_number_of_threads_is_the_same(tmp_path):
    one, other = pickled(tmp_path, forest(jobs=1), forest(jobs=2))
    assert one.read_bytes() != other.read_bytes()
    is_same, said = compare("pkl", one, other)
    assert is_same, said
    assert re.fullmatch(r"\d+ parts compared", said)


@pytest.mark.parametrize("other", [forest(seed=2), forest(trees=6), LogisticRegression().fit(X, Y)])
def test_another_model_is_another_one(tmp_path, other):
    is_same, said = compare("pkl", *pickled(tmp_path, forest(), other))
    assert is_same is False
    assert "was" in said or "had" in said


def test_one_coefficient_in_a_pipeline_is_seen_and_named(tmp_path):
    models = [make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y) for _ in range(2)]
    assert compare("pickle", *pickled(tmp_path, *models))[0]
    coefficients = models[1][-1].coef_
    coefficients[0, 2] = np.nextafter(coefficients[0, 2], np.inf)
    is_same, said = compare("pickle", *pickled(tmp_path, *models))
    assert is_same is False
    assert "coef_ at 2" in said


def test_a_model_written_by_joblib_with_compression_is_the_same(tmp_path):
    joblib.dump(forest(), tmp_path / "a.joblib")
    joblib.dump(forest(), tmp_path / "b.joblib", compress=3)
    assert compare("joblib", tmp_path / "a.joblib", tmp_path / "b.joblib")[0]


def test_tables_are_compared_by_their_cells(tmp_path):
    TABLE.to_csv(tmp_path / "a.csv", index=False)
    TABLE.to_csv(tmp_path / "b.csv", index=False, quoting=1, lineterminator="\r\n")
    TABLE.to_parquet(tmp_path / "a.parquet")
    TABLE.to_parquet(tmp_path / "b.parquet", compression="zstd")
    for kind in ("csv", "parquet"):
        assert compare(kind, tmp_path / f"a.{kind}", tmp_path / f"b.{kind}") == (True, "2 parts compared")
    TABLE.replace({"UA": "DL"}).to_parquet(tmp_path / "c.parquet")
    assert compare("parquet", tmp_path / "a.parquet", tmp_path / "c.parquet") == (
        False,
        "column carrier, row 0: was UA and is DL",
    )
    TABLE[:2].to_csv(tmp_path / "c.csv", index=False)
    assert compare("csv", tmp_path / "a.csv", tmp_path / "c.csv")[1] == "there were 3 rows and are 2"


def test_arrays_are_compared_by_their_values(tmp_path):
    np.savez(tmp_path / "a.npz", w=X, n=np.array([np.nan]))
    np.savez_compressed(tmp_path / "b.npz", w=X, n=np.array([np.nan]))
    np.savez(tmp_path / "c.npz", w=X.astype("f4"), n=np.array([np.nan]))
    assert compare("npz", tmp_path / "a.npz", tmp_path / "b.npz") == (True, "2 parts compared")
    assert compare("npz", tmp_path / "a.npz", tmp_path / "c.npz")[1] == "w was float64 (80, 4) and is float32 (80, 4)"


def test_tensors_are_compared_without_what_is_said_about_them(tmp_path):
    one = safetensors(tmp_path / "a.safetensors", [1.0, 2.0], at="today")
    assert compare("safetensors", one, safetensors(tmp_path / "b.safetensors", [1.0, 2.0], at="tomorrow"))[0]
    assert compare("safetensors", one, safetensors(tmp_path / "c.safetensors", [1.0, 2.5]))[0] is False


def keras_file(place: Path, weight: float, *, saved: str, units: int = 2) -> Path:
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.array([0.5, weight]))
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.12.0", "date_saved": saved}))
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "units": units}))
        archive.writestr("model.weights.h5", weights.getvalue())
    return place


@pytest.mark.torch
@pytest.mark.frameworks
def test_a_keras_file_is_compared_without_when_it_was_saved(tmp_path):
    one = keras_file(tmp_path / "a.keras", 1.0, saved="2026-01-01@10:00:00")
    later = keras_file(tmp_path / "b.keras", 1.0, saved="2026-01-02@10:00:00")
    trained = keras_file(tmp_path / "c.keras", 1.5, saved="2026-01-01@10:00:00")
    wider = keras_file(tmp_path / "d.keras", 1.0, saved="2026-01-01@10:00:00", units=3)
    assert compare("keras", one, later)[0]
    said = "model.weights.h5.layers/dense/vars/0 at 1 was 1.0 and is 1.5"
    assert compare("keras", one, trained) == (False, said)
    assert compare("keras", one, wider) == (False, "config.json.units was '2' and is '3'")


def onnx_file(place: Path, weight: float, *, by: str) -> Path:
    node = onnx.helper.make_node("Add", ["x", "w"], ["y"])
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = onnx.helper.make_graph(
        [node], "g", ends[:1], ends[1:], [onnx.helper.make_tensor("w", onnx.TensorProto.FLOAT, [1], [weight])]
    )
    onnx.save(onnx.helper.make_model(graph, producer_name=by), place)
    return place


def test_an_onnx_file_is_compared_without_who_wrote_it(tmp_path):
    one, other = onnx_file(tmp_path / "a.onnx", 1.0, by="a"), onnx_file(tmp_path / "b.onnx", 1.0, by="b")
    assert one.read_bytes() != other.read_bytes()
    assert compare("onnx", one, other) == (True, "2 parts compared")
    said = "weights.w at 0 was 1.0 and is 2.0"
    assert compare("onnx", one, onnx_file(tmp_path / "c.onnx", 2.0, by="a")) == (False, said)


def test_json_is_compared_by_its_values(tmp_path):
    (tmp_path / "a.json").write_text('{"rmse": 1.5, "n": [1, null]}')
    (tmp_path / "b.json").write_text('{"n":[1,null],"rmse":1.50}')
    (tmp_path / "c.json").write_text('{"n":[1,0],"rmse":1.50}')
    assert compare("json", tmp_path / "a.json", tmp_path / "b.json")[0]
    assert compare("json", tmp_path / "a.json", tmp_path / "c.json") == (
        False,
        "n[1] was a builtins.NoneType and is a builtins.int",
    )


def test_a_thing_that_holds_itself_is_compared_once(tmp_path):
    ring: list[Any] = [1]
    ring.append(ring)
    assert compare("pkl", *pickled(tmp_path, ring, ring)) == (True, "1 part compared")


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("png", b"x", "a png file is not looked into here"),
        ("", b"x", "a nameless file is not looked into here"),
        ("pkl", b"x", "it cannot be read here: "),
        ("npz", b"x", "it cannot be read here: "),
    ],
)
def test_what_cannot_be_compared_is_said_to_be_so(tmp_path, kind, content, said):
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "b").write_bytes(content + b"y")
    is_same, why = compare(kind, tmp_path / "a", tmp_path / "b")
    assert (is_same, why[: len(said)]) == (None, said)


def recorded_script(project: Any, directory: Path) -> dict[str, Any]:
    project.write("data.csv", "delay\n4\n6\n8\n")
    project.write("train.py", TRAIN)
    done = project.start("-m", "lineal", "run", "--", sys.executable, "train.py")
    assert done.returncode == 0, done.stderr
    export(project, "run:train.py", directory)
    recipe: dict[str, Any] = json.loads((directory / "recipe.json").read_text())
    return recipe


def test_a_stranger_is_told_that_only_the_bytes_of_a_model_differ(project, directory):
    recorded_script(project, directory)
    done = rebuilt(directory, python=PYTHON)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SAME     model:model@v1: the values (4 parts compared); only the bytes differ" in done.stdout


def test_a_stranger_is_told_where_the_values_differ(project, directory):
    recipe = recorded_script(project, directory)
    (one,) = recipe["outputs"]
    (directory / one["recorded"]).write_bytes(pickle.dumps({"mean": 6.5, "rows": [4.0, 6.0, 8.0]}))
    del recipe["files"][one["recorded"]]
    (directory / "recipe.json").write_text(json.dumps(recipe))
    done = rebuilt(directory)
    assert done.returncode == 1
    assert "DIFFERS  model:model@v1: the values: mean was '6.5' and is '6.0'" in done.stdout


def test_without_the_recorded_file_it_is_said_that_values_were_not_compared(project, directory):
    project.write("data.csv", "delay\n4\n6\n8\n")
    project.write("train.py", TRAIN)
    project.start("-m", "lineal", "run", "--", sys.executable, "train.py")
    export(project, "run:train.py", directory, "--without-inputs")
    assert not (directory / "recorded").exists()
    (directory / "tree" / "data.csv").write_text("delay\n4\n6\n8\n")
    done = rebuilt(directory)
    assert done.returncode == 1
    assert "bytes differ; values were not compared: the recorded file is not in this recipe" in done.stdout


def instructions(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_dockerfile_says_what_the_directory_can_do(trained, directory):
    export(trained, "model:delay", directory)
    found = instructions((directory / "Dockerfile").read_text())
    known = {"FROM", "USER", "WORKDIR", "COPY", "RUN", "ENTRYPOINT"}
    assert {word for word, _ in found} <= known
    assert found[0][0] == "FROM"
    assert re.fullmatch(r"[a-z0-9./:-]+(@sha256:[0-9a-f]{64}|:[\w.-]+)", found[0][1])
    for source in (rest.split()[0] for word, rest in found if word == "COPY"):
        assert (directory / source).exists(), source
    for listed in (rest for word, rest in found if word == "RUN" and "-r " in rest):
        assert (directory / listed.rpartition("-r ")[2]).is_file()
    users = [rest for word, rest in found if word == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])  # nobody who may do anything, by number: no name is asked for
    entry = json.loads(dict(found)["ENTRYPOINT"])
    (command,) = [line for line in (directory / "run.sh").read_text().splitlines() if line.startswith("exec ")]
    assert Path(shlex.split(command)[2]).name == entry[1] == "rebuild.py"
    assert (directory / entry[1]).is_file()
    assert entry[2:] == ["--env", "current"]


def test_every_instruction_of_a_dockerfile_is_one_line_whatever_an_input_is_called():
    place = "/data/a b\n\"c'\\.csv"
    inputs = [{"place": place, "at": "inputs/ab"}]
    found = instructions(dockerfile(Item("captured", "team/train@sha256:" + "0a" * 32), "3.11.7", [], inputs))
    assert [word for word, _ in found] == ["FROM", "USER", "WORKDIR", "COPY", "RUN", "RUN", "USER", "ENTRYPOINT"]
    words = json.loads(found[4][1])
    assert words[:2] == ["python", "-c"]
    compile(words[2], "copy", "exec")
    assert repr(place) in words[2]


def test_a_recipe_sets_the_same_aside_as_a_rebuild():
    assert VOLATILE | {"_sklearn_version"} == compare_values._VOLATILE
    assert rebuild._CHANGING == renamed._CHANGING
