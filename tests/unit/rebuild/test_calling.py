"""Calling: files of real libraries are opened, and called on data with the columns that each takes."""

from __future__ import annotations

import gzip
import json
import pickle

import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from skl2onnx import to_onnx
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lineal.rebuild.calling.answers import parts_of
from lineal.rebuild.calling.calls import calls_of
from lineal.rebuild.calling.data import Data, Unfit, read_data
from lineal.rebuild.calling.kinds import Kind, first_class, kind_of
from lineal.rebuild.calling.opened import Uncallable, opened

ROWS = pd.DataFrame({"distance": [100.0, 900.0, 400.0, 700.0] * 5, "hour": range(20), "late": [0.5, 3.0, 1.5, 2.5] * 5})
X, Y = ROWS[["distance", "hour"]], ROWS["late"]
# The target comes along, and first: models that know their columns leave it.
TABLE = Data(rows=20, table=ROWS[["late", "hour", "distance"]])
BARE = Data(rows=20, array=X.to_numpy())
SMALL = {"min_data_in_leaf": 1, "min_data_in_bin": 1, "num_threads": 1, "verbose": -1}


def answers(path, data):
    """Return what the model in a file says of the data."""
    found = {}
    for name, call in calls_of(opened(path, path.name, None), data):
        found |= dict(parts_of(name, call()))
    return found


def save_xgboost(path):
    booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(X, Y), 3)
    booster.save_model(path)
    return booster.predict(xgboost.DMatrix(X))


def save_wrapped(path):
    model = xgboost.XGBRegressor(n_estimators=3, n_jobs=1).fit(X, Y)
    model.save_model(path)
    return model.predict(X)


def save_lightgbm(path):
    booster = lightgbm.train(SMALL, lightgbm.Dataset(X, Y), 3)
    booster.save_model(path)
    return booster.predict(X)


def save_pickle(path):
    model = make_pipeline(StandardScaler(), Ridge()).fit(X, Y)
    path.write_bytes(pickle.dumps(model))
    return model.predict(X)


def save_joblib(path):
    model = lightgbm.LGBMRegressor(n_estimators=3, n_jobs=1, verbose=-1).fit(X, Y)
    joblib.dump(model, path)
    return model.predict(X)


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("trees.json", save_xgboost),
        ("trees.ubj", save_xgboost),
        ("wrapped.ubj", save_wrapped),
        ("leaves.txt", save_lightgbm),
        ("pipeline.pkl", save_pickle),
        ("leaves.joblib", save_joblib),
        ("leaves.pkl", save_joblib),
    ],
)
def test_a_file_of_each_library_answers_as_the_model_did_by_the_names_of_its_columns(tmp_path, name, save):
    expected = save(tmp_path / name)

    assert answers(tmp_path / name, TABLE)["predict"] == pytest.approx(expected)


def test_an_onnx_file_takes_its_columns_as_one_matrix_or_by_their_names(tmp_path):
    ridge = Ridge().fit(X.to_numpy(np.float32), Y)
    (tmp_path / "one.onnx").write_bytes(to_onnx(ridge, X.to_numpy(np.float32)[:1]).SerializeToString())
    scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y > 2)
    kinds = {"options": {"zipmap": True}}
    (tmp_path / "classes.onnx").write_bytes(to_onnx(scaled, X.to_numpy(np.float32)[:1], **kinds).SerializeToString())

    one, classes = (answers(tmp_path / name, BARE) for name in ("one.onnx", "classes.onnx"))

    assert one["run.variable"].ravel() == pytest.approx(ridge.predict(X.to_numpy()), rel=1e-4)
    assert classes["run.output_probability"].shape == (20, 2)


