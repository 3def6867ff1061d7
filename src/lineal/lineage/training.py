"""What a model was trained on, in the nearest step: for the stamp on an answer and the record of a deployment."""

from __future__ import annotations

from lineal.lineage.kinds import Kinds
from lineal.model.edges import INPUTS, OUTPUTS
from lineal.model.ids import ArtifactId, NodeKind
from lineal.model.nodes import Artifact, key_of
from lineal.model.vocabulary import REVISION
from lineal.store.protocol import Store

_DATASET = "Dataset"


def training_datasets(store: Store, model: Artifact) -> list[Artifact]:
    """Return the datasets read by the runs that made this model, by id.

    Where those runs read none (an ensemble reads models), the datasets of what they read, and so on.
    """
    datasets = Kinds.of(store).below(NodeKind.ARTIFACT, _DATASET)
    seen: set[ArtifactId] = set()
    front = {ArtifactId(key_of(model).id)}
    while front:
        seen |= front
        inputs = _inputs(store, front)
        found = [artifact for artifact in inputs if artifact.type in datasets]
        if found:
            return found
        front = {artifact.id for artifact in inputs if artifact.id is not None} - seen
    return []


def _inputs(store: Store, artifacts: set[ArtifactId]) -> list[Artifact]:
    makers = {event.execution_id for event in store.events(artifacts=sorted(artifacts)) if event.type in OUTPUTS}
    if not makers:
        return []
    events = store.events(executions=sorted(makers))
    return list(store.get(Artifact, sorted({event.artifact_id for event in events if event.type in INPUTS})))


def reference_to(artifact: Artifact) -> str:
    """Return the reference that names this artifact: `model:delay@v1.0`, or `artifact#7` where it has no name."""
    if not artifact.name:
        return str(key_of(artifact))
    kind = "endpoint" if artifact.type == REVISION else artifact.type.lower()
    return f"{kind}:{artifact.name}"
