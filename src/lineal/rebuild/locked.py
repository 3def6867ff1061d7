"""The recorded environment: a virtual environment made by uv from the hashed lock of the record, and kept.

It lies in the user's cache under the fingerprint of all that goes into it. One process makes it while others wait; one
that was not finished is made anew, and every file is compared with what its package says before it is used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lineal.capture.cache_directory import cache_directory
from lineal.capture.edited import differing_files
from lineal.capture.environment import index_urls_item
from lineal.capture.installed import packages_in
from lineal.capture.locks.locked import normal
from lineal.capture.locks.pylock import requirements_of
from lineal.capture.secrets import HIDDEN
from lineal.errors import LinealError, NotToBeHad
from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.rebuild.bearing import loaded_in
from lineal.rebuild.edits import edits_in
from lineal.rebuild.lends import lend, needed
from lineal.rebuild.uv import find_uv, make_venv, no_uv, run_uv
from lineal.rebuild.verdict import Missing, refused

_RULE = 1
_DONE = "lineal-complete"
_HASHED = " --hash="
_MOST_LEFT_OUT = 20
"""Packages that are left out: where more are not to be had, the index is another one than the recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What the record says of an environment, ready to be made. `python` is the whole version it needs.

    `spare` are the packages that the program did not load: one of those that is not to be had may be left out.
    """

    python: str
    requirements: tuple[str, ...]
    indexes: tuple[str, ...]
    places: tuple[str, ...]
    edits: tuple[tuple[str, str], ...]
    spare: frozenset[str] = frozenset()

    @property
    def unhashed(self) -> tuple[str, ...]:
        """The pins of which no fingerprint is known: they are taken by name and version."""
        return tuple(line for line in self.requirements if _HASHED not in line)

    @property
    def fingerprint(self) -> str:
        """What the environment is cached by."""
        parts = [str(_RULE), self.python, sys.platform, str(Path(__file__).parent), *self.requirements]
        parts += [f"{place} {content}" for place, content in self.edits]
        if self.unhashed:
            # What these names mean depends on who is asked: another index makes another environment.
            parts += [*self.indexes, *self.places]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def directory(self) -> Path:
        """Where it is, or will be."""
        return cache_directory() / "environments" / self.fingerprint[:32]

    @property
    def interpreter(self) -> Path:
        """Its interpreter."""
        return self.directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def is_made(self) -> bool:
        """Whether it is there, and whole but for what the program does not load."""
        return (self.directory / _DONE).exists() and self.spare.issuperset(self.left_out)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The packages that were left out when it was made."""
        try:
            return tuple((self.directory / _DONE).read_text(encoding="utf-8").split())
        except OSError:
            return ()


def find_lock(record: Mapping[str, Item], files: Files, *, python: str) -> Lock | Missing:
    """Return the environment that a record asks for, or what is missing of it. Makes nothing."""
    found = item(record, "environment")
    value = found.value if isinstance(found.value, Mapping) else {}
    fingerprint = value.get("fingerprint")
    if not isinstance(fingerprint, str):
        why = found.reason or found.status
        return _lost(f"no lock of the environment is recorded: {why}")
    try:
        text = files.get(fingerprint).decode("utf-8")
        requirements = [line for line in requirements_of(text) if not _is_ours(line)]
        tables = tomllib.loads(text)
    except (LinealError, ValueError, KeyError) as error:
        return _lost(f"the recorded lock {fingerprint[:19]} cannot be read: {error}")
    lock = Lock(
        python=python,
        requirements=tuple(requirements),
        indexes=tuple(_indexes(record, tables)),
        places=tuple(_places(record)),
        edits=tuple(
            (edit.place, edit.fingerprint)
            for edit in edits_in(record)
            if edit.state == "edited" and edit.fingerprint is not None
        ),
        spare=_spare(record, requirements),
    )
    lacking = [content for _, content in lock.edits if not files.has(content)]
    if lacking:
        return _lost(f"a package was edited by hand, and the edited file {lacking[0][:19]} is not kept")
    return lock if lock.is_made or find_uv() is not None else no_uv()


