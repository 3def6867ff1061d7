"""Conda's own list of what it installed: exact files with fingerprints, as `conda list --explicit` has it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple


class CondaList(NamedTuple):
    """The explicit list as text, how many packages it names, and the names of the Python packages among them."""

    text: str
    packages: int
    python_packages: frozenset[str]


def conda_list(prefix: Path | None = None) -> CondaList | None:
    """Return the list of the environment at `prefix`, the running one without it; None where conda made none."""
    metadata = (prefix or Path(sys.prefix)) / "conda-meta"
    lines: list[str] = []
    names: set[str] = set()
    for path in sorted(metadata.glob("*.json")):
        try:
            entry = json.loads(path.read_bytes())
            fingerprint = f"#sha256:{entry['sha256']}" if entry.get("sha256") else f"#{entry.get('md5', '')}"
            lines.append(f"{entry['url']}{fingerprint}")
            names.add(str(entry["name"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # half written, or of a conda that keeps other things
    if not lines:
        return None
    return CondaList("\n".join(["@EXPLICIT", *lines, ""]), len(lines), frozenset(names))


def is_condas(installer: str) -> bool:
    """Return whether a package's INSTALLER says that conda put it there."""
    return installer.strip() == "conda"
