"""XML: elements and escaped text for SVG and HTML, so that a name is never markup."""

from __future__ import annotations

from collections.abc import Mapping

from lineal.lineage.render.words import safe

Attributes = Mapping[str, str | int]

_SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def escaped(text: str) -> str:
    """Return the text on one line, harmless between tags and in an attribute."""
    return safe(text).translate(_SIGNS)


def element(name: str, attributes: Attributes | None = None, content: str = "") -> str:
    """Return an element. Attributes are escaped here; `content` is markup already."""
    written = "".join(f' {key}="{escaped(str(value))}"' for key, value in (attributes or {}).items())
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"
