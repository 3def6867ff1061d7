"""ML Metadata's messages, as its generated module of this name offers them. `make proto` writes the types beside it."""

from __future__ import annotations

from lineal.compat.mlmd.proto.classes import names_of
from lineal.compat.mlmd.proto.pool import MESSAGES, file

globals().update(names_of(file(MESSAGES), __name__))
