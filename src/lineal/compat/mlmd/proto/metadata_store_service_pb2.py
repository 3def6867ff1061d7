"""Requests and answers of ML Metadata's 52 calls. `make proto` writes the types beside it."""

from __future__ import annotations

from lineal.compat.mlmd.proto.classes import names_of
from lineal.compat.mlmd.proto.pool import SERVICE, file

globals().update(names_of(file(SERVICE), __name__))