def test_an_estimator_answers_with_all_it_has_and_an_ensemble_with_every_member(tmp_path):
    classes = LogisticRegression().fit(X, np.where(Y > 2, "late", "soon"))
    several = MultiOutputRegressor(Ridge()).fit(X, ROWS[["late", "hour"]])
    (tmp_path / "both.pkl").write_bytes(pickle.dumps({"classes": classes, "several": [several], "note": "plain"}))
    (tmp_path / "cluster.pkl").write_bytes(pickle.dumps(KMeans(2, n_init=1, random_state=0).fit(X)))
    (tmp_path / "scale.pkl").write_bytes(pickle.dumps(StandardScaler().fit(X)))

    both = answers(tmp_path / "both.pkl", TABLE)

    assert list(both) == [
        "['classes'].predict",
        "['classes'].predict_proba",
        "['classes'].decision_function",
        "['several'].[0].predict",
    ]
    assert set(both["['classes'].predict"]) == {"late", "soon"}
    assert list(answers(tmp_path / "cluster.pkl", TABLE)) == ["predict"]
    assert list(answers(tmp_path / "scale.pkl", TABLE)) == ["transform"]


def test_text_is_a_category_for_a_booster_that_was_trained_on_categories(tmp_path):
    rows = X.assign(carrier=pd.Categorical(["UA", "AA", "DL", "B6"] * 5))
    booster = lightgbm.train(SMALL | {"min_data_per_group": 1}, lightgbm.Dataset(rows, Y), 3)
    booster.save_model(tmp_path / "leaves.txt")
    rows.to_csv(tmp_path / "rows.csv", index=False)

    found = answers(tmp_path / "leaves.txt", read_data(tmp_path / "rows.csv", "rows.csv", 100))

    assert found["predict"] == pytest.approx(booster.predict(rows))


def test_a_model_without_names_takes_as_many_columns_as_it_was_trained_on(tmp_path):
    path = tmp_path / "ridge.pkl"
    path.write_bytes(pickle.dumps(Ridge().fit(X.to_numpy(), Y)))

    assert answers(path, Data(rows=20, table=X))["predict"].shape == (20,)
    with pytest.raises(Unfit, match="Ridge knows no names of columns and takes 2; the data has 3"):
        answers(path, TABLE)
    with pytest.raises(Unfit, match="Ridge takes 2 columns, and the array has 3"):
        answers(path, Data(rows=20, array=ROWS.to_numpy()))


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_whole_modules_of_pytorch_are_called_without_dropout_and_bare_weights_are_said_to_be_that(tmp_path):
    import torch  # third party, not always there

    net = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Dropout(), torch.nn.Linear(4, 1))
    torch.save(net, tmp_path / "whole.pt")
    torch.save(net.state_dict(), tmp_path / "weights.pt")
    torch.jit.script(net).save(tmp_path / "script.pt")
    torch.export.save(torch.export.export(net.eval(), (torch.zeros(20, 2),)), tmp_path / "exported.pt2")
    with torch.no_grad():
        expected = net(torch.tensor(X.to_numpy(np.float32))).numpy()

    for name in ("whole.pt", "script.pt", "exported.pt2"):
        assert answers(tmp_path / name, BARE)["call"] == pytest.approx(expected), name
    with pytest.raises(Uncallable, match=r"weights alone \(a state_dict\)"):
        answers(tmp_path / "weights.pt", BARE)


@pytest.mark.frameworks
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_keras_model_is_called_on_one_matrix(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    import keras  # third party, not always there

    net = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    net.save(tmp_path / "net.keras")
    expected = net.predict(X.to_numpy(), verbose=0)

    assert answers(tmp_path / "net.keras", BARE)["predict"] == pytest.approx(expected)


def test_what_cannot_be_called_says_why(tmp_path):
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps({"mean": 1}))
    (tmp_path / "broken.pkl").write_bytes(b"\x80\x04nothing")
    (tmp_path / "model.bin").write_bytes(b"\0\1\2")
    (tmp_path / "weights.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")

    for name, said in (
        ("plain.pkl", "the file holds a dict, which has no predict"),
        ("broken.pkl", "it cannot be opened"),
        ("model.bin", "a .bin file is of no kind that can be called"),
        ("weights.safetensors", "weights alone"),
    ):
        with pytest.raises(Uncallable, match=said):
            answers(tmp_path / name, TABLE)


