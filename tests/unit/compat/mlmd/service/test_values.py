"""Property values through messages: nothing is rounded, escaped, or taken for something else."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.compat.mlmd.errors import InvalidArgumentError
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service.values import values_of, write_values
from lineal.model.values import Proto
from lineal.store.codec import encode


def kept(client, fill):
    """Put a value into a custom property and return what comes back."""
    request = service_pb.PutArtifactsRequest()
    fill(request.artifacts.add(type_id=10).custom_properties["k"])
    (id_,) = client.service.call("PutArtifacts", request).artifact_ids
    return client("GetArtifactsByID", f"artifact_ids: {id_}").artifacts[0].custom_properties["k"]


@pytest.mark.parametrize("number", [1 / 3, 1e-7, 5e-324, 1.7976931348623157e308, -0.0, math.inf, -math.inf, math.nan])
def test_a_double_keeps_every_bit(client, number):
    value = kept(client, lambda value: setattr(value, "double_value", number))
    assert struct.pack("<d", value.double_value) == struct.pack("<d", number)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("int_value", 2**63 - 1),
        ("int_value", -(2**63)),
        ("bool_value", False),
        ("string_value", ""),
        ("string_value", "__MLMD_NULL__"),
        ("string_value", "mlmd-struct::bm90IGEgc3RydWN0"),
        ("string_value", "mlmd-struct::garbage ☃"),
        ("string_value", "a\0b"),
        ("string_value", "x" * 100_000),
    ],
)
def test_a_value_comes_back_as_it_was_put(client, field, given):
    value = kept(client, lambda value: setattr(value, field, given))
    assert value.WhichOneof("value") == field
    assert getattr(value, field) == given


def test_a_struct_comes_back_as_it_was_put(client):
    def fill(value):
        fields = value.struct_value.fields
        fields["null"].null_value = 0
        fields["$double"].number_value = 1 / 3
        fields["nan"].number_value = math.nan
        fields["list"].list_value.values.add().bool_value = True
        fields["list"].list_value.values.add().struct_value.fields[""].string_value = "☃"
        fields["empty list"].list_value.SetInParent()
        fields["empty"].struct_value.SetInParent()

    expected = pb.Value()
    fill(expected)
    assert kept(client, fill).SerializeToString(deterministic=True) == expected.SerializeToString(deterministic=True)
    assert kept(client, lambda value: value.struct_value.SetInParent()).WhichOneof("value") == "struct_value"


def test_a_packed_message_comes_back_as_it_was_put(client):
    def fill(value):
        value.proto_value.type_url = "type.googleapis.com/x.Y"
        value.proto_value.value = b"\xff\x00"

    value = kept(client, fill)
    assert (value.proto_value.type_url, value.proto_value.value) == ("type.googleapis.com/x.Y", b"\xff\x00")
    empty = kept(client, lambda value: value.proto_value.SetInParent())
    assert empty.WhichOneof("value") == "proto_value"


def test_a_property_without_a_value_is_refused(client):
    with pytest.raises(InvalidArgumentError, match="Property 'k' has no value"):
        kept(client, lambda value: value.Clear())


def test_what_a_struct_cannot_say_is_said_the_nearest_way():
    message = pb.Artifact()
    write_values({"list": [1, b"\xff"], "deep": {"int": 3}}, message.properties)
    assert values_of(message.properties) == {"list": {"__value__": [1.0, "/w=="]}, "deep": {"int": 3.0}}


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
values = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text()
    | st.builds(Proto, st.text(max_size=9), st.binary(max_size=9))
    | st.dictionaries(st.text(max_size=5), json, max_size=3)
)


@given(st.dictionaries(st.text(), values, max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_value_round_trips_through_a_message(properties):
    message = pb.Artifact()
    write_values(properties, message.properties)
    parsed = pb.Artifact.FromString(message.SerializeToString())
    assert encode(values_of(parsed.properties)) == encode(properties)
