"""The rebuild directory: the one place a rebuild writes to. Gone when it is over, however it ends, unless it is kept.

A rebuild that was killed outright leaves its directory; the next one removes it, for nobody holds its lock any more.
"""

from __future__ import annotations

import errno
import os
import posixpath
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lineal.errors import ResourceExhausted
from lineal.files.locks import try_lock
from lineal.model.capture_items import STANDARD_INPUT
from lineal.rebuild.strays import end_strays

PREFIX = "lineal-rebuild-"
GIVEN = "standard-input"
"""The file, beside the tree, that the program gets on its standard input."""

OUTSIDE = "outside"
"""The directory, beside the tree, that stands for all recorded paths outside of it."""

FREE = 256 << 20
"""Bytes of the disk that a rebuild leaves free."""

_LOCK = "in-use"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_SPACE = os.strerror(errno.ENOSPC)


def outside_of(root: str, path: str) -> str:
    """Return where an absolute path outside the tree lies in a rebuild that is at `root`; never above it."""
    return posixpath.join(root, OUTSIDE, posixpath.normpath(f"/{path}").lstrip("/"))


@dataclass(frozen=True, slots=True)
class Place:
    """The directories of one rebuild: the code's tree, the scratch workspace, a home and a place for passing files."""

    root: Path

    @property
    def tree(self) -> Path:
        """What stands for the recorded directory."""
        return self.root / "tree"

    @property
    def workspace(self) -> Path:
        """The scratch workspace."""
        return self.root / "workspace"

    @property
    def home(self) -> Path:
        """HOME of what runs."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """TMPDIR of what runs."""
        return self.root / "tmp"

    @property
    def outside(self) -> Path:
        """What stands for recorded paths outside the recorded directory."""
        return self.root / OUTSIDE

    def beside(self, path: str) -> Path:
        """Return where an absolute path outside the tree lies."""
        return Path(outside_of(str(self.root), path))

    def of(self, target: str) -> Path:
        """Return where a recorded path lies: one relative to the tree, an absolute one, or what is given."""
        if target == STANDARD_INPUT:
            return self.root / GIVEN
        return self.beside(target) if target.startswith("/") else self.tree / target

    @property
    def said(self) -> Path:
        """What the program wrote to stdout and stderr."""
        return self.root / "output.log"


@contextmanager
def rebuild_directory(*, keep: bool = False) -> Iterator[Place]:
    """Make the directory of a rebuild and remove it at the end, unless it is to be kept."""
    _sweep(Path(tempfile.gettempdir()))
    root = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    # Held before it has its name: between the two a sweep would take it for one that nobody holds.
    descriptor = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _is_ours(descriptor)
        (root / "lock").rename(root / _LOCK)
        place = Place(root)
        for directory in (place.tree, place.workspace, place.home, place.temporary):
            directory.mkdir()
        yield place
    finally:
        if keep:
            (root / _LOCK).unlink(missing_ok=True)
        else:
            remove(root)
        os.close(descriptor)


def remove(root: Path) -> None:
    """Remove a directory with all that a program may have left in it: directories without rights among them."""

    def open_up(function: object, path: str, _reason: object) -> None:  # noqa: ARG001  rmtree calls it with all three
        for each in (os.path.dirname(path), path):  # noqa: PTH120
            with suppress(OSError):
                if not os.path.islink(each):  # noqa: PTH114
                    os.chmod(each, stat.S_IRWXU)  # noqa: PTH101
        with suppress(OSError):
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)  # noqa: PTH108, PTH112

    end_strays(root)
    shutil.rmtree(root, onerror=open_up)


def is_full(error: BaseException) -> bool:
    """Return whether something failed because a disk is full."""
    return isinstance(error, ResourceExhausted) or getattr(error, "errno", None) in _FULL or _NO_SPACE in str(error)


def size_of(root: Path) -> int:
    """Return the bytes on disk below a directory, links not followed; what vanishes meanwhile counts nothing."""
    total = 0
    pending = [os.fspath(root)]
    while pending:
        with suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def _sweep(directory: Path) -> None:
    """Remove what rebuilds left that were killed: their lock is there and nobody holds it."""
    for root in directory.glob(f"{PREFIX}*"):
        try:
            if root.is_symlink() or root.stat().st_uid != os.getuid():
                continue
            descriptor = os.open(root / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            if _is_ours(descriptor):
                remove(root)
        finally:
            os.close(descriptor)


def _is_ours(descriptor: int) -> bool:
    """Lock an open file; False where a living process holds it, and where the file system has no locks."""
    try:
        return try_lock(descriptor)
    except OSError:
        return False
