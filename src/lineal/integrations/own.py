"""Which files are the user's own: data and results, not the interpreter's, a library's, the system's or ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from lineal.capture.project import is_shared, project_here
from lineal.capture.widening import reaches
from lineal.integrations.reaching import TEMPORARY, is_made_by_tempfile

_SYSTEM = ("/proc", "/sys", "/dev", "/run", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/var/lib", "/System")
_CODE = frozenset(
    {".py", ".pyc", ".pyi", ".pyo", ".pyd", ".so", ".dll", ".dylib", ".pth", ".ipynb", ".egg", ".lock", ".pid"}
)
_INSTALLED = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages", "__pycache__", "joblib"))
_MOST_KNOWN = 100_000


class OwnFiles:
    """Says of an absolute path whether it is the user's own; `leave_out` are directories that are not: a workspace.

    Files of the `project`, and below the directory where the program began, are the user's wherever these lie, also
    below a place for temporary files.
    """

    def __init__(self, leave_out: Iterable[str | os.PathLike[str]] = (), project: Path | None = None) -> None:
        self.base = _here()
        self._project = top = project or project_here(Path(self.base))
        self._left_out = tuple(_below(os.fspath(place)) for place in leave_out)
        library = os.path.dirname(os.__file__)  # noqa: PTH120  strings throughout: this is asked at every open
        places = (sys.prefix, sys.base_prefix, sys.exec_prefix, library)
        self._interpreter = tuple({_below(place) for place in places if os.path.dirname(place) != place})  # noqa: PTH120
        self._system = tuple(_below(place) for place in _SYSTEM)
        self._temporary = tuple({_below(place) for place in (*TEMPORARY, os.environ.get("TMPDIR")) if place})
        self._tops = tuple(dict.fromkeys([_below(self.base), *([] if is_shared(top) else [_below(str(top))])]))
        self._known: dict[str, bool] = {}

    def is_own(self, path: str) -> bool:
        """Return whether this absolute path is the user's."""
        known = self._known.get(path)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[path] = self._is_own(path, self._temporary)
        return known or self._is_temporary_and_own(path)

    def is_data(self, path: str) -> bool:
        """Return whether a file that a library was told to read is data: also a hidden or temporary one may be."""
        if self.is_own(path):
            return True
        elsewhere = (*self._left_out, *self._system)
        is_code = path.startswith((*self._interpreters_beside(), *elsewhere)) or any(p in path for p in _INSTALLED)
        return not is_code

    def is_hidden_elsewhere(self, path: str) -> bool:
        """Return whether this is a hidden file outside the directory where the program began: settings, a cache."""
        is_elsewhere = not path.startswith((*self._tops, *self._temporary)) and self.is_data(path)
        return is_elsewhere and _is_hidden(path) and not path.endswith(tuple(_CODE))

    def is_left_out(self, path: str) -> bool:
        """Return whether this absolute path is one that was left out, such as a workspace, or lies below one."""
        return os.path.join(path, "").startswith(self._left_out)  # noqa: PTH118

    def is_project(self, directory: str) -> bool:
        """Return whether this absolute path is a directory of the project, or the one where the program began."""
        if _below(directory) in self._tops:
            return True
        return self.is_own(directory) and (directory.startswith(self._tops) or reaches(self._project, directory))

    def _is_temporary_and_own(self, path: str) -> bool:
        """Whether it is of the project as wide as the program has shown it to be by now, below a temporary place."""
        if not path.startswith(TEMPORARY) or path.startswith(self._tops) or not self._is_own(path, ()):
            return False
        return not is_made_by_tempfile(path) and reaches(self._project, path)

    def _is_own(self, path: str, temporary: tuple[str, ...]) -> bool:
        if os.path.splitext(path)[1].lower() in _CODE or path.startswith(self._left_out):  # noqa: PTH122
            return False
        if any(part in path for part in _INSTALLED):
            return False
        below = [top for top in self._tops if path.startswith(top)]
        if below:
            return not _is_hidden(path[len(below[0]) :]) and not path.startswith(self._interpreters_beside())
        if path.startswith((*self._interpreter, *self._system, *temporary)):
            return False
        return not _is_hidden(os.path.relpath(path, self.base))

    def _interpreters_beside(self) -> tuple[str, ...]:
        """The environments in which the project does not lie: where it does, all of it would be theirs."""
        return tuple(place for place in self._interpreter if not any(top.startswith(place) for top in self._tops))


def _below(place: str) -> str:
    return os.path.join(os.path.abspath(place), "")  # noqa: PTH100, PTH118


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return os.sep  # the working directory was removed under us


def _is_hidden(relative: str) -> bool:
    """Caches, settings and credentials lie in directories and files whose names begin with a dot."""
    return any(part.startswith(".") and part not in {".", ".."} for part in Path(relative).parts)
