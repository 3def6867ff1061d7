"""A service over a real store, called with messages written as text."""

from __future__ import annotations

import pytest
from google.protobuf import text_format

from lineal.compat.mlmd.errors import StatusError
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.remote import Remote
from lineal.compat.mlmd.service import Service
from lineal.store.location import of_database
from lineal.store.open import open_store

TYPES = """
artifact_types { name: "T" properties { key: "a" value: INT } properties { key: "b" value: DOUBLE }
                 properties { key: "s" value: STRING } properties { key: "j" value: STRUCT } }
artifact_types { name: "T2" }
execution_types { name: "E" properties { key: "a" value: INT } }
context_types { name: "C" properties { key: "a" value: INT } }
"""
T, T2, E, C = 10, 11, 12, 13
"""The ids of these types: the first nine are the simple ones'."""


class Client:
    """Calls a service with requests as text, and remembers nothing."""

    def __init__(self, store, service) -> None:
        self.store = store
        self.service = service

    def __call__(self, method, text="", /):
        request = getattr(service_pb, f"{method}Request")()
        text_format.Parse(text, request)
        return self.service.call(method, request)

    def refused(self, method, text="", /):
        """Return code and message of the error, after checking that nothing was written."""
        before = self.state()
        with pytest.raises(StatusError) as caught:
            self(method, text)
        assert self.state() == before
        return caught.value.error_code, caught.value.message

    def state(self):
        """Return how many rows of each kind there are, and the newest entry."""
        return {name: count for name, count in self.store.facts().items() if name.endswith(" rows")}


@pytest.fixture
def store(tmp_path):
    store = open_store(of_database(tmp_path / "store.db"))
    yield store
    store.close()


@pytest.fixture(params=["in this process", "through gRPC"])
def service(request, store):
    """What answers the calls: the same rules, whichever way they come."""
    if request.param == "in this process":
        return Service(store)
    host, _, port = request.getfixturevalue("serve_grpc")(store).rpartition(":")
    return Remote(pb.MetadataStoreClientConfig(host=host, port=int(port)))


@pytest.fixture
def bare(store, service):
    """A client of an empty store."""
    client = Client(store, service)
    yield client
    assert store.verify().findings == []


@pytest.fixture
def client(bare):
    """A client of a store with types T, T2, E and C."""
    bare("PutTypes", TYPES)
    return bare
