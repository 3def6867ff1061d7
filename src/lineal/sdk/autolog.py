"""`lineal.autolog()`: from here on, what the program reads, fits and writes is recorded by itself."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from collections.abc import Collection
from pathlib import Path

from lineal.capture.program import command_line_code, main_script, notebook_shell
from lineal.errors import InvalidArgument
from lineal.files import Files
from lineal.integrations.files import watch_files
from lineal.integrations.hooks import Patches, telling
from lineal.integrations.libraries import check_names, install
from lineal.integrations.own import OwnFiles
from lineal.sdk import observing
from lineal.sdk.run import Run
from lineal.sdk.starting import run
from lineal.sdk.watching import Watching
from lineal.store.location import locate

FILES = "files"
"""The name under which plain files can be disabled: what is opened without a library we know."""


def autolog(enabled: bool = True, *, disable: Collection[str] = (), label: str | None = None) -> None:  # noqa: FBT001, FBT002
    """Record what this program reads, fits and writes from now on; `autolog(False)` ends that and its run.

        import lineal

        lineal.autolog()
        flights = pd.read_csv("flights.csv")     # an observed input
        model.fit(flights[["distance"]], flights["delay"])
        joblib.dump(model, "delay.joblib")       # an observed output

    Libraries are hooked when the program imports them, and none is imported for it. Within `with lineal.run(...)`
    what is seen belongs to that run; outside, to a run of the whole program (`label`, else the script's name), which
    opens when something is fitted or written and ends with the program. What you declare wins over what is seen.
    `disable` names integrations to leave out (`["pandas", "files"]`); InvalidArgument for a name that is none.
    Calling it again takes the new settings. Nothing here raises into your code later, or changes what it computes.
    """
    if isinstance(disable, str):
        raise InvalidArgument(f"disable is a list of names, got the text {disable!r}", hint=f"disable=[{disable!r}]")
    with _LOCK:
        if not enabled:
            _stop()
            return
        location = locate(create=True)
        if _active is not None:
            _active.again(disable)
            return
        own = OwnFiles([place for place in (location.home, location.database) if place is not None])
        _start(Watching(lambda: _ambient(label), Files(location.files), own), own, disable)


class Active:
    """What is hooked now, and by whom it is heard."""

    def __init__(self, watching: Watching, own: OwnFiles, disable: Collection[str]) -> None:
        self.watching = watching
        self._own = own
        self._patches = Patches()
        self.again(disable)

    def again(self, disable: Collection[str]) -> None:
        """Hook anew, with other settings."""
        libraries = [name for name in disable if name != FILES]
        check_names(libraries)
        # First out, then in: a hook that lies below another one cannot be taken out, and would be heard for ever.
        self._patches.undo()
        self._patches = install(self.watching, disable=libraries)
        if FILES not in disable:
            self._patches.add(watch_files(self.watching, self._own))

    def stop(self, error: BaseException | None = None) -> None:
        """Take all hooks out and end the run of the program."""
        self._patches.undo()
        with telling("the end of the program's run"):
            self.watching.close(error)
        observing.forget(self.watching)


_LOCK = threading.RLock()
_active: Active | None = None


def start(watching: Watching, own: OwnFiles, disable: Collection[str] = ()) -> None:
    """Hook everything for this listener; called by `autolog` and by a process that adopts a run."""
    with _LOCK:
        _start(watching, own, disable)


def stop(error: BaseException | None = None) -> None:
    """Take every hook out and end the program's own run."""
    with _LOCK:
        _stop(error)


def _start(watching: Watching, own: OwnFiles, disable: Collection[str]) -> None:
    global _active  # noqa: PLW0603  hooks are one per process, and so is who listens
    _active = Active(watching, own, disable)
    observing.watch(watching)
    atexit.register(_at_exit, os.getpid())


def _stop(error: BaseException | None = None) -> None:
    global _active
    active, _active = _active, None
    if active is not None:
        active.stop(error)


def _at_exit(process: int) -> None:
    if process == os.getpid():  # a forked child runs the handlers of its parent too
        with telling("the end of the program"):
            _stop(None if _is_interactive() else getattr(sys, "last_value", None))
        end_as_interrupted()


def end_as_interrupted() -> None:
    """After Ctrl-C, let the process end by SIGINT as it would have without us: a shell sees 130.

    The interpreter forgets an unhandled KeyboardInterrupt as soon as any text is executed, and importing a module with
    a dataclass does that; it would exit with 1. Called last in what runs at the end of the program.
    """
    if isinstance(getattr(sys, "last_value", None), KeyboardInterrupt) and not _is_interactive():
        with contextlib.suppress(KeyboardInterrupt):
            exec("raise KeyboardInterrupt")  # noqa: S102  the one way to tell the interpreter again


def _is_interactive() -> bool:
    """In a notebook or a shell the last exception is any cell's, not the end of the program."""
    return hasattr(sys, "ps1") or "IPython" in sys.modules


def _ambient(label: str | None) -> Run:
    return run(label or _script_name())


def _script_name() -> str:
    if notebook_shell() is not None:
        return "notebook"  # the script is the kernel's, and another one where the cells are run again
    module = getattr(getattr(sys.modules.get("__main__"), "__spec__", None), "name", None)
    if isinstance(module, str):
        return module.removesuffix(".__main__")  # python -m package.train
    script = main_script()
    if script is None and command_line_code() is not None:
        return "python -c"
    return script.name if script is not None else Path(sys.argv[0] or "session").name or "session"
