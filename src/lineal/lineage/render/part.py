"""Part: the nearest part of a graph that is too large for a picture, and the sentence that says so."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from lineal.lineage.graph import LineageGraph
from lineal.model.traversal import Truncation


def nearest(graph: LineageGraph, *, nodes: int, edges: int | None = None) -> LineageGraph:
    """Return the graph with at most so many nodes and edges, those nearest to the roots; say what is missing.

    The graph itself comes back where all of it fits.
    """
    if len(graph.nodes) <= nodes and (edges is None or len(graph.edges) <= edges):
        return graph
    kept = dict(islice(graph.nodes.items(), nodes))
    place = {key: number for number, key in enumerate(graph.nodes)}
    between = [edge for edge in graph.edges if edge.source in kept and edge.target in kept]
    between.sort(key=lambda edge: (max(place[edge.source], place[edge.target]), place[edge.source], place[edge.target]))
    drawn = between[:edges]
    if edges is not None and len(between) > edges:
        ends = {key for edge in drawn for key in (edge.source, edge.target)} | set(graph.roots)
        kept = {key: item for key, item in kept.items() if key in ends}
    reason = (
        f"showing {len(kept):,} of {len(graph.nodes):,} nodes and {len(drawn):,} of {len(graph.edges):,} edges, "
        "the nearest; the table and JSON have all"
    )
    if graph.truncated:
        reason = f"{reason}; {graph.truncated.reason}"
    return replace(graph, nodes=kept, edges=tuple(drawn), truncated=Truncation(reason, len(graph.nodes) - len(kept)))
