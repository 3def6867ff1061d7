"""Where a workspace lives: from a URL to the store's file and the directories beside it.

The home of `DIR/.lineal/lineal.db` is `DIR/.lineal`; any other database file `F` has its home in `F.lineal/`.
`sqlite://` without a path is a private store in a temporary directory that goes when it is closed.
A store on a server has its home in the user's data directory, or where `?home=` or LINEAL_HOME says.
Without a URL the workspace is `LINEAL_URL`, else the first `.lineal` in this directory or above it (as git does).
"""

from __future__ import annotations

import os
import re
import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from lineal.errors import InvalidArgument, NotFound, StoreUnavailable

HOME = ".lineal"
DATABASE = "lineal.db"
ENVIRONMENT = "LINEAL_URL"

INSTEAD = "LINEAL_REBUILD"
"""The workspace of a rebuild: set for what runs in one, it takes the place of every other, whatever is asked for."""

DATA = "LINEAL_HOME"
"""Names the directory in which the homes of stores on servers lie."""

SERVERS = frozenset({"postgresql", "mysql", "mysql+pymysql", "mariadb"})
"""Schemes of databases on servers."""

_LATER = frozenset({"http", "https"})


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
    """A workspace's URL and its directories; they need not exist yet. `temporary` keeps a private one alive.

    `database` is the store's file, None for a store on a server. Show `shown`: the URL may hold a password.
    """

    url: str = field(repr=False)
    database: Path | None
    home: Path
    temporary: Temporary | None = field(default=None, compare=False)

    @property
    def shown(self) -> str:
        """The URL without password."""
        return self.url if self.database else without_password(self.url)

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
    text = os.environ.get(INSTEAD) or text
    if not text:
        return _search(Path.cwd(), create=create)
    if "://" in text:
        return _from_url(text)
    path = Path(text).expanduser()
    with looking_at(path):
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
    if scheme in SERVERS:
        return _on_server(url)
    if scheme in _LATER:
        raise InvalidArgument(
            f"{scheme}:// is not offered yet",
            hint="use sqlite:///FILE, a directory, postgresql://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE",
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


def _on_server(url: str) -> Location:
    parts = urlsplit(url)
    check_user(parts, "the workspace's URL")
    _check_port(parts)
    if not parts.path.strip("/"):
        raise InvalidArgument(
            f"{without_password(url)!r} names no database", hint=f"use {parts.scheme}://USER@HOST/DATABASE"
        )
    asked = parse_qs(parts.query).get("home")
    home = Path(asked[-1]).expanduser().absolute() if asked else _data_directory() / _key_of(parts)
    return Location(url=url, database=None, home=home)


def check_user(parts: SplitResult, what: str) -> None:
    """Refuse a password that would be read as another part of a URL, and so be shown, without showing it."""
    user = parts.netloc.rpartition("@")[0]
    rest = parts.path + parts.fragment + ("" if parts.path.strip("/") else parts.query)
    if "@" in user or "@" in rest or re.search(r"%(?![0-9A-Fa-f]{2})", user):
        raise InvalidArgument(
            f"the user or password in {what} holds a character that means something in a URL",
            hint="write it percent-encoded: % as %25, / as %2F, @ as %40, # as %23, ? as %3F",
        )


def _check_port(parts: SplitResult) -> None:
    try:
        _ = parts.port
    except ValueError as error:
        # Not shown: without a host it is the password that stands in its place.
        raise InvalidArgument(
            "the port in the workspace's URL is no number up to 65535",
            hint=f"use {parts.scheme}://USER:PASSWORD@HOST:PORT/DATABASE",
        ) from error


def _data_directory() -> Path:
    asked = os.environ.get(DATA)
    if asked:
        return Path(asked).expanduser().absolute()
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share").absolute() / "lineal"


def _key_of(parts: SplitResult) -> str:
    """Return a name for a database that a person can read, the same whoever connects to it and however."""
    place = (parts.scheme, (parts.hostname or "localhost").lower(), parts.port, unquote(parts.path).strip("/"))
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", f"{place[1]}-{place[3]}").strip("-")
    return f"{readable[:60]}-{sha256(repr(place).encode()).hexdigest()[:12]}"


def without_password(url: str) -> str:
    """Return a URL as it may be shown: without password, also where one stands among the options."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    options = [(name, value) for name, value in parse_qsl(parts.query) if "password" not in name.lower()]
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}", query=urlencode(options)))


def check_place(location: Location) -> None:
    """Raise NotFound where the directory is missing in which a store would be made.

    A workspace is a directory with `.lineal` in it, and is made; the directories above are not, nor those above a file.
    """
    if location.database is None:
        return
    directory = location.database.parent
    directory = directory.parent.parent if directory.name == HOME else directory
    with looking_at(directory):
        if not directory.is_dir():
            raise NotFound(f"there is no directory {directory}", hint="create it, or name a store in another place")


@contextmanager
def looking_at(path: Path) -> Iterator[None]:
    """Raise StoreUnavailable where the operating system does not even let a path be looked at.

    A directory above it may not be searched, or a name is longer than the file system takes.
    """
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(
            f"{path} cannot be opened: {error.strerror or error}", hint="check the path, and who may enter it"
        ) from error


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
