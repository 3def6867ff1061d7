"""Bodies: what is held of requests has a bound, and what stands still is given up."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import Request

from lineal.errors import ResourceExhausted
from lineal.server.web.bodies import Bodies, ClientLeftError


def request(*pieces, end=True):
    """Return a request whose body comes in these pieces; without an end it stands still behind them."""
    left = list(pieces)

    async def receive():
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left) or not end}
        return await asyncio.Event().wait()

    return Request({"type": "http"}, receive)


async def read(bodies, given, *, text=False):
    async with bodies.of(given, text=text) as body:
        return body


def test_a_body_comes_whole():
    assert asyncio.run(read(Bodies(longest=10), request(b"ab", b"", b"cd"))) == b"abcd"


def test_a_body_that_is_too_long_is_refused_before_it_has_come():
    with pytest.raises(ResourceExhausted, match="more than 10 bytes"):
        asyncio.run(read(Bodies(longest=10), request(b"x" * 20, end=False)))


def test_a_body_that_stands_still_is_given_up():
    with pytest.raises(TimeoutError):
        asyncio.run(read(Bodies(longest=10, patience=0.01), request(b"x", end=False)))


def test_a_client_that_leaves_is_noticed():
    async def receive():
        return {"type": "http.disconnect"}

    with pytest.raises(ClientLeftError):
        asyncio.run(read(Bodies(longest=10), Request({"type": "http"}, receive)))


def test_bodies_that_are_held_leave_no_room_for_more_until_they_are_done():
    async def crowd():
        bodies = Bodies(longest=100)
        go = asyncio.Event()

        async def hold():
            async with bodies.of(request(b"x" * 105), text=False):
                await go.wait()

        held = [asyncio.create_task(hold()) for _ in range(5)]
        await asyncio.sleep(0)  # their turn
        with pytest.raises(ResourceExhausted, match="try again"):
            await read(bodies, request(b"x" * 105))
        go.set()
        await asyncio.gather(*held)
        return await read(bodies, request(b"x" * 105))

    assert len(asyncio.run(crowd())) == 105
