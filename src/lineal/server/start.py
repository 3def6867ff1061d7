"""From a workspace and settings to a process that serves: signals, the ready line, the exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable

from lineal.server.running import Ports, Server, run_until
from lineal.server.settings import Settings, authority
from lineal.store.protocol import Store

CUT = 8
"""Exit code where calls in flight were cut at the end of the drain."""

_STOPS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT") if hasattr(signal, name))


def serve(store: Store, settings: Settings, *, name: str) -> int:
    """Serve until SIGTERM or SIGINT, close the store, and return the exit code: 0 if no call was cut.

    `name` says in the ready line what is served. A second signal ends the drain at once.
    """
    try:
        whole = asyncio.run(_serve(store, settings, lambda ports: _say(_ready_line(ports, settings, name))))
    except BaseException:
        store.close()
        raise
    if whole:
        store.close()
        return 0
    _say("stopped: calls still in flight were cut; what was not answered may or may not be written, never half")
    # Their threads cannot be ended one by one. What they had not committed the database undoes.
    sys.stderr.flush()
    os._exit(CUT)


async def _serve(store: Store, settings: Settings, ready: Callable[[Ports], None]) -> bool:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def asked() -> None:
        if stop.is_set():
            hurry.set()
        else:
            _say("stopping: calls in flight are finished; once more to cut them")
            stop.set()

    loop = asyncio.get_running_loop()
    for number in _STOPS:
        # Not add_signal_handler, which Windows' event loop lacks.
        signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(asked))
    return await run_until(Server(store, settings), stop, hurry=hurry, ready=ready)


def _ready_line(ports: Ports, settings: Settings, name: str) -> str:
    secure = "" if settings.tls is None else " with TLS"
    doors = []
    if ports.grpc is not None:
        doors.append(f"grpc {authority(settings.host, ports.grpc)}{secure}")
    if ports.http is not None:
        doors.append(f"{'http' if settings.tls is None else 'https'}://{authority(settings.host, ports.http)}")
    return f"ready: {', '.join(doors)}, {name}"


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
