"""Where a workspace lives: from a URL to the store's file and the directories beside it.

The home of `DIR/.lineal/lineal.db` is `DIR/.lineal`; any other database file `F` has its home in `F.lineal/`.
`sqlite://` without a path is a private store in a temporary directory that goes when it is closed.
Without a URL the workspace is `LINEAL_URL`, else the first `.lineal` in this directory or above it (as git does).
"""

from __future__ import annotations

import os
import shutil
import weakref
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from lineal.errors import InvalidArgument, NotFound

HOME = ".lineal"
DATABASE = "lineal.db"
ENVIRONMENT = "LINEAL_URL"

_LATER = frozenset({"postgresql", "mysql", "http", "https"})


class Temporary:
    """A directory that is removed when nobody holds this any more, by the process that made it."""

    def __init__(self) -> None:
        import tempfile  # seldom needed, and not light

        self.path = Path(tempfile.mkdtemp(prefix="lineal-"))
        self._end = weakref.finalize(self, _remove, self.path, os.getpid())

    def remove(self) -> None:
        """Remove the directory now."""
        self._end()


def _remove(path: Path, process: int) -> None:
    # A forked child ends too, but the directory is its parent's.
    if os.getpid() == process:
        shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Location:
    """A workspace's URL and its directories; they need not exist yet. `temporary` keeps a private one alive."""

    url: str
    database: Path
    home: Path
    temporary: Temporary | None = field(default=None, compare=False)

    @property
    def files(self) -> Path:
        """Content-addressed bytes."""
        return self.home / "files"

    @property
    def spool(self) -> Path:
        """Predictions on their way into the store."""
        return self.home / "spool"

    @property
    def keys(self) -> Path:
        """Secret keys, readable by the owner only."""
        return self.home / "keys"


def locate(url: str | os.PathLike[str] | None = None, *, create: bool = False) -> Location:
    """Return the workspace of `url`: a URL, a directory, or a database file.

    Without one, see the module's docstring; with `create` a missing workspace is placed in the current
    directory, otherwise NotFound.
    """
    text = os.fspath(url) if url is not None else os.environ.get(ENVIRONMENT, "")
    if not text:
        return _search(Path.cwd(), create=create)
    if "://" in text:
        return _from_url(text)
    path = Path(text).expanduser()
    if path.suffix == ".db" or path.is_file():
        return of_database(path)
    return of_database(path / DATABASE if path.name == HOME else path / HOME / DATABASE)


def of_database(path: Path) -> Location:
    """Return the location of an embedded store in this file."""
    database = path.absolute()
    home = database.parent if database.name == DATABASE else database.with_name(database.name + HOME)
    return Location(url=f"sqlite:///{quote(str(database))}", database=database, home=home)


def _from_url(url: str) -> Location:
    scheme = urlsplit(url).scheme
    if scheme in _LATER:
        raise InvalidArgument(
            f"this Lineal keeps workspaces in SQLite files; {scheme}:// is not offered yet",
            hint="use sqlite:///FILE or a directory",
        )
    if url == "sqlite://":
        # A database in memory would be another one for each thread, and one that is shared locks its readers out.
        temporary = Temporary()
        return replace(of_database(temporary.path / DATABASE), temporary=temporary)
    path, _, options = url.partition(":///")[2].partition("?")
    path = unquote(path)
    if scheme != "sqlite" or not path:
        raise InvalidArgument(
            f"{url!r} is not a workspace URL",
            hint="use sqlite:///FILE (four slashes for an absolute path), a directory, or leave it out",
        )
    location = of_database(Path(path))
    return replace(location, url=f"{location.url}?{options}") if options else location


def _search(start: Path, *, create: bool) -> Location:
    for directory in (start, *start.parents):
        if (directory / HOME / DATABASE).exists():
            return of_database(directory / HOME / DATABASE)
    if create:
        return of_database(start / HOME / DATABASE)
    raise NotFound(
        f"there is no Lineal workspace in {start} or above it",
        hint="start one with `lineal demo`, `lineal run -- COMMAND`, or name it with --url or LINEAL_URL",
    )
