"""The service: which handler answers which call, and how its errors leave."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any, ClassVar

from google.protobuf.message import Message

from lineal.compat.mlmd.errors import StatusError, UnimplementedError
from lineal.compat.mlmd.service import contexts, events, lineage, nodes, publish, reads, types
from lineal.compat.mlmd.service.call import Call, Handler
from lineal.compat.mlmd.service.failures import status_of
from lineal.compat.mlmd.service.known import Known
from lineal.errors import LinealError
from lineal.model.publication import Origin
from lineal.store.protocol import Store

_HANDLERS: dict[str, Handler] = {
    name: handler
    for room in (types, nodes, events, contexts, publish, reads, lineage)
    for name, handler in room.HANDLERS.items()
}
_ACTOR = "mlmd"


class Service:
    """ML Metadata's calls over one store. Safe to use from several threads.

    Each call that writes is one transaction with one ledger entry, whose action is the call's name; `by` says who
    writes. A transaction tag of the request becomes the entry's reason.
    """

    METHODS: ClassVar[frozenset[str]] = frozenset(_HANDLERS)
    """The names of all calls."""

    def __init__(self, store: Store, *, by: Origin | None = None) -> None:
        self._store = store
        self._by = Origin(actor=_ACTOR, action="mlmd") if by is None else by
        self._types = Known(store)

    def acting_for(self, by: Origin) -> Service:
        """Return this service in the name of `by`; both share what they know about types."""
        other = copy(self)
        other._by = by  # noqa: SLF001  its own class
        return other

    def call(self, method: str, request: Message) -> Message:
        """Return the answer to a call, or raise a StatusError; then nothing was written."""
        handler = _HANDLERS.get(method)
        if handler is None:
            raise UnimplementedError(f"ml_metadata.MetadataStoreService has no method {method!r}.")
        writes = method.startswith("Put")
        try:
            by = self._origin(method, request) if writes else self._by
            answer: Message = handler(Call(self._store, self._types, by), request)
            return answer
        except (StatusError, LinealError) as error:
            if writes:
                self._types.forget()
            if isinstance(error, StatusError):
                raise
            raise status_of(error) from error

    def _origin(self, method: str, request: Any) -> Origin:
        tag = request.transaction_options.tag if request.HasField("transaction_options") else ""
        return replace(self._by, action=method, reason=tag or self._by.reason)
