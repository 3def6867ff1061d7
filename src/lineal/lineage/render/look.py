"""Look: how each type is drawn. Shape says kind, glyph and word say type, colour only repeats it.

Colours keep a contrast of 4.5 on white and 7 on the dark ground; a test computes it.
"""

from __future__ import annotations

from dataclasses import dataclass

LIGHT_GROUND = "#FFFFFF"
DARK_GROUND = "#11161C"


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a type, its glyph as SVG path data on a field of 20 by 20, and its shape in Mermaid and DOT."""

    light: str
    dark: str
    glyph: str
    mermaid: tuple[str, str] = ("[", "]")
    dot: str = "box"


_CYLINDER = "M4 5c0-1.4 2.7-2.5 6-2.5s6 1.1 6 2.5v10c0 1.4-2.7 2.5-6 2.5s-6-1.1-6-2.5zM4 5c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5M4 10c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5"  # noqa: E501
_GRID = "M3 4h14v12H3zM3 8h14M3 12h14M8 4v12"
_BARS = "M3 4h4v12H3zM9 7h3v9H9zM14 4h3v12h-3z"
_CUBE = "M10 2.5l6.5 3.7v7.6L10 17.5l-6.5-3.7V6.2zM3.5 6.2L10 10l6.5-3.8M10 10v7.5"
_LAYERS = "M10 3l7 4-7 4-7-4zM3 10l7 4 7-4M3 13l7 4 7-4"
_HEXAGON = "M6 3.5h8l4 6.5-4 6.5H6L2 10zM8 10l1.6 1.8L12.6 8"
_TARGET = "M10 2.8a7.2 7.2 0 1 0 0 14.4a7.2 7.2 0 1 0 0-14.4zM10 8.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 1 0 0-3.6z"
_PILL = "M6.5 5.5h7a4.5 4.5 0 0 1 0 9h-7a4.5 4.5 0 0 1 0-9z"
_CHART = "M3 3v14h14M6 13l3.2-4 3 2.4L17 5.5"
_PAGE = "M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5M7.5 10h5.5M7.5 13.5h5.5"
_BOX = "M3 6.5L10 3l7 3.5v8L10 18l-7-3.5zM6.5 4.8l7 3.6v3"
_DIAMOND = "M10 3l7 7-7 7-7-7z"

LOOKS: dict[str, Look] = {
    "RawData": Look("#5B5F66", "#A7B0BA", _CYLINDER, ("[(", ")]"), "cylinder"),
    "Dataset": Look("#0B62A8", "#6CB6FF", _GRID),
    "Features": Look("#1B6E3C", "#7EE2A8", _BARS),
    "Model": Look("#7B2FA6", "#D2A8FF", _CUBE, ("[[", "]]"), "box3d"),
    "Image": Look("#7A5A00", "#E3B341", _LAYERS, ("[/", "/]"), "component"),
    "EndpointRevision": Look("#B3261E", "#FF8F85", _HEXAGON, ("{{", "}}"), "hexagon"),
    "Prediction": Look("#00707A", "#4FD1C5", _TARGET, ("((", "))"), "doublecircle"),
    "Metrics": Look("#8A3B6B", "#F2A6CF", _CHART, dot="note"),
    "Report": Look("#4A5A6A", "#A9BACB", _PAGE, dot="note"),
    "Environment": Look("#556B00", "#C3D86B", _BOX, dot="folder"),
}
EXECUTION = Look("#1F2328", "#E6EDF3", _PILL, ("([", "])"), "box")
OTHER = Look("#57606A", "#A6B0BB", _DIAMOND)

TONES = {
    "ok": ("#1A7F37", "#3FB950"),
    "warn": ("#8A5A00", "#D29922"),
    "fail": ("#C5221F", "#FF7B72"),
    "note": ("#57606A", "#A6B0BB"),
}
"""Colours of badges on the light and on the dark ground."""


def look_of(type_: str, *, execution: bool = False) -> Look:
    """Return how a type is drawn; every execution is a pill, an unknown type of artifact a diamond."""
    return EXECUTION if execution else LOOKS.get(type_, OTHER)
