"""The stamp on an answer: what was loaded, what is declared, and why something is not reproducible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.serving.facts import Endpoint, Facts, Source, declared_facts, header_value, loaded_facts, revision_facts
from lineal.serving.loaded import LOADED


@given(st.text())
def test_no_text_can_break_out_of_a_header(text):
    value = header_value(text)
    assert len(value) <= 256
    assert all(0x20 <= byte < 0x7F for byte in value)
    assert value == value.strip()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("delay@v1.0", b"delay@v1.0"),
        ("a\r\nSet-Cookie: x", b"a%0D%0ASet-Cookie: x"),
        ("größe@1", b"gr%C3%B6%C3%9Fe@1"),
        ("50%", b"50%25"),
    ],
)
def test_a_header_shows_what_it_can(text, value):
    assert header_value(text) == value


@pytest.fixture
def trained(workspace, train):
    train({"mean": 1})
    return workspace


def facts(workspace):
    (loaded,) = LOADED.facts()
    return loaded_facts(workspace.store, Endpoint.of(workspace.store, "api"), loaded)


def test_a_model_that_was_never_deployed_is_named_and_not_reproducible(trained):
    kept = trained.load_model("model:delay")
    found = facts(trained)
    assert (found.model, found.dataset, found.revision) == ("model:delay@v1", "dataset:flights@v1", None)
    assert found.revision_id == kept.artifact.id
    assert "the loaded model was never deployed to api" in found.failed
    assert dict(found.headers) == {
        b"x-model-version": b"delay@v1",
        b"x-dataset-version": b"flights@v1",
        b"x-reproducible": b"false",
    }


def test_a_loaded_model_is_stamped_with_its_own_revision_even_if_another_is_live(trained, train):
    train({"mean": 2}, "delay@v2")
    for version in ("v1", "v2"):
        trained.deploy(f"model:delay@{version}", endpoint="api", actor="a", reason="r", unapproved=True)
    kept = trained.load_model("model:delay@v1")
    found = facts(trained)
    assert (found.model, found.revision) == ("model:delay@v1", "endpoint:api@r1")
    assert found.fingerprint == kept.fingerprint
    live = declared_facts(Endpoint.of(trained.store, "api").live)
    assert (live.source, live.model, live.reproducible) == (Source.DECLARED, "model:delay@v2", False)


def test_every_check_that_is_not_passed_is_named(trained):
    kept = trained.load_model("model:delay")
    outcomes = [each for each in trained.check("model:delay").findings if each.outcome.counts]
    assert outcomes
    named = facts(trained).failed
    assert all(any(text.startswith(f"{each.item}: ") for text in named) for each in outcomes)
    assert kept.reference == "model:delay@v1"


def test_only_a_loaded_model_without_any_failed_check_is_reproducible():
    assert Facts(source=Source.LOADED).reproducible
    assert dict(Facts(source=Source.LOADED).headers)[b"x-reproducible"] == b"true"
    assert not Facts(source=Source.LOADED, failed=("code: dirty",)).reproducible
    assert not Facts(source=Source.DECLARED).reproducible


def test_a_recorded_answer_finds_its_facts_again(trained):
    made = trained.deploy("model:delay", endpoint="api", actor="a", reason="r", unapproved=True)
    assert revision_facts(trained.store, made.revision.id).model == "model:delay@v1"
    assert revision_facts(trained.store, trained.resolve("model:delay").id).model == "model:delay@v1"
    assert revision_facts(trained.store, None).source is Source.UNKNOWN
