"""Listing: order, pages that stay stable while rows are added, tokens that fit one question only."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest

from lineal.errors import InvalidArgument
from lineal.model.edges import Association, Attribution
from lineal.model.ids import NodeKind
from lineal.model.listing import ListOptions, OrderBy
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.types import NodeType

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


def names(store, kind=Artifact, **options):
    return [node.name for node in store.list(kind, ListOptions(**options)).items]


@pytest.fixture
def group(store, by):
    """Artifacts `a` to `d` of three types, the first three with a URI and external id; `a` and `c` in context 1."""
    store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="Own", version=version) for version in ("", "2")], by=by)
    artifacts = [
        Artifact(type="Own", name="a", uri="u", external_id="x"),
        Artifact(type="Own", type_version="2", name="b", uri="u", external_id="y"),
        Artifact(type="Own", name="c", uri="", external_id=""),
        Artifact(type="Model", name="d"),
    ]
    store.put([*artifacts, Execution(type="Train", name="e"), Context(type="Experiment", name="f")], by=by)
    edges = [Attribution(artifact_id=id_, context_id=1) for id_ in (3, 1)]
    store.put_edges([*edges, Association(execution_id=1, context_id=1)], by=by)


def test_a_listing_can_be_kept_to_exactly_one_type(store, group):
    ids = {(type_.name, type_.version): type_.id for type_ in store.list_types()}
    assert names(store, type="own") == ["a", "b", "c"]
    assert names(store, type_id=ids["Own", ""]) == ["a", "c"]
    assert names(store, type_id=ids["Own", "2"]) == ["b"]
    assert names(store, type_id=99) == names(store, type="Nothing") == []


def test_a_listing_can_be_kept_to_a_context(store, group):
    assert names(store, context=1) == ["a", "c"]
    assert names(store, context=1, limit=1, ascending=False) == ["c"]
    assert names(store, Execution, context=1) == ["e"]
    assert names(store, context=1, filter="uri = 'u'") == ["a"]
    assert names(store, context=2) == []
    with pytest.raises(InvalidArgument, match="children"):
        store.list(Context, ListOptions(context=1))


def test_a_listing_can_be_kept_to_uris_names_and_external_ids(store, group):
    assert names(store, uris=["u", "v"]) == ["a", "b"]
    assert names(store, uris=[""]) == names(store, external_ids=[""]) == ["c"]
    assert names(store, external_ids=["y", "x", "y"]) == ["a", "b"]
    assert names(store, names=["d", "a", "'"]) == ["a", "d"]
    assert names(store, uris=[]) == names(store, names=["a"], uris=["v"]) == []
    assert names(store, Context, names=["f"]) == ["f"]
    with pytest.raises(InvalidArgument, match="no uri"):
        store.list(Execution, ListOptions(uris=["u"]))
    with pytest.raises(InvalidArgument, match="10001"):
        store.list(Artifact, ListOptions(uris=["u"] * 10_001))


@pytest.mark.parametrize("other", [{"context": 2}, {"type_id": 3}, {"uris": ["v"]}, {"names": ["a"]}, {}])
def test_a_page_token_belongs_to_its_restrictions(store, group, other):
    page = store.list(Artifact, ListOptions(context=1, limit=1))
    with pytest.raises(InvalidArgument, match="belongs to"):
        store.list(Artifact, ListOptions(limit=1, page_token=page.next_token, **other))


def test_a_listing_of_the_past_knows_the_members_of_then_and_nothing_that_changes(store, group, by, clock):
    then = clock.now()
    store.put_edges([Attribution(artifact_id=4, context_id=1)], by=by)
    assert names(store, context=1) == ["a", "c", "d"]
    assert names(store, context=1, as_of=then) == ["a", "c"]
    assert names(store, names=["a", "d"], as_of=then) == ["a", "d"]
    for options in ({"uris": ["u"]}, {"external_ids": ["x"]}, {"filter": "id = 1"}):
        with pytest.raises(InvalidArgument, match="cannot be combined with as_of"):
            store.list(Artifact, ListOptions(as_of=then, **options))


def test_a_double_is_compared_exactly_with_an_integer_that_is_no_double(store, by):
    large = float(2**53)
    store.put([Artifact(type="Model", custom_properties={"x": double}) for double in (large, large + 2)], by=by)

    def found(test):
        return len(store.list(Artifact, ListOptions(filter=f"custom_properties.x.double_value {test}")).items)

    between = 2**53 + 1
    assert [found(f"{sign} {between}") for sign in ("=", "!=", "<", "<=", ">", ">=")] == [0, 2, 1, 1, 1, 1]
    assert found(f"IN ({between}, {2**53})") == 1
    assert found(f"BETWEEN {between} AND {2**53 + 3}") == 1
