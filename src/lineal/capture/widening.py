"""Widening: what a program shows of how far its project reaches, where there is no repository to say it.

It does by opening files by names that lead up (`../data/in.csv`), or by computing them from where its text lies
(`Path(__file__).parent.parent`). What such names lead to belongs together: a rebuild lays it out so.
"""

from __future__ import annotations

import os
import posixpath
import re
import sys
from functools import lru_cache
from pathlib import Path

from lineal.capture.git import find_root
from lineal.capture.program import own_sources
from lineal.capture.project import is_shared

NARROWEST = 3
"""Parts of the path of a directory that may be a project for what lies in it: `/srv/flights`, and never `/srv`."""

_UP = re.compile(r"\.parent\s*\.parent\b|\.parents\b|dirname\((os\.)?(path\.)?dirname|[\"'/]\.\.[\"'/]")
_OF_SHELLS = ("PWD", "OLDPWD", "PATH", "PYTHONPATH", "VIRTUAL_ENV", "HOME", "_", "LINEAL_URL", "LINEAL_INSTEAD")
_climbed: set[str] = set()


def note_name(name: object, base: str) -> None:
    """Note a name that the program gives a file, if it leads up from the directory `base` it is in."""
    if isinstance(name, str | os.PathLike):
        text = os.fspath(name)
        if isinstance(text, str) and text.startswith(".." + os.sep):
            above = os.path.normpath(os.path.join(base, text))  # noqa: PTH118
            _climbed.add(os.path.commonpath([base, above]))


def widened(project: Path) -> Path:
    """Return a project without a repository as wide as the program has shown it to be by now."""
    if is_shared(project) or find_root(project) is not None:
        return project
    wide = [top for top in map(Path, _climbed) if project.is_relative_to(top) and _is_one(top)]
    if _is_one(project.parent) and _computes_names(str(project.parent), len(sys.modules)):
        wide.append(project.parent)
    return min([project, *wide], key=lambda top: len(top.parts))


def reaches(project: Path, path: str) -> bool:
    """Return whether an absolute path lies in the project as wide as it is."""
    # Asked of many files: most lie where no project could reach.
    nearest = [str(project.parent), *(top for top in _climbed if project.is_relative_to(top))]
    return path.startswith(tuple(os.path.join(top, "") for top in nearest)) and Path(path).is_relative_to(  # noqa: PTH118
        widened(project)
    )


def _is_one(top: Path) -> bool:
    return len(top.parts) >= NARROWEST and not is_shared(top)


def steps_up(names: list[str]) -> int:
    """Return how many directories relative names lead up, taken from where a recorded tree begins."""
    plain = [posixpath.normpath(name).split("/") for name in names if not posixpath.isabs(name)]
    return max((parts.count("..") for parts in plain), default=0)


@lru_cache(maxsize=8)
def _computes_names(above: str, _modules: int) -> bool:
    """Whether the program's text goes up from where it lies, and nothing names the directory above by itself."""
    texts = list(own_sources())
    if not any("__file__" in text and _UP.search(text) for text in texts):
        return False
    given = [value for name, value in os.environ.items() if name not in _OF_SHELLS and not name.startswith("LINEAL_")]
    return not any(above + os.sep in text for text in (*texts, *sys.argv, *given))
