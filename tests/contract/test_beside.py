"""Beside the graph: aliases, decisions, metric series and predictions."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lineal.errors import AlreadyExists, InvalidArgument, NotFound
from lineal.model.aliases import Alias
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Execution
from lineal.model.predictions import Prediction


@pytest.fixture
def models(store, by):
    """Two versions of one model, a model of another family and a dataset of the same one."""
    given = [Artifact(type="Model", name=name) for name in ("delay@v1", "delay@v2", "other")]
    return [key.id for key in store.put([*given, Artifact(type="RawData", name="delay@v1")], by=by)]


def move(alias, artifact_id):
    return Alias(type="Model", family="delay", alias=alias, artifact_id=artifact_id)


# aliases -----------------------------------------------------------------------------------------


def test_the_newest_move_of_an_alias_is_in_force(store, by, clock, clean, models):
    store.put_aliases([move("production", models[0]), move("candidate", models[1])], by=by)
    then = clock.time
    store.put_aliases([move("production", models[1])], by=by)

    assert [(item.alias, item.artifact_id) for item in store.aliases()] == [
        ("candidate", models[1]),
        ("production", models[1]),
    ]
    assert [item.artifact_id for item in store.aliases(as_of=then, alias="production")] == [models[0]]
    assert [item.artifact_id for item in store.aliases(history=True)] == [models[0], models[1], models[1]]
    assert store.aliases(artifacts=[models[0]]) == []
    assert [item.alias for item in store.aliases(artifacts=[models[1]])] == ["candidate", "production"]
    assert store.aliases(artifacts=[]) == []
    clean()


def test_the_same_alias_of_another_type_or_family_is_another_alias(store, by, models):
    store.put_aliases([move("production", id_) for id_ in (models[0], models[2], models[3])], by=by)

    assert len(store.aliases(alias="production")) == 3
    assert [item.type for item in store.aliases(type_="Dataset")] == ["RawData"]
    assert [item.family for item in store.aliases(type_="Model")] == ["delay", "other"]
    assert store.aliases(family="nothing") == store.aliases(type_="Nothing") == []


@pytest.mark.parametrize("alias", ["", "latest", "a@b", "\ud800", None])
def test_some_words_cannot_be_aliases(store, backend, by, models, alias):
    before = backend.dump()
    with pytest.raises(InvalidArgument):
        store.put_aliases([move("fine", models[0]), move(alias, models[0])], by=by)
    assert backend.dump() == before


def test_an_alias_needs_a_named_artifact(store, backend, by, models):
    (bare,) = store.put([Artifact(type="Model")], by=by)
    before = backend.dump()
    with pytest.raises(InvalidArgument, match="has no name"):
        store.put_aliases([move("a", models[0]), move("a", bare.id)], by=by)
    with pytest.raises(NotFound, match="artifact#99"):
        store.put_aliases([move("a", 99)], by=by)
    assert backend.dump() == before


# decisions ---------------------------------------------------------------------------------------


def decision(artifact_id, **fields):
    given = {"action": DecisionAction.APPROVE, "fingerprint": None, "actor": "bob", "reason": "good"} | fields
    return Decision(artifact_id=artifact_id, **given)


@pytest.mark.parametrize("action", DecisionAction)
def test_a_decision_comes_back_as_it_was_put(store, by, clock, clean, models, action):
    given = decision(models[0], action=action, details={"regulation": "☃", "n": [1, None, math.inf, b"x"]})
    (id_,) = store.put_decisions([given], by=by)

    (stored,) = store.decisions()
    assert replace(stored, id=None, time=None, entry=None) == given
    assert (stored.id, stored.time) == (id_, clock.time)
    clean()


def test_decisions_come_oldest_first_each_once(store, by, clock, models):
    store.put_decisions([decision(models[1], reason="1"), decision(models[0], reason="2")], by=by)
    then = clock.time
    store.put_decisions([decision(models[1], reason="3")], by=by)

    def reasons(**ask):
        return [item.reason for item in store.decisions(**ask)]

    assert reasons() == reasons(artifacts=models + models) == ["1", "2", "3"]
    assert reasons(artifacts=[models[1]]) == ["1", "3"]
    assert reasons(as_of=then) == ["1", "2"]
    assert reasons(artifacts=[]) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"actor": "\ud800"},
        {"reason": "\ud800"},
        {"fingerprint": "\ud800"},
        {"details": {"a": "\ud800"}},
        {"reason": None},
    ],
)
def test_a_decision_that_cannot_be_kept_is_refused(store, backend, by, models, fields):
    before = backend.dump()
    with pytest.raises(InvalidArgument):
        store.put_decisions([decision(models[0]), decision(models[0], **fields)], by=by)
    with pytest.raises(NotFound, match="artifact#99"):
        store.put_decisions([decision(models[0]), decision(99)], by=by)
    assert backend.dump() == before


# metrics -----------------------------------------------------------------------------------------


def series(execution_id=1, name="loss", **fields):
    given = {"steps": [0, 1], "values": [0.1, 0.2], "times": [5, 6]} | fields
    return MetricSeries(execution_id=execution_id, name=name, **given)


def test_points_come_back_in_the_order_they_were_logged(store, by, clean):
    store.put([Execution(type="Train")], by=by)
    bounds = [-(2**63), 2**63 - 1, 0]
    values = [1 / 3, math.inf, -0.0]
    store.put_metrics([series(name="z"), series(name="a", steps=bounds, values=values, times=bounds)], by=by)
    store.put_metrics([series(name="z", steps=[0], values=[5e-324], times=[0]), series(name="é ☃")], by=by)

    found = store.metrics(1)
    assert [item.name for item in found] == ["a", "z", "é ☃"]
    assert (list(found[0].steps), list(found[0].times)) == (bounds, bounds)
    assert [value.hex() for value in found[0].values] == [value.hex() for value in values]
    assert (list(found[1].steps), list(found[1].values)) == ([0, 1, 0], [0.1, 0.2, 5e-324])
    assert store.metrics(2) == []
    clean()


@pytest.mark.parametrize(
    "fields",
    [
        {"steps": [0]},
        {"times": [1]},
        {"steps": [0, 2**63]},
        {"steps": [0, 1.5]},
        {"values": [0.0, "x"]},
        {"name": "\ud800"},
    ],
)
def test_points_that_cannot_be_kept_are_refused(store, backend, by, fields):
    store.put([Execution(type="Train")], by=by)
    before = backend.dump()
    with pytest.raises(InvalidArgument):
        store.put_metrics([series(), series(**fields)], by=by)
    with pytest.raises(NotFound, match="execution#9"):
        store.put_metrics([series(), series(9)], by=by)
    assert backend.dump() == before


# predictions -------------------------------------------------------------------------------------


def prediction(number=1, **fields):
    given = {
        "trace_id": f"019a0000{number:04x}7000800000000000{number:04x}",
        "endpoint": "delay-api",
        "revision_id": 1,
        "input_digest": "h1:" + "0" * 32,
        "key_id": "k1",
        "output": {"delay": [1 / 3, None, "☃"]},
        "confidence": 0.1,
        "latency_us": 12,
        "status": 200,
        "time": 1_700_000_000_000_000,
        "spool": "s",
        "sequence": number,
    }
    return Prediction(**(given | fields))


def test_a_prediction_comes_back_as_it_was_put(store, by, clean):
    given = [
        prediction(),
        prediction(2, revision_id=None, input_digest=None, key_id=None, output=None, confidence=None, status=500),
        prediction(3, output=math.nan),
    ]
    assert store.put_predictions(given, by=by) == 3

    assert [replace(store.prediction(item.trace_id), entry=None) for item in given[:2]] == given[:2]
    assert math.isnan(store.prediction(given[2].trace_id).output)
    assert len(store.entries()) == 1
    clean()


def test_a_record_that_is_there_already_is_skipped(store, backend, by, clean):
    store.put_predictions([prediction(1), prediction(2)], by=by)
    before = backend.dump()

    assert store.put_predictions([prediction(2), prediction(1)], by=by) == 0
    assert backend.dump() == before
    assert store.put_predictions([prediction(2), prediction(3), prediction(3)], by=by) == 1
    assert len(store.predictions()) == 3
    assert store.put_predictions([], by=by) == 0
    clean()


def test_one_trace_id_is_one_prediction(store, backend, by):
    store.put_predictions([prediction(1)], by=by)
    before = backend.dump()
    with pytest.raises(AlreadyExists):
        store.put_predictions([prediction(2), prediction(1, sequence=9)], by=by)
    assert backend.dump() == before


def test_a_prediction_is_found_by_a_unique_prefix(store, by):
    store.put_predictions([prediction(0x12), prediction(0x13)], by=by)

    assert store.prediction("019a00000012").sequence == 0x12
    assert store.prediction("019A0000-0013-7000-8000-000000000013").sequence == 0x13
    with pytest.raises(InvalidArgument, match="several predictions"):
        store.prediction("019a0000")
    with pytest.raises(NotFound, match="019a0001"):
        store.prediction("019a0001")
    for wrong in ("019a000", "", "x" * 32, "0" * 33):
        with pytest.raises(InvalidArgument, match="not a trace id"):
            store.prediction(wrong)


def test_the_newest_predictions_come_first(store, by):
    store.put_predictions([prediction(number, revision_id=number % 2) for number in (3, 1, 4, 2)], by=by)

    assert [item.sequence for item in store.predictions()] == [4, 3, 2, 1]
    assert [item.sequence for item in store.predictions(limit=2)] == [4, 3]
    assert [item.sequence for item in store.predictions(revisions=[1])] == [3, 1]
    assert store.predictions(revisions=[]) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"trace_id": "x" * 32},
        {"trace_id": "00"},
        {"trace_id": " 0" * 16},
        {"confidence": math.nan},
        {"output": "\ud800"},
        {"output": {"a": object()}},
        {"endpoint": "\ud800"},
        {"spool": None},
        {"key_id": "\ud800"},
        {"latency_us": 2**63},
    ],
)
def test_a_prediction_that_cannot_be_kept_is_refused(store, backend, by, fields):
    before = backend.dump()
    with pytest.raises(InvalidArgument):
        store.put_predictions([prediction(1), prediction(2, **fields)], by=by)
    assert backend.dump() == before
