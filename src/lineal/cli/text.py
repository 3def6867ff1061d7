"""Text that is safe to print whole: no name or message can steer the terminal. One line of it: `words.safe`."""

from __future__ import annotations

import re

from lineal.lineage.render.words import safe

# Escapes and other controls, line separators, and the marks that reorder text.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def safe_lines(text: str) -> str:
    """Return the text with its line breaks, every other control character written out."""
    return "\n".join(safe(line) for line in text.split("\n"))


def safe_json(text: str) -> str:
    r"""Return the JSON text with every control character inside its strings as `\uXXXX`: the same document."""
    return "\n".join(_CONTROLS.sub(_escaped, line) for line in text.split("\n"))


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
