"""How a program asks for a listing, and how pages of it are gathered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb


class OrderByField(Enum):
    """What a listing is ordered by; ties break by id in the same direction."""

    CREATE_TIME = pb.ListOperationOptions.OrderByField.CREATE_TIME
    UPDATE_TIME = pb.ListOperationOptions.OrderByField.LAST_UPDATE_TIME
    ID = pb.ListOperationOptions.OrderByField.ID


@dataclass
class ListOptions:
    """Which nodes to list. `limit` None or 0 means all, `order_by` None means by id."""

    limit: int | None = None
    order_by: OrderByField | None = None
    is_asc: bool = True
    filter_query: str | None = None


def first_page(options: ListOptions, largest: int) -> pb.ListOperationOptions:
    """Return the options of the first call, for `largest` nodes at most.

    Raises InvalidArgumentError for a negative limit.
    """
    if options.limit is not None and options.limit < 0:
        raise errors.InvalidArgumentError(
            "Invalid list_options.limit value passed. list_options.limit is expected to be greater than 1, "
            f"or 0 or None for all nodes, and was {options.limit}"
        )
    request = pb.ListOperationOptions(
        max_result_size=page_size(options.limit, 0, largest), filter_query=options.filter_query
    )
    request.order_by_field.is_asc = options.is_asc
    if options.order_by is not None:
        request.order_by_field.field = options.order_by.value
    return request


def page_size(limit: int | None, got: int, largest: int) -> int:
    """Return how many nodes to ask for next."""
    return min(largest, limit - got) if limit else largest
