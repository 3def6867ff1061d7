"""A real workspace with a trained model, and what is needed to serve it."""

from __future__ import annotations

import pickle

import pytest

from lineal.model.capture_items import ITEMS
from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, Execution, ExecutionState
from lineal.model.publication import Origin, Publication, Use
from lineal.serving.loaded import LOADED
from lineal.serving.record import Output, encode
from lineal.serving.spool import Spool
from lineal.store.clock import SystemClock
from lineal.store.identifiers import Uuid7
from lineal.workspace import open_workspace

WHOLE = Execution(
    type="Train",
    state=ExecutionState.COMPLETE,
    properties={
        "seed": 42,
        "commit": "c" * 40,
        "dirty": False,
        "environment": "sha256:" + "e" * 64,
        "capture": {
            **{fact: {"status": "captured", "value": fact} for one in ITEMS for fact in one.facts},
            "argv": {"status": "captured", "value": ["python", "train.py"]},
            "commit": {"status": "captured", "value": "c" * 40},
            "dirty": {"status": "captured", "value": False},
            "environment": {"status": "captured", "value": {"fingerprint": "sha256:" + "e" * 64}},
            "seeds": {"status": "captured", "value": {"random": 42}},
            "cpu_memory": {"status": "captured", "value": {"cores": 2}},
            "gpu": {"status": "not_applicable", "reason": "there is none"},
            "container": {"status": "not_applicable", "reason": "no sign of a container"},
        },
    },
    custom_properties={"param.depth": 4},
)
"""A training of which everything is recorded that a rebuild needs."""


@pytest.fixture
def workspace(tmp_path):
    with open_workspace(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture
def location(workspace):
    return workspace.location


@pytest.fixture
def train(workspace):
    """Return a function that records a training and returns its model, whose pickled bytes are kept."""

    def run(model, name="delay@v1", *, format_="pickle", dataset="flights@v1", whole=False):
        content = model if isinstance(model, bytes) else pickle.dumps(model, protocol=5)
        fingerprint = workspace.files.put_bytes(content)
        data = Artifact(type="RawData" if whole else "Dataset", name=dataset, fingerprint="sha256:" + "d" * 64)
        made = Artifact(type="Model", name=name, fingerprint=fingerprint, properties={"format": format_})
        published = workspace.store.publish(
            Publication(
                execution=WHOLE if whole else Execution(type="Train", state=ExecutionState.COMPLETE),
                uses=[Use(artifact=data, type=EventType.INPUT), Use(artifact=made, type=EventType.OUTPUT)],
            ),
            by=Origin(actor="tests", action="train"),
        )
        return workspace.store.get(Artifact, [published.artifact_ids[1]])[0]

    return run


@pytest.fixture(autouse=True)
def _no_model_of_another_test():
    LOADED.clear()
    yield
    LOADED.clear()


@pytest.fixture
def spool(location):
    """Return a function that opens a spool of the workspace; all are closed at the end."""
    opened = []

    def make(**options):
        opened.append(Spool(location.spool, endpoint="api", key_id="k", **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def body():
    """Return a function that makes the body of a record, each with a new trace id."""
    identifiers = Uuid7(SystemClock())

    def make(output=b"1", **changes):
        fields = {"revision_id": None, "digest": b"d" * 16, "confidence": None, "latency_us": 5, "status": 200}
        return encode(identifiers.new(), output=Output(output), **{**fields, "time": 3, **changes})

    return make
