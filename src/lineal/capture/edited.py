"""Installed packages that are not what was installed: files that differ from the package's RECORD, or are in none.

Only packages the program has loaded are looked at, all their files but their own tests: an edit nobody imports changes
no result.
Reading them costs seconds once for each environment, so it is done beside the run and remembered.
"""

from __future__ import annotations

import base64
import os
import time
from array import array
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable, unknown, withheld
from lineal.capture.fingerprints.files import SETTLED_NS, digest_steps
from lineal.capture.installed import Package, installed_packages, installed_stamp
from lineal.capture.program import file_of, is_installed, loaded_modules
from lineal.capture.remembered import Remembered
from lineal.capture.secrets import has_secret
from lineal.capture.steps import Steps, finished
from lineal.capture.worker import Worker, settled
from lineal.files import Files
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json

KEPT_SIZE = 1 << 20
"""An edited file up to this size is kept with its bytes."""

PATIENCE_S = 10.0
"""How long the end of a run waits for packages nobody has looked at before; then the rest is unknown, this time."""

_SAVED_EVERY_S = 2.0
_AT_ONCE = 16
"""Files that are read between two steps: most are small."""

_MOST = 50
_NAMED = 5
_TOOLS = ("_virtualenv.py",)
"""What makers of environments put among the packages."""

_TESTS = f"{os.sep}tests{os.sep}"
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_GONE = "gone"
_INTACT = "intact"


@dataclass
class _Looked:
    """What this process has found so far: a package that was looked at once is not looked at again.

    A module stays in memory as it was loaded, so a later edit of its file concerns the next process.
    """

    wanted: list[str] = field(default_factory=list)
    odd: dict[str, dict[str, str]] = field(default_factory=dict)
    owned: set[str] = field(default_factory=set)


_looked = _Looked()
# Once for each environment, and it has an end: not worth a line before half of that.
_worker = Worker("lineal-packages", "comparing", said_after_s=PATIENCE_S / 2)
_WHAT = "the loaded packages with what was installed"


def begin() -> None:
    """Start looking at what is loaded, in a thread of its own, so that the end of the run need not wait."""
    _worker.ask(_look, what=_WHAT)


def edited_item(files: Files) -> Captured:
    """Return the files of loaded packages that are not as they were installed; small ones are kept."""
    answer = settled(_worker.ask(_look, what=_WHAT), PATIENCE_S)
    odd = {path: (name, what) for name, found in list(_looked.odd.items()) for path, what in found.items()}
    odd |= dict.fromkeys(_strays() if answer.value else (), ("no package", "belongs to no package"))
    described: dict[str, Json] = {}
    lost = 0
    for path in sorted(odd)[:_MOST]:
        described[path], kept = _described(files, path, *odd[path])
        lost += not kept
    value: dict[str, Json] = {"number": len(odd), "files": described}
    if not answer.value:
        return unknown(answer.reason or f"there was no time to look at {_late()}", value)
    if not odd:
        return not_applicable("every loaded package is as it was installed")
    reason = f"edited after installation: {', '.join(sorted({name for name, _ in odd.values()}))}"
    if lost or len(odd) > _MOST:
        return withheld(f"{reason}; the bytes of some files are not kept", value)
    return captured(value, reason)


def loaded_packages() -> list[str]:
    """Return the packages that the program had loaded when they were last looked at; [] before that."""
    return list(_looked.wanted)


def packages_of_files(paths: Collection[str]) -> list[str]:
    """Return the installed packages that files, or the tops of packages, belong to."""
    if not paths:
        return []
    memory = Remembered()
    owners = memory.recall("owners", installed_stamp(), _owners)
    memory.save()
    return sorted(_loaded_packages(owners, set(paths)))


