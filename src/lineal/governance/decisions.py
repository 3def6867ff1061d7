"""Decisions of people: approve, reject. Each holds for the content an artifact has now, not for its name."""

from __future__ import annotations

from collections.abc import Mapping

from lineal.errors import FailedPrecondition, InvalidArgument, PolicyRefused
from lineal.lineage.resolve import resolve
from lineal.lineage.training import reference_to
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Artifact, key_of
from lineal.model.publication import Origin
from lineal.model.values import Json, check_text
from lineal.store.protocol import Store

_VERDICTS = {DecisionAction.APPROVE, DecisionAction.REJECT}


def approve(
    store: Store,
    ref: str,
    *,
    actor: str,
    reason: str,
    regulation: str | None = None,
    action: DecisionAction = DecisionAction.APPROVE,
    details: Mapping[str, Json] | None = None,
) -> Decision:
    """Record a decision about an artifact and return it as stored.

    `regulation` is the rule it answers to. Raises InvalidArgument without an actor or a reason, and
    FailedPrecondition for an artifact without a fingerprint, for there is nothing to bind the decision to.
    """
    check_words(actor, reason)
    artifact = decided_artifact(store, ref)
    if artifact.fingerprint is None:
        raise FailedPrecondition(
            f"{ref} has no fingerprint, so nobody could tell later which content was meant",
            hint="log it with its content (log_model, log_dataset) and decide about that version",
        )
    subject = ArtifactId(key_of(artifact).id)
    decision = Decision(
        action=action,
        artifact_id=subject,
        fingerprint=artifact.fingerprint,
        actor=actor,
        reason=reason,
        details={**(details or {}), **({"regulation": regulation} if regulation else {})},
    )
    (made,) = store.put_decisions([decision], by=Origin(actor=actor, action=action.value, reason=reason))
    return next(each for each in store.decisions(artifacts=[subject]) if each.id == made)


def reject(
    store: Store,
    ref: str,
    *,
    actor: str,
    reason: str,
    regulation: str | None = None,
    details: Mapping[str, Json] | None = None,
) -> Decision:
    """Record that this content must not be deployed; a later approval of the same content lifts it."""
    return approve(
        store, ref, actor=actor, reason=reason, regulation=regulation, action=DecisionAction.REJECT, details=details
    )


def check_approved(store: Store, artifact: Artifact, *, unapproved: bool) -> Decision | None:
    """Return the approval in force for this artifact's content, or raise PolicyRefused.

    The newest verdict on this fingerprint counts. `unapproved` does without an approval, never against a rejection.
    """
    reference = reference_to(artifact)
    all_made = store.decisions(artifacts=[ArtifactId(key_of(artifact).id)])
    verdicts = [each for each in all_made if each.action in _VERDICTS]
    binding = [each for each in verdicts if artifact.fingerprint and each.fingerprint == artifact.fingerprint]
    newest = binding[-1] if binding else None
    if newest is not None and newest.action is DecisionAction.REJECT:
        raise PolicyRefused(
            f"{reference} was rejected by {newest.actor}: {newest.reason}",
            rule="rejected",
            hint=f"deploy another version, or lift it: lineal approve {reference} --reason …",
        )
    if newest is not None or unapproved:
        return newest
    if verdicts:
        raise PolicyRefused(
            f"{reference} was approved as {verdicts[-1].fingerprint}, but its content is now {artifact.fingerprint}",
            rule="approved-fingerprint",
            hint=f"look at what changed, then: lineal approve {reference} --reason …",
        )
    raise PolicyRefused(
        f"{reference} has not been approved",
        rule="approved",
        hint=f"lineal approve {reference} --reason …; or deploy with --unapproved, which is recorded",
    )


def decided_artifact(store: Store, ref: str) -> Artifact:
    """Return the artifact a reference names; raise InvalidArgument if it names something else."""
    found = resolve(store, ref)
    if not isinstance(found, Artifact):
        raise InvalidArgument(f"{ref} is a {type(found).__name__}; decisions are about artifacts")
    return found


def check_words(actor: str, reason: str) -> None:
    """Raise InvalidArgument unless a decision says who made it and why."""
    for what, text in (("actor", actor), ("reason", reason)):
        check_text(f"the {what} of a decision", text)
        if not text.strip():
            raise InvalidArgument(f"the {what} of a decision is empty", hint="say who decides, and why")
