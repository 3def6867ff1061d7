"""What all methods of `MetadataStore` rest on: one way to make a call, tried again if it lost a race."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.message import Message

from lineal.compat.mlmd import errors
from lineal.compat.mlmd.connection import Connection
from lineal.compat.mlmd.metadata_store.listing import ListOptions, first_page, page_size

_MEAN_WAIT = 2.0


class ExtraOptions:
    """Accepted by every method, read by none."""


class Calling:
    """A connection, and how it is used."""

    _connection: Connection
    _max_num_retries: int
    _wait: Callable[[float], None]

    def _call(self, method_name: str, request: Message, response: Message, extra_options: Any = None) -> None:
        """Make any call and write its answer into `response`, as programs do that need a call without a method."""
        response.CopyFrom(self._answer(method_name, request))

    def _answer(self, method: str, request: Message) -> Any:
        """Return the answer to a request; a race that was lost is run again, `_max_num_retries` times in all."""
        return self._tried(self._connection.call, method, request)

    def _tried(self, call: Callable[..., Any], *arguments: Any) -> Any:
        for _ in range(self._max_num_retries - 1):
            try:
                return call(*arguments)
            except errors.AbortedError:
                # Losers that all wait for one length would meet again.
                self._wait(random.expovariate(1 / _MEAN_WAIT))
        return call(*arguments)

    def _list(self, method: str, nodes: str, request: Any, list_options: ListOptions | None) -> list[Any]:
        """Return what a call lists in its field `nodes`, page by page where there are options."""
        if list_options is None:
            return list(getattr(self._answer(method, request), nodes))
        largest = self._connection.largest_page
        request.options.CopyFrom(first_page(list_options, largest))
        found: list[Any] = []
        while True:
            answer = self._answer(method, request)
            found.extend(getattr(answer, nodes))
            if not answer.next_page_token or (list_options.limit and len(found) >= list_options.limit):
                return found
            request.options.max_result_size = page_size(list_options.limit, len(found), largest)
            request.options.next_page_token = answer.next_page_token


def copied(messages: Iterable[Message], into: Any) -> None:
    """Copy messages into a repeated field. Unlike the field's own `extend`, this takes them however deep they are."""
    for message in messages:
        into.add().CopyFrom(message)


def masked(request: Any, paths: Iterable[str] | None) -> Any:
    """Return a request whose update is limited to these fields; to all if there are none."""
    if paths:
        request.update_mask.paths.extend(paths)
    return request
