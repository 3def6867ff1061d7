"""Notebook: a lineage graph that shows itself. What `Workspace.trace` gives back."""

from __future__ import annotations

from dataclasses import dataclass

from lineal.lineage.graph import LineageGraph
from lineal.lineage.render.document import Document, graph_document
from lineal.lineage.render.page import html_table
from lineal.lineage.render.rows import graph_rows
from lineal.lineage.render.svg import svg
from lineal.lineage.render.tree import tree

MOST_NODES = 60
_FOLD = 12

MimeBundle = dict[str, str | Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage(LineageGraph):
    """A lineage graph that prints as a tree and is drawn in a notebook; otherwise the same."""

    @classmethod
    def of(cls, graph: LineageGraph) -> Lineage:
        """Return the same graph, able to show itself."""
        return cls(
            roots=graph.roots,
            direction=graph.direction,
            nodes=graph.nodes,
            edges=graph.edges,
            truncated=graph.truncated,
            as_of=graph.as_of,
            predictions=graph.predictions,
        )

    def __str__(self) -> str:
        return tree(self).rstrip()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> MimeBundle:  # noqa: ARG002  IPython's
        """Return the forms a notebook may choose from: tree, picture with table, picture, document."""
        return mimebundle(self)


def mimebundle(graph: LineageGraph) -> MimeBundle:
    """Return a graph in the forms a notebook may choose from.

    The picture holds the nearest 60 nodes and counts the others; the document has all.
    """
    picture = svg(graph, most=MOST_NODES)
    table = html_table(graph_rows(graph), most=MOST_NODES)
    details = f"<details><summary>Table</summary>{table}</details>"
    return {
        "text/plain": tree(graph, fold=_FOLD),
        "text/html": f'<div style="overflow:auto">{picture}</div>{details}',
        "image/svg+xml": picture,
        "application/json": graph_document(graph),
    }
