"""OCI artifacts: the digest in a reference, or that of the one manifest in an image layout on disk."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from lineal.capture.pins.pin import Pin, moving

_DIGEST = re.compile(r"@((?:sha256:[0-9a-f]{64})|(?:sha512:[0-9a-f]{128}))$")
_SCHEMES = {"oci", "docker"}
_MOST = 4 << 20


def of_url(url: str) -> Pin | None:
    """Return the digest that a reference to an OCI artifact names; a tag moves."""
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        return None
    found = _DIGEST.search(url)
    return Pin("oci", found[1]) if found else moving("oci", parts.path.rpartition(":")[2].strip("/"), "a digest")


def in_directory(path: Path) -> Pin | None:
    """Return the digest of what an image layout holds."""
    index = path / "index.json"
    if not (path / "oci-layout").is_file() or not index.is_file() or index.stat().st_size > _MOST:
        return None
    manifests = json.loads(index.read_bytes()).get("manifests", [])
    if len(manifests) != 1:
        return Pin("oci", None, f"the layout holds {len(manifests)} manifests, not one")
    return Pin("oci", str(manifests[0]["digest"]))
