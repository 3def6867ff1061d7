"""Rereading: texts that ML Metadata wrote to MySQL through a latin1 connection, read as it reads them.

It sends UTF-8 over a connection that says latin1, so the server stores each byte as a character. Another program's
text may look the same; nothing in the database tells them apart. So what is read otherwise than stored is counted.
"""

from __future__ import annotations

SHOWN = 5
"""Most texts that are kept to be shown."""

_SHORT = 40

# MySQL's latin1 is cp1252, and the five places that this leaves free are what they are.
_FREE = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))


class Rereading:
    """How many texts were read otherwise than they are stored, and the first of them: stored, and read."""

    def __init__(self) -> None:
        self.count = 0
        self.first: dict[str, str] = {}

    def forget(self) -> None:
        """Begin to count anew, because everything is read again."""
        self.count = 0
        self.first.clear()

    def read(self, text: str) -> str:
        """Return a text as ML Metadata reads it; what is no UTF-8 as latin1 was stored properly, and stays."""
        if text.isascii():
            return text
        try:
            read = b"".join(map(_latin1, text)).decode()
        except UnicodeError:
            return text
        self.count += 1
        if len(self.first) < SHOWN:
            self.first[text[:_SHORT]] = read[:_SHORT]
        return read


def _latin1(character: str) -> bytes:
    return bytes([ord(character)]) if ord(character) in _FREE else character.encode("cp1252")
