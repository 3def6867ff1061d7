"""Shapes: one node of the SVG. An artifact is a rectangle, an execution a pill, each with words and badges."""

from __future__ import annotations

from collections.abc import Sequence

from lineal.lineage.graph import GraphNode
from lineal.lineage.layout import Box
from lineal.lineage.render.look import LOOKS, Look, look_of
from lineal.lineage.render.tree import line_of
from lineal.lineage.render.words import Badge, answered, badges, safe, short_id, title, who
from lineal.lineage.render.xml import Attributes, element, escaped
from lineal.model.ids import NodeKind
from lineal.model.nodes import family_of
from lineal.model.predictions import Prediction

_TEXT = 38
_NAME = 17
_LINE = 24
_PILL_NAME = 14
_MOST_BADGES = 2


def drawn_node(item: GraphNode, box: Box, *, root: bool) -> str:
    """Return a node as a group; its title says everything, its picture what fits."""
    full = "\n".join([line_of(item), *(who(decision) for decision in item.decisions)])
    if item.key.kind is NodeKind.EXECUTION:
        body, kind = _pill(item, box), "Execution"
    else:
        body, kind = _rectangle(item, box), _class(item.node.type)
    content = element("title", {}, _lines(full)) + body + _badges(badges(item), box)
    return element("g", {"class": f"node t-{kind}" + (" root" if root else "")}, content)


def drawn_prediction(prediction: Prediction, box: Box) -> str:
    """Return a served answer as a node of its own."""
    words = ["Prediction", safe(prediction.endpoint, longest=_LINE), prediction.trace_id[:8]]
    body = _card(LOOKS["Prediction"], "Prediction", words, box)
    badge = [Badge(f"HTTP {prediction.status}", "ok" if prediction.status < 400 else "fail")]  # noqa: PLR2004  HTTP
    content = element("title", {}, escaped(answered(prediction))) + body + _badges(badge, box)
    return element("g", {"class": "node t-Prediction root"}, content)


def glyph(look: Look, type_: str, x: int, y: int) -> str:
    """Return a type's glyph with its left upper corner here."""
    kind = "Execution" if type_ == "Execution" else _class(type_)
    return element("path", {"class": f"glyph t-{kind}", "transform": f"translate({x} {y})", "d": look.glyph})


def _rectangle(item: GraphNode, box: Box) -> str:
    family, version = family_of(item.label)
    type_ = safe(item.node.type)
    second = f"{type_} · {safe(version)}" if version else type_
    words = [_short(safe(family), _NAME), _short(second, _LINE), short_id(item)]
    return _card(look_of(item.node.type), item.node.type, words, box)


def _card(look: Look, type_: str, words: Sequence[str], box: Box) -> str:
    x, y = box.x, box.y
    frame: Attributes = {"class": "box", "x": x, "y": y, "width": box.width, "height": box.height, "rx": 8}
    side = f"M{x + 5} {y + 1}v{box.height - 2}a7 7 0 0 1 -5 -7v-{box.height - 16}a7 7 0 0 1 5 -7z"
    return (
        element("rect", frame)
        + element("path", {"class": "stripe", "d": side})
        + glyph(look, type_, x + 12, y + box.height // 2 - 10)
        + element("text", {"class": "name", "x": x + _TEXT, "y": y + 23}, escaped(words[0]))
        + element("text", {"class": "small", "x": x + _TEXT, "y": y + 38}, escaped(words[1]))
        + element("text", {"class": "code", "x": x + _TEXT, "y": y + 51}, escaped(words[2]))
    )


def _pill(item: GraphNode, box: Box) -> str:
    half = box.height // 2
    frame: Attributes = {"class": "box", "x": box.x, "y": box.y, "width": box.width, "height": box.height, "rx": half}
    name, type_ = _short(title(item), _PILL_NAME), safe(item.node.type, longest=_PILL_NAME)
    middle: Attributes = {"x": box.x + box.width // 2, "text-anchor": "middle"}
    return (
        element("rect", frame)
        + element("text", {"class": "name", "y": box.y + 18, **middle}, escaped(name))
        + element("text", {"class": "code", "y": box.y + 33, **middle}, escaped(type_))
    )


def _badges(found: Sequence[Badge], box: Box) -> str:
    """Return badges on the upper edge, from the right; more than two are counted."""
    shown = sorted(found, key=lambda badge: badge.tone == "note")[:_MOST_BADGES]
    if len(found) > len(shown):
        shown.append(Badge(f"+{len(found) - len(shown)}", "note"))
    drawn, right = "", box.x + box.width - 8
    for badge in reversed(shown):
        mark = {"ok": "✓ ", "warn": "! ", "fail": "✕ "}.get(badge.tone, "")
        text = mark + _short(badge.text, 14)
        width = int(len(text) * 5.9) + 12
        right -= width
        frame: Attributes = {"class": "badge-ground", "x": right, "y": box.y - 8, "width": width, "height": 16, "rx": 8}
        word: Attributes = {"class": "badge", "x": right + width // 2, "y": box.y + 4, "text-anchor": "middle"}
        content = element("rect", frame) + element("text", word, escaped(text))
        drawn += element("g", {"class": f"b-{badge.tone}"}, content)
        right -= 4
    return drawn


def _short(text: str, longest: int) -> str:
    """Return a text that fits, its middle left out: beginnings and endings tell names apart."""
    if len(text) <= longest:
        return text
    head = longest * 2 // 3
    return f"{text[:head]}…{text[head + 1 - longest :]}"


def _class(type_: str) -> str:
    return type_ if type_ in LOOKS else "Other"


def _lines(text: str) -> str:
    return "\n".join(escaped(line) for line in text.split("\n"))
