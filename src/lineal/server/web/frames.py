"""grpc-web's frames: one byte of flags, four of length, the content; as they are, or as base64 text."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from lineal.server.calls import Answer

BINARY = frozenset({"application/grpc-web", "application/grpc-web+proto"})
TEXT = frozenset({"application/grpc-web-text", "application/grpc-web-text+proto"})

HEAD = 5
_COMPRESSED, _TRAILERS = 0x01, 0x80

# What may stand in grpc-message as it is: printable ASCII without the percent sign.
_PLAIN = "".join(chr(sign) for sign in range(0x20, 0x7F) if sign != ord("%"))


class FrameError(ValueError):
    """The body is not one frame of grpc-web; the text says why. `compressed` is a form this server does not read."""

    def __init__(self, text: str, *, compressed: bool = False) -> None:
        super().__init__(text)
        self.compressed = compressed


def message_of(body: bytes, *, text: bool) -> bytes:
    """Return the one message in a request's body, or raise FrameError."""
    content = _decoded(body) if text else body
    if len(content) < HEAD:
        raise FrameError(f"a grpc-web body begins with {HEAD} bytes of frame, got {len(content)}")
    flags, size = content[0], int.from_bytes(content[1:HEAD])
    if flags & _COMPRESSED:
        raise FrameError("a compressed message is not read here", compressed=True)
    if flags or len(content) != HEAD + size:
        raise FrameError(
            f"the body is not one message: flags {flags:#x}, {size} bytes announced, {len(content) - HEAD} there"
        )
    return content[HEAD:]


def body_of(answer: Answer, *, text: bool) -> bytes:
    """Return the body of an answer: its message, where there is one, and the trailers."""
    trailers = [f"grpc-status: {answer.code}"]
    if answer.text:
        trailers.append(f"grpc-message: {quote(answer.text, safe=_PLAIN)}")
    closing = "".join(f"{line}\r\n" for line in trailers).encode("ascii")
    frames = [] if answer.code else [_frame(0, answer.body)]
    content = b"".join([*frames, _frame(_TRAILERS, closing)])
    return base64.b64encode(content) if text else content


def _frame(flags: int, content: bytes) -> bytes:
    return bytes([flags]) + len(content).to_bytes(4) + content


def _decoded(body: bytes) -> bytes:
    """Return the bytes of base64 text; each piece a client encoded by itself may end with its own padding."""
    content, start = [], 0
    try:
        while start < len(body):
            padding = body.find(b"=", start)
            end = len(body) if padding < 0 else padding + 1 + body.startswith(b"=", padding + 1)
            content.append(base64.b64decode(body[start:end], validate=True))
            start = end
    except binascii.Error as error:
        raise FrameError(f"the body is not base64: {error}") from error
    return b"".join(content)
