"""What `MetadataStore` talks to: a store in this process, or a server."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from google.protobuf.message import Message


class Connection(Protocol):
    """One way to make ML Metadata's 52 calls."""

    @property
    def largest_page(self) -> int:
        """The most nodes that one call may list."""

    def call(self, method: str, request: Message) -> Any:
        """Return the answer of a call (`PutArtifacts`, …). Raises a StatusError."""

    def call_all(self, calls: Sequence[tuple[str, Message]]) -> list[Any]:
        """Return the answers of calls made one after the other: all or none, where the other side can promise that."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Make the reads of a block see one state of the store, where the other side can promise that."""