def make(lock: Lock, files: Files, progress: Callable[[str], None], *, builds: bool = False) -> None:
    """Make the environment unless it is there; NotRunnable says what hinders it. Other processes wait for this one.

    Packages that come as source only are refused, unless they are to be built or the program did not load them. One
    that was left out and is needed now is added: what is there may be in use, and is never taken away.
    """
    directory = lock.directory
    directory.parent.mkdir(parents=True, exist_ok=True)
    with _held(directory.with_suffix(".lock")):
        if (directory / _DONE).exists():
            lacking = [name for name in lock.left_out if builds or name not in lock.spare]
            if lacking:
                _add(lock, lacking, builds=builds)
                _mark_done(lock, [name for name in lock.left_out if name not in lacking])
            return
        shutil.rmtree(directory, ignore_errors=True)
        progress(f"environment: {len(lock.requirements)} packages from the recorded lock")
        try:
            left_out = _make(lock, files, builds=builds)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        _mark_done(lock, left_out)


def _mark_done(lock: Lock, left_out: Sequence[str]) -> None:
    """Say that the environment is whole but for these: in one step, for another process may look at it."""
    draft = lock.directory / f"{_DONE}.part"
    draft.write_text("\n".join(left_out), encoding="utf-8")
    draft.replace(lock.directory / _DONE)


def _add(lock: Lock, names: Sequence[str], *, builds: bool) -> None:
    uv = _uv()
    lines = [line for line in lock.requirements if _name(line) in names]
    _install(uv, lock, [line for line in lines if _HASHED in line], "--require-hashes", builds=builds)
    _install(uv, lock, [line for line in lines if _HASHED not in line], builds=builds)
    site = _site_packages(lock.directory)
    wrong = [path for one in packages_in(site) if normal(one.name) in names for path in differing_files(one)]
    if wrong:
        raise refused("package", wrong[0], f"{wrong[0]} is not what its package says: it was edited after it was made")


def _make(lock: Lock, files: Files, *, builds: bool) -> list[str]:
    uv = _uv()
    make_venv(uv, lock.directory, python=lock.python)
    hashed = [line for line in lock.requirements if _HASHED in line]
    unhashed = list(lock.unhashed)
    left_out = _install_needed(uv, lock, hashed, "--require-hashes", builds=builds)
    left_out += _install_needed(uv, lock, unhashed, builds=builds)
    site = _site_packages(lock.directory)
    wrong = _not_as_packed(site)
    if wrong:
        # uv links or copies from its cache; whoever edits an installed file there edits what all others get.
        _install(uv, lock, hashed, "--require-hashes", "--no-cache", "--reinstall", builds=builds)
        _install(uv, lock, unhashed, "--no-cache", "--reinstall", builds=builds)
        wrong = _not_as_packed(site)
    if wrong:
        raise refused("package", wrong[0], f"{wrong[0]} is not what its package says: it was edited after it was made")
    for place, content in lock.edits:
        target = (site / place).resolve()
        if not target.is_relative_to(site.resolve()):
            raise refused("package", place, f"the edited file {place} lies outside the directory of packages")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_bytes(files.get(content))
    has = {package.name for package in packages_in(site)}
    if lock.python.split(".")[:2] != here().split(".")[:2]:
        pins = {name: f"{name}=={found.version}" for name, found in needed().items() if name not in has}
        _install(uv, lock, list(pins.values()), builds=False)  # ours are compiled for another Python
        has |= pins.keys()
    lend(site, has=frozenset(has))
    return left_out


def _install_needed(uv: Sequence[str], lock: Lock, lines: list[str], *options: str, builds: bool) -> list[str]:
    """Install packages; drop from `lines`, and return, those that are not to be had and that nobody loads."""
    left_out: list[str] = []
    while True:
        try:
            _install(uv, lock, lines, *options, builds=builds)
        except NotToBeHad as error:
            needed = [line for line in lines if _name(line) != normal(error.name)]
            if normal(error.name) not in lock.spare or len(needed) == len(lines) or len(left_out) == _MOST_LEFT_OUT:
                raise
            lines[:] = needed
            left_out.append(normal(error.name))
        else:
            return left_out


