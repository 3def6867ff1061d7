"""Any message of ML Metadata's, and the refusals that it may meet."""

from __future__ import annotations

from google.protobuf.descriptor import FieldDescriptor
from hypothesis import strategies as st

from lineal.compat.mlmd import errors

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
