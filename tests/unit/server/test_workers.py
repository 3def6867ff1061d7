"""Workers: so many calls, and an end that leaves no caller without an answer."""

from __future__ import annotations

import asyncio
import threading

import pytest

from lineal.compat.mlmd import errors
from lineal.errors import ResourceExhausted, Unavailable
from lineal.server.calls import Caller
from lineal.server.desk import Desk
from lineal.server.settings import Limits
from lineal.server.workers import Workers
from lineal.store.location import of_database
from lineal.store.open import open_store


@pytest.fixture
def store(tmp_path):
    store = open_store(of_database(tmp_path / "store.db"))
    yield store
    store.close()


def test_a_call_after_the_stop_is_unavailable():
    async def late():
        workers = Workers(workers=1, calls=1)
        assert workers.stop()
        with pytest.raises(Unavailable, match="the server stops"):
            await workers.run(int)
        assert workers.in_flight == 0

    asyncio.run(late())


def test_a_call_that_waits_when_the_stop_comes_is_unavailable_and_one_that_runs_ends():
    async def waiting():
        workers = Workers(workers=1, calls=2)
        release, started = threading.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def work():
            loop.call_soon_threadsafe(started.set)
            return release.wait(60)

        running = asyncio.create_task(workers.run(work))
        await started.wait()
        queued = asyncio.create_task(workers.run(int))
        await asyncio.sleep(0)  # its turn
        with pytest.raises(ResourceExhausted):
            await workers.run(int)
        assert not workers.stop()
        with pytest.raises(Unavailable, match="did not begin"):
            await queued
        release.set()
        assert await running is True

    asyncio.run(waiting())


def test_a_caller_that_leaves_is_cancelled_as_it_asked():
    async def leaving():
        workers = Workers(workers=1, calls=2)
        release = threading.Event()
        running = asyncio.create_task(workers.run(release.wait))
        queued = asyncio.create_task(workers.run(int))
        await asyncio.sleep(0)  # their turn
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await queued
        release.set()
        await running
        workers.stop()

    asyncio.run(leaving())


def test_the_desk_answers_unavailable_when_its_workers_are_gone(store):
    async def late():
        desk = Desk(store, Limits())
        desk.workers.stop()
        return await desk.answer("grpc", "GetArtifacts", b"", Caller(name="test"))

    answer = asyncio.run(late())

    assert answer.code == errors.UNAVAILABLE
    assert "the server stops" in answer.text
