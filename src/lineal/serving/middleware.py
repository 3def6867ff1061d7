"""The ASGI middleware: every answer says which model gave it, and is recorded before it leaves.

>>> from lineal.serving import LinealMiddleware
>>> app.add_middleware(LinealMiddleware, endpoint="delay-api")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import Enum
from typing import TypeVar

from lineal.errors import InvalidArgument
from lineal.serving.answers import answer
from lineal.serving.exchange import Exchange, refuse
from lineal.serving.messages import App, Receive, Scope, Send
from lineal.serving.recorder import Recorder
from lineal.serving.report import CURRENT
from lineal.serving.spool import Durability
from lineal.store.clock import Clock

E = TypeVar("E", bound=Enum)

EXCLUDED = ("/health", "/live", "/ready", "/metrics", "/docs", "/redoc", "/openapi.json", "/favicon.ico")
"""Path prefixes that are no predictions."""

OWN = "/lineage"
"""Where `GET /lineage/self` and `GET /lineage/TRACE` are answered."""

_SKIPPED = frozenset({"HEAD", "OPTIONS"})


class OnFailure(Enum):
    """What happens to an answer that cannot be recorded: it is served and counted as lost, or refused with 503."""

    SERVE = "serve"
    REFUSE = "refuse"


class LinealMiddleware:
    """Stamps and records the predictions of an ASGI application.

    The workspace is `url`, else `LINEAL_URL`, else the nearest `.lineal`; where it cannot be opened the headers say
    `unknown`. HEAD, OPTIONS, `exclude`d path prefixes and answers without a handler are no predictions. The input's
    digest is taken of the body as it was sent, before any decompression; of the query string where there is no body.
    """

    def __init__(
        self,
        app: App,
        endpoint: str,
        *,
        url: str | os.PathLike[str] | None = None,
        exclude: Sequence[str] = EXCLUDED,
        on_failure: OnFailure | str = OnFailure.SERVE,
        durability: Durability | str = Durability.PROCESS,
        clock: Clock | None = None,
    ) -> None:
        if not endpoint:
            raise InvalidArgument("the endpoint has no name", hint='LinealMiddleware, endpoint="delay-api"')
        self._app = app
        self._excluded = (*exclude, OWN + "/")
        self._refuse = _choice(OnFailure, "on_failure", on_failure) is OnFailure.REFUSE
        self._recorder = Recorder(
            endpoint, url=url, durability=_choice(Durability, "durability", durability), clock=clock
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI wants it."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        path = scope["path"]
        if path.startswith(OWN) and scope["method"] == "GET" and await answer(self._recorder, path, send):
            return
        if scope["method"] in _SKIPPED or path.startswith(self._excluded):
            await self._app(scope, receive, send)
            return
        if not self._recorder.ready() and self._refuse:
            await refuse(send)
            return
        await self._predict(Exchange(self._recorder, scope, receive, send, refuse=self._refuse), scope)

    async def _predict(self, exchange: Exchange, scope: Scope) -> None:
        token = CURRENT.set(exchange.report)
        failure: BaseException | None = None
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except BaseException as error:
            failure = error
            raise
        finally:
            exchange.abandon(failure)
            CURRENT.reset(token)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass websockets through; with the application's own life the recorder's begins and ends."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        self._recorder.start()
        try:
            await self._app(scope, receive, send)
        finally:
            self._recorder.stop()


def _choice(kind: type[E], name: str, value: E | str) -> E:
    """Return a member by itself or by its word, which is how configuration names it."""
    try:
        return kind(value)
    except ValueError as error:
        words = " or ".join(repr(each.value) for each in kind)
        raise InvalidArgument(f"{name} is {value!r}", hint=f"it is {words}") from error
