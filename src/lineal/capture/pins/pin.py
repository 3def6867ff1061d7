"""Pin: the version that another system gives to data, beside which our own fingerprint stands, or is missing."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Pin:
    """What a system calls a state of its data: `Pin("delta", "12")`.

    `version` is None for a name that moves, such as a branch, and `reason` says so.
    """

    system: str
    version: str | None
    reason: str | None = None


def moving(system: str, name: str, wanted: str) -> Pin:
    """Return the pin of a name that may mean other data tomorrow; `wanted` is what would pin it."""
    return Pin(system, None, f"{name or 'the newest'} may mean other data tomorrow; name {wanted}")


def query_of(url: str) -> dict[str, str]:
    """Return the query of a URL, names in lower case."""
    return {name.lower(): values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


def is_commit(text: str) -> bool:
    """Return whether this is a commit's full id, of 40 or 64 hex digits."""
    return len(text) in (40, 64) and set(text) <= set("0123456789abcdef")
