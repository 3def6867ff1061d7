"""uv: finds the tool that makes environments, runs it, and says in a sentence why it could not do what was asked."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from lineal.errors import NotRunnable, NotToBeHad
from lineal.rebuild.starter import Wanted, leashed, reporting, secrets_of_home, start
from lineal.rebuild.verdict import Missing, refused

_TAIL = 300
_PIPS = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_CERT": "SSL_CERT_FILE",
}
"""What people who use pip have set says where packages are as well; uv does not read it."""

_URL = re.compile(r"\b(?:https?|git\+\w+|ssh)://[^\s`'\"()<>]+")
_FOR_BUILDS = (
    "PATH",
    "LANG",
    "LC_",
    "UV_",
    "PIP_",
    "SSL_",
    "HTTP",
    "http",
    "ALL_PROXY",
    "NO_PROXY",
    "CC",
    "CXX",
    "LD_",
)
"""Beginnings of the variables that finding, fetching and compiling packages need; others may be secrets."""

_MOST_BUILT = 16 << 30

_NO_BUILD = re.compile(
    r"Wheels are required for `(?P<name>[^`]+)`|Building source distributions for `(?P<source>[^`]+)` is disabled"
)
_UNREACHABLE = re.compile(
    r"^.*(?:error sending request|Failed to fetch|dns error|Connection refused|timed out|network was disabled).*$",
    re.IGNORECASE | re.MULTILINE,
)
_MISMATCH = re.compile(
    r"Hash mismatch for `(?P<name>[^`]+)`.*?Expected:\s+(?P<wanted>.*?)\s+Computed:\s+(?P<found>\S+)", re.DOTALL
)
_NO_VERSION = re.compile(r"(?:no version of|there are no versions of|no versions of) (?P<name>[\w.\-\[\]]+==\S+|\S+)")
_NO_PACKAGE = re.compile(r"(?P<name>\S+) was not found in the (?:package registry|provided package locations)")
_NO_WHEEL = re.compile(r"(?P<name>\S+) has no (?:usable )?wheels|no wheels with a matching .* tag")


def find_uv() -> list[str] | None:
    """Return the words that start uv: from PATH, from beside our interpreter, or as its module; None without one."""
    found = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if found is not None:
        return [found]
    return [sys.executable, "-m", "uv"] if importlib.util.find_spec("uv") is not None else None


def no_uv() -> Missing:
    """Return what is missing where there is no uv."""
    return Missing(
        kind="tool",
        what="uv",
        sentence="the recorded environment is made with uv, and there is no uv on PATH or beside this Python",
        advice='pip install "lineal[rebuild]", or rebuild with --env current',
    )


def run_uv(uv: Sequence[str], *words: str, building: Path | None = None) -> None:
    """Run uv to its end; NotRunnable says why it could not.

    With `building` packages that come as source only are built: that runs what they bring, so uv and all it starts
    write below that directory only, keep their files in one beside it, and see nothing of other programs.
    """
    command = [*uv, "--quiet", "--no-progress", "--color", "never", *words]
    try:
        status, said = _run(command) if building is None else _run_confined(command, building)
    except OSError as error:
        raise refused("tool", "uv", f"{uv[0]} cannot be started: {error.strerror}") from error
    if status != 0:
        raise reason(unnamed(said, [*words, *os.environ.values()]))


def _run(command: Sequence[str]) -> tuple[int, str]:
    done = subprocess.run(
        leashed(command),
        env=_environment(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def _run_confined(command: Sequence[str], directory: Path) -> tuple[int, str]:
    place = directory.with_suffix(".build")
    with suppress(FileNotFoundError):
        shutil.rmtree(place)
    for name in ("tmp", "home", "cache"):
        (place / name).mkdir(parents=True)
    given = {name: value for name, value in _environment(os.environ).items() if name.startswith(_FOR_BUILDS)}
    config = os.environ.get("XDG_CONFIG_HOME", str(Path.home() / ".config"))
    given |= {"XDG_CONFIG_HOME": config, "NETRC": os.environ.get("NETRC", str(Path.home() / ".netrc"))}
    # What a build leaves in a cache would be installed for others: it gets one of its own.
    own = {"HOME": str(place / "home"), "TMPDIR": str(place / "tmp"), "UV_CACHE_DIR": str(place / "cache")}
    wanted = Wanted(
        argv=command,
        root=place,
        cwd=place,
        home=place / "home",
        most_bytes=_MOST_BUILT,
        environment=given | own,
        network=True,
        beside=[directory],
        hidden=[path for path in secrets_of_home() if path.name != ".netrc"],  # an index may ask for a password
    )
    wanted.put(place / "spec.json")
    try:
        with (
            reporting() as report,
            Path(os.devnull).open("rb") as nothing,
            start(place / "spec.json", nothing, report) as child,
        ):
            said, _ = child.communicate()
        return child.returncode, said.decode("utf-8", "replace")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def unnamed(said: str, words: Iterable[str]) -> str:
    """Return what uv said without the addresses of indexes: a verdict is kept and handed on, and they are not its own.

    `words` may hold addresses too; the names of their hosts are taken out where they stand alone.
    """
    urls = _URL.findall(" ".join([said, *words]))
    hosts = {host for host in (_host(url) for url in urls) if host}
    plain = _URL.sub("the index", said)
    for host in sorted(hosts, key=len, reverse=True):
        plain = plain.replace(host, "the index")
    return plain


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def make_venv(uv: Sequence[str], directory: Path, *, python: str) -> None:
    """Make an environment without packages, of this version of Python; NotRunnable where there is none."""
    ours = python == ".".join(map(str, sys.version_info[:3]))
    words = ("venv", "--no-config", "--no-python-downloads", "--python", sys.executable if ours else python)
    try:
        run_uv(uv, *words, str(directory))
    except NotRunnable as error:
        if ours or error.missing[0] != "lock":
            raise
        # What uv says depends on which broken interpreters it met while it looked; it found none in any case.
        raise refused(
            "python",
            python,
            f"it ran with Python {python}, and there is none here",
            f"uv python install {python}, or go on with another one: --allow-drift",
        ) from error


def reason(said: str) -> NotRunnable:
    """Return why uv failed, by what it said; what is not understood is passed on."""
    mismatch = _MISMATCH.search(said)
    if mismatch:
        wanted = " or ".join(word[:19] for word in mismatch["wanted"].split())
        return refused(
            "lock",
            mismatch["name"],
            f"the package {mismatch['name']} is not the recorded one: the index gives {mismatch['found'][:19]}, "
            f"recorded was {wanted}",
            "find out who replaced it; a lock is never made to fit",
        )
    unreachable = _UNREACHABLE.search(said)
    if unreachable:
        return refused(
            "network",
            "index",
            f"no package index can be reached: {unreachable[0].strip().removeprefix('cause: ')[:_TAIL]}",
            "go online, set UV_INDEX or UV_FIND_LINKS to a place with the packages, or rebuild with --env current",
        )
    source = _NO_BUILD.search(said)
    if source:
        name = source["name"] or source["source"]
        told = f"the package {name} comes as source only, and building it would run what it brings"
        return NotToBeHad(told, name=name, hint="let it: --allow-builds, or rebuild with --env current")
    gone = "is in no index any more"
    for pattern, told in ((_NO_WHEEL, "has no file for this machine"), (_NO_VERSION, gone), (_NO_PACKAGE, gone)):
        found = pattern.search(said)
        if found:
            name = (found.groupdict().get("name") or "a package").rstrip(".,")
            said = f"the recorded lock no longer resolves: {name} {told}"
            return NotToBeHad(said, name=name, hint=_ELSEWHERE)
    told = " ".join(said.split())[-_TAIL:] or "uv said nothing"
    return refused("lock", "lock", f"the recorded environment cannot be made: {told}", _ELSEWHERE)


_ELSEWHERE = "set UV_INDEX or UV_FIND_LINKS to a place that has it, or rebuild with --env current --allow-drift"


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return our variables with pip's places for packages as uv's, and without the environment that is active."""
    found = {name: value for name, value in given.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME")}
    for pips, ours in _PIPS.items():
        if given.get(pips):
            found.setdefault(ours, given[pips])
    return found
