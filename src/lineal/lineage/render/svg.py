"""SVG: our own picture of a graph, from the coordinates of `layout`. No script, nothing loaded, light and dark.

A screen reader gets a title and a description; every node has its full name as a title.
"""

from __future__ import annotations

from collections.abc import Iterator

from lineal.lineage.graph import LineageGraph
from lineal.lineage.layout import HEADER, MARGIN, Layout, Route, layout
from lineal.lineage.render.look import EXECUTION, LOOKS, OTHER
from lineal.lineage.render.part import nearest
from lineal.lineage.render.shapes import drawn_node, drawn_prediction, glyph
from lineal.lineage.render.style import STYLE
from lineal.lineage.render.tree import notes
from lineal.lineage.render.words import role, safe
from lineal.lineage.render.xml import Attributes, element, escaped
from lineal.model.ids import NodeKind

MOST_NODES = 400
_LEGEND = 34
_NOTE = 20
_NARROWEST = 420
_LETTER = 6.6


def svg(graph: LineageGraph, *, most: int = MOST_NODES) -> str:
    """Return the picture; of more than `most` nodes the nearest are drawn and the rest counted under it."""
    part = nearest(graph, nodes=most)
    plan = layout(part)
    said = notes(part)
    legend, rows = _legend(part, max(plan.width, _NARROWEST), plan.height)
    width, height = max(plan.width, _NARROWEST), plan.height + rows * _LEGEND + len(said) * _NOTE
    name = f"lineal-{part.roots[0].kind.value}-{part.roots[0].id}" if part.roots else "lineal-empty"
    body = [
        element("title", {"id": f"{name}-title"}, escaped(_title(part))),
        element("desc", {"id": f"{name}-desc"}, escaped(description(part))),
        f"<style>{STYLE}</style>",
        element("rect", {"class": "ground", "width": width, "height": height, "rx": 10}),
        *_bands(plan),
        *_edges(part, plan),
        *_nodes(part, plan),
        *legend,
        *_notes(said, height),
    ]
    attributes: Attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "lineal-graph",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "viewBox": f"0 0 {width} {height}",
        "width": width,
        "height": height,
    }
    return element("svg", attributes, "\n".join(["", *body, ""])) + "\n"


def description(graph: LineageGraph) -> str:
    """Return the picture in words, for those who do not see it."""
    counts: dict[str, int] = {}
    for item in graph.nodes.values():
        counts[item.node.type] = counts.get(item.node.type, 0) + 1
    told = ", ".join(f"{count} {type_}" for type_, count in sorted(counts.items()))
    said = " ".join(notes(graph))
    return f"Data flows from left to right. {len(graph.nodes)} nodes ({told}), {len(graph.edges)} edges. {said}".strip()


def _title(graph: LineageGraph) -> str:
    way = f"{graph.direction.value} lineage" if graph.direction else "Lineage"
    names = [graph.nodes[key].label for key in graph.roots[:3] if key in graph.nodes]
    return safe(f"{way.capitalize()} of {', '.join(names)}")


def _bands(plan: Layout) -> Iterator[str]:
    bottom = plan.height - MARGIN // 2
    for band in plan.bands:
        x, width = band.x - 14, band.width + 28
        yield element("rect", {"class": "band", "x": x, "y": 10, "width": width, "height": bottom - 10, "rx": 8})
        yield element("text", {"class": "lane", "x": x + 14, "y": HEADER}, escaped(band.name.upper()))


def _edges(graph: LineageGraph, plan: Layout) -> Iterator[str]:
    edges = {(str(edge.source), str(edge.target)): edge for edge in graph.edges}
    for route in plan.routes:
        edge = edges.get((route.source, route.target))
        kind = "back" if route.back else "via" if edge and edge.hidden else "edge"
        label = role(edge) if edge else "answered"
        content = element("title", {}, escaped(label))
        content += element("path", {"class": kind, "d": _curve(route)}) + _arrow(route)
        if edge and edge.hidden:
            (x1, y1), (x2, y2) = route.points[0], route.points[-1]
            where: Attributes = {
                "class": "small",
                "x": (x1 + x2) // 2,
                "y": (y1 + y2) // 2 - 4,
                "text-anchor": "middle",
            }
            content += element("text", where, escaped(f"… {edge.hidden}"))
        yield element("g", {"class": "line"}, content)


def _curve(route: Route) -> str:
    """Return a smooth way through the points: level where it leaves and enters, straight through a bend."""
    (x, y), *rest = route.points
    parts = [f"M{x} {y}"]
    last = len(rest) - 1
    for place, (point_x, point_y) in enumerate(rest):
        to_x = point_x - 6 if place == last and not route.back else point_x
        middle = (x + to_x) // 2
        parts.append(f"L{to_x} {point_y}" if y == point_y else f"C{middle} {y} {middle} {point_y} {to_x} {point_y}")
        x, y = point_x, point_y
    return "".join(parts)


def _arrow(route: Route) -> str:
    x, y = route.points[-1]
    return element("path", {"class": "arrow", "d": f"M{x} {y}l-8 -4v8z"})


def _nodes(graph: LineageGraph, plan: Layout) -> Iterator[str]:
    for key, item in graph.nodes.items():
        yield drawn_node(item, plan.boxes[str(key)], root=key in graph.roots)
    for prediction in graph.predictions:
        yield drawn_prediction(prediction, plan.boxes[f"prediction:{prediction.trace_id}"])


def _legend(graph: LineageGraph, width: int, top: int) -> tuple[list[str], int]:
    """Return the legend by type, in rows that fit the width, and the number of rows."""
    types = {item.node.type for item in graph.nodes.values() if item.key.kind is NodeKind.ARTIFACT}
    types |= {"Prediction"} if graph.predictions else set()
    known = [(type_, look) for type_, look in LOOKS.items() if type_ in types]
    known += [(type_, OTHER) for type_ in sorted(types - LOOKS.keys())]
    if any(key.kind is NodeKind.EXECUTION for key in graph.nodes):
        known.append(("Execution", EXECUTION))
    drawn: list[str] = []
    x, row = MARGIN, 0
    for type_, look in known:
        word = safe(type_, longest=24)
        needed = 30 + int(len(word) * _LETTER) + 14
        if x + needed > width and x > MARGIN:
            x, row = MARGIN, row + 1
        y = top + row * _LEGEND + 4
        content = glyph(look, type_, x, y) + element("text", {"class": "key", "x": x + 25, "y": y + 14}, escaped(word))
        drawn.append(element("g", {"class": "legend"}, content))
        x += needed
    return drawn, row + 1 if known else 0


def _notes(said: list[str], height: int) -> Iterator[str]:
    for number, text in enumerate(said):
        y = height - (len(said) - number) * _NOTE + 6
        yield element("text", {"class": "note", "x": MARGIN, "y": y}, escaped(text))
