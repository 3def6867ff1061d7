"""URLs and paths as the user gives them, told apart."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from lineal.model.capture_items import STANDARD_INPUT


def is_url(thing: object) -> bool:
    """Return whether this is the text of a URL (a Windows drive letter is none)."""
    return isinstance(thing, str) and "://" in thing and len(urlsplit(thing).scheme) > 1


def absolute(path: str) -> str:
    """Return a URL and standard input as they are, and a path or file URL as an absolute path."""
    if path == STANDARD_INPUT:
        return path
    if path.startswith("file://"):
        path = path.removeprefix("file://")
    return path if is_url(path) else os.path.abspath(path)  # noqa: PTH100  text in, text out
