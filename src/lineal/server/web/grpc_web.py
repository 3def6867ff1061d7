"""MLMD's 52 calls over HTTP/1.1, as grpc-web clients in browsers make them: `POST /SERVICE/CALL`."""

from __future__ import annotations

import asyncio
import re

from fastapi import APIRouter, Request, Response

from lineal.compat.mlmd import errors
from lineal.errors import LinealError
from lineal.server.calls import REQUESTS, SERVICE_NAME, Answer, caller_of, refused
from lineal.server.desk import Desk
from lineal.server.web.bodies import Bodies, ClientLeftError
from lineal.server.web.frames import BINARY, TEXT, FrameError, body_of, message_of

DOOR = "grpc-web"

_TIMEOUT = re.compile(r"(\d{1,8})([HMSmun])")
_SECONDS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


def grpc_web(desk: Desk, *, longest: int) -> APIRouter:
    """Return the route of the calls; each is answered 200 with gRPC's own status in the trailers."""
    router = APIRouter()
    bodies = Bodies(longest=longest)

    @router.post(f"/{SERVICE_NAME}/{{method}}", include_in_schema=False)
    async def call(method: str, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in BINARY | TEXT:
            # A page of another origin can send other types without asking the browser first; these it cannot.
            return Response(
                "send application/grpc-web+proto or application/grpc-web-text\n", 415, media_type="text/plain"
            )
        text = kind in TEXT
        answer = await _answer(desk, bodies, method, request, text=text)
        return Response(body_of(answer, text=text), media_type=kind)

    return router


async def _answer(desk: Desk, bodies: Bodies, method: str, request: Request, *, text: bool) -> Answer:
    if method not in REQUESTS:
        return Answer(errors.UNIMPLEMENTED, f"{SERVICE_NAME} has no such call")
    host = request.client.host if request.client else "unknown"
    try:
        # Before the body is read: what could not be answered need not be held.
        desk.workers.check_room()
        async with bodies.of(request, text=text) as body, asyncio.timeout(_timeout(request)):
            content = message_of(body, text=text)
            return await desk.answer(DOOR, method, content, caller_of(f"{DOOR}:{host}", request.headers.get))
    except FrameError as error:
        return Answer(errors.UNIMPLEMENTED if error.compressed else errors.INVALID_ARGUMENT, str(error))
    except LinealError as error:
        return refused(error.status.grpc, error.message)
    except TimeoutError:
        return Answer(errors.DEADLINE_EXCEEDED, "the time of the call was over, or its body stood still")
    except ClientLeftError:
        return Answer(errors.CANCELLED, "the client left")


def _timeout(request: Request) -> float | None:
    match = _TIMEOUT.fullmatch(request.headers.get("grpc-timeout", ""))
    return int(match[1]) * _SECONDS[match[2]] if match else None
