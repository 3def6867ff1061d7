"""ONNX: an export is told with the model it came from, and a file with the model in it."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import skl2onnx
from sklearn.linear_model import LinearRegression

from tests.hooked import with_hooks

X = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
MODEL = LinearRegression().fit(X, X[:, 0])


@pytest.mark.parametrize("way", ["to_onnx", "convert_sklearn"])
def test_a_conversion_is_told_once_with_its_bytes_and_the_model_it_came_from(heard, way):
    if way == "to_onnx":
        made = skl2onnx.to_onnx(MODEL, X[:1])
    else:
        kinds = [("x", skl2onnx.common.data_types.FloatTensorType([None, 2]))]
        made = skl2onnx.convert_sklearn(MODEL, initial_types=kinds)
    (written,) = heard.writes
    assert written.made_from == (MODEL,)
    assert (written.path, written.type, written.thing) == (None, "Model", made)
    assert written.content == made.SerializeToString()


def test_files_are_seen_with_the_model_in_them(heard):
    made = skl2onnx.to_onnx(MODEL, X[:1])
    heard.writes.clear()
    onnx.save(made, "delay.onnx")
    onnx.save_model(made, f="again.onnx")
    loaded = onnx.load("delay.onnx")
    assert [(one.path, one.thing, one.type) for one in heard.writes] == [
        ("delay.onnx", made, "Model"), ("again.onnx", made, "Model")
    ]  # fmt: skip
    ((path, thing),) = [(one.path, one.thing) for one in heard.reads]
    assert path == "delay.onnx"
    assert thing is loaded


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
def test_an_export_of_pytorch_is_told_with_its_module(heard):
    import torch

    module = torch.nn.Linear(2, 1)
    torch.onnx.export(module, (torch.ones(1, 2),), "net.onnx", dynamo=False)
    written = [one for one in heard.writes if one.made_from]
    assert [(one.path, one.made_from, one.type) for one in written] == [("net.onnx", (module,), "Model")]


def test_exports_are_the_same_with_and_without_the_hooks():
    plain = skl2onnx.to_onnx(MODEL, X[:1]).SerializeToString()
    assert with_hooks(lambda: skl2onnx.to_onnx(MODEL, X[:1]).SerializeToString()) == plain


def test_after_undo_the_libraries_are_as_they_were():
    def state():
        return [
            onnx.save,
            onnx.save_model,
            onnx.load,
            onnx.load_model,
            skl2onnx.convert_sklearn,
            skl2onnx.convert.convert_sklearn,
        ]

    before = state()
    assert all(one is not other for one, other in zip(with_hooks(state), before, strict=True))
    assert state() == before
