"""The server: MLMD's gRPC service, and the same calls for browsers, on any store. `lineal serve` starts it.

Importing this room asks for the packages of the `server` extra, and says so in one sentence where one is missing.
"""

from __future__ import annotations

import importlib.util

from lineal.errors import MissingExtra

_PACKAGES = ("grpc", "google.protobuf", "grpc_health", "grpc_reflection", "fastapi", "uvicorn")


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the package above it is missing too
        return False


_missing = [name for name in _PACKAGES if not _installed(name)]
if _missing:
    raise MissingExtra(f"the server ({', '.join(_missing)})", extra="server")
