"""UUIDv7 (RFC 9562): ids of predictions and runs, 32 hex digits, rising within a process.

48 bits of milliseconds, then 12 bits of the millisecond's fraction, then 62 random bits. Two ids asked for
in one quarter of a microsecond differ by one in that fraction, so sorting ids sorts by time.
"""

from __future__ import annotations

import os
import re
import threading

from lineal.errors import InvalidArgument
from lineal.model.ids import Micros
from lineal.store.clock import Clock

_VERSION_AND_VARIANT = 0x7000_8000_0000_0000_0000
_RANDOM_BITS = (1 << 62) - 1
_UUID7 = re.compile(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}")


class Uuid7:
    """Makes ids. Safe in threads and after a fork."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def new(self) -> str:
        """Return the next id, of the clock's time."""
        return self.at(self._clock.now())

    def at(self, now: Micros) -> str:
        """Return the next id for this time, or for a moment just after the last id where that is later."""
        if self._pid != os.getpid():  # another thread may have held the lock while this process was forked
            self._lock, self._pid = threading.Lock(), os.getpid()
        milliseconds, micros = divmod(now, 1000)
        tick = (milliseconds << 12) | (micros * 4096 // 1000)
        with self._lock:
            if tick <= self._last:
                tick = self._last + 1
            self._last = tick
        random = int.from_bytes(os.urandom(8), "big") & _RANDOM_BITS
        return f"{(tick >> 12) << 80 | (tick & 0xFFF) << 64 | _VERSION_AND_VARIANT | random:032x}"


def is_uuid7(text: str) -> bool:
    """Return whether this is a UUIDv7 as 32 lower-case hex digits, which is how we write them."""
    return _UUID7.fullmatch(text) is not None


def time_of(identifier: str) -> Micros:
    """Return the moment a UUIDv7 was made, to the millisecond. Raises InvalidArgument for any other text."""
    if not is_uuid7(identifier):
        raise InvalidArgument(
            f"{identifier!r} is not a UUIDv7", hint="a trace id or run id is 32 hex digits, the 13th of them 7"
        )
    return Micros(int(identifier[:12], 16) * 1000)
