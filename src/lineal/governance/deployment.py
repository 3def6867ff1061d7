"""Deployment: an approved model becomes the next revision of an endpoint, in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from lineal.errors import FailedPrecondition, InvalidArgument
from lineal.governance.decisions import check_approved, check_words, decided_artifact
from lineal.lineage.kinds import Kinds
from lineal.lineage.training import reference_to, training_datasets
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.edges import EventType, How
from lineal.model.ids import ArtifactId, NodeKind
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState, family_of, key_of
from lineal.model.publication import Origin, Publication, Published, Use
from lineal.model.references import LATEST
from lineal.model.values import Json, Value, check
from lineal.model.vocabulary import LIVE, REVISION
from lineal.store.clock import SystemClock
from lineal.store.identifiers import Uuid7
from lineal.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Deployment:
    """A revision that is in force now, and the decision that put it there."""

    revision: Artifact
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What was asked for, with the model resolved."""

    model: Artifact
    endpoint: str
    environment: str
    actor: str
    reason: str
    config: Mapping[str, Json]
    datasets: str
    identifiers: Uuid7


def deploy(
    store: Store,
    ref: str,
    *,
    endpoint: str,
    environment: str = "production",
    actor: str,
    reason: str,
    config: Mapping[str, Json] | None = None,
    unapproved: bool = False,
    identifiers: Uuid7 | None = None,
) -> Deployment:
    """Make a model the live revision of an endpoint and return the revision.

    The revision becomes `endpoint@live`, the model gets an alias named after the environment. Raises PolicyRefused
    unless this very content of the model is approved; `unapproved` goes without an approval, and the decision says so.
    """
    check_words(actor, reason)
    _check_name("endpoint", endpoint)
    _check_name("environment", environment)
    check("config", dict(config or {}))
    model = decided_artifact(store, ref)
    if model.type not in Kinds.of(store).below(NodeKind.ARTIFACT, "Model"):
        raise InvalidArgument(f"{ref} is a {model.type}, not a model: it cannot be deployed", hint="model:NAME@VERSION")
    if model.fingerprint is None:
        raise FailedPrecondition(
            f"{ref} has no fingerprint, so no server could verify that it loaded this model",
            hint="log the model with its content: run.log_model(...)",
        )
    request = _Request(
        model=model,
        endpoint=endpoint,
        environment=environment,
        actor=actor,
        reason=reason,
        config=config or {},
        datasets=", ".join(reference_to(dataset) for dataset in training_datasets(store, model)),
        identifiers=identifiers or Uuid7(SystemClock()),
    )
    with store.batch():  # nobody rejects the model or takes the number between our look and our write
        approval = check_approved(store, model, unapproved=unapproved)
        publication = _publication(request, _next_number(store, endpoint), approval)
        published = store.publish(publication, by=Origin(actor=actor, action="deploy", reason=reason))
    return _deployment(store, request, published)


def _publication(request: _Request, number: int, approval: Decision | None) -> Publication:
    run_id = request.identifiers.new()
    model_id = ArtifactId(key_of(request.model).id)
    revision = _revision(request, number, run_id)
    return Publication(
        execution=Execution(
            type="Deploy",
            state=ExecutionState.COMPLETE,
            external_id=run_id,
            properties={"label": f"deploy {request.endpoint}", "run_id": run_id},
        ),
        uses=(
            Use(artifact=model_id, type=EventType.INPUT, how=How.OBSERVED, aliases=(request.environment,)),
            Use(artifact=revision, type=EventType.OUTPUT, how=How.OBSERVED, aliases=(LIVE,)),
        ),
        contexts=(Context(type="Endpoint", name=request.endpoint),),
        decisions=(_decision(request, model_id, f"r{number}", approval),),
    )


def _revision(request: _Request, number: int, run_id: str) -> Artifact:
    properties: dict[str, Value] = {
        "version": f"r{number}",
        "endpoint": request.endpoint,
        "environment": request.environment,
        "model": reference_to(request.model),
        "model_fingerprint": str(request.model.fingerprint),
        "dataset": request.datasets,
        "config": request.config,
    }
    # The run is part of it: two deployments of one configuration stay two revisions.
    text = json.dumps({**properties, "run_id": run_id}, sort_keys=True, ensure_ascii=True, default=repr)
    return Artifact(
        type=REVISION,
        name=f"{request.endpoint}@r{number}",
        fingerprint=f"sha256:{hashlib.sha256(text.encode()).hexdigest()}",
        state=ArtifactState.LIVE,
        properties=properties,
    )


def _decision(request: _Request, model_id: ArtifactId, revision: str, approval: Decision | None) -> Decision:
    details: dict[str, Json] = {
        "endpoint": request.endpoint,
        "revision": revision,
        "environment": request.environment,
    }
    if approval is None:
        details["unapproved"] = True
    return Decision(
        action=DecisionAction.DEPLOY,
        artifact_id=model_id,
        fingerprint=request.model.fingerprint,
        actor=request.actor,
        reason=request.reason,
        details=details,
    )


def _deployment(store: Store, request: _Request, published: Published) -> Deployment:
    model_id, revision_id = published.artifact_ids
    (revision,) = store.get(Artifact, [revision_id])
    decisions = store.decisions(artifacts=[model_id])
    version = revision.properties["version"]
    made = [each for each in decisions if each.action is DecisionAction.DEPLOY]
    decision = next(
        each
        for each in reversed(made)
        if each.details.get("revision") == version and each.details.get("endpoint") == request.endpoint
    )
    return Deployment(revision, decision)


def _next_number(store: Store, endpoint: str) -> int:
    versions = (family_of(str(each.name))[1] for each in store.versions(REVISION, endpoint))
    return 1 + max((int(text[1:]) for text in versions if text and text[1:].isdecimal()), default=0)


def _check_name(what: str, name: str) -> None:
    check(f"the {what}", name)
    if not name.strip() or "@" in name or name != name.strip():
        raise InvalidArgument(f"{name!r} cannot be the {what}'s name", hint="a name without @ and outer spaces")
    if what == "environment" and name in {LATEST, LIVE}:
        raise InvalidArgument(f"{name!r} cannot be an environment: that word has a meaning of its own as an alias")
