"""One call: the store it speaks to, the types it knows, and in whose name it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lineal.compat.mlmd.service.known import Known
from lineal.model.publication import Origin
from lineal.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Call:
    """What every handler gets beside its request."""

    store: Store
    types: Known
    by: Origin


Handler = Callable[[Call, Any], Any]
"""Answers one call; what comes back is the message of its response."""
