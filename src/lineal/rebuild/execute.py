"""Execution: the recorded command once more, in a clean process of its own, watched until it ends.

Its stdin is closed, its output is streamed and kept within a limit, its files are counted; whatever it leaves running
is ended with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lineal.rebuild.place import FREE, Place, size_of
from lineal.rebuild.said import Listener
from lineal.rebuild.starter import Cover, Mount, Report, Wanted, reporting, secrets_of_home, start
from lineal.rebuild.strays import end_strays
from lineal.rebuild.verdict import Confinement, Missing

_GIB = 1 << 30
_LOOKED_AT_S = 0.5
_RARELY, _RARELY_S = 10, 10.0
_GRACE_S = 3.0
_FEW_FILES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long, how much and how far: seconds (None: as long as it takes), bytes written, bytes left free."""

    seconds: float | None = None
    bytes: int = 4 * _GIB
    free: int = FREE
    network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """How the program ended. `said` is the end of its output, `stopped` why it was not left to end by itself."""

    status: int
    seconds: float
    said: str
    stopped: Missing | None
    confinement: Confinement


def execute(
    argv: Sequence[str],
    *,
    place: Place,
    cwd: Path,
    environment: Mapping[str, str],
    limits: Limits,
    progress: Callable[[str], None],
    given: Path | None = None,
    is_piped: bool = False,
    mount: Mount | None = None,
    hidden: Sequence[Path] = (),
    covers: Sequence[Cover] = (),
) -> Executed:
    """Run a command to its end and return how that was. Nothing of it is left running, also if this is interrupted.

    Its standard input is the file `given`, or a pipe from it if it `is_piped`, else it is closed. With a `mount` it
    finds the tree at the recorded path.
    What is `hidden` is empty for it, where the system allows that, and so are the keys and passwords of the home.
    It does not start where it would not find the directories of `covers` as they were recorded.
    """
    spec = place.root / "command.json"
    wanted = Wanted(
        argv=argv,
        root=place.root,
        cwd=cwd,
        home=place.home,
        environment=environment,
        most_bytes=limits.bytes,
        network=limits.network,
        mount=mount,
        hidden=[*hidden, *secrets_of_home()],
        covers=covers,
    )
    wanted.put(spec)
    began = time.monotonic()
    with (
        _source(given, is_piped=is_piped) as source,
        reporting() as report,
        place.said.open("wb") as log,
    ):
        with _started(spec, source, report) as child:
            assert child.stdout is not None
            listener = Listener(child.stdout, log)
            stopped = _watched(child, place.root, limits, began, progress)
        end_strays(place.root)
        listener.join()
        confinement = report.read()
    return Executed(
        status=child.returncode,
        seconds=time.monotonic() - began,
        said=listener.tail.decode("utf-8", "replace"),
        stopped=stopped,
        confinement=confinement,
    )


@contextmanager
def _source(given: Path | None, *, is_piped: bool) -> Iterator[IO[bytes]]:
    """The standard input of a program: nothing, a file, or a pipe that is filled from one until nobody reads."""
    with (given or Path(os.devnull)).open("rb") as content:
        if given is None or not is_piped:
            yield content
            return
        outlet, inlet = os.pipe()
        filler = threading.Thread(target=_fill, args=(content, inlet), name="lineal-rebuild-input", daemon=True)
        filler.start()
        try:
            with os.fdopen(outlet, "rb") as source:
                yield source
        finally:
            filler.join()


def _fill(content: IO[bytes], inlet: int) -> None:
    with suppress(BrokenPipeError), os.fdopen(inlet, "wb") as pipe:  # the program need not read all of it
        shutil.copyfileobj(content, pipe)


@contextmanager
def _started(spec: Path, source: IO[bytes], report: Report) -> Iterator[subprocess.Popen[bytes]]:
    child = start(spec, source, report)
    try:
        yield child
    finally:
        _end(child)


def _watched(
    child: subprocess.Popen[bytes], root: Path, limits: Limits, began: float, progress: Callable[[str], None]
) -> Missing | None:
    """Wait for the end; return why the program was stopped, or None."""
    pause = _LOOKED_AT_S
    while True:
        try:
            child.wait(pause)
        except subprocess.TimeoutExpired:
            looked = time.monotonic()
            progress(f"running: {looked - began:.0f} s")
            stop = _reason_to_stop(root, limits, looked - began)
            # Many files take long to count: that must not take a processor from the program.
            pause = max(_LOOKED_AT_S, min(_RARELY_S, _RARELY * (time.monotonic() - looked)))
            if stop is not None:
                return stop
            continue
        return None


def _reason_to_stop(root: Path, limits: Limits, seconds: float) -> Missing | None:
    if limits.seconds is not None and seconds > limits.seconds:
        sentence = f"it was stopped after {limits.seconds:g} s, and had not ended"
        return Missing(kind="time", what="timeout", sentence=sentence, advice="give it more with --timeout")
    if shutil.disk_usage(root).free < limits.free:
        sentence = f"the disk of {root.parent} is nearly full: less than {limits.free >> 20} MiB are free"
        return Missing(kind="disk", what=str(root.parent), sentence=sentence, advice="free some space, or set TMPDIR")
    names = os.statvfs(root)
    if names.f_files and names.f_favail < _FEW_FILES:
        sentence = f"the disk of {root.parent} has room for {names.f_favail} more files only"
        return Missing(kind="disk", what=str(root.parent), sentence=sentence, advice="remove some, or set TMPDIR")
    written = size_of(root)
    if written > limits.bytes:
        sentence = f"it wrote {written >> 20} MiB, more than the {limits.bytes >> 20} MiB it may"
        return Missing(kind="disk", what="output", sentence=sentence, advice="the recorded run wrote less than that")
    return None


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the program and everything in its session that is left, gently first."""
    with suppress(ProcessLookupError, PermissionError):
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                child.wait(_GRACE_S)
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
