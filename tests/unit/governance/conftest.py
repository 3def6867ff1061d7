"""A real store with one trained model: raw data, a dataset made of it, a model made of that."""

from __future__ import annotations

import pytest

from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, Execution, ExecutionState
from lineal.model.publication import Origin, Publication, Use
from lineal.store.location import of_database
from lineal.store.open import open_store

BY = Origin(actor="tests", action="put")


@pytest.fixture
def location(tmp_path):
    return of_database(tmp_path / "lineage.db")


@pytest.fixture
def store(location):
    opened = open_store(location)
    yield opened
    opened.close()


@pytest.fixture
def train(store):
    """Return a function that publishes a training of `model` on `dataset` and returns the model."""

    def run(name="delay@v1.0", *, content="a", dataset="flights@2013-01-01"):
        published = store.publish(
            Publication(
                execution=Execution(type="Train", state=ExecutionState.COMPLETE),
                uses=[
                    Use(artifact=thing("Dataset", dataset, "d"), type=EventType.INPUT),
                    Use(artifact=thing("Model", name, content), type=EventType.OUTPUT),
                ],
            ),
            by=BY,
        )
        return store.get(Artifact, [published.artifact_ids[1]])[0]

    return run


def thing(type_, name, content):
    return Artifact(type=type_, name=name, fingerprint=fingerprint(content))


def fingerprint(letter):
    return "sha256:" + letter * 64
