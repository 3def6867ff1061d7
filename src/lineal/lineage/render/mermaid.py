"""Mermaid: the graph as a flowchart for Markdown. Hosts refuse large ones, so it holds the nearest 200 edges."""

from __future__ import annotations

from lineal.lineage.graph import GraphNode, LineageGraph
from lineal.lineage.render.look import look_of
from lineal.lineage.render.part import nearest
from lineal.lineage.render.tree import notes
from lineal.lineage.render.words import badges, remark, safe, short_id, title
from lineal.model.ids import NodeKey, NodeKind

MOST_EDGES = 200
_PLAIN = frozenset(" _.,/+-@·…→")


def mermaid(graph: LineageGraph) -> str:
    """Return the graph as a Mermaid flowchart; what does not fit is counted in a note inside it."""
    part = nearest(graph, nodes=MOST_EDGES + 1, edges=MOST_EDGES)
    names = {key: f"n{number}" for number, key in enumerate(part.nodes)}
    lines = ["flowchart LR"]
    lines += [f"  {names[key]}{_shaped(item)}" for key, item in part.nodes.items()]
    for number, prediction in enumerate(part.predictions):
        label = escaped(f"Prediction {prediction.trace_id[:8]}")
        lines.append(f'  p{number}(("{label}"))')
        revision = NodeKey(NodeKind.ARTIFACT, prediction.revision_id or 0)
        lines += [f"  {names[revision]} --> p{number}"] if revision in names else []
    for edge in part.edges:
        arrow = "-.->" if edge.hidden else "-->"
        text = f'|"{escaped(remark(edge))}"|' if remark(edge) else ""
        lines.append(f"  {names[edge.source]} {arrow}{text} {names[edge.target]}")
    lines += [f'  note{number}["{escaped(note)}"]' for number, note in enumerate(notes(part))]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return the text as a Mermaid label: letters, digits and a few signs as they are, all else as entities."""
    return "".join(sign if sign.isalnum() or sign in _PLAIN else f"#{ord(sign)};" for sign in safe(text))


def _shaped(item: GraphNode) -> str:
    opening, closing = look_of(item.node.type, execution=item.key.kind is NodeKind.EXECUTION).mermaid
    lines = [item.node.type, title(item), short_id(item), " ".join(badge.text for badge in badges(item))]
    label = "<br/>".join(escaped(line) for line in lines if line)
    return f'{opening}"{label}"{closing}'
