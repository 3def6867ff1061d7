"""The web application: probes, version, counters, grpc-web."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse

from lineal.server.calls import SERVICE_NAME
from lineal.server.desk import Desk
from lineal.server.settings import Settings
from lineal.server.web.grpc_web import grpc_web
from lineal.server.web.hosts import LoopbackOnly

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def web_app(desk: Desk, settings: Settings) -> FastAPI:
    """Return the application over a desk. Pages of other origins are answered only if the settings name them."""
    app = FastAPI(title="Lineal", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(grpc_web(desk, longest=settings.limits.message_bytes))
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
        )
    app.add_middleware(LoopbackOnly, allowed=settings.allowed_origins)  # the last one added is asked first

    @app.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @app.get("/readyz")
    async def readyz() -> PlainTextResponse:
        trouble = await desk.trouble()
        return PlainTextResponse("ok\n") if trouble is None else PlainTextResponse(f"{trouble}\n", 503)

    @app.get("/version")
    async def versions() -> JSONResponse:
        return JSONResponse({"lineal": version("lineal"), "services": [SERVICE_NAME]})

    @app.get("/metrics")
    async def metrics() -> PlainTextResponse:
        text = desk.counters.text(in_flight=desk.workers.in_flight)
        return PlainTextResponse(text, media_type=_PROMETHEUS)

    return app
