"""What a handler says about its own prediction, carried to the middleware through a context variable.

>>> from lineal.serving import report
>>> report(output=12.5, confidence=0.9)  # outside a request it does nothing
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextvars import ContextVar

from lineal.serving.loaded import LoadedModel
from lineal.serving.record import is_confidence

MAX_OUTPUT = 4096
_MAX_ELEMENTS = 1024
NOTHING = object()
"""No output was reported; None is an output."""


class Report:
    """The cell a request carries: a handler in a worker thread writes into the very one the middleware reads."""

    __slots__ = ("confidence", "model", "output")

    def __init__(self) -> None:
        self.output: object = NOTHING
        self.confidence: float | None = None
        self.model: LoadedModel | None = None


CURRENT: ContextVar[Report | None] = ContextVar("lineal_report", default=None)


def report(*, output: object = NOTHING, confidence: float | None = None, model: LoadedModel | None = None) -> None:
    """Say what this request's prediction is; what is left out stays as it was.

    Never raises: a confidence outside 0..1 is not recorded, an output that JSON cannot hold is summarised.
    """
    cell = CURRENT.get()
    if cell is None:
        return
    if output is not NOTHING:
        cell.output = output
    if model is not None:
        cell.model = model
    if confidence is not None:
        number = _number(confidence)
        cell.confidence = number if number is not None and is_confidence(number) else None


def output_text(output: object, digest: Callable[[bytes], str]) -> bytes:
    """Return an output as JSON; one that is too large or strange becomes its digest and a summary."""
    try:
        text = json.dumps(output, default=_plain, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError):
        return _summary({"type": type(output).__name__})
    if len(text) > MAX_OUTPUT:
        return _summary({"type": type(output).__name__, "bytes": len(text), "digest": digest(text)})
    return text


def _summary(facts: dict[str, str | int]) -> bytes:
    return json.dumps(facts).encode()


def _number(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]  # NumPy's and PyTorch's scalars too
    except (TypeError, ValueError, OverflowError):
        return None


def _plain(value: object) -> object:
    """Turn arrays and scalars of any library into lists and numbers, large ones into their size."""
    size = getattr(value, "size", 1)
    if isinstance(size, int) and size > _MAX_ELEMENTS:
        return {"type": type(value).__name__, "elements": size}
    to_list = getattr(value, "tolist", None)
    if callable(to_list):
        return to_list()
    if isinstance(value, bytes):
        return {"type": "bytes", "bytes": len(value)}
    return {"type": type(value).__name__}
