"""Loading: verified first, read afterwards, remembered while it lives."""

from __future__ import annotations

import gc
import pickle

import pytest

from lineal.errors import FailedPrecondition, FileCorrupt, InvalidArgument, NotRunnable
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.serving.loaded import LOADED
from lineal.serving.loader import load_model

READ = []


class Mean:
    """A model: a class of its own, so that it can die."""

    def __init__(self, value):
        self.value = value

    def __setstate__(self, state):
        READ.append(state)
        self.__dict__.update(state)


def load(workspace, ref="model:delay"):
    return load_model(workspace.store, workspace.files, ref)


@pytest.fixture
def mean(monkeypatch):
    """Make `Mean` importable for pickle, under whatever name pytest gave this module."""
    import sys

    monkeypatch.setitem(sys.modules, Mean.__module__, sys.modules.get(Mean.__module__) or type(sys)(Mean.__module__))
    monkeypatch.setattr(sys.modules[Mean.__module__], "Mean", Mean, raising=False)
    READ.clear()


def test_a_loaded_model_is_what_was_logged(workspace, train, mean):
    train(Mean(4.5))
    loaded = load(workspace)
    assert loaded.model.value == 4.5
    assert loaded.reference == "model:delay@v1"
    assert loaded.fingerprint == loaded.artifact.fingerprint
    assert [facts.fingerprint for facts in LOADED.facts()] == [loaded.fingerprint]


def test_bytes_and_json_are_models_too(workspace, train):
    train(b"weights", "raw@v1", format_="bytes")
    train(b'{"mean": 1}', "table@v1", format_="json")
    assert load(workspace, "model:raw").model == b"weights"
    assert load(workspace, "model:table").model == {"mean": 1}


def test_changed_bytes_are_never_read(workspace, train, mean):
    train(Mean(1))
    fingerprint = workspace.resolve("model:delay").fingerprint
    path = workspace.files.path(fingerprint)
    content = pickle.dumps(Mean("evil"))
    path.chmod(0o644)
    path.write_bytes(content)
    READ.clear()
    with pytest.raises(FileCorrupt, match="was not loaded"):
        load(workspace)
    assert READ == []
    assert LOADED.facts() == []


def test_an_endpoint_names_the_model_of_its_live_revision(workspace, train, mean):
    train(Mean(1))
    train(Mean(2), "delay@v2")
    workspace.deploy("model:delay@v1", endpoint="api", actor="ada", reason="x", unapproved=True)
    assert load(workspace, "endpoint:api").model.value == 1


def test_what_is_no_model_is_refused(workspace, train):
    train(b"x")
    with pytest.raises(InvalidArgument, match="not a model"):
        load(workspace, "execution#1")


def test_a_format_that_is_not_known_names_those_that_are(workspace, train):
    train(b"onnx", format_="onnx")
    with pytest.raises(InvalidArgument, match="'onnx'") as refused:
        load(workspace)
    assert "pickle" in refused.value.hint


def test_a_model_without_content_is_refused(workspace):
    workspace.store.put([Artifact(type="Model", name="delay@v1")], by=Origin(actor="tests", action="put"))
    with pytest.raises(FailedPrecondition, match="no fingerprint"):
        load(workspace)


def test_a_model_whose_package_is_missing_names_it(workspace, train):
    train(b"cnowhere_to_be_found\nThing\n.")
    with pytest.raises(NotRunnable, match="nowhere_to_be_found") as refused:
        load(workspace)
    assert refused.value.missing == ("nowhere_to_be_found",)


@pytest.mark.parametrize("content", [b"not a pickle", b"", b"cbuiltins\nnothing_of_this_name\n."])
def test_intact_bytes_that_cannot_be_read_are_said_to_be_intact(workspace, train, content):
    train(content)
    with pytest.raises(NotRunnable, match="intact"):
        load(workspace)


def test_a_model_is_remembered_as_long_as_it_lives(workspace, train, mean):
    train(Mean(1))
    inner = load(workspace).model  # as users do it: the handle is gone, the model is not
    gc.collect()
    assert len(LOADED.facts()) == 1
    del inner
    gc.collect()
    assert LOADED.facts() == []


def test_one_model_loaded_twice_is_one(workspace, train, mean):
    train(Mean(1))
    kept = [load(workspace), load(workspace)]
    assert len(LOADED.facts()) == 1
    assert len(kept) == 2
