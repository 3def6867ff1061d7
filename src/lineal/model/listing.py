"""Listing: which nodes, in which order, one page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from lineal.errors import InvalidArgument
from lineal.model.ids import ContextId, Micros, TypeId
from lineal.model.values import check_text

T_co = TypeVar("T_co", covariant=True)


class OrderBy(Enum):
    """Fields a listing can be ordered by; ties are broken by id in the same direction."""

    ID = "id"
    CREATED = "created_at"
    UPDATED = "updated_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """How to list nodes.

    `type` also finds the types that inherit from it; `type_id` is exactly one type. `filter` is a boolean expression in
    the filter language. `context` keeps its members, `names`, `uris` and `external_ids` the nodes that have one of
    them; None means any. `page_token` comes from the page before and is only valid with the same question.
    """

    type: str | None = None
    type_id: TypeId | None = None
    context: ContextId | None = None
    names: Sequence[str] | None = None
    uris: Sequence[str] | None = None
    external_ids: Sequence[str] | None = None
    filter: str | None = None
    order_by: OrderBy = OrderBy.ID
    ascending: bool = True
    limit: int = 100
    page_token: str | None = None
    as_of: Micros | None = None

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise InvalidArgument(f"limit is {self.limit}; a page holds at least 1")
        for what, text in (("type", self.type), ("filter", self.filter), ("page token", self.page_token)):
            if text is not None:
                check_text(f"a listing's {what}", text)
        for what in ("names", "uris", "external_ids"):
            for text in getattr(self, what) or ():
                check_text(f"one of a listing's {what}", text)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One page of a listing; `next_token` is None on the last one."""

    items: Sequence[T_co]
    next_token: str | None = None
