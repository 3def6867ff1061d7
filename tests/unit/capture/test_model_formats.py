"""ONNX, safetensors, LightGBM's text and Keras: what a model is, whoever wrote the file, and where two differ."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import lightgbm
import numpy as np
import onnx
import pytest
import safetensors.numpy
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestRegressor

from lineal.capture.fingerprints.differences import compare_states
from lineal.capture.fingerprints.models import canonical_of, canonical_of_file

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 3)).astype(np.float32)


def _onnx(weights, **more):
    node = helper.make_node("MatMul", ["x", "w"], ["y"], name="n")
    floats = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, size]) for name, size in (("x", 3), ("y", 2))
    ]
    graph = helper.make_graph([node], "g", floats[:1], floats[1:], [numpy_helper.from_array(weights, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], **more)


def test_an_onnx_model_is_its_graph_and_weights_whoever_made_the_file():
    weights = np.ones((3, 2), np.float32)
    found = canonical_of(_onnx(weights, producer_name="a", doc_string="yesterday"))
    assert found.fingerprint == canonical_of(_onnx(weights, producer_name="b", producer_version="2")).fingerprint
    assert found.left_out == ("doc_string", "metadata_props", "producer_name", "producer_version")
    onnx.save(_onnx(weights, doc_string="today"), "model.onnx")
    assert canonical_of_file(Path("model.onnx")).fingerprint == found.fingerprint


def test_two_onnx_models_are_compared_down_to_the_weight():
    weights = np.ones((3, 2), np.float32)
    other = weights.copy()
    other[2, 1] = np.nextafter(np.float32(1), np.float32(2))
    difference = compare_states(canonical_of(_onnx(weights)).state, canonical_of(_onnx(other)).state)
    assert (difference.first.index, difference.first.ulp, difference.count) == (5, 1, 1)
    assert difference.first.part == "model.graph.initializers.w"


def test_an_exported_forest_has_a_rule_and_another_forest_is_another():
    def exported(seed):
        forest = RandomForestRegressor(3, random_state=seed).fit(X, X[:, 0])
        return canonical_of(to_onnx(forest, X[:1])).fingerprint

    assert exported(1) == exported(1) != exported(2)


def test_onnx_weights_in_another_file_are_a_reason_not_a_guess():
    model = _onnx(np.ones((3, 2), np.float32))
    onnx.save(model, "model.onnx", save_as_external_data=True, size_threshold=0, location="weights.bin")
    found = canonical_of_file(Path("model.onnx"))
    assert (found.fingerprint, found.reason) == (None, "the weights w lie in another file")


def test_a_safetensors_file_is_its_tensors_without_metadata_and_equals_the_map_it_holds():
    tensors = {
        "b": np.arange(6, dtype=np.float64).reshape(2, 3),
        "a": np.array([True, False]),
        "c": np.float32([np.nan]),
    }
    safetensors.numpy.save_file(tensors, "one.safetensors", metadata={"by": "me", "at": "noon"})
    safetensors.numpy.save_file(dict(reversed(tensors.items())), "two.safetensors")
    one, two = (canonical_of_file(Path(f"{name}.safetensors")) for name in ("one", "two"))
    assert one.fingerprint == two.fingerprint == canonical_of(tensors).fingerprint
    assert (one.left_out, two.left_out) == (("__metadata__",), ())
    safetensors.numpy.save_file({**tensors, "b": tensors["b"] + [[0, 0, 0], [0, 0, 1]]}, "two.safetensors")
    difference = compare_states(one.state, canonical_of_file(Path("two.safetensors")).state)
    assert (difference.first.part, difference.first.index) == ("b", 5)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0" * 7, b"\xff" * 8, b"\2\0\0\0\0\0\0\0[]", b'\x0c\0\0\0\0\0\0\0{"a": null} ',
        b"\x41\0\0\0\0\0\0\0" + b'{"a":{"dtype":"F64","shape":[9],"data_offsets":[0,72]}}'.ljust(0x41),
        b"\x41\0\0\0\0\0\0\0" + b'{"a":{"dtype":"F64","shape":[9],"data_offsets":[0,8]}}'.ljust(0x41) + b"12345678",
    ],
)  # fmt: skip
def test_a_broken_safetensors_file_is_a_reason(content):
    Path("x.safetensors").write_bytes(content)
    found = canonical_of_file(Path("x.safetensors"))
    assert found.fingerprint is None
    assert found.reason


def test_a_lightgbm_file_is_the_model_in_it_without_its_parameters():
    data = lightgbm.Dataset(X, X[:, 0].copy())
    model = lightgbm.train({"verbose": -1, "num_threads": 1}, data, 2)
    model.save_model("delay.txt")
    found = canonical_of_file(Path("delay.txt"))
    assert found.fingerprint == canonical_of(model).fingerprint
    assert found.left_out == ("parameters",)


def test_a_file_that_only_its_library_can_read_is_a_reason():
    Path("x.pkl").write_bytes(b"\x80\x05.")
    assert canonical_of_file(Path("x.pkl")).reason == "a .pkl file is not read without its library"


@pytest.mark.torch
@pytest.mark.frameworks
def test_a_keras_model_is_its_configuration_and_weights_not_its_optimizer():
    code = """
import keras, numpy as np
from lineal.capture.fingerprints.models import canonical_of
from lineal.capture.fingerprints.differences import compare_states

def made():
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Input((3,), name="i"), keras.layers.Dense(2, name="d"), keras.layers.Dropout(0.5, name="o")]
    return keras.Sequential(layers, name="s")

one, two = made(), made()
two.compile(optimizer="adam", loss="mse")
found = canonical_of(one)
assert found.fingerprint == canonical_of(two).fingerprint
assert found.left_out == ("compile_config", "keras_version", "optimizer")
two.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
difference = compare_states(found.state, canonical_of(two).state)
assert difference.first.part == "model.weights.d/bias", difference
one.save("x.keras")
assert canonical_of(keras.saving.load_model("x.keras")).fingerprint == found.fingerprint
print("ok")
"""
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "ok\n", done.stderr
