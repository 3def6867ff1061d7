"""Text that is safe to show: no name or message can steer the terminal it is printed on."""

from __future__ import annotations

import re

# C0 and C1 controls (ESC and CSI among them), DEL, line separators, and the marks that reorder text.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: str) -> str:
    r"""Return the text on one line, each control character written out.

    >>> safe("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _CONTROLS.sub(_written_out, text)


def safe_lines(text: str) -> str:
    """Return the text with its line breaks, every other control character written out."""
    return "\n".join(safe(line) for line in text.split("\n"))


def safe_json(text: str) -> str:
    r"""Return the JSON text with every control character inside its strings as `\uXXXX`: the same document."""
    return "\n".join(_CONTROLS.sub(_escaped, line) for line in text.split("\n"))


def _written_out(match: re.Match[str]) -> str:
    character = match.group()
    point = ord(character)
    return _SHORT.get(character) or (f"\\x{point:02x}" if point <= 0xFF else f"\\u{point:04x}")  # noqa: PLR2004


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
