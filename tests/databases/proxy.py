"""A proxy in front of PostgreSQL that counts how often the client had to wait for the server."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

READY = ord("Z")


class Proxy:
    """Forwards connections on loopback; `turns` counts the server's "ready for the next" messages.

    `loses` names what the next message is lost with, together with its connection: a "question" or an "answer".
    """

    def __init__(self, port):
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listener]
        self._closed = False
        self.turns = 0
        self.loses = None
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                threading.Thread(
                    target=self._forward, args=(client, server, "question", self._pass), daemon=True
                ).start()
                threading.Thread(
                    target=self._forward, args=(server, client, "answer", self._count), daemon=True
                ).start()

    def _forward(self, source, target, kind, look):
        pending = b""
        with suppress(OSError):
            while data := source.recv(65536):
                if self.loses == kind:
                    self.loses = None
                    break
                pending = look(pending + data)
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _pass(self, _data):
        return b""

    def _count(self, data):
        # Each message is a letter and a length that counts itself; the rest of one may still be on its way.
        while len(data) >= 5:
            size = 1 + int.from_bytes(data[1:5], "big")
            if len(data) < size:
                break
            self.turns += data[0] == READY
            data = data[size:]
        return data

    def close(self):
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
