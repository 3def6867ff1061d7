"""`lineal serve` as a process: started, asked where it listens, stopped, and what it said kept."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import grpc
import httpx

_QUESTIONS = 5000

_SERVE = ("-m", "lineal", "serve")


class Serving:
    """A server process that is ready. `said` is its stderr so far."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._lines: list[str] = []
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def said(self) -> str:
        return "".join(self._lines)

    @property
    def grpc(self) -> str:
        """The address of the gRPC port."""
        found = re.search(r"grpc ([^ ,]+)", self.wait_for("ready: "))
        assert found, self.said
        return found[1]

    @property
    def http(self) -> str:
        """The URL of the HTTP port."""
        found = re.search(r"https?://[^ ,]+", self.wait_for("ready: "))
        assert found, self.said
        return found[0]

    def wait_for(self, words: str) -> str:
        """Return the first line that has these words; it must come before the process ends."""
        seen = 0
        with self._news:
            while True:
                for line in self._lines[seen:]:
                    if words in line:
                        return line
                seen = len(self._lines)
                if not self._reader.is_alive():
                    raise AssertionError(f"ended without saying {words!r}: {self.said}")
                self._news.wait(0.2)  # the reader wakes us; a reader that died cannot

    def wait_until_in_flight(self, number: int) -> None:
        """Return when the server has this many calls in flight; each question is a round trip."""
        with httpx.Client(base_url=self.http) as client:
            for _ in range(_QUESTIONS):
                if f"lineal_calls_in_flight {number}\n" in client.get("/metrics").text:
                    return
        raise AssertionError(f"there were never {number} calls in flight: {self.said}")

    def wait_until_closed(self, address: str) -> None:
        """Return when nobody listens at an address any more; each question is a connection."""
        host, _, port = address.rpartition(":")
        for _ in range(_QUESTIONS):
            try:
                socket.create_connection((host, int(port))).close()
            except ConnectionRefusedError:
                return
        raise AssertionError(f"{address} was never closed: {self.said}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Return the exit code of a process that ends by itself."""
        code = self.process.wait(timeout=60)
        self._reader.join()
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.ended()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()


@contextmanager
def serving(url: object, *options: str, program: Sequence[str] = _SERVE, **environment: str) -> Iterator[Serving]:
    """Run `lineal serve` on a workspace, both doors on free ports unless `options` name one, and give it when ready."""
    ports = () if any("port" in option for option in options) else ("--port", "0", "--grpc-port", "0")
    arguments = () if url is None else ("--url", str(url))
    server = Serving([sys.executable, *program, *arguments, *ports, *options], environment)
    try:
        server.wait_for("ready: ")
        yield server
    finally:
        server.close()


@contextmanager
def channel_to(server: Serving, **options: int) -> Iterator[grpc.Channel]:
    """Give a channel of its own, with channel arguments `grpc.NAME`, to a server without TLS."""
    arguments = [(f"grpc.{name}", value) for name, value in {"use_local_subchannel_pool": 1, **options}.items()]
    with grpc.insecure_channel(server.grpc, options=arguments) as channel:
        yield channel
