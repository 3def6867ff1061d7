"""Every value comes back from a store as it went in, bit for bit; what cannot be kept is refused."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineal.errors import InvalidArgument
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin
from lineal.model.values import INT64_MAX, INT64_MIN, Proto
from lineal.store.codec import decode, decode_all, decode_json, encode, encode_json
from lineal.store.location import of_database
from lineal.store.open import open_store

BY = Origin(actor="ada", action="property test")

TEXT = st.text(st.characters(codec="utf-8"))
KEYS = TEXT | st.sampled_from(["", "$", "$double", "$bytes", "$struct", "$proto", "$$double", "$x"])
INTS = st.integers(INT64_MIN, INT64_MAX)
DOUBLES = st.floats()
LEAVES = st.none() | st.booleans() | INTS | DOUBLES | TEXT | st.binary()
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
STRUCTS = st.lists(JSON, max_size=4) | st.dictionaries(KEYS, JSON, max_size=4)
PROTOS = st.builds(Proto, TEXT, st.binary())
MAPS = st.dictionaries(KEYS, st.booleans() | INTS | DOUBLES | TEXT | PROTOS | STRUCTS, max_size=6)

EXACT = {
    "third": 1 / 3,
    "small": 1e-7,
    "large": 1e308,
    "least": 5e-324,
    "minus zero": -0.0,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "sum": 0.1 + 0.2,
    "whole": 1.0,
    "beyond 2^53": 9007199254740993,
    "max": INT64_MAX,
    "min": INT64_MIN,
    "empty": "",
    "nul": "a\0b",
    "last": "\U0010ffff",
    "true": True,
    "one": 1,
    "struct": {"$double": "nan", "$": {"$$": [b"\xff\0", float("nan"), None, (), {}]}, "": -0.0},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = open_store(of_database(tmp_path_factory.mktemp("values") / "store.db"))
    yield store
    store.close()


def bits(value):
    """Return a form in which equal means the same kind and the same bits, whatever NaN thinks of itself."""
    if isinstance(value, float):
        return "double", "nan" if value != value else struct.pack(">d", value)  # noqa: PLR0124  this is NaN
    if isinstance(value, dict):
        return "map", sorted((key, bits(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return "list", [bits(item) for item in value]
    return type(value).__name__, value


@given(MAPS)
@example(EXACT)
def test_a_property_map_survives_its_text(properties):
    text = encode(properties)
    assert bits(decode(text)) == bits(properties)
    assert encode(decode(text)) == text


@given(JSON)
def test_any_json_like_value_survives_its_text(value):
    assert bits(decode_json(encode_json(value))) == bits(value)


@settings(max_examples=60, deadline=None)
@given(MAPS)
@example(EXACT)
def test_a_property_map_survives_the_store(store, properties):
    nodes = [
        Artifact(type="Model", custom_properties=properties),
        Execution(type="Train", custom_properties=properties),
    ]
    artifact, execution = store.put(nodes, by=BY)
    found = [*store.get(Artifact, [artifact.id]), *store.get(Execution, [execution.id])]
    assert [bits(node.custom_properties) for node in found] == [bits(properties)] * 2


@settings(max_examples=60, deadline=None)
@given(MAPS, MAPS)
def test_an_update_to_any_other_map_survives_with_its_former_state(store, before, after):
    (key,) = store.put([Artifact(type="Model", custom_properties=before)], by=BY)
    created = store.get(Artifact, [key.id])[0].updated_at
    store.put([Artifact(type="Model", id=key.id, custom_properties=after)], by=BY)

    (now,) = store.get(Artifact, [key.id])
    assert bits(now.custom_properties) == bits(after)
    if now.updated_at > created:
        assert bits(store.get(Artifact, [key.id], as_of=created)[0].custom_properties) == bits(before)


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT, TEXT)
def test_any_text_may_be_a_name_a_uri_and_an_actor(store, name, uri, actor):
    by = Origin(actor=actor or "a", action=uri, reason=name)
    name = f"{name} {len(store.list(Context).items)} {store.entries(newest_first=True, limit=1)}"
    store.put([Artifact(type="Model", name=name, uri=uri)], by=by)
    assert [node.uri for node in store.named(Artifact, "Model", name)] == [uri]
    (entry,) = store.entries(newest_first=True, limit=1)
    assert (entry.actor, entry.action, entry.reason) == (by.actor, by.action, by.reason)


def test_after_all_this_the_ledger_agrees(store):
    assert store.verify().findings == []


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8")), st.characters(categories=["Cs"]), TEXT)
def test_a_lone_surrogate_is_refused_wherever_it_stands(store, before, surrogate, after):
    text = before + surrogate + after
    for properties in ({text: 1}, {"k": text}, {"k": [text]}, {"k": {text: 1}}, {"k": Proto(text, b"")}):
        with pytest.raises(InvalidArgument, match="Unicode"):
            store.put([Artifact(type="Model", custom_properties=properties)], by=BY)


@settings(deadline=None)
@given(st.integers(max_value=INT64_MIN - 1) | st.integers(min_value=INT64_MAX + 1))
def test_an_integer_beyond_64_bits_is_refused_and_shown(store, number):
    for properties in ({"k": number}, {"k": [number]}):
        with pytest.raises(InvalidArgument, match=str(number)):
            store.put([Artifact(type="Model", custom_properties=properties)], by=BY)


@given(st.lists(MAPS, max_size=5))
def test_maps_read_together_are_what_each_is_by_itself(maps):
    texts = [encode(properties) for properties in maps]

    assert repr(decode_all(texts)) == repr([decode(text) for text in texts])


def test_a_text_that_is_no_map_of_ours_spoils_no_other():
    with pytest.raises(ValueError, match="unexpected"):
        decode_all(['{"a":1},{"b":2}', '{"c":3}'])
