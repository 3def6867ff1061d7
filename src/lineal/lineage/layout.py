"""Layout: coordinates for a lineage graph, computed here once for every picture of it.

Pure and deterministic: the same graph gives the same integers, wherever it is drawn. Data flows to the right through
fixed lanes. About linear: 150 nodes take milliseconds, 10,000 less than a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lineal.lineage.graph import LineageGraph
from lineal.lineage.lanes import LANES, columns_of
from lineal.lineage.sweeps import heights, ordered
from lineal.model.ids import NodeKey, NodeKind

MARGIN = 24
HEADER = 34
ROW_GAP = 20
COLUMN_GAP = 42
LANE_GAP = 28
PART_GAP = 36

_SIZES = {"artifact": (190, 60), "execution": (142, 42), "prediction": (190, 60)}
_BEND = 8
_MOST_BENDS = 30_000


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node is drawn: its left upper corner and its size. `id` is `artifact#7` or `prediction:019a…`."""

    id: str
    x: int
    y: int
    width: int
    height: int
    column: int


@dataclass(frozen=True, slots=True)
class Route:
    """How an edge runs: its points from the source's right side to the target's left side.

    `back` marks an edge that closes a cycle and runs against the flow.
    """

    source: str
    target: str
    points: tuple[tuple[int, int], ...]
    back: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A lane that has nodes in it: its name and where it lies."""

    name: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A laid-out graph; all coordinates are whole numbers from the left upper corner."""

    width: int
    height: int
    boxes: Mapping[str, Box]
    routes: tuple[Route, ...]
    bands: tuple[Band, ...]


def layout(graph: LineageGraph) -> Layout:
    """Return coordinates for every node, prediction and edge of the graph. An empty graph has none."""
    drawing = _Drawing.of(graph)
    columns = columns_of(drawing.types, drawing.edges)
    _bend(drawing, columns.column, columns.back)
    y = _placed(drawing, len(columns.lane_of_column))
    x, widths = _columns(drawing, columns.lane_of_column)
    boxes = {
        drawing.ids[node]: Box(
            id=drawing.ids[node],
            x=x[drawing.column[node]] + (widths[drawing.column[node]] - drawing.sizes[node][0]) // 2,
            y=round(y[node] - drawing.sizes[node][1] / 2),
            width=drawing.sizes[node][0],
            height=drawing.sizes[node][1],
            column=drawing.column[node],
        )
        for node in range(len(drawing.ids))
    }
    routes = tuple(_routes(drawing, boxes, x, widths, y, columns.back))
    bottom = max((box.y + box.height for box in boxes.values()), default=HEADER)
    lowest = max((point[1] for route in routes for point in route.points), default=HEADER)
    right = x[-1] + widths[-1] if x else 0
    return Layout(
        width=right + MARGIN,
        height=max(bottom, lowest + _BEND) + MARGIN,
        boxes=boxes,
        routes=routes,
        bands=_bands(columns.lane_of_column, x, widths),
    )


@dataclass(slots=True)
class _Drawing:
    """The graph as numbers: nodes 0…n-1 with type and size, then the bends of long edges."""

    ids: list[str]
    types: list[str]
    sizes: list[tuple[int, int]]
    edges: list[tuple[int, int]]
    column: list[int] = field(default_factory=list)
    bends: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    steps: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, graph: LineageGraph) -> _Drawing:
        keys: dict[NodeKey, int] = {key: number for number, key in enumerate(graph.nodes)}
        ids = [str(key) for key in keys]
        types = [item.node.type for item in graph.nodes.values()]
        sizes = [_SIZES[key.kind.value] for key in keys]
        pairs = {(keys[edge.source], keys[edge.target]) for edge in graph.edges}
        for prediction in graph.predictions:
            revision = NodeKey(NodeKind.ARTIFACT, prediction.revision_id or 0)
            if revision in keys:
                pairs.add((keys[revision], len(ids)))
            ids.append(f"prediction:{prediction.trace_id}")
            types.append("Prediction")
            sizes.append(_SIZES["prediction"])
        return cls(ids, types, sizes, sorted(pair for pair in pairs if pair[0] != pair[1]))


