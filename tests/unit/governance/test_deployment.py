"""Deployments: of approved content only, one revision each, all or nothing."""

from __future__ import annotations

import threading

import pytest

from lineal.errors import InvalidArgument, LinealError, PolicyRefused
from lineal.governance import approve, deploy, reject
from lineal.lineage.query import trace
from lineal.lineage.resolve import resolve
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, Context, Execution, ExecutionState
from lineal.model.publication import Origin, Publication, Use
from lineal.model.traversal import Direction
from lineal.store.open import open_store


def approved(store, ref="model:delay"):
    return approve(store, ref, actor="ada", reason="good")


def deployed(store, ref="model:delay", **options):
    return deploy(store, ref, **{"endpoint": "delay-api", "actor": "bob", "reason": "go", **options})


def test_an_approved_model_becomes_the_live_revision(store, train):
    model = train()
    approved(store)
    made = deployed(store, config={"threshold": 0.5})
    assert made.revision.name == "delay-api@r1"
    assert made.revision.properties == {
        "version": "r1",
        "endpoint": "delay-api",
        "environment": "production",
        "model": "model:delay@v1.0",
        "model_fingerprint": model.fingerprint,
        "dataset": "dataset:flights@2013-01-01",
        "config": {"threshold": 0.5},
    }
    assert resolve(store, "endpoint:delay-api") == made.revision
    assert resolve(store, "model:delay@production") == model
    assert store.verify().ok


def test_the_deployment_is_in_the_graph_and_among_the_decisions(store, train):
    model = train()
    approved(store)
    made = deployed(store)
    graph = trace(store, "endpoint:delay-api", Direction.UPSTREAM)
    assert {node.type for node in graph.artifacts()} == {"EndpointRevision", "Model", "Dataset"}
    (run,) = graph.executions("Deploy")
    assert {event.type for event in store.events(executions=[run.id])} == {EventType.INPUT, EventType.OUTPUT}
    assert (made.decision.action, made.decision.artifact_id) == (DecisionAction.DEPLOY, model.id)
    assert made.decision.fingerprint == model.fingerprint
    assert made.decision.details == {"endpoint": "delay-api", "revision": "r1", "environment": "production"}
    assert store.named(Context, "Endpoint", "delay-api")


def test_revisions_count_up_and_the_newest_is_live(store, train):
    train()
    train("delay@v1.1", content="b")
    approved(store, "model:delay@v1.0")
    approved(store, "model:delay@v1.1")
    names = [deployed(store, ref).revision.name for ref in ("model:delay@v1.0", "model:delay@v1.1", "model:delay@v1.0")]
    assert names == ["delay-api@r1", "delay-api@r2", "delay-api@r3"]
    assert resolve(store, "endpoint:delay-api").name == "delay-api@r3"
    assert resolve(store, "model:delay@production").name == "delay@v1.0"
    assert deployed(store, endpoint="other", environment="staging").revision.name == "other@r1"
    assert resolve(store, "endpoint:delay-api").name == "delay-api@r3"


def refusal(store, **options):
    before = store.facts()
    with pytest.raises(PolicyRefused) as refused:
        deployed(store, **options)
    assert store.facts() == before
    return refused.value.rule


def test_without_an_approval_nothing_is_deployed(store, train):
    train()
    assert refusal(store) == "approved"


def test_an_approval_before_the_content_was_known_does_not_count(store, train):
    by = Origin(actor="ada", action="put")
    (key,) = store.put([Artifact(type="Model", name="delay@v1.0")], by=by)
    early = Decision(
        action=DecisionAction.APPROVE, artifact_id=key.id, fingerprint=None, actor="ada", reason="the name is good"
    )
    store.put_decisions([early], by=by)
    store.put([Artifact(type="Model", id=key.id, fingerprint="sha256:" + "a" * 64)], by=by)
    model = train()
    assert refusal(store) == "approved-fingerprint"
    approved(store)
    assert deployed(store).revision.properties["model_fingerprint"] == model.fingerprint


def test_the_newest_verdict_counts(store, train):
    train()
    approved(store)
    reject(store, "model:delay", actor="eve", reason="drifted")
    assert refusal(store) == "rejected"
    assert refusal(store, unapproved=True) == "rejected"
    approved(store)
    deployed(store)


def test_a_deployment_without_approval_says_so(store, train):
    train()
    assert deployed(store, unapproved=True).decision.details["unapproved"] is True


@pytest.mark.parametrize(
    "options",
    [
        {"endpoint": ""},
        {"endpoint": "a@r1"},
        {"endpoint": " a"},
        {"environment": "latest"},
        {"environment": ""},
        {"actor": ""},
        {"config": {"x": object()}},
    ],
)
def test_words_that_cannot_be_kept_are_refused(store, train, options):
    train()
    approved(store)
    before = store.facts()
    with pytest.raises(InvalidArgument):
        deployed(store, **options)
    assert store.facts() == before


def test_an_ensembles_datasets_are_those_of_its_members(store, train):
    members = [train("a@v1", content="1", dataset="x@v1"), train("b@v1", content="2", dataset="y@v1")]
    store.publish(
        Publication(
            execution=Execution(type="Train", state=ExecutionState.COMPLETE),
            uses=[
                *(Use(artifact=member.id, type=EventType.INPUT) for member in members),
                Use(
                    artifact=Artifact(type="Model", name="both@v1", fingerprint="sha256:" + "3" * 64),
                    type=EventType.OUTPUT,
                ),
            ],
        ),
        by=Origin(actor="t", action="t"),
    )
    approved(store, "model:both")
    assert deployed(store, "model:both").revision.properties["dataset"] == "dataset:x@v1, dataset:y@v1"


def test_deployments_at_the_same_moment_each_get_a_revision(store, location, train):
    train()
    approved(store)
    made, failures = [], []

    def work():
        own = open_store(location)
        try:
            made.extend(deployed(own).revision.name for _ in range(3))
        except LinealError as error:
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(made) == sorted(f"delay-api@r{number}" for number in range(1, 13))
    assert resolve(store, "endpoint:delay-api").name == "delay-api@r12"
    assert store.verify().ok


def test_a_rejection_cannot_come_between_the_look_at_the_approval_and_the_deployment(store, train, monkeypatch):
    train()
    approved(store)
    order = []

    def reject_now():
        reject(store, "model:delay", actor="eve", reason="drifted")
        order.append("rejected")

    other = threading.Thread(target=reject_now)
    publish = store.publish

    def slow(*arguments, **options):
        other.start()
        other.join(timeout=0.2)
        order.append("published")
        return publish(*arguments, **options)

    monkeypatch.setattr(store, "publish", slow)
    deployed(store)
    other.join()
    assert order == ["published", "rejected"]


def test_only_a_model_is_deployed(store, train):
    train()
    with pytest.raises(InvalidArgument, match="is a Dataset, not a model"):
        deploy(store, "dataset:flights", endpoint="api", actor="ada", reason="why not", unapproved=True)
