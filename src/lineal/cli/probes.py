"""The checks of `lineal doctor`. Each looks at one thing, changes nothing, and never raises for what it looks for."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from lineal.cli.installed import installed_version
from lineal.cli.naming import bytes_of
from lineal.cli.times import iso
from lineal.errors import LinealError, NotFound
from lineal.model.ids import Micros
from lineal.rebuild.confinement import confinement_here
from lineal.rebuild.uv import find_uv
from lineal.store.location import Location, locate
from lineal.workspace import Workspace, open_workspace


class Level(Enum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Probe:
    """The outcome of one check."""

    name: str
    level: Level
    message: str
    hint: str | None = None


_LITTLE, _TOO_LITTLE = 1_000_000_000, 100_000_000
_MANY_FILES = 16
_SLACK_US = 2_000_000
_EARLIEST = 1_735_689_600  # 2025-01-01: before this Lineal existed
_SYNCHRONOUS = {"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA"}
_SERVER_DURABILITY = (
    "synchronous_commit",
    "fsync",
    "full_page_writes",
    "innodb_flush_log_at_trx_commit",
    "innodb_doublewrite",
)
_CORE = ("sqlalchemy", "alembic", "orjson", "cryptography", "typer", "rich")


def examine(url: str | None) -> list[Probe]:
    """Return the outcome of every check, those of the installation first."""
    found = [_versions(), _packages(), _extras(), *_rebuilding()]
    try:
        location = locate(url)
    except NotFound as error:
        return [*found, Probe("workspace", Level.WARN, error.message, error.hint), _clock(None)]
    except LinealError as error:
        return [*found, Probe("workspace", Level.FAIL, error.message, error.hint), _clock(None)]
    found += [_writable(location), _disk(location)]
    try:
        with open_workspace(url, create=False) as workspace:
            return [*found, *_of_workspace(workspace)]
    except LinealError as error:
        return [*found, Probe("workspace", Level.FAIL, error.message, error.hint), _clock(None)]


def _versions() -> Probe:
    lineal = installed_version("lineal") or "(not installed as a package)"
    python = platform.python_version()
    return Probe(
        "versions",
        Level.OK,
        f"lineal {lineal} · Python {python} · SQLite {sqlite3.sqlite_version} · {platform.platform(terse=True)}",
    )


def _packages() -> Probe:
    versions = {name: installed_version(name) for name in _CORE}
    missing = [name for name, version in versions.items() if not version]
    if missing:
        return Probe("packages", Level.FAIL, f"missing: {', '.join(missing)}", "pip install --force-reinstall lineal")
    return Probe("packages", Level.OK, " · ".join(f"{name} {version}" for name, version in versions.items()))


def _extras() -> Probe:
    wanted = _requirements()
    whole = [extra for extra, names in wanted.items() if all(map(installed_version, names))]
    absent = [extra for extra in wanted if extra not in whole]
    if not wanted:
        return Probe("extras", Level.OK, "not known: lineal runs from its source, not from an installed package")
    said = f"installed: {', '.join(whole) or 'none'}"
    if not absent:
        return Probe("extras", Level.OK, said)
    return Probe("extras", Level.OK, f"{said}; not installed: {', '.join(absent)}", "pip install 'lineal[NAME]'")


def _requirements() -> Mapping[str, list[str]]:
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires("lineal") or []
    except PackageNotFoundError:
        lines = []
    extras: dict[str, list[str]] = {}
    for line in lines:
        match = re.match(r"([A-Za-z0-9._-]+).*;\s*extra\s*==\s*['\"]([\w-]+)['\"]", line)
        if match and match[1] != "lineal":
            extras.setdefault(match[2], []).append(match[1])
    return extras


def _rebuilding() -> Iterator[Probe]:
    """Say what `lineal reproduce` can count on here: uv for recorded environments, and confinement of programs."""
    uv = find_uv()
    if uv is None:
        said = "not found: `lineal reproduce --env locked` needs it, nothing else does"
        yield Probe("uv", Level.WARN, said, 'pip install "lineal[rebuild]"')
    else:
        yield Probe("uv", Level.OK, " ".join(uv))
    here = confinement_here()
    how = f" ({', '.join(here.how)})" if here.how else ""
    said = (
        f"rebuilt programs have the network {here.network}, their writes are {here.writes}, "
        f"other processes are {here.processes}, their sockets {here.sockets}{how}"
    )
    if (here.network, here.writes) == ("off", "confined"):
        yield Probe("confinement", Level.OK, said)
    else:
        hint = "Linux with Landlock (5.19 or newer) confines both; else rebuild in a container or a virtual machine"
        yield Probe("confinement", Level.WARN, said, hint)


def _writable(location: Location) -> Probe:
    database = location.database
    place = database if database is not None and database.exists() else _existing(location.home)
    beside = place if database is None else _existing(database.parent)
    if os.access(place, os.W_OK) and os.access(beside, os.W_OK):
        return Probe("writable", Level.OK, str(place))
    return Probe("writable", Level.FAIL, f"{place} cannot be written", "change its owner or mode, or use --url")


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def _disk(location: Location) -> Probe:
    free = shutil.disk_usage(_existing(location.home)).free
    said = f"{bytes_of(free)} free at {location.home}"
    if free < _TOO_LITTLE:
        return Probe("disk", Level.FAIL, said, "make room: writes fail as a whole when the disk is full")
    return Probe("disk", Level.WARN if free < _LITTLE else Level.OK, said)


def _of_workspace(workspace: Workspace) -> Iterator[Probe]:
    facts = workspace.store.facts()
    yield Probe("workspace", Level.OK, workspace.location.shown)
    yield _durability(facts)
    yield _guards(facts)
    counts = [f"{fact} {name.removesuffix(' rows')}" for name, fact in facts.items() if name.endswith(" rows")]
    yield Probe("rows", Level.OK, " · ".join(count for count in counts if not count.startswith("0 ")) or "none yet")
    yield _spool(workspace.location)
    yield _keys(workspace.location)
    newest = workspace.store.entries(limit=1, newest_first=True)
    yield _clock(newest[0].time if newest else None)


def _durability(facts: Mapping[str, str]) -> Probe:
    if "journal_mode" not in facts:
        return _durability_of_server(facts)
    journal, synchronous = facts.get("journal_mode", ""), _SYNCHRONOUS.get(facts.get("synchronous", ""), "unknown")
    said = (
        f"{facts.get('backend', '')} · schema {facts.get('schema', '')} · journal {journal} · synchronous {synchronous}"
    )
    if journal != "wal" or synchronous not in ("FULL", "EXTRA", "NORMAL"):
        return Probe("store", Level.FAIL, said, "a crash may lose what was acknowledged; is this a network drive?")
    if synchronous == "NORMAL":
        return Probe("store", Level.WARN, said, "a power failure may lose the last writes; leave ?synchronous= out")
    return Probe("store", Level.OK, said)


def _durability_of_server(facts: Mapping[str, str]) -> Probe:
    """A server says itself what could make it forget, in settings that are `off` (2 is MySQL's word for later)."""
    said = f"{facts.get('backend', '')} · schema {facts.get('schema', '')}"
    off = [name for name in _SERVER_DURABILITY if facts.get(name, "on").lower() in ("off", "0", "2")]
    if off:
        return Probe("store", Level.WARN, f"{said} · off: {', '.join(off)}", "a crash of the server may lose writes")
    kept = " · ".join(f"{name} {facts[name]}" for name in _SERVER_DURABILITY if name in facts)
    return Probe("store", Level.OK, f"{said} · {kept}")


def _guards(facts: Mapping[str, str]) -> Probe:
    missing = facts.get("missing guards", "")
    if missing:
        said = f"rows can be changed behind the ledger's back; missing: {missing}"
        return Probe("guards", Level.FAIL, said, "somebody dropped them: run `lineal audit verify`, restore a backup")
    return Probe("guards", Level.OK, "every table refuses changes that the ledger does not see")


def _spool(location: Location) -> Probe:
    if not location.spool.is_dir():
        return Probe("spool", Level.OK, "no prediction is waiting")
    waiting = [path for path in location.spool.rglob("*") if path.is_file()]
    octets = sum(path.stat().st_size for path in waiting)
    if not octets:
        return Probe("spool", Level.OK, "no prediction is waiting")
    said = f"{len(waiting)} file(s), {bytes_of(octets)}"
    if len(waiting) > _MANY_FILES:
        return Probe("spool", Level.WARN, said, "`lineal prediction TRACE` or a running server drains it")
    return Probe("spool", Level.OK, said)


def _keys(location: Location) -> Probe:
    if not location.keys.is_dir():
        return Probe("keys", Level.OK, "none yet")
    open_to_others = [path for path in location.keys.iterdir() if path.stat().st_mode & 0o077]
    if os.name == "posix" and open_to_others:
        return Probe("keys", Level.WARN, f"others can read {open_to_others[0]}", f"chmod 600 {location.keys}/*")
    return Probe("keys", Level.OK, f"{sum(1 for _ in location.keys.iterdir())} in {location.keys}")


def _clock(newest: Micros | None) -> Probe:
    now = Micros(time.time_ns() // 1000)
    if now < _EARLIEST * 1_000_000:
        return Probe("clock", Level.FAIL, f"this machine says {iso(now)}", "set the clock")
    if newest is not None and newest > now + _SLACK_US:
        return Probe(
            "clock", Level.WARN, f"now is {iso(now)}, but the newest entry is of {iso(newest)}", "set the clock"
        )
    return Probe("clock", Level.OK, iso(now))
