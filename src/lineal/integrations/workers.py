"""Workers: processes that `multiprocessing` starts end without what Python does at its end; it has ends of its own.

A worker of `multiprocessing.Pool` is ended by a signal and hears of none; those of `concurrent.futures`, PyTorch's
loaders and single processes do.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from lineal.integrations.imports import when_imported

_LAST = -1_000
"""After every end that the program's own libraries have registered."""


class _Ends:
    """Held for as long as this process lives: `multiprocessing` itself holds it weakly."""

    def __init__(self, module: ModuleType, act: Callable[[], None]) -> None:
        self._module = module
        self._act = act
        module.register_after_fork(self, _Ends.register)

    def register(self) -> None:
        """Wait for the end of this worker: what its parent waited for is forgotten when it begins."""
        self._module.Finalize(None, self._act, exitpriority=_LAST)


_ends: list[_Ends] = []


def hear_ends_of_workers(act: Callable[[], None]) -> None:
    """Call this at the end of each worker that `multiprocessing` forks from this process."""
    when_imported("multiprocessing.util", lambda module: _ends.append(_Ends(module, act)))
