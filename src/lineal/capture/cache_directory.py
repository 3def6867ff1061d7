"""The user's cache directory: what is kept there is only a saving and may be removed at any time.

Nothing found in it is believed that another user may have written.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE = "LINEAL_CACHE"
"""The variable that names another directory than the user's cache."""


def cache_directory() -> Path:
    """Return the directory, which need not exist: `LINEAL_CACHE`, else the place the system has for caches."""
    given = os.environ.get(CACHE)
    if given:
        return Path(given).absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "lineal"
    base = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "lineal"


def is_ours(about: os.stat_result) -> bool:
    """Return whether this user owns a file, and nobody else may write it."""
    return not hasattr(os, "geteuid") or (about.st_uid == os.geteuid() and not about.st_mode & 0o022)
