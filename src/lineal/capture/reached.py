"""Reached: what the program reached for beside files, as far as Python tells: a person, its input, the network.

A rebuild has none of these, so that it is known before one is tried. `integrations` tells, the record keeps it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable
from lineal.capture.program import own_sources
from lineal.model.values import Json

TERMINAL, STANDARD_INPUT, IS_TERMINAL, NETWORK, OUTSIDE, ACCELERATOR = (
    "terminal",
    "stdin",
    "isatty",
    "network",
    "outside",
    "accelerator",
)
"""A person who is asked, input that is no terminal, whether there is a person, hosts, shared places, devices."""

_MOST = 20
_heard: dict[str, dict[str, None]] = {}
_shared: dict[str, None] = {}


def hear(kind: str, what: str) -> None:
    """Keep that the program reached for something."""
    known = _heard.setdefault(kind, {})
    if len(known) < _MOST:
        known[what] = None


def has_heard(kind: str, what: str) -> bool:
    """Return whether that is known already."""
    return what in _heard.get(kind, ()) or len(_heard.get(kind, ())) >= _MOST


def hear_shared(path: str) -> None:
    """Keep that the program writes to a directory that all programs share, such as `/tmp`."""
    if len(_shared) < _MOST:
        _shared[path] = None


def reached_item() -> Captured:
    """Return what the program reached for, by kind."""
    value: dict[str, Json] = {kind: list(what) for kind, what in _heard.items()}
    named = _named_by_the_program()
    if named:
        value[OUTSIDE] = named
    if _uses_accelerator():
        value[ACCELERATOR] = ["cuda"]
    return captured(value) if value else not_applicable("the program reached for nothing beside files")


def _named_by_the_program() -> list[Json]:
    """Return the shared paths that stand in the program's own text; the others it asked `tempfile` for."""
    if not _shared:
        return []
    texts = list(own_sources())
    return [path for path in _shared if any(_directory(path) in text for text in texts)]


def _directory(path: str) -> str:
    return f"{Path(path).anchor}{'/'.join(Path(path).parts[1:2])}/"


def _uses_accelerator() -> bool:
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    return bool(cuda is not None and hasattr(cuda, "is_initialized") and cuda.is_initialized())
