"""The desk behind both doors: admits a call, has a worker answer it, counts it."""

from __future__ import annotations

import asyncio
import time
from functools import partial

import grpc

from lineal.errors import LinealError
from lineal.server.calls import Answer, Caller, Calls, refused
from lineal.server.counters import Counters
from lineal.server.discretion import told
from lineal.server.settings import Limits
from lineal.server.workers import Workers
from lineal.store.protocol import Store

STATUS_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


class Desk:
    """One store, its workers and its counters. Lives on one event loop. `idle` is set while nobody waits for it."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self.counters = Counters()
        self.workers = Workers(workers=limits.workers, calls=limits.calls)
        self.open = False
        self.idle = asyncio.Event()
        self.idle.set()
        self._answering = 0
        self._store = store
        self._calls = Calls(store, longest=limits.message_bytes)

    async def answer(self, door: str, method: str, content: bytes, caller: Caller) -> Answer:
        """Return the answer to one whole request; nothing but a caller that left makes it raise."""
        self._begin()
        started = time.perf_counter()
        status = "CANCELLED"
        try:
            answer = await self._answer(method, content, caller)
            status = STATUS_CODES[answer.code].name
        finally:
            self._end()
            self.counters.count(door, method, status, time.perf_counter() - started)
        return answer

    async def trouble(self) -> str | None:
        """Return why this server should get no calls now, or None if it can answer them."""
        if not self.open:
            return "the server is not open, or drains"
        try:
            await self.workers.run(partial(self._store.entries, limit=1))
        except LinealError as error:
            return told("the server's health", error)
        return None

    def _begin(self) -> None:
        self._answering += 1
        self.idle.clear()

    def _end(self) -> None:
        self._answering -= 1
        if not self._answering:
            self.idle.set()

    async def _answer(self, method: str, content: bytes, caller: Caller) -> Answer:
        try:
            return await self.workers.run(partial(self._calls.answer, method, content, caller))
        except LinealError as error:
            return refused(error.status.grpc, error.message)
