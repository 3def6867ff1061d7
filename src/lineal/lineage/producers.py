"""Producers: who wrote an artifact, what a run read and wrote, read out of a lineage graph once."""

from __future__ import annotations

from dataclasses import dataclass, field

from lineal.lineage.graph import GraphNode, LineageGraph
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Execution


@dataclass(frozen=True, slots=True)
class Producers:
    """The events of a graph by node: inputs and outputs of executions, writers and readers of artifacts."""

    graph: LineageGraph
    sources: dict[NodeKey, list[NodeKey]] = field(default_factory=dict)
    targets: dict[NodeKey, list[NodeKey]] = field(default_factory=dict)

    @classmethod
    def of(cls, graph: LineageGraph) -> Producers:
        """Return the graph's edges, looked up from both ends."""
        found = cls(graph)
        for edge in graph.edges:
            found.sources.setdefault(edge.target, []).append(edge.source)
            found.targets.setdefault(edge.source, []).append(edge.target)
        return found

    def inputs(self, run: NodeKey) -> list[GraphNode]:
        """Return the artifacts a run read, each once."""
        return self._items(self.sources.get(run, ()))

    def outputs(self, run: NodeKey) -> list[GraphNode]:
        """Return the artifacts a run wrote that belong to the graph, each once."""
        return self._items(self.targets.get(run, ()))

    def writer(self, artifact: NodeKey) -> GraphNode | None:
        """Return the execution that wrote an artifact: the first one where identical content was made again."""
        writers = [key for key in self.sources.get(artifact, ()) if key.kind is NodeKind.EXECUTION]
        return self.graph.nodes[min(writers, key=lambda key: key.id)] if writers else None

    def _items(self, keys: list[NodeKey] | tuple[NodeKey, ...]) -> list[GraphNode]:
        return [self.graph.nodes[key] for key in dict.fromkeys(keys) if key in self.graph.nodes]


def execution_of(item: GraphNode) -> Execution:
    """Return the execution in a graph node that is known to hold one."""
    if not isinstance(item.node, Execution):
        message = f"{item.key} is not an execution"
        raise TypeError(message)
    return item.node
