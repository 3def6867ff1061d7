"""One request and its answer, as the middleware sees them pass: digest in, headers on, record before the end.

Nothing is held back or gathered but the first 4 KiB of a JSON answer. What costs time waits for the shipper.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from lineal.serving.facts import Facts
from lineal.serving.keys import InputDigest, text_of
from lineal.serving.messages import Message, Receive, Scope, Send
from lineal.serving.record import Output, encode
from lineal.serving.recorder import Recorder
from lineal.serving.report import MAX_OUTPUT, NOTHING, Report, output_text

CLIENT_CLOSED = 499
SERVER_ERROR = 500
_NO_PREDICTION = frozenset({404, 405})
_REDIRECTS = range(300, 400)
_STAMPS = frozenset({b"x-model-version", b"x-dataset-version", b"x-reproducible", b"x-lineage-trace-id"})
_UNAVAILABLE = b'{"title":"the prediction could not be recorded","status":503}'


class Exchange:
    """Stands between a server and an application for one request; `receive` and `send` are what the latter gets."""

    __slots__ = (
        "_body",
        "_complete",
        "_first",
        "_held",
        "_json",
        "_mac",
        "_now",
        "_receive",
        "_recorder",
        "_refuse",
        "_scope",
        "_send",
        "_size",
        "_started",
        "_status",
        "_trace",
        "done",
        "report",
    )

    def __init__(self, recorder: Recorder, scope: Scope, receive: Receive, send: Send, *, refuse: bool) -> None:
        self._recorder = recorder
        self._scope = scope
        self._receive = receive
        self._send = send
        self._refuse = refuse
        self._started = time.perf_counter_ns()
        self._now = recorder.clock.now()
        self._trace = recorder.identifiers.at(self._now)
        self._first: bytes | None = None
        self._mac: InputDigest | None = None
        self._complete = False
        self._status = 0
        self._json = False
        self._body: bytes | InputDigest = b""
        self._size = 0
        self._held: Message | None = None
        self.report = Report()
        self.done = False
        """Nothing is left to record: it is recorded, or it is no prediction."""

    async def receive(self) -> Message:
        """Pass the request on, and digest its body as it comes."""
        message = await self._receive()
        if message["type"] == "http.request":
            piece = message.get("body", b"")
            if piece:
                self._digest(piece)
            if not message.get("more_body", False):
                self._complete = True
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on: stamped at its start, recorded before its last piece."""
        kind = message["type"]
        if kind == "http.response.start" and not self.done:
            await self._start(message)
        elif kind == "http.response.body" and not self.done:
            await self._piece(message)
        elif kind == "http.response.pathsend" and not self.done:
            await self._end(message)
        else:
            await self._send(message)

    def abandon(self, error: BaseException | None) -> None:
        """Record an answer that never came to its end: the handler failed, or the client left."""
        if not self.done:
            self._record(SERVER_ERROR if isinstance(error, Exception) else CLIENT_CLOSED)

    async def _start(self, message: Message) -> None:
        self._status = message["status"]
        if self._is_no_prediction():
            self.done = True
            await self._send(message)
            return
        headers, self._json = _stamped(message.get("headers", ()), self._recorder.facts(self.report.model), self._trace)
        stamped = {**message, "headers": headers}
        if self._refuse:
            self._held = stamped  # until its end is recorded, or its first piece shows that it is a stream
        else:
            await self._send(stamped)

    async def _piece(self, message: Message) -> None:
        piece = message.get("body", b"")
        if piece and self.report.output is NOTHING:
            self._gather(piece)
        if not message.get("more_body", False):
            await self._end(message)
            return
        await self._release()
        await self._send(message)

    async def _end(self, message: Message) -> None:
        if self._record(self._status):
            await self._release()
            await self._send(message)
        elif self._held is not None:
            await refuse(self._send)
        else:
            raise ConnectionAbortedError("the end of a streamed prediction could not be recorded")

    async def _release(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            await self._send(held)

    def _is_no_prediction(self) -> bool:
        """Return whether no handler ran: the router said that there is none, or redirected."""
        if self._status not in _NO_PREDICTION and self._status not in _REDIRECTS:
            return False
        return "endpoint" not in self._scope and self.report.output is NOTHING

    def _digest(self, piece: bytes) -> None:
        if self._first is None:
            self._first = piece
            return
        if self._mac is None:
            key = self._recorder.key
            if key is None:
                return
            self._mac = key.start()
            self._mac.update(self._first)
        self._mac.update(piece)

    def _input_digest(self) -> bytes | None:
        """Return the digest of the whole body as it was sent; of the query, where a request has no body."""
        key = self._recorder.key
        if key is None:
            return None
        if self._mac is not None:
            return self._mac.digest() if self._complete else None
        if self._first is not None:
            return key.digest(self._first) if self._complete else None
        if self._complete or self._scope["method"] == "GET":
            return key.digest(self._scope.get("query_string", b""))
        return None  # the handler never read the body

    def _gather(self, piece: bytes) -> None:
        """Keep a small JSON answer; of any other keep its size and digest."""
        self._size += len(piece)
        if isinstance(self._body, bytes):
            if self._json and self._size <= MAX_OUTPUT:
                self._body += piece
                return
            key = self._recorder.key
            if key is None:
                return
            before, self._body = self._body, key.start()
            self._body.update(before)
        self._body.update(piece)

    def _output(self) -> Output:
        if self.report.output is not NOTHING:
            return Output(output_text(self.report.output, self._digest_text))
        if isinstance(self._body, bytes):
            return Output(self._body, is_body=True)
        return Output(b'{"bytes":%d,"digest":"%s"}' % (self._size, text_of(self._body.digest()).encode()))

    def _digest_text(self, data: bytes) -> str:
        key = self._recorder.key
        return text_of(key.digest(data)) if key is not None else ""

    def _record(self, status: int) -> bool:
        """Record the prediction; return False only if the answer must not leave without its record."""
        self.done = True
        recorder = self._recorder
        try:
            body = encode(
                self._trace,
                revision_id=recorder.facts(self.report.model).revision_id,
                digest=self._input_digest(),
                output=self._output(),
                confidence=self.report.confidence,
                latency_us=(time.perf_counter_ns() - self._started) // 1000,
                status=status,
                time=self._now,
            )
        except Exception as error:  # noqa: BLE001  an answer is not lost to a fault of ours
            return recorder.lose(error, served=not self._refuse) or not self._refuse
        return recorder.record(body, served=not self._refuse) or not self._refuse


async def refuse(send: Send) -> None:
    """Answer 503, for a policy that serves nothing unrecorded."""
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(_UNAVAILABLE))]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _UNAVAILABLE})


def _stamped(
    headers: Iterable[tuple[bytes, bytes]], facts: Facts, trace: str
) -> tuple[list[tuple[bytes, bytes]], bool]:
    """Return the headers with ours, which nobody else can set, and whether the answer is JSON as it stands."""
    kept = []
    json = encoded = False
    for pair in headers:
        name = pair[0].lower()
        if name in _STAMPS:
            continue
        if name == b"content-type":
            json = b"json" in pair[1]
        elif name == b"content-encoding":
            encoded = True
        kept.append(pair)
    kept += facts.headers
    kept.append((b"x-lineage-trace-id", trace.encode("ascii")))
    return kept, json and not encoded
