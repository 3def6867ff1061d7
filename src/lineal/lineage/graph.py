"""The lineage graph: the answer to every trace, with nodes read and edges named.

Made by `query`, read by `layout`, `render`, the CLI and notebooks. Frozen: a change is a new graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lineal.model.decisions import Decision
from lineal.model.edges import How
from lineal.model.ids import Micros, NodeKey
from lineal.model.nodes import Artifact, Execution
from lineal.model.predictions import Prediction
from lineal.model.traversal import Direction, Truncation


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """One node of the graph: what it is, how far from the start, and what is known beside it.

    `reproduced` counts the later runs that made the same content again; upstream they are not followed.
    """

    key: NodeKey
    node: Artifact | Execution
    hop: int
    aliases: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    reproduced: int = 0

    @property
    def label(self) -> str:
        """A short text for people: `flights@2013-01-05`, `train`, `artifact#7` where there is no name."""
        title = self.node.properties.get("label") or self.node.name
        return str(title) if title else str(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdge:
    """`source` was needed for `target`: data flows from source to target.

    `role` is the event's type in lower case (`input`, `output` …), or `via` where `hidden` nodes
    between the two were left out by a filter. `reproduces`: the source made content that was there before.
    """

    source: NodeKey
    target: NodeKey
    role: str
    how: How = How.DECLARED
    path: tuple[str | int, ...] = ()
    hidden: int = 0
    reproduces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageGraph:
    """A part of the lineage around its roots.

    Nodes are ordered by distance, then kind, then id. `truncated` is None only if the answer is
    complete. `predictions` are the traced ones, each with the revision that answered.
    """

    roots: tuple[NodeKey, ...]
    direction: Direction | None
    nodes: Mapping[NodeKey, GraphNode]
    edges: Sequence[GraphEdge]
    truncated: Truncation | None = None
    as_of: Micros | None = None
    predictions: Sequence[Prediction] = field(default_factory=tuple)

    def artifacts(self, *types: str) -> list[Artifact]:
        """Return the artifacts (of these types), nearest first."""
        found = [item.node for item in self.nodes.values() if isinstance(item.node, Artifact)]
        return [node for node in found if not types or node.type in types]

    def executions(self, *types: str) -> list[Execution]:
        """Return the executions (of these types), nearest first."""
        found = [item.node for item in self.nodes.values() if isinstance(item.node, Execution)]
        return [node for node in found if not types or node.type in types]
