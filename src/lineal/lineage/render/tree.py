"""The tree: a lineage graph as text for a terminal, roots first, each node once.

Unicode box drawing, or plain ASCII where the terminal has no more. No recursion: a chain of 1,000 hops is a tree too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lineal.lineage.graph import GraphEdge, GraphNode, LineageGraph
from lineal.lineage.render.words import answered, badges, role, safe, short_id, title, when, who
from lineal.model.ids import NodeKey
from lineal.model.traversal import Direction

_DEEPEST = 40
"""Levels that are indented; deeper ones say their level instead, or a chain would fill the screen with blanks."""

_ASCII = str.maketrans(
    {"├": "|", "└": "`", "─": "-", "│": "|", "…": "...", "·": "-", "✓": "+", "✕": "x", "↑": "^", "→": "->"}
)


@dataclass(slots=True)
class _Walk:
    """What a tree needs while it is drawn."""

    graph: LineageGraph
    children: Mapping[NodeKey, Sequence[tuple[NodeKey, str]]]
    fold: int | None
    shown: set[NodeKey] = field(default_factory=set)


def tree(graph: LineageGraph, *, ascii_only: bool = False, fold: int | None = None) -> str:
    """Return the graph as lines of text.

    With `fold`, more than so many siblings of one type become one line that counts the rest.
    """
    lines = [answered(prediction) for prediction in graph.predictions]
    ways = [graph.direction] if graph.direction else [Direction.UPSTREAM, Direction.DOWNSTREAM]
    seen: set[NodeKey] = set()
    for way in ways:
        if len(ways) > 1:
            lines.append(f"{way.value} of")
        walk = _Walk(graph, _children(graph, way), fold)
        for root in graph.roots:
            lines += _drawn(walk, root)
        seen |= walk.shown
    rest = [item for key, item in graph.nodes.items() if key not in seen]
    if rest and fold is None:
        lines += ["not connected to the start", *(f"  {line_of(item)}" for item in rest)]
    lines += notes(graph)
    text = "\n".join(lines) + "\n"
    return to_ascii(text) if ascii_only else text


def notes(graph: LineageGraph) -> list[str]:
    """Return what must be said about the whole answer: its time and what it leaves out."""
    lines = [] if graph.as_of is None else [f"as of {when(graph.as_of)}"]
    if graph.truncated:
        missing = graph.truncated.missing
        count = "" if not missing else f" ({missing} nodes are missing)"
        lines.append(f"… not complete: {safe(graph.truncated.reason)}{count}")
    return lines


def line_of(item: GraphNode) -> str:
    """Return one node as a phrase: type, name, fingerprint, hop, badges, decisions."""
    parts = [safe(item.node.type), title(item)]
    digits = short_id(item)
    parts += [f"· {digits}"] if digits else []
    parts += [f"· hop {item.hop}"] if item.hop else []
    marks = [{"ok": "✓ ", "fail": "✕ "}.get(badge.tone, "") + badge.text for badge in badges(item)]
    parts += [f"[{', '.join(marks)}]"] if marks else []
    return " ".join(parts)


def to_ascii(text: str) -> str:
    """Return the text in ASCII: box drawing by its nearest sign, other characters as escapes."""
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _drawn(walk: _Walk, root: NodeKey) -> Iterator[str]:
    # One entry a line still to be drawn: (node or None, its text before, the prefix of its children, edge, level).
    stack: list[tuple[NodeKey | str, str, str, str, int]] = [(root, "", "", "", 0)]
    while stack:
        key, lead, prefix, edge, level = stack.pop()
        if isinstance(key, str):
            yield f"{lead}{key}"
            continue
        item = walk.graph.nodes[key]
        below = walk.children.get(key, ())
        again = key in walk.shown
        yield f"{lead}{line_of(item)}{edge}" + (" ↑ see above" if again and below else "")
        if again:
            continue
        walk.shown.add(key)
        yield from (f"{prefix}{'│' if below else ' '}    {who(decision)}" for decision in item.decisions)
        stack += reversed(list(_lines(walk, below, prefix, level + 1)))


def _lines(
    walk: _Walk, below: Sequence[tuple[NodeKey, str]], prefix: str, level: int
) -> Iterator[tuple[NodeKey | str, str, str, str, int]]:
    entries = _folded(walk, below)
    for position, (key, edge) in enumerate(entries):
        last = position == len(entries) - 1
        if level > _DEEPEST:
            yield key, f"{prefix}({level}) ", prefix, edge, level
        else:
            yield key, prefix + ("└─ " if last else "├─ "), prefix + ("   " if last else "│  "), edge, level


def _folded(walk: _Walk, below: Sequence[tuple[NodeKey, str]]) -> list[tuple[NodeKey | str, str]]:
    if walk.fold is None or len(below) <= walk.fold:
        return list(below)
    entries: list[tuple[NodeKey | str, str]] = []
    counts: dict[str, int] = {}
    for key, edge in below:
        type_ = walk.graph.nodes[key].node.type
        counts[type_] = counts.get(type_, 0) + 1
        if counts[type_] <= walk.fold:
            entries.append((key, edge))
    more = {type_: count - walk.fold for type_, count in counts.items() if count > walk.fold}
    return [*entries, *((f"… {count} more {safe(type_)}", "") for type_, count in more.items())]


def _children(graph: LineageGraph, way: Direction) -> dict[NodeKey, list[tuple[NodeKey, str]]]:
    roles: dict[tuple[NodeKey, NodeKey], list[GraphEdge]] = {}
    for edge in graph.edges:
        pair = (edge.target, edge.source) if way is Direction.UPSTREAM else (edge.source, edge.target)
        roles.setdefault(pair, []).append(edge)
    place = {key: position for position, key in enumerate(graph.nodes)}
    children: dict[NodeKey, list[tuple[NodeKey, str]]] = {}
    for parent, child in sorted(roles, key=lambda pair: place[pair[1]]):
        children.setdefault(parent, []).append((child, _said(roles[parent, child])))
    return children


def _said(edges: Sequence[GraphEdge]) -> str:
    """Return what is worth saying about the edges: nothing for a plain declared input or output."""
    words = [
        role(edge) + ("" if edge.how.value == "declared" or edge.role == "via" else f" {edge.how.value}")
        for edge in edges
    ]
    words = [word for word in dict.fromkeys(words) if word not in ("input", "output")]
    return f" ({', '.join(words)})" if words else ""
