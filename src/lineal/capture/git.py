"""Asks git, and nothing but git, in a way that cannot harm: no locks, no hooks, no pager, no network, a time limit."""

from __future__ import annotations

import os
from pathlib import Path

TIMEOUT_S = 10.0
LIMIT = 10 << 20
"""Bytes of output taken from one call."""

_SETTINGS = (
    "core.fsmonitor=false",  # a hostile repository can run a program through it
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "color.ui=false",
    "diff.mnemonicPrefix=false",
    "diff.noprefix=false",
    "core.safecrlf=false",  # one warning a file, on stderr
)
# A hard limit that is lower already stays as it is: it cannot be raised.
_LIMITS = 'for l in "-d $1" "-f $2"; do (ulimit $l) 2>/dev/null && ulimit $l; done; shift 2; exec "$@"'
_MISSING = "git is not installed or not on PATH"
_NOT_FOUND = 127
"""What a shell that shall become git answers where there is none."""

_KEPT = ("GIT_CONFIG_", "GIT_SSL_", "GIT_CEILING_", "GIT_TEST_", "GIT_EXEC_PATH", "GIT_DISCOVERY_")


class GitUnavailable(Exception):
    """git is missing, refuses, or takes too long; the message is the reason."""


class GitTimeout(GitUnavailable):
    """git took longer than its limit."""


def find_root(start: Path) -> Path | None:
    """Return the top of the working tree that holds `start`, or None. Reads the file system, runs nothing."""
    start = Path(os.path.abspath(start))  # noqa: PTH100 — resolve() would follow links out of the repository
    for directory in (start, *start.parents):
        if (directory / ".git").exists():
            return directory
    return None


def ask(
    root: Path,
    *arguments: str,
    limit: int = LIMIT,
    timeout_s: float = TIMEOUT_S,
    given: bytes = b"",
    limits: tuple[int, int] | None = None,
) -> tuple[bytes, bool]:
    """Return what `git …` prints in `root`, and whether it was cut at `limit` bytes; `given` is its standard input.

    `limits` are the bytes it may hold in memory and write into one file, where the system knows such limits. Raises
    GitUnavailable with a reason a person understands.
    """
    import subprocess
    import tempfile
    import threading

    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    # stderr goes to a file: a pipe nobody reads would block git once it is full.
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as given_file:
        given_file.write(given)
        given_file.seek(0)
        try:
            child = subprocess.Popen(
                [*_limited(limits), "git", "--no-pager", *settings, *arguments],
                cwd=root,
                env=_environment(),
                stdin=given_file,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        except FileNotFoundError as error:
            raise GitUnavailable(_MISSING) from error
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(timeout_s, stop)
        timer.daemon = True
        timer.start()
        try:
            with child:
                assert child.stdout is not None
                out = child.stdout.read(limit + 1)
                if len(out) > limit:
                    child.kill()
        finally:
            timer.cancel()
        if late.is_set():
            raise GitTimeout(f"git {arguments[0]} took longer than {timeout_s:g} s")
        if len(out) > limit:
            return out[:limit], True
        if child.returncode == _NOT_FOUND:
            raise GitUnavailable(_MISSING)
        if child.returncode != 0:
            errors.seek(0)
            raise GitUnavailable(_reason(errors.read(4096).decode("utf-8", "backslashreplace"), arguments[0]))
        return out, False


def _limited(limits: tuple[int, int] | None) -> list[str]:
    """Return the words in front of a command that is to keep limits: so they hold before it starts programs itself."""
    if limits is None or os.name != "posix":
        return []
    memory, written = limits
    return ["/bin/sh", "-c", _LIMITS, "sh", str(memory // 1024), str(written // 512)]


def _environment() -> dict[str, str]:
    # GIT_DIR and its kin are set inside hooks and would answer about another repository.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(_KEPT)}
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",  # a checkout must not fetch what its pointers name
        "LC_ALL": "C",
        "LANGUAGE": "",
    }


def _reason(stderr: str, command: str) -> str:
    if "dubious ownership" in stderr:
        return "git refuses: the repository belongs to another user (dubious ownership; see git's safe.directory)"
    if "not a git repository" in stderr:
        return "git does not take this for a repository"
    if "Out of memory" in stderr:
        return f"git {command} needed more memory than it may have: an object unfolds too far"
    lines = stderr.strip().splitlines()
    return f"git {command} failed: {lines[-1][:200] if lines else 'it said nothing'}"
