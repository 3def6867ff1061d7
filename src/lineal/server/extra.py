"""The packages of the `server` extra: asked for before anything imports one, so that a missing one is one sentence."""

from __future__ import annotations

import importlib.util

from lineal.errors import MissingExtra

_PACKAGES = ("grpc", "google.protobuf", "grpc_health", "grpc_reflection", "fastapi", "uvicorn")


def need_extra() -> None:
    """Raise MissingExtra, naming the packages, where some are not installed."""
    missing = [name for name in _PACKAGES if not _installed(name)]
    if missing:
        raise MissingExtra(f"the server ({', '.join(missing)})", extra="server")


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):  # the package above it is missing, or was made missing
        return False