def put_packages(record: Mapping[str, Item], files: Files, names: Sequence[str], directory: Path) -> None:
    """Put packages of the recorded lock into a directory, edited as they were; NotRunnable says what hinders it."""
    lock = find_lock(record, files, python=here())
    if isinstance(lock, Missing):
        raise refused(lock.kind, lock.what, lock.sentence, lock.advice)
    uv = _uv()
    for name in names:
        lines = [line for line in lock.requirements if _name(line) == normal(name)]
        if not lines:
            raise refused("lock", name, f"the recorded lock has no {name}")
        hashed = ["--require-hashes"] if _HASHED in lines[0] else []
        _install(uv, lock, lines, *hashed, "--target", str(directory), builds=False, into=directory)
    for place, content in lock.edits:
        target = directory / place
        if target.exists() and target.resolve().is_relative_to(directory.resolve()):
            target.write_bytes(files.get(content))


def _uv() -> list[str]:
    uv = find_uv()
    if uv is None:
        lacking = no_uv()
        raise refused(lacking.kind, lacking.what, lacking.sentence, lacking.advice)
    return uv


def here() -> str:
    """Return the version of the Python we run in, as records name it."""
    return ".".join(map(str, sys.version_info[:3]))


def _install(
    uv: Sequence[str], lock: Lock, lines: Sequence[str], *options: str, builds: bool, into: Path | None = None
) -> None:
    if not lines:
        return
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
    wanted = (into or lock.directory) / "requirements.txt"
    python = str(lock.interpreter if into is None else sys.executable)
    wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
    indexes = [word for url in lock.indexes for word in ("--index", url)]
    places = [word for place in lock.places for word in ("--find-links", place)]
    # Which index a file comes from does not matter where its fingerprint is known; where it is not, the first decides.
    strategy = ["--index-strategy", "unsafe-best-match"] if "--require-hashes" in options else []
    run_uv(
        uv, "pip", "install", "--python", python, "--no-deps", "--link-mode", "copy",
        *indexes, *places, *strategy, *options, *(() if builds else ("--no-build",)), "--requirements", str(wanted),
        building=lock.directory if builds else None,
    )  # fmt: skip


def _not_as_packed(site: Path) -> list[str]:
    return [path for package in packages_in(site) for path in differing_files(package)]


def _site_packages(directory: Path) -> Path:
    windows = directory / "Lib" / "site-packages"
    return windows if windows.exists() else next((directory / "lib").glob("python*/site-packages"))


def _is_ours(line: str) -> bool:
    return _name(line) == "lineal"


def _name(line: str) -> str:
    return normal(line.partition("==")[0].partition(" @ ")[0].strip())


def _spare(record: Mapping[str, Item], requirements: Iterable[str]) -> frozenset[str]:
    loaded = loaded_in(record)
    return frozenset() if loaded is None else frozenset(map(_name, requirements)) - {normal(name) for name in loaded}


def _indexes(record: Mapping[str, Item], tables: Mapping[str, object]) -> Iterator[str]:
    """Return the indexes that the lock names, and those configured then and now, as far as they need no secret."""
    listed = tables.get("packages")
    named = (
        [str(one["index"]) for one in listed or () if isinstance(one, dict) and "index" in one]
        if isinstance(listed, list)
        else []
    )
    for url in dict.fromkeys([*named, *(url for url in _configured(record) if "://" in url)]):
        is_gone = url.startswith("file://") and not Path(url.removeprefix("file://")).is_dir()
        if HIDDEN not in url and not is_gone:
            yield url


def _places(record: Mapping[str, Item]) -> Iterator[str]:
    for place in dict.fromkeys(_configured(record)):
        if "://" not in place and Path(place).is_dir():
            yield place


def _configured(record: Mapping[str, Item]) -> Iterator[str]:
    for value in (index_urls_item().value, item(record, "index_urls").value):
        for entry in value if isinstance(value, list | tuple) else ():
            if isinstance(entry, Mapping):
                yield from str(entry.get("url", "")).split()


def _lost(sentence: str) -> Missing:
    advice = "rebuild with --env current, or record again from an environment with a lock"
    return Missing(kind="lock", what="environment", sentence=sentence, advice=advice)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold a lock that the system gives back when its holder dies."""
    import fcntl  # only where there is one: on Windows the other rooms still work

    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
