"""A SQLite file in which a write was interrupted, such as by the end of its process: half of it may be in the file.

The next one to open it undoes that, by the journal beside it. A source is not written to, so it is undone in a copy.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from lineal.errors import FailedPrecondition, Unavailable


def journal_of(path: Path) -> Path:
    """Return where SQLite keeps what a write would undo."""
    return path.with_name(f"{path.name}-journal")


class InterruptedCopy:
    """A copy of a database and its journal, in a temporary directory."""

    def __init__(self, path: Path) -> None:
        """Make it; raise FailedPrecondition where there is no room, Unavailable where somebody writes meanwhile."""
        self._directory = TemporaryDirectory(prefix="lineal-")
        self.path = Path(self._directory.name) / path.name
        try:
            self._copy(path)
        except BaseException:
            self.remove()
            raise

    def _copy(self, path: Path) -> None:
        journal = journal_of(path)
        try:
            before = _state(path, journal)
            shutil.copyfile(path, self.path)
            shutil.copyfile(journal, journal_of(self.path))
            after = _state(path, journal)
        except FileNotFoundError as error:
            raise _written(path) from error
        except OSError as error:
            raise FailedPrecondition(
                f"a write to {path} was interrupted, and no copy in which to undo it can be made in {gettempdir()}: "
                f"{error.strerror}",
                hint="let ML Metadata open the database once, or set TMPDIR to a directory with more room",
            ) from error
        if before != after:
            raise _written(path)

    def remove(self) -> None:
        """Remove the copy. Doing it twice is fine."""
        self._directory.cleanup()


def _state(*paths: Path) -> list[tuple[int, int, int]]:
    found = [path.stat() for path in paths]
    return [(stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in found]


def _written(path: Path) -> Unavailable:
    return Unavailable(f"{path} was written to while it was copied", hint="run the import again")
