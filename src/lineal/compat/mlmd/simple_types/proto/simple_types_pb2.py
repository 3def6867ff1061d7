"""`SimpleTypes`, as ML Metadata's generated module of this name offers it. `make proto` writes the types beside it."""

from __future__ import annotations

from lineal.compat.mlmd.proto.classes import names_of
from lineal.compat.mlmd.proto.pool import SIMPLE_TYPES, file

globals().update(names_of(file(SIMPLE_TYPES), __name__))
