"""Text that is not UTF-8: proto2 lets it into any string of a request, and the calls refuse it or find nothing."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError

from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service import Service
from lineal.store.location import of_database
from lineal.store.open import open_store
from tests.property.messages import is_repeated

METHODS = list(service_pb.DESCRIPTOR.services_by_name["MetadataStoreService"].methods)
PLACE, NO_TEXT = "PLACE", b"\xff\xfe\xfd\xfc\xfb"
DEPTH = 6


@pytest.fixture
def service(tmp_path):
    store = open_store(of_database(tmp_path / "store.db"))
    yield Service(store)
    assert store.verify().findings == []
    store.close()


def strings(descriptor, above=()):
    """Yield for each string a message can hold what puts a place-holder there."""
    for field in descriptor.fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            yield lambda message, field=field: _put(message, field)
        inner = _inner(field)
        if inner is not None and inner not in above and len(above) < DEPTH:
            for put in strings(inner, (*above, descriptor)):
                yield lambda message, field=field, put=put: put(_inside(message, field))


def _inner(field):
    """Return the kind of message that stands in a field or, for a map, that is its value."""
    inner = field.message_type
    return inner.fields_by_name["value"].message_type if inner and inner.GetOptions().map_entry else inner


def _put(message, field):
    if is_repeated(message, field):
        getattr(message, field.name).append(PLACE)
    else:
        setattr(message, field.name, PLACE)


def _inside(message, field):
    value = getattr(message, field.name)
    if field.message_type.GetOptions().map_entry:
        return value["key"]
    return value.add() if is_repeated(message, field) else value


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_text_that_is_not_utf8_is_refused_or_finds_nothing_wherever_it_stands(service, method):
    request_class = getattr(service_pb, method.input_type.name)
    for put in strings(method.input_type):
        request = request_class()
        put(request)
        content = request.SerializeToString().replace(PLACE.encode(), NO_TEXT)
        try:
            answer = service.call(method.name, request_class.FromString(content))
        except (errors.StatusError, DecodeError):
            continue
        assert NO_TEXT not in answer.SerializeToString()
