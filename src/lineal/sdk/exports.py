"""Exports: a model in another form, such as ONNX: an execution of its own leads from the one to the other.

A run that made both would leave it open which of them came from which.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lineal.integrations.listener import Written
from lineal.model.edges import EventType, How
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Execution, ExecutionState
from lineal.model.publication import Origin, Publication, Use
from lineal.sdk.identity import Identity
from lineal.sdk.models import fitted_state, wanted_model
from lineal.sdk.observing import Observed
from lineal.sdk.touches import Touch
from lineal.workspace import current_actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export: what was made, by its path, bytes or fitted state, and the model it was made from."""

    by: str
    path: str | None
    content: str | None
    canonical: str | None
    source: Identity
    source_canonical: str | None


def exports_of(written: Written, canonical: str | None) -> list[Export]:
    """Return what a library told of as made from other models."""
    content = None if written.content is None else f"sha256:{hashlib.sha256(written.content).hexdigest()}"
    return [
        Export(
            by=written.by,
            path=written.path,
            content=content,
            canonical=canonical,
            source=Identity(source),
            source_canonical=fitted_state(source)[0].fingerprint,
        )
        for source in written.made_from
    ]


def settle_export(run: Observed, export: Export) -> None:
    """Record the edge from the model to its other form, where that was written; the model too where it was not yet.

    A run that read the model and wrote the other form leads from one to the other itself.
    """
    touches = list(run.recorder.touches)
    made = _made(run, export, touches)
    if made is None:
        return
    sources = [touch for touch in touches if touch is not made and _is_source(export, touch)]
    if any(touch.is_input for touch in sources):
        return
    source = _stored(run, sources[0]) if sources else _recorded(run, export)
    target = _stored(run, made)
    if source is not None and target is not None:
        _publish(run, export, source, target)


def _made(run: Observed, export: Export, touches: Iterable[Touch]) -> Touch | None:
    place = None if export.path is None else run.recorder.touches.places.named(export.path)
    for touch in touches:
        if touch.is_input or touch.artifact is None:
            continue
        is_content = export.content is not None and export.content in (touch.fingerprint, touch.file)
        is_state = export.canonical is not None and touch.canonical == export.canonical
        if is_content or is_state or (place is not None and touch.place == place):
            return touch
    return None


def _is_source(export: Export, touch: Touch) -> bool:
    return export.source_canonical is not None and touch.canonical == export.source_canonical


def _stored(run: Observed, touch: Touch) -> ArtifactId | None:
    store = run.session.workspace().store
    family = (touch.artifact or "").partition("@")[0]
    return next((one.id for one in store.versions(touch.type, family) if one.name == touch.artifact), None)


def _recorded(run: Observed, export: Export) -> ArtifactId | None:
    model = export.source.get()
    if model is None:
        return None
    return run.record(replace(wanted_model(model, name=type(model).__name__), how=How.OBSERVED)).id


def _publish(run: Observed, export: Export, source: ArtifactId, target: ArtifactId) -> None:
    session = run.session
    run_id = session.identifiers.new()
    execution = Execution(
        type="Export",
        state=ExecutionState.COMPLETE,
        external_id=run_id,
        properties={"label": export.by, "run_id": run_id, "parent_run_id": run.id},
        started_at=run.recorder.execution.started_at,
        ended_at=session.clock.now(),
    )
    # By its id: as content the other form would be one that was made again, and no lineage leads through that.
    uses = [
        Use(artifact=source, type=EventType.INPUT, how=How.OBSERVED),
        Use(artifact=target, type=EventType.OUTPUT, how=How.OBSERVED),
    ]
    publication = Publication(execution=execution, uses=uses, contexts=run.recorder.contexts)
    session.workspace().store.publish(publication, by=Origin(actor=current_actor(), action=f"export by {export.by}"))