def _bend(drawing: _Drawing, column: list[int], back: set[tuple[int, int]]) -> None:
    """Give an edge that passes over columns a bend in each, so that it keeps clear of the nodes there.

    Beyond some 30,000 bends edges run straight: such a picture is looked at from afar.
    """
    drawing.column = list(column)
    forward = [edge for edge in drawing.edges if edge not in back]
    many = sum(column[target] - column[source] - 1 for source, target in forward) > _MOST_BENDS
    for source, target in forward:
        before = source
        for between in range(column[source] + 1, column[target]) if not many else ():
            bend = len(drawing.column)
            drawing.column.append(between)
            drawing.bends.setdefault((source, target), []).append(bend)
            drawing.steps.append((before, bend))
            before = bend
        drawing.steps.append((before, target))


def _placed(drawing: _Drawing, columns: int) -> list[float]:
    """Return the middle of every node and bend; parts that do not touch lie one below the other."""
    count = len(drawing.column)
    left: list[list[int]] = [[] for _ in range(count)]
    right: list[list[int]] = [[] for _ in range(count)]
    for source, target in drawing.steps:
        left[target].append(source)
        right[source].append(target)
    real = len(drawing.ids)
    size = [float(drawing.sizes[node][1]) if node < real else float(_BEND) for node in range(count)]
    weight = [1.0 + len(left[node]) + len(right[node]) if node < real else 8.0 for node in range(count)]
    result = [0.0] * count
    top = float(MARGIN + HEADER)
    for part in _parts(count, drawing.steps):
        grid: list[list[int]] = [[] for _ in range(columns)]
        for node in part:
            grid[drawing.column[node]].append(node)
        used = ordered([nodes for nodes in grid if nodes], left, right)
        local = heights(used, left, right, size, weight, ROW_GAP)
        highest = min(local[node] - size[node] / 2 for node in part)
        lowest = max(local[node] + size[node] / 2 for node in part)
        for node in part:
            result[node] = local[node] - highest + top
        top += lowest - highest + PART_GAP
    return result


def _parts(count: int, steps: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the connected parts, each in order of number, the part of the first node first."""
    leader = list(range(count))

    def found(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for source, target in steps:
        first, second = found(source), found(target)
        leader[max(first, second)] = min(first, second)
    parts: dict[int, list[int]] = {}
    for node in range(count):
        parts.setdefault(found(node), []).append(node)
    return list(parts.values())


def _columns(drawing: _Drawing, lane_of_column: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the left side and the width of each column."""
    widths = [0] * len(lane_of_column)
    for node, size in enumerate(drawing.sizes):
        column = drawing.column[node]
        widths[column] = max(widths[column], size[0])
    x: list[int] = []
    left = MARGIN
    for column, lane in enumerate(lane_of_column):
        if column and lane != lane_of_column[column - 1]:
            left += LANE_GAP
        x.append(left)
        left += widths[column] + COLUMN_GAP
    return x, widths


def _routes(
    drawing: _Drawing,
    boxes: Mapping[str, Box],
    x: Sequence[int],
    widths: Sequence[int],
    y: Sequence[float],
    back: set[tuple[int, int]],
) -> list[Route]:
    routes = []
    for source, target in drawing.edges:
        start, end = boxes[drawing.ids[source]], boxes[drawing.ids[target]]
        points = [(start.x + start.width, start.y + start.height // 2)]
        for bend in drawing.bends.get((source, target), ()):
            column, middle = drawing.column[bend], round(y[bend])
            points += [(x[column], middle), (x[column] + widths[column], middle)]
        points.append((end.x, end.y + end.height // 2))
        routes.append(Route(start.id, end.id, tuple(points), back=(source, target) in back))
    return routes


def _bands(lane_of_column: Sequence[int], x: Sequence[int], widths: Sequence[int]) -> tuple[Band, ...]:
    bands = []
    for lane, (name, _) in enumerate(LANES):
        columns = [column for column, of in enumerate(lane_of_column) if of == lane]
        if columns:
            first, last = columns[0], columns[-1]
            bands.append(Band(name, x[first], x[last] + widths[last] - x[first]))
    return tuple(bands)
