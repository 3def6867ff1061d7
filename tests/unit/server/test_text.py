"""proto2 takes any bytes for a string; a request that holds such text is found, wherever it stands."""

from __future__ import annotations

import pytest

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2
from lineal.server.calls import REQUESTS
from lineal.server.text import is_text


@pytest.mark.parametrize("method", sorted(REQUESTS))
def test_an_empty_request_is_text(method):
    assert is_text(method, b"")


def test_text_of_any_script_is_text_and_numbers_are_no_matter():
    request = service_pb2.PutArtifactsRequest()
    artifact = request.artifacts.add(type_id=2**62, name="é漢", uri="x" * 300)
    artifact.custom_properties["☃"].double_value = float("nan")
    artifact.custom_properties["n"].int_value = -1
    request.transaction_options.tag = "ü"

    assert is_text("PutArtifacts", request.SerializeToString())


@pytest.mark.parametrize("wrong", [b"\xff\xfe", b"\xc3", b"\xed\xa0\x80"])
def test_other_bytes_are_found_at_any_depth(wrong):
    for good in (
        service_pb2.PutArtifactsRequest(artifacts=[{"name": "WRONG-"}]),
        service_pb2.PutArtifactsRequest(artifacts=[{"custom_properties": {"WRONG-": {"int_value": 1}}}]),
        service_pb2.PutArtifactsRequest(artifacts=[{"custom_properties": {"a": {"string_value": "WRONG-"}}}]),
    ):
        content = good.SerializeToString()
        assert is_text("PutArtifacts", content)
        assert not is_text("PutArtifacts", content.replace(b"WRONG-", wrong.ljust(6, b"x")))
