"""One captured item: a value, or the reason why there is none. Never guessed, never empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lineal.model.values import Json

Status = Literal["captured", "unknown", "not_applicable", "withheld"]


@dataclass(frozen=True, slots=True)
class Captured:
    """How the capture of one item ended; `reason` is set for all but most captured ones."""

    status: Status
    value: Json = None
    reason: str | None = None

    def as_entry(self) -> dict[str, Json]:
        """Return the item as it stands in a stored record."""
        entry: dict[str, Json] = {"status": self.status}
        if self.value is not None:
            entry["value"] = self.value
        if self.reason is not None:
            entry["reason"] = self.reason
        return entry


def captured(value: Json, reason: str | None = None) -> Captured:
    """The item was found; `reason` says what about it is odd."""
    return Captured("captured", value, reason)


def unknown(reason: str, value: Json = None) -> Captured:
    """The item exists but could not be found out; `value` holds the part that could."""
    return Captured("unknown", value, reason)


def not_applicable(reason: str) -> Captured:
    """There is no such thing here."""
    return Captured("not_applicable", None, reason)


def withheld(reason: str, value: Json = None) -> Captured:
    """The item is known but its content is not kept: it is secret or too large."""
    return Captured("withheld", value, reason)
