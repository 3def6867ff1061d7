"""The one guard around every capture: whatever goes wrong becomes an `unknown` with its reason, and the run goes on.

The only place in this room that catches every exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from lineal.capture.captured import Captured, unknown
from lineal.capture.secrets import redact

_REASON_LENGTH = 300


def guarded(probe: Callable[[], Captured]) -> Captured:
    """Return what `probe` returns, or `unknown` with the reason where it raises."""
    try:
        return probe()
    except Exception as error:  # noqa: BLE001 — a capture must never break the run it watches
        return unknown(_reason(error))


def guarded_group(names: Iterable[str], probe: Callable[[], Mapping[str, Captured]]) -> dict[str, Captured]:
    """Return the items `names` as `probe` returns them; where it raises, each is `unknown` with the reason."""
    names = list(names)
    try:
        found = probe()
        return {name: found.get(name) or unknown("it was not reported") for name in names}
    except Exception as error:  # noqa: BLE001 — a capture must never break the run it watches
        reason = _reason(error)
        return {name: unknown(reason) for name in names}


def _reason(error: Exception) -> str:
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 — an error that cannot even describe itself
        message = ""
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return redact(text[:_REASON_LENGTH])
