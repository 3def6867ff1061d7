"""Kept copies of inputs, as a plan looks at them: a damaged one is no copy, and that is known before anything runs."""

from __future__ import annotations

from enum import Enum

from lineal.errors import FileCorrupt, LinealError
from lineal.files import Files

CHECKED = 256 << 20
"""Bytes that one plan reads to check copies; what is beyond that is checked when it is put in place."""


class _State(Enum):
    GONE = "gone"
    WHOLE = "whole"
    DAMAGED = "damaged"
    UNREAD = "unread"


class KeptCopies:
    """The copies that lie in files. Each is read once, when it is first asked for, within the limit in all."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._left = CHECKED
        self._known: dict[str, _State] = {}

    def can_be_taken(self, fingerprint: str) -> bool:
        """Return whether there is a copy, and nothing is known against it."""
        if fingerprint not in self._known:
            self._known[fingerprint] = self._looked_at(fingerprint)
        return self._known[fingerprint] in {_State.WHOLE, _State.UNREAD}

    def is_damaged(self, fingerprint: str) -> bool:
        """Return whether a copy that was asked for is not what it was."""
        return self._known.get(fingerprint) is _State.DAMAGED

    def is_unread(self, fingerprint: str) -> bool:
        """Return whether a copy that was asked for was too large to be read now."""
        return self._known.get(fingerprint) is _State.UNREAD

    def _looked_at(self, fingerprint: str) -> _State:
        if not self._files.has(fingerprint):
            return _State.GONE
        try:
            size = self._files.path(fingerprint).stat().st_size
            if size > self._left:
                return _State.UNREAD
            self._left -= size
            self._files.open(fingerprint).close()
        except FileCorrupt:
            return _State.DAMAGED
        except (LinealError, OSError):
            return _State.UNREAD  # what the system says is said when it is put in place
        return _State.WHOLE
