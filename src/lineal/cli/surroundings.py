"""What stands around one artifact: read once, asked by the cards of `lineal show`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lineal.lineage.graph import GraphNode, LineageGraph
from lineal.lineage.kinds import Kinds
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Artifact, Execution, key_of
from lineal.model.traversal import Direction
from lineal.model.vocabulary import REVISION
from lineal.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Surroundings:
    """An artifact with everything upstream and downstream of it, and the types that count as data."""

    artifact: Artifact
    upstream: LineageGraph
    downstream: LineageGraph
    data_types: frozenset[str]

    @classmethod
    def of(cls, workspace: Workspace, artifact: Artifact) -> Surroundings:
        """Read both closures of an artifact."""
        key = key_of(artifact)
        return cls(
            artifact,
            workspace.trace(key, Direction.UPSTREAM),
            workspace.trace(key, Direction.DOWNSTREAM),
            Kinds.of(workspace.store).below(NodeKind.ARTIFACT, "Dataset"),
        )

    @property
    def about(self) -> GraphNode:
        """The artifact's own node, with its aliases and decisions."""
        return self.upstream.nodes[key_of(self.artifact)]

    def makers(self) -> list[Execution]:
        """Return the executions that wrote the artifact."""
        return _executions(self.upstream, _sources(self.upstream, key_of(self.artifact)))

    def users(self) -> list[Execution]:
        """Return the executions that read the artifact."""
        return _executions(self.downstream, _targets(self.downstream, key_of(self.artifact)))

    def read_by(self, makers: Iterable[Execution]) -> list[Artifact]:
        """Return what these executions read, each once."""
        keys = [source for maker in makers for source in _sources(self.upstream, key_of(maker))]
        nodes = [self.upstream.nodes[key].node for key in dict.fromkeys(keys) if key in self.upstream.nodes]
        return [node for node in nodes if isinstance(node, Artifact)]

    def is_data(self, artifact: Artifact) -> bool:
        """Return whether an artifact is a dataset of any kind."""
        return artifact.type in self.data_types

    def raw_data(self) -> list[Artifact]:
        """Return the raw data upstream, without the artifact itself."""
        return [node for node in self.upstream.artifacts("RawData") if node.id != self.artifact.id]

    def revisions(self) -> list[GraphNode]:
        """Return the endpoint revisions downstream, nearest first."""
        return [item for item in self.downstream.nodes.values() if item.node.type == REVISION]

    def made_from_it(self) -> dict[str, list[Artifact]]:
        """Return the artifacts downstream by type, without the artifact itself."""
        found: dict[str, list[Artifact]] = {}
        for node in self.downstream.artifacts():
            if node.id != self.artifact.id:
                found.setdefault(node.type, []).append(node)
        return found


def _sources(graph: LineageGraph, key: NodeKey) -> list[NodeKey]:
    return [edge.source for edge in graph.edges if edge.target == key]


def _targets(graph: LineageGraph, key: NodeKey) -> list[NodeKey]:
    return [edge.target for edge in graph.edges if edge.source == key]


def _executions(graph: LineageGraph, keys: Iterable[NodeKey]) -> list[Execution]:
    nodes = [graph.nodes[key].node for key in dict.fromkeys(keys) if key in graph.nodes]
    return [node for node in nodes if isinstance(node, Execution)]
