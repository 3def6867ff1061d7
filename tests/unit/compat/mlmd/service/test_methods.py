"""The service offers exactly ML Metadata's calls."""

from __future__ import annotations

import pytest

from lineal.compat.mlmd.errors import INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED, StatusError, UnimplementedError
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service import Service


def test_the_service_answers_every_call_of_the_proto_and_no_other():
    declared = service_pb.DESCRIPTOR.services_by_name["MetadataStoreService"].methods_by_name
    assert frozenset(declared) == Service.METHODS
    assert len(Service.METHODS) == 52


METHODS = list(service_pb.DESCRIPTOR.services_by_name["MetadataStoreService"].methods)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_call_with_nothing_in_it_is_answered_as_declared_or_refused_as_the_client_s_fault(client, method):
    code = answered = None
    try:
        answered = client(method.name).DESCRIPTOR.full_name
    except StatusError as error:
        code = error.error_code
    assert answered == method.output_type.full_name or code in {INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED}


def test_an_unknown_call_is_unimplemented(store):
    with pytest.raises(UnimplementedError, match="DeleteArtifacts"):
        Service(store).call("DeleteArtifacts", service_pb.GetArtifactsRequest())
