"""Listing: order, pages that stay stable while rows are added, tokens that fit one question only."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest

from lineal.errors import InvalidArgument
from lineal.model.listing import ListOptions, OrderBy
from lineal.model.nodes import Artifact, Context, Execution

MAKERS = {
    Artifact: lambda number: Artifact(type="Model", name=str(number)),
    Execution: lambda number: Execution(type="Train", name=str(number)),
    Context: lambda number: Context(type="Experiment", name=str(number)),
}


def pages(store, kind, options, between=lambda: None):
    """Return every item, page by page."""
    found = []
    while True:
        page = store.list(kind, options)
        found.append(list(page.items))
        if page.next_token is None:
            return found
        between()
        options = replace(options, page_token=page.next_token)


def shuffled(store, by, kind):
    """Put seven nodes, several at one time, then update three: the three orders differ."""
    make = MAKERS[kind]
    keys = [*store.put([make(number) for number in range(3)], by=by)]
    keys += [key for number in range(3, 7) for key in store.put([make(number)], by=by)]
    for number in (4, 0, 2):
        store.put([replace(make(number), id=keys[number].id, custom_properties={"again": True})], by=by)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("order_by", OrderBy)
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_of_any_size_give_every_node_once_in_order(store, by, kind, order_by, ascending, limit):
    shuffled(store, by, kind)

    found = pages(store, kind, ListOptions(order_by=order_by, ascending=ascending, limit=limit))
    flat = [node for page in found for node in page]
    fields = [(getattr(node, order_by.value), node.id) for node in flat]
    assert fields == sorted(fields, reverse=not ascending)
    assert sorted(node.name for node in flat) == [str(number) for number in range(7)]
    assert all(len(page) == limit for page in found[:-1])
    assert 1 <= len(found[-1]) <= limit


@pytest.mark.parametrize("order_by", OrderBy)
@pytest.mark.parametrize("ascending", [True, False])
def test_pages_neither_skip_nor_repeat_while_rows_are_inserted(store, by, order_by, ascending):
    shuffled(store, by, Artifact)
    before = {node.id for node in store.list(Artifact).items}
    numbers = iter(range(100, 110))

    def insert():
        if (number := next(numbers, None)) is not None:
            store.put([MAKERS[Artifact](number)], by=by)

    found = pages(store, Artifact, ListOptions(order_by=order_by, ascending=ascending, limit=2), insert)
    ids = [node.id for page in found for node in page]
    assert len(ids) == len(set(ids))
    assert before <= set(ids)
    # Newest first, what is inserted stands before the page already read.
    assert ascending or set(ids) == before


def test_an_empty_store_has_one_empty_page(store):
    page = store.list(Artifact)
    assert (list(page.items), page.next_token) == ([], None)
    assert list(store.list(Artifact, ListOptions(type="Nothing")).items) == []


def test_the_default_is_by_id_and_a_hundred_a_page(store, by):
    store.put([Artifact(type="Model") for _ in range(101)], by=by)
    page = store.list(Artifact)
    assert [node.id for node in page.items] == sorted(node.id for node in page.items)
    assert len(page.items) == 100


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_holds_at_least_one(limit):
    with pytest.raises(InvalidArgument, match=str(limit)):
        ListOptions(limit=limit)


def test_a_limit_may_be_as_large_as_one_likes(store, by):
    store.put([Artifact(type="Model")], by=by)
    assert len(store.list(Artifact, ListOptions(limit=2**40)).items) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"type": "Dataset"},
        {"order_by": OrderBy.CREATED},
        {"ascending": False},
        {"as_of": 2_000_000_000_000_000},
    ],
)
def test_a_token_of_another_question_is_refused(store, by, other):
    store.put([Artifact(type="Model") for _ in range(3)], by=by)
    token = store.list(Artifact, ListOptions(limit=1)).next_token

    with pytest.raises(InvalidArgument, match="another type, filter or order"):
        store.list(Artifact, ListOptions(page_token=token, **other))
    with pytest.raises(InvalidArgument, match="another type, filter or order"):
        store.list(Execution, ListOptions(page_token=token))
    assert len(store.list(Artifact, ListOptions(limit=2, page_token=token)).items) == 2


@pytest.mark.parametrize(
    "token",
    ["", "x", "ÄÖÜ", "\ud800", "AAAA", *(urlsafe_b64encode(text).decode() for text in (b"5", b"[1]", b'["a",null,1]'))],
)
def test_what_is_no_token_of_ours_is_refused(store, token):
    with pytest.raises(InvalidArgument, match="page token"):
        store.list(Artifact, ListOptions(page_token=token))