def test_a_class_of_the_program_itself_is_taken_from_its_text_which_is_not_run(tmp_path):
    (tmp_path / "train.py").write_text(
        "import json\nLIMIT = 2\nopen('/nowhere/at all')\nclass Own:\n    def predict(self, rows):\n"
        "        return [json.loads('3') + LIMIT] * len(rows)\n"
    )
    text = "c__main__\nOwn\n)\x81."
    (tmp_path / "own.pkl").write_bytes(b"\x80\x02" + text.encode("latin-1"))

    model = opened(tmp_path / "own.pkl", "own.pkl", tmp_path / "train.py")

    assert model.predict([0, 0]) == [5, 5]


def test_kinds_are_told_without_opening_anything(tmp_path):
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(Ridge()))
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps([1, 2]))

    assert kind_of(tmp_path / "m.pkl", "m.pkl") is Kind.PICKLE
    assert first_class(tmp_path / "m.pkl") == "sklearn.linear_model._ridge.Ridge"
    assert first_class(tmp_path / "plain.pkl") is None


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("rows.csv", lambda path: X.to_csv(path, index=False)),
        ("rows.tsv", lambda path: X.to_csv(path, index=False, sep="\t")),
        ("rows.parquet", X.to_parquet),
        ("rows.feather", X.to_feather),
        ("rows.json", lambda path: X.to_json(path, orient="records")),
        ("columns.json", lambda path: path.write_text(json.dumps(X.to_dict(orient="list")))),
        ("rows.jsonl", lambda path: X.to_json(path, orient="records", lines=True)),
        ("columns.npz", lambda path: np.savez(path, distance=X["distance"], hour=X["hour"])),
    ],
)
def test_a_table_is_read_from_a_file_of_each_format_and_cut_after_the_most_rows(tmp_path, name, write):
    write(tmp_path / name)

    whole, cut = (read_data(tmp_path / name, name, most) for most in (20, 5))

    assert (whole.rows, whole.is_cut, whole.names) == (20, False, ["distance", "hour"])
    assert whole.matrix(["hour", "distance"], None, "it")[1].tolist() == [1, 900]
    assert (cut.rows, cut.is_cut, len(cut.table)) == (5, True, 5)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("rows.npy", lambda path: np.save(path, X.to_numpy())),
        ("rows.npz", lambda path: np.savez(path, X=X.to_numpy(), y=Y.to_numpy())),
        ("rows.json", lambda path: path.write_text(json.dumps(X.to_numpy().tolist()))),
    ],
)
def test_an_array_is_read_from_a_file_of_each_format(tmp_path, name, write):
    write(tmp_path / name)

    found = read_data(tmp_path / name, name, 7)

    assert (found.rows, found.is_cut, found.array.shape, found.names) == (7, True, (7, 2), None)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("head.csv", b"distance,hour\n", "head.csv has no rows"),
        ("rows.parquet", b"PAR1 and nothing else", "rows.parquet cannot be read"),
        ("rows.json", b"{", "rows.json cannot be read"),
        ("rows.json", b"3", "neither a list of rows nor an object of columns"),
        ("rows.csv", gzip.compress(b"a\n1\n", mtime=0), "rows.csv cannot be read"),
        ("rows.npy", b"\x93NUMPY", "rows.npy cannot be read"),
    ],
)
def test_a_file_that_holds_no_rows_is_said_to_hold_none(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(Unfit, match=said):
        read_data(tmp_path / name, name, 10)


def test_an_array_of_python_objects_is_not_unpickled(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object))

    with pytest.raises(Unfit, match=r"objects\.npy cannot be read") as caught:
        read_data(tmp_path / "objects.npy", "objects.npy", 10)
    assert "Python objects" in caught.value.args[1]
