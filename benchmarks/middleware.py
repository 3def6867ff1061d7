"""The middleware: CPU a request, beside the bare application, both driven in this process without a network."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import lineal
from benchmarks.timing import Figure, Spread, quiet
from lineal.serving import LinealMiddleware
from lineal.serving.messages import App, Message, Receive, Scope, Send

BODY = json.dumps({"hour": 7, "carrier": "UA", "distance": 1400}).encode()
ANSWER = json.dumps({"delay": 12.5}).encode()
BARE = "bare application"


def measure(directory: Path, *, rounds: int, small: bool) -> Iterator[Figure]:
    """Yield what the middleware adds to a request's CPU; its thread's work (sync, shipping) is counted too."""
    requests = 50 if small else 3000
    with lineal.open(directory / "serving") as workspace:
        wrapped = LinealMiddleware(_application, endpoint="delay-api", url=workspace.location.url)
        added, bare, whole = asyncio.run(_alternate(wrapped, requests, rounds))
    conditions: dict[str, str | int | float] = {
        "requests a round": requests,
        "body": f"{len(BODY)} bytes",
        "durability": "spool; lost by a power cut, not by kill -9",
    }
    yield Figure(
        name="middleware: CPU added to a request",
        unit="µs",
        lineal=Spread.of(added),
        others={BARE: Spread.of(bare)},
        ratios={BARE: Spread.of([one / other for one, other in zip(whole, bare, strict=True)])},
        rounds=rounds,
        conditions=conditions,
    )


async def _alternate(wrapped: App, requests: int, rounds: int) -> tuple[list[float], list[float], list[float]]:
    await _serve(wrapped, 20)
    added: list[float] = []
    bare: list[float] = []
    whole: list[float] = []
    for _ in range(rounds):
        bare.append(await _serve(_application, requests))
        whole.append(await _serve(wrapped, requests))
        added.append(whole[-1] - bare[-1])
    stop = getattr(wrapped, "_recorder").stop  # noqa: B009  nothing public ends it but the application's own end
    stop()
    return added, bare, whole


async def _serve(app: App, requests: int) -> float:
    """Return the microseconds of CPU of one request, over all threads of this process."""
    with quiet():
        began = time.process_time_ns()
        for _ in range(requests):
            await app(_scope(), _receive, _send)
        return (time.process_time_ns() - began) / 1e3 / requests


def _scope() -> Scope:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    return {"type": "http", "method": "POST", "path": "/predict", "query_string": b"", "headers": headers}


async def _application(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    message = await receive()
    json.loads(message["body"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": ANSWER})


async def _receive() -> Message:
    return {"type": "http.request", "body": BODY, "more_body": False}


async def _send(message: Message) -> None:
    assert message["type"].startswith("http.response")
