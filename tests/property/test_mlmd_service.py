"""Every call of ML Metadata with any message of its request: an answer, or a refusal that leaves no trace."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service import Service
from lineal.store.location import of_database
from lineal.store.open import open_store
from tests.property.messages import REFUSALS, filled

METHODS = list(service_pb.DESCRIPTOR.services_by_name["MetadataStoreService"].methods)
NODES = """
    artifact_event_pairs { artifact { type_id: 10 name: "a" external_id: "x" } event { type: OUTPUT } }
    artifact_event_pairs { artifact { type_id: 10 } event { type: INPUT } }
    execution { type_id: 12 name: "a" } contexts { type_id: 13 name: "a" } contexts { type_id: 13 name: "b" }
"""
TYPES = """
    artifact_types { name: "a" properties { key: "a" value: INT } } artifact_types { name: "b" }
    execution_types { name: "a" properties { key: "a" value: STRING } } context_types { name: "a" }
"""


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
