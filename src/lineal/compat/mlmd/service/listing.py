"""Listing options: order, filter and page of a request, and the token of the next page.

A token is a `ListOperationNextPageToken` as in ML Metadata, so programs that open it find the order in it; where the
page starts is told by our own token inside.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from google.protobuf.message import DecodeError

from lineal.compat.mlmd.errors import InvalidArgumentError
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.service.call import Call
from lineal.compat.mlmd.service.kinds import Kind
from lineal.compat.mlmd.service.records import write_nodes
from lineal.errors import InvalidArgument
from lineal.model.listing import ListOptions, OrderBy
from lineal.model.nodes import Node

EVERYTHING = 10_000
"""Nodes a page when all of them are asked for."""

_LARGEST = 2**31 - 1
_Field = pb.ListOperationOptions.OrderByField
_ORDERS = {
    _Field.CREATE_TIME: OrderBy.CREATED,
    _Field.LAST_UPDATE_TIME: OrderBy.UPDATED,
    _Field.ID: OrderBy.ID,
}


def answer_page(call: Call, kind: Kind, request: Any, response: Any, only: ListOptions | None = None) -> Any:
    """Fill an answer with the page its request asks for, or with everything where it has no options.

    `only` restricts the listing. Raises INVALID_ARGUMENT for a size that is none, an order there is not, a token of
    another listing, and a filter that is wrong.
    """
    restricted = only or ListOptions()
    target = getattr(response, kind.many)
    if not request.HasField("options"):
        with call.store.snapshot():
            for nodes in every_page(call, kind, restricted):
                write_nodes(kind, nodes, call.types, target)
        return response
    options = _options(request.options, restricted)
    try:
        page = call.store.list(kind.model, options)
    except InvalidArgument as error:
        if options.page_token is not None and "page token" in error.message:
            raise InvalidArgumentError(f"ListOperationOptions mismatch between calls: {error.message}") from error
        raise
    write_nodes(kind, page.items, call.types, target)
    response.next_page_token = "" if page.next_token is None else _token(request.options, page.next_token)
    return response


def every_page(call: Call, kind: Kind, options: ListOptions) -> Iterator[list[Node]]:
    """Yield all nodes of a listing, page by page."""
    asked = replace(options, limit=EVERYTHING)
    while True:
        page = call.store.list(kind.model, asked)
        yield list(page.items)
        if page.next_token is None:
            return
        asked = replace(asked, page_token=page.next_token)


def _options(message: pb.ListOperationOptions, only: ListOptions) -> ListOptions:
    if message.max_result_size <= 0:
        raise InvalidArgumentError(
            "max_result_size field value is required to be greater than 0 and less than or equal to 100. "
            f"Set value:{message.max_result_size}"
        )
    order = message.order_by_field
    if order.field not in _ORDERS:
        raise InvalidArgumentError("Unsupported field: FIELD_UNSPECIFIED specified in ListOperationOptions")
    return replace(
        only,
        filter=message.filter_query or None,
        order_by=_ORDERS[order.field],
        ascending=order.is_asc,
        limit=min(message.max_result_size, _LARGEST),
        page_token=_inner_token(message) if message.next_page_token else None,
    )


def _token(options: pb.ListOperationOptions, inner: str) -> str:
    token = pb.ListOperationNextPageToken()
    token.set_options.order_by_field.field = options.order_by_field.field
    token.set_options.order_by_field.is_asc = options.order_by_field.is_asc
    token.set_options.next_page_token = inner
    return urlsafe_b64encode(token.SerializeToString()).decode().rstrip("=")


def _inner_token(options: pb.ListOperationOptions) -> str:
    text = options.next_page_token
    try:
        token = pb.ListOperationNextPageToken.FromString(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except binascii.Error as error:
        raise InvalidArgumentError(
            f"Failed to decode next page token string {text[:80]!r}; pass the token of the page before"
        ) from error
    # A TypeError: proto2 lets text that is not UTF-8 come as bytes.
    except (ValueError, TypeError, DecodeError) as error:
        raise InvalidArgumentError(
            "Failed to parse decoded next page token into ListOperationNextPageToken proto message; pass the token of "
            "the page before"
        ) from error
    first, now = token.set_options.order_by_field, options.order_by_field
    if (first.field, first.is_asc) != (now.field, now.is_asc):
        raise InvalidArgumentError(
            f"ListOperationOptions mismatch between calls: first ordered by {_order(first)}, now by {_order(now)}"
        )
    if not token.set_options.next_page_token:
        raise InvalidArgumentError(
            "Failed to parse decoded next page token into ListOperationNextPageToken proto message: it is not one of "
            "this store"
        )
    return token.set_options.next_page_token


def _order(field: Any) -> str:
    return f"{_Field.Field.Name(field.field)} {'ascending' if field.is_asc else 'descending'}"
