"""Only calls for this machine's own names are answered: a web page must not reach us through a name it made up.

A page of evil.example can have its name point at 127.0.0.1 after it was loaded (DNS rebinding); the browser then
takes our answers for its own. The Host header still says evil.example, and the Origin header does for other pages.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from fastapi.responses import PlainTextResponse

from lineal.errors import LinealError
from lineal.server.settings import loopback
from lineal.serving.messages import App, Receive, Scope, Send


class LoopbackOnly:
    """ASGI middleware: 403 where Host, or an Origin that is not among `allowed`, is not this machine."""

    def __init__(self, app: App, *, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
        refusal = self._refusal(headers.get(b"host", ""), headers.get(b"origin"))
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(refusal + "\n", 403)(scope, receive, send)

    def _refusal(self, host: str, origin: str | None) -> str | None:
        if not _is_loopback(f"//{host}"):
            return "this server answers only to 127.0.0.1, [::1] and localhost"
        if origin is None or origin in self._allowed or origin.partition("://")[2] == host:
            return None
        return "pages of another origin are not answered; `lineal serve --allow-origin` names those that are"


def _is_loopback(url: str) -> bool:
    try:
        name = urlsplit(url).hostname
        return name is not None and bool(loopback(name))
    except (ValueError, LinealError):
        return False
