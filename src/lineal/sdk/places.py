"""Places: a path as the program opens it, so that a rebuild can put the same content there."""

from __future__ import annotations

import os
from pathlib import Path

from lineal.capture.project import project_here
from lineal.capture.widening import note_name, widened


class Places:
    """Names paths from the directory where the program began, if they lie in its project."""

    def __init__(self, base: Path | None = None, project: Path | None = None) -> None:
        self.base = base or _here()
        self.project = project or project_here(self.base)

    def named(self, path: str | os.PathLike[str]) -> str:
        """Return a path relative to where the program began; an absolute one where it lies outside."""
        note_name(path, str(self.base))
        absolute = Path(os.path.normpath(self.base / path))
        if absolute.is_relative_to(self.base) or absolute.is_relative_to(widened(self.project)):
            return Path(os.path.relpath(absolute, self.base)).as_posix()
        return absolute.as_posix()


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError:
        return Path("/")