def with_more_edits(files: Files, item: Captured, names: Collection[str]) -> Captured:
    """Return the item with the edited files of packages that other processes of the run loaded."""
    known = item.value if isinstance(item.value, Mapping) else {}
    listed = known.get("files")
    described: dict[str, Json] = dict(listed) if isinstance(listed, Mapping) else {}
    answer = settled(_worker.ask(lambda: _look_at(Remembered(), sorted(names), set()), what=_WHAT), PATIENCE_S)
    odd = {path: (name, what) for name in names for path, what in _looked.odd.get(name, {}).items()}
    lost = 0
    for path in sorted(odd.keys() - described.keys())[:_MOST]:
        described[path], kept = _described(files, path, *odd[path])
        lost += not kept
    if not answer.value:
        return unknown(answer.reason or "there was no time to look at the packages of other processes", known or None)
    if not odd:
        return item
    told = f"edited after installation: {', '.join(sorted({name for name, _ in odd.values()}))}"
    reason = told if item.reason is None or item.status == "not_applicable" else f"{item.reason}; {told}"
    value: dict[str, Json] = {"number": len(described), "files": described}
    if lost or item.status == "withheld":
        return withheld(f"{reason}; the bytes of some files are not kept", value)
    return captured(value, reason)


def edits_of(names: Collection[str]) -> list[tuple[str, str]]:
    """Return the files of these installed packages that are not as they were installed: package and place.

    A package that was looked at before and has not been touched since is not read again.
    """
    memory = Remembered()
    found: list[tuple[str, str]] = []
    for package in [package for package in installed_packages() if package.name in names]:
        record = {path: text for path, text in _record(package).items() if _TESTS not in path}
        found += [(package.name, _below(path)) for path in finished(_odd_files(memory, package, record))]
    memory.save()
    return found


def differing_files(package: Package) -> list[str]:
    """Return the files of one package that are not what its RECORD says, below the directory of packages."""
    return [_below(path) for path in finished(_differing(_record(package)))]


def _look() -> Steps[bool]:
    """Look at the loaded packages not looked at before, one file after the other; return True when done."""
    memory = Remembered()
    owners = memory.recall("owners", installed_stamp(), _owners)
    packages = {package.name: package for package in installed_packages()}
    loaded = _loaded_files()
    _looked.wanted = sorted(_loaded_packages(owners, loaded) & packages.keys())
    return (yield from _look_at(memory, _looked.wanted, loaded))


def _look_at(memory: Remembered, names: Collection[str], loaded: set[str]) -> Steps[bool]:
    packages = {package.name: package for package in installed_packages()}
    for name in names:
        if name in packages and name not in _looked.odd:
            record = _record(packages[name])
            _looked.owned.update(record)
            # A package's own tests are half of its files, and are left out where they are not loaded.
            wanted = {path: text for path, text in record.items() if _TESTS not in path or path in loaded}
            _looked.odd[name] = yield from _odd_files(memory, packages[name], wanted)
            memory.save(least_s=_SAVED_EVERY_S)
    memory.save()
    return True


def _late() -> str:
    return ", ".join([name for name in _looked.wanted if name not in _looked.odd][:_NAMED])


def _owners() -> Json:
    """Return which packages have put files below each directory or module of a directory of packages."""
    found: dict[str, list[Json]] = {}
    for package in installed_packages():
        for top in _tops(package):
            found.setdefault(top, []).append(package.name)  # several share a namespace package
    return dict(found)


def _tops(package: Package) -> set[str]:
    """Return the tops of a package's recorded files, without making an entry of each of thousands."""
    place = os.path.dirname(package.directory) + os.sep  # noqa: PTH120
    text = package.said("RECORD")
    if '"' in text or _top(f"{place}x{os.sep}y") != f"{place}x":
        return {_top(path) for path in _record(package)}
    names = {line.partition("/")[0].partition(",")[0] for line in text.splitlines()}
    return {place + name for name in names if not name.startswith("..") and not name.endswith(".dist-info")}


def _loaded_packages(owners: Json, loaded: set[str]) -> set[str]:
    known = owners if isinstance(owners, Mapping) else {}
    lists = (known.get(top) for top in {_top(path) for path in loaded})
    return {str(name) for names in lists if isinstance(names, list) for name in names}


def _strays() -> set[str]:
    """Return loaded files in a directory of packages that no package has put there: no lock brings them back."""
    places: dict[str, bool] = {}
    for package in installed_packages():
        place = os.path.dirname(package.directory) + os.sep  # noqa: PTH120
        places[place] = places.get(place, True) and bool(package.said("RECORD"))
    # Where some package keeps no RECORD, as those of a Linux distribution do, nobody can tell whose a file is.
    told = [place for place, has_records in places.items() if has_records]
    strays = _loaded_files() - _looked.owned
    return {path for path in strays if any(path.startswith(place) for place in told) and not path.endswith(_TOOLS)}


