"""What a program says: its output, read as it comes. The beginning goes to a file, the end is remembered."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import IO

_GRACE_S = 3.0
_TAIL = 64 << 10
_LOG = 32 << 20


class Listener:
    """Reads what a program says until it says no more."""

    def __init__(self, stream: IO[bytes], log: IO[bytes]) -> None:
        self.tail = b""
        self._stream = stream
        self._log = log
        self._thread = threading.Thread(target=self._listen, name="lineal-rebuild-output", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until everything is read. A program that left its session may hold the stream open for ever."""
        self._thread.join(_GRACE_S)

    def _listen(self) -> None:
        room = _LOG
        with self._stream:
            while part := os.read(self._stream.fileno(), _TAIL):
                self.tail = (self.tail + part)[-_TAIL:]
                with suppress(OSError, ValueError):  # a full disk is noticed by the one who watches
                    self._log.write(part[:room])
                    self._log.flush()
                room = max(0, room - len(part))
