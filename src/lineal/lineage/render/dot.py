"""DOT: the whole graph for Graphviz, with every node and edge, however many."""

from __future__ import annotations

from lineal.lineage.graph import GraphEdge, GraphNode, LineageGraph
from lineal.lineage.render.look import look_of
from lineal.lineage.render.tree import notes
from lineal.lineage.render.words import badges, remark, safe, short_id, title
from lineal.model.ids import NodeKey, NodeKind


def dot(graph: LineageGraph) -> str:
    """Return the graph in the DOT language."""
    lines = ["digraph lineage {", "  rankdir=LR;", '  node [fontname="sans-serif", fontsize=11];']
    lines += [f"  {quoted(str(key))} [{_look(item)}];" for key, item in graph.nodes.items()]
    for prediction in graph.predictions:
        name = quoted(f"prediction:{prediction.trace_id}")
        lines.append(f"  {name} [shape=doublecircle, label={quoted('Prediction', prediction.trace_id[:8])}];")
        revision = NodeKey(NodeKind.ARTIFACT, prediction.revision_id or 0)
        lines += [f"  {quoted(str(revision))} -> {name};"] if revision in graph.nodes else []
    lines += [f"  {quoted(str(edge.source))} -> {quoted(str(edge.target))}{_line(edge)};" for edge in graph.edges]
    said = notes(graph)
    lines += [f"  label={quoted(*said)};"] if said else []
    return "\n".join([*lines, "}"]) + "\n"


def quoted(*lines: str) -> str:
    """Return lines as one quoted string of DOT, in which nothing is a command."""
    return '"' + "\\n".join(safe(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'


def _look(item: GraphNode) -> str:
    execution = item.key.kind is NodeKind.EXECUTION
    look = look_of(item.node.type, execution=execution)
    lines = [item.node.type, title(item), short_id(item), ", ".join(badge.text for badge in badges(item))]
    label = quoted(*(line for line in lines if line))
    style = ', style="rounded"' if execution else ""
    return f'shape={look.dot}{style}, color="{look.light}", fontcolor="{look.light}", label={label}'


def _line(edge: GraphEdge) -> str:
    parts = ["style=dashed"] if edge.hidden else []
    if remark(edge):
        parts.append(f"label={quoted(remark(edge))}")
    return f" [{', '.join(parts)}]" if parts else ""
