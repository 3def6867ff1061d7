"""Every call of ML Metadata with any message of its request: an answer, or a refusal that leaves no trace."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service import Service
from lineal.store.location import of_database
from lineal.store.open import open_store

METHODS = list(service_pb.DESCRIPTOR.services_by_name["MetadataStoreService"].methods)
DEPTH = 6

REFUSALS = {
    errors.INVALID_ARGUMENT,
    errors.NOT_FOUND,
    errors.ALREADY_EXISTS,
    errors.FAILED_PRECONDITION,
    errors.OUT_OF_RANGE,
    errors.UNIMPLEMENTED,
}
"""What the client did wrong. Anything else would be our fault."""

NODES = """
    artifact_event_pairs { artifact { type_id: 10 name: "a" external_id: "x" } event { type: OUTPUT } }
    artifact_event_pairs { artifact { type_id: 10 } event { type: INPUT } }
    execution { type_id: 12 name: "a" } contexts { type_id: 13 name: "a" } contexts { type_id: 13 name: "b" }
"""
TYPES = """
    artifact_types { name: "a" properties { key: "a" value: INT } } artifact_types { name: "b" }
    execution_types { name: "a" properties { key: "a" value: STRING } } context_types { name: "a" }
"""

ids = st.sampled_from([0, 1, 2, 10, 11, 12, 13, 99, -1, 2**31 - 1]) | st.integers(-(2**31), 2**31 - 1)
wide_ids = ids | st.sampled_from([2**63 - 1, -(2**63)])
likely_ids = st.sampled_from([0, 1, 1, 2, 2]) | ids
likely_types = st.sampled_from([10, 10, 12, 12, 13, 13]) | ids
texts = st.sampled_from(
    [
        "",
        "a",
        "b",
        "x",
        "a.a",
        "properties.a",
        "uri",
        "__MLMD_NULL__",
        "mlmd-struct::YQ==",
        "a\0b",
        "'; DROP TABLE type --",
    ]
) | st.text(max_size=6)
filters = st.sampled_from(
    [
        "id > 0",
        "name = 'a'",
        "state = LIVE",
        "contexts_a.id = 1",
        "(" * 10_000,
        "x'",
        "properties.`'`.int_value = 1",
        "\0",
    ]
)
scalars = {
    FieldDescriptor.CPPTYPE_INT32: ids,
    FieldDescriptor.CPPTYPE_INT64: wide_ids,
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
}


@st.composite
def filled(draw, message, depth=DEPTH):
    """Fill a message with any of its fields and return it."""
    for field in message.DESCRIPTOR.fields:
        if depth == 0 or not draw(st.integers(0, 2)):
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            fill_map(draw, getattr(message, field.name), field.message_type, depth)
        elif is_repeated(message, field):
            fill_repeated(draw, getattr(message, field.name), field, depth)
        elif field.message_type is not None:
            inner = getattr(message, field.name)
            inner.SetInParent()
            draw(filled(inner, depth - 1))
        else:
            setattr(message, field.name, draw(scalar(field)))
    return message


def is_repeated(message, field):
    # A ListValue has `extend` as well; only a message has a descriptor.
    value = getattr(message, field.name)
    return hasattr(value, "extend") and not hasattr(value, "DESCRIPTOR")


def fill_map(draw, target, entry, depth):
    value = entry.fields_by_name["value"]
    for _ in range(draw(st.integers(1, 2))):
        key = draw(scalar(entry.fields_by_name["key"]))
        if value.message_type is None:
            target[key] = draw(scalar(value))
        else:
            draw(filled(target[key], depth - 1))


def fill_repeated(draw, target, field, depth):
    for _ in range(draw(st.integers(1, 2))):
        if field.message_type is None:
            target.append(draw(scalar(field)))
        else:
            draw(filled(target.add(), depth - 1))


def scalar(field):
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=6)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return filters | texts if field.name == "filter_query" else texts
    if field.name.endswith(("_index", "_id", "_ids")) or field.name == "id":
        return likely_types if field.name == "type_id" else likely_ids
    return scalars[field.cpp_type]


@pytest.fixture
def store(tmp_path):
    store = open_store(of_database(tmp_path / "store.db"))
    yield store
    store.close()


def parsed(name, text):
    return text_format.Parse(text, getattr(service_pb, f"{name}Request")())


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_any_request_is_answered_or_refused_without_a_trace(store, method):
    service = Service(store)
    service.call("PutTypes", parsed("PutTypes", TYPES))
    service.call("PutExecution", parsed("PutExecution", NODES))
    request_class = getattr(service_pb, method.input_type.name)

    @given(st.data())
    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def fuzz(data):
        request = data.draw(filled(request_class()))
        sent = request.SerializeToString()
        before = rows(store)
        answer, refusal = outcome(service, method.name, request)
        if refusal is None:
            assert answer.DESCRIPTOR.full_name == method.output_type.full_name
            assert answer.IsInitialized()
        else:
            assert refusal.error_code in REFUSALS, refusal.message
            assert "Traceback" not in refusal.message
            assert rows(store) == before
        assert request.SerializeToString() == sent

    fuzz()
    assert store.verify().findings == []


def outcome(service, method, request):
    """Return the answer, or the refusal; any other exception fails the test."""
    try:
        return service.call(method, request), None
    except errors.StatusError as error:
        return None, error


def rows(store):
    return {name: count for name, count in store.facts().items() if name.endswith(" rows")}
