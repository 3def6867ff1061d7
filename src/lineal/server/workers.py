"""Threads that run calls beside the event loop: a bounded number, and a bounded number that wait for one.

A slot is taken when a call's whole request is here, so a connection that sends half a request costs no worker.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from lineal.errors import ResourceExhausted, Unavailable

T = TypeVar("T")


class Workers:
    """A pool that refuses what it cannot take soon."""

    def __init__(self, *, workers: int, calls: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="lineal-call")
        self._most = calls
        self._lock = threading.Lock()
        self._taken = 0

    @property
    def in_flight(self) -> int:
        """How many calls run or wait now."""
        return self._taken

    def check_room(self) -> None:
        """Raise ResourceExhausted where all slots are taken now."""
        if self._taken >= self._most:
            raise ResourceExhausted(f"{self._most} calls are in flight, the most this server takes; try again")

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, run on a worker.

        Raises ResourceExhausted where all slots are taken, Unavailable where a stop was faster than this call. A caller
        that goes away takes its call out of the queue; a call that runs already runs to its end, and keeps its slot
        until then.
        """
        with self._lock:
            self.check_room()
            self._taken += 1
        try:
            future = self._pool.submit(work)
        except RuntimeError as error:
            self._give_back()
            raise _stopped() from error
        future.add_done_callback(self._done)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise _stopped() from error  # nobody gave this call up: `stop` took it out of the queue

    def stop(self) -> bool:
        """Take nothing more; drop what waits; return whether nothing runs any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        return self._taken == 0

    def _done(self, _future: Future[T]) -> None:
        self._give_back()

    def _give_back(self) -> None:
        with self._lock:
            self._taken -= 1


def _stopped() -> Unavailable:
    return Unavailable("the server stops, and did not begin this call; try again later")