def _loaded_files() -> set[str]:
    found: set[str] = set()
    for name, module in loaded_modules():
        path = file_of(module)
        if path is not None and is_installed(path) and name.partition(".")[0] != "lineal":
            found.add(path)
    return found


def _top(path: str) -> str:
    """Return the directory or module directly in a directory of packages that a file belongs to."""
    for place in ("site-packages", "dist-packages"):
        before, found, below = path.rpartition(os.sep + place + os.sep)
        if found:
            return f"{before}{found}{below.partition(os.sep)[0]}"
    return path


def _record(package: Package) -> dict[str, str]:
    """Return the importable files of a package with their fingerprints; bytecode has none, metadata is no code."""
    place = os.path.dirname(package.directory) + os.sep  # noqa: PTH120
    # Plain texts: thousands of objects of our own would set the garbage collector to work on the whole program.
    entries: dict[str, str] = {}
    for line in package.said("RECORD").splitlines():
        name, found, rest = line.partition(",sha256=")
        if not found or name.startswith("..") or ".dist-info/" in name:
            continue
        path = place + name.strip('"').replace('""', '"').replace("/", os.sep)  # quoted where a comma is in it
        entries[path] = rest.partition(",")[0]
    return entries


def _odd_files(memory: Remembered, package: Package, record: Mapping[str, str]) -> Steps[dict[str, str]]:
    """Return the files of one package that are not as recorded; an unchanged package is not read again."""
    stamps = array("Q")
    newest = 0
    for path in record:
        stamp = _stamp(path)
        stamps.extend(stamp)
        newest = max(newest, stamp[1])
    if time.time_ns() - newest < SETTLED_NS:
        return (yield from _differing(record))  # so young that a second write could hide behind the same stamp
    key = (package, of_bytes(stamps.tobytes()), len(record))
    known = memory.known(f"package {package.name}", key)
    if not isinstance(known, Mapping):
        known = yield from _differing(record)
        memory.put(f"package {package.name}", key, known)
    return {str(path): str(what) for path, what in known.items()}


def _stamp(path: str) -> tuple[int, int, int, int]:
    """Return what changes with every write of a file: times, size, place; zeros where there is none."""
    try:
        about = os.stat(path)  # noqa: PTH116 — thousands of files
    except OSError:
        return 0, 0, 0, 0
    return max(0, about.st_mtime_ns), max(0, about.st_ctime_ns), about.st_size, about.st_ino


def _differing(record: Mapping[str, str]) -> Steps[dict[str, str]]:
    found: dict[str, str] = {}
    for number, (path, recorded) in enumerate(record.items()):
        what = yield from _state(path, recorded)
        if what != _INTACT:
            found[path] = what
        if number % _AT_ONCE == 0:
            yield
    return found


def _state(path: str, recorded: str) -> Steps[str]:
    try:
        descriptor = os.open(path, _READING)
        try:
            digest = yield from digest_steps(descriptor, os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return _GONE
    except OSError as error:
        return f"unreadable: {error.strerror}"
    return _INTACT if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == recorded else "edited"


def _described(files: Files, path: str, package: str, what: str) -> tuple[Json, bool]:
    entry: dict[str, Json] = {"package": package, "state": what, "place": _below(path)}
    try:
        data = Path(path).read_bytes()
    except OSError:
        return entry, what == _GONE
    if len(data) > KEPT_SIZE or has_secret(data):
        return entry | {"fingerprint": of_bytes(data), "bytes": len(data), "stored": False}, False
    return entry | {"fingerprint": files.put_bytes(data), "bytes": len(data), "stored": True}, True


def _below(path: str) -> str:
    """Return the path below the directory of packages, which is what a rebuild needs."""
    for place in ("site-packages", "dist-packages"):
        _, found, below = path.rpartition(os.sep + place + os.sep)
        if found:
            return below.replace(os.sep, "/")
    return path
