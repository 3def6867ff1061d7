"""Sides: the two things a diff compares, each with the run that made it and all that lies upstream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lineal.lineage.capture_record import Item, record_of
from lineal.lineage.graph import GraphNode, LineageGraph
from lineal.lineage.kinds import Kinds
from lineal.lineage.producers import Producers, execution_of
from lineal.lineage.query import CHUNK, chunks
from lineal.model.edges import INPUTS
from lineal.model.ids import ArtifactId, ExecutionId, Micros, NodeKind
from lineal.model.nodes import Artifact, Execution, family_of
from lineal.model.values import Json
from lineal.model.vocabulary import METRIC, PARAM
from lineal.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: the thing, its upstream, and the run whose recipe is compared (None: nothing made it)."""

    item: GraphNode
    graph: LineageGraph
    producers: Producers
    run: GraphNode | None
    record: dict[str, Item]

    @classmethod
    def of(cls, graph: LineageGraph, kinds: Kinds) -> Side:
        """Return the side of a graph's first root."""
        item, producers = graph.nodes[graph.roots[0]], Producers.of(graph)
        run = _recipe(item, producers, kinds.below(NodeKind.ARTIFACT, "Model"))
        return cls(item, graph, producers, run, record_of(execution_of(run)) if run else {})

    def custom(self, prefix: str) -> dict[str, Json]:
        """Return the custom properties of the run that start so, without the start."""
        if self.run is None:
            return {}
        properties = self.run.node.custom_properties
        return {name[len(prefix) :]: _json(value) for name, value in properties.items() if name.startswith(prefix)}

    def upstream_params(self) -> dict[str, Json]:
        """Return the parameters of the steps before the run, by step; of a step that ran often those of the nearest."""
        found: dict[str, Json] = {}
        seen: set[str] = set()
        for item in self.graph.nodes.values():
            if item.key.kind is NodeKind.EXECUTION and item != self.run and item.label not in seen:
                seen.add(item.label)
                custom = item.node.custom_properties
                own = {name[len(PARAM) :]: value for name, value in custom.items() if name.startswith(PARAM)}
                found |= {f"{item.label}: {name}": _json(value) for name, value in own.items()}
        return found

    def datasets(self, types: frozenset[str]) -> dict[str, dict[str, Json]]:
        """Return the datasets upstream by family: the versions, and the rows and fingerprint of the nearest."""
        found: dict[str, list[Artifact]] = {}
        for artifact in self.graph.artifacts(*types):
            if artifact != self.item.node:
                family = family_of(artifact.name)[0] if artifact.name else f"artifact#{artifact.id}"
                found.setdefault(f"{artifact.type.lower()}:{family}", []).append(artifact)
        return {family: _versions(artifacts) for family, artifacts in found.items()}

    def steps(self) -> dict[str, Json]:
        """Return how often each step ran upstream, by type and label."""
        counts: dict[str, int] = {}
        for item in self.graph.nodes.values():
            if isinstance(item.node, Execution):
                title = item.node.properties.get("label") or item.node.name or ""
                name = f"{item.node.type} {title}".strip()
                counts[name] = counts.get(name, 0) + 1
        return dict(counts)


def metrics_of(store: Store, side: Side, kinds: Kinds, *, as_of: Micros | None = None) -> dict[str, Json]:
    """Return the last metrics of the run, and those of evaluations that read this model and no other.

    A name that several of them logged gets the label of its evaluation in brackets.
    """
    metrics = side.custom(METRIC)
    if not isinstance(side.item.node, Artifact):
        return metrics
    models = kinds.below(NodeKind.ARTIFACT, "Model")
    for run in _evaluations(store, side.item.node, models, kinds, as_of):
        for name, value in run.custom_properties.items():
            if name.startswith(METRIC):
                plain = name[len(METRIC) :]
                key = plain if plain not in metrics else f"{plain} ({run.properties.get('label') or run.type})"
                metrics[key] = _json(value)
    return metrics


def _evaluations(
    store: Store, model: Artifact, models: frozenset[str], kinds: Kinds, as_of: Micros | None
) -> list[Execution]:
    if model.id is None or model.type not in models:
        return []
    readers = [event.execution_id for event in store.events(artifacts=[model.id], as_of=as_of) if event.type in INPUTS]
    types = kinds.below(NodeKind.EXECUTION, "Evaluate")
    runs = [run for part in chunks(sorted(set(readers)), CHUNK) for run in store.get(Execution, part, as_of=as_of)]
    found = [run for run in runs if run.type in types and run.id is not None]
    return [run for run in found if _reads_one(store, ExecutionId(run.id or 0), models, as_of)]


def _reads_one(store: Store, run: ExecutionId, models: frozenset[str], as_of: Micros | None) -> bool:
    read = {event.artifact_id for event in store.events(executions=[run], as_of=as_of) if event.type in INPUTS}
    artifacts = store.get(Artifact, sorted(read), as_of=as_of)
    return sum(artifact.type in models for artifact in artifacts) == 1


def _recipe(item: GraphNode, producers: Producers, models: frozenset[str]) -> GraphNode | None:
    """Return the run that made the thing; for a deployed revision the run that made its model."""
    if isinstance(item.node, Execution):
        return item
    run = producers.writer(item.key)
    if run is None or run.node.type != "Deploy":
        return run
    deployed = [one for one in producers.inputs(run.key) if one.node.type in models]
    return producers.writer(deployed[0].key) if deployed else run


def _versions(artifacts: Sequence[Artifact]) -> dict[str, Json]:
    nearest = artifacts[0]
    versions = sorted(_version(artifact) for artifact in artifacts)
    row_sets = sorted(str(artifact.custom_properties.get("row_set", "")) for artifact in artifacts)
    known: dict[str, Json] = {"row_sets": list(row_sets)} if all(row_sets) else {}
    return {
        **known,
        "versions": list(versions),
        "rows": _json(nearest.properties.get("rows")),
        "fingerprints": sorted(artifact.fingerprint or f"artifact#{artifact.id}" for artifact in artifacts),
    }


def _version(artifact: Artifact) -> str:
    version = family_of(artifact.name)[1] if artifact.name else None
    return version or (artifact.fingerprint or "").rpartition(":")[2][:8] or f"artifact#{ArtifactId(artifact.id or 0)}"


def _json(value: object) -> Json:
    return value if value is None or isinstance(value, bool | int | float | str | list | tuple | dict) else str(value)
