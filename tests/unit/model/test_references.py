"""References are taken apart, and bad ones are refused with the forms."""

from __future__ import annotations

import pytest

from lineal.errors import InvalidArgument
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.references import Form, parse_reference


@pytest.mark.parametrize(
    ("text", "form", "kind", "name", "version"),
    [
        ("model:delay@v1.2.3", Form.NAME, "model", "delay", "v1.2.3"),
        ("model:delay@production", Form.NAME, "model", "delay", "production"),
        ("model:delay", Form.NAME, "model", "delay", None),
        ("dataset:s3://bucket/a@b/c@2013-01-05", Form.NAME, "dataset", "s3://bucket/a@b/c", "2013-01-05"),
        ("RawData:wetter größe@1", Form.NAME, "rawdata", "wetter größe", "1"),
        ("  model:delay@v1  ", Form.NAME, "model", "delay", "v1"),
        ("run:latest", Form.RUN, "run", "latest", None),
        ("run:train@home", Form.RUN, "run", "train@home", None),
        ("endpoint:delay-api", Form.ENDPOINT, "endpoint", "delay-api", None),
        ("endpoint:delay-api@r2", Form.ENDPOINT, "endpoint", "delay-api", "r2"),
        ("sha256:4F3C2A91", Form.FINGERPRINT, "sha256", "4f3c2a91", None),
    ],
)
def test_each_form_is_taken_apart(text: str, form: Form, kind: str, name: str, version: str | None) -> None:
    found = parse_reference(text)
    assert (found.form, found.kind, found.name, found.version) == (form, kind, name, version)


def test_a_trace_id_may_be_written_as_a_uuid_with_dashes() -> None:
    found = parse_reference("prediction:019A4F02-1111-7222-8333-444455556666")
    assert found.form is Form.PREDICTION
    assert found.name == "019a4f02111172228333444455556666"


def test_an_id_names_one_node_of_one_kind() -> None:
    assert parse_reference("artifact#7").key == NodeKey(NodeKind.ARTIFACT, 7)
    assert parse_reference("Execution#8").key == NodeKey(NodeKind.EXECUTION, 8)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "delay",
        ":",
        "model:",
        "model:@v1",
        "model:delay@",
        ":delay",
        "mo del:x",
        "artifact#",
        "artifact#-1",
        "sha256:4f3c",
        "sha256:xyzxyzxyz",
        "sha256:" + "0" * 65,
        "prediction:019a",
        "prediction:not-a-trace",
    ],
)
def test_what_is_not_a_reference_is_refused_and_the_forms_are_shown(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_reference(text)
    assert repr(text) in caught.value.message
    assert "model:delay@production" in (caught.value.hint or "")


def test_a_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="not valid Unicode"):
        parse_reference("model:\ud800")
