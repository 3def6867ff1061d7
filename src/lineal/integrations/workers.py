"""Workers: processes that `multiprocessing` starts end without what Python does at its end; it has ends of its own.

A worker of `multiprocessing.Pool` is ended by a signal and hears of none: it is heard after each of its tasks. Those of
`concurrent.futures`, PyTorch's loaders and single processes hear of their end.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from lineal.integrations.hooks import Function, Patches, telling
from lineal.integrations.imports import when_imported

_LAST = -1_000
"""After every end that the program's own libraries have registered."""

MakeTold = Callable[[], Callable[[], None]]
"""Called in a worker when it begins; gives what is to be called after each of its tasks."""


class _Ends:
    """Held for as long as this process lives: `multiprocessing` itself holds it weakly."""

    def __init__(self, module: ModuleType, act: Callable[[], None]) -> None:
        self._module = module
        self._act = act
        module.register_after_fork(self, _Ends.register)

    def register(self) -> None:
        """Wait for the end of this worker: what its parent waited for is forgotten when it begins."""
        self._module.Finalize(None, self._act, exitpriority=_LAST)


class _Results:
    """The queue of a worker's results, which says when one is put; in all else the queue itself."""

    def __init__(self, queue: Any, told: Callable[[], None]) -> None:
        self._queue = queue
        self._told = told

    def put(self, result: object) -> None:
        """Put a result as ever: the task is over."""
        with telling("the hook on the tasks of a pool"):
            self._told()
        self._queue.put(result)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


_ends: list[_Ends] = []
_patches = Patches()


def hear_workers(at_end: Callable[[], None], make_told: MakeTold) -> None:
    """Hear of the end of each worker that `multiprocessing` forks from here, and of each task of those of a pool."""
    if not _ends:
        when_imported("multiprocessing.util", lambda module: _ends.append(_Ends(module, at_end)))
        when_imported("multiprocessing.pool", lambda module: _patches.patch(module, "worker", _working(make_told)))


def _working(make_told: MakeTold) -> Callable[[Function], Function]:
    def make(original: Function) -> Function:
        def worker(inqueue: object, outqueue: object, *args: object, **kwargs: object) -> object:
            if hasattr(outqueue, "_reader"):  # a pipe, so that this is a process; a pool of threads has none
                with telling("the hook on the tasks of a pool"):
                    outqueue = _Results(outqueue, make_told())
            return original(inqueue, outqueue, *args, **kwargs)

        return worker

    return make
