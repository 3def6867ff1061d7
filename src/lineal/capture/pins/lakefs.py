"""lakeFS: the commit in `lakefs://repository/commit/path`."""

from __future__ import annotations

from urllib.parse import urlsplit

from lineal.capture.pins.pin import Pin, is_commit, moving


def of_url(url: str) -> Pin | None:
    """Return the commit that a URL of lakeFS names; a branch or a tag moves."""
    parts = urlsplit(url)
    if parts.scheme != "lakefs":
        return None
    name = parts.path.strip("/").partition("/")[0]
    return Pin("lakefs", name) if is_commit(name) else moving("lakefs", name, "a commit by its full id")
