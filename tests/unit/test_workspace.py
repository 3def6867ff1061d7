"""The workspace puts the parts together and asks the right one."""

from __future__ import annotations

import subprocess

import pytest

import lineal
from lineal.errors import NotFound, PolicyRefused
from lineal.model.nodes import Artifact
from lineal.model.predictions import Prediction
from lineal.model.publication import Origin
from lineal.testing import FakeClock, fake_clock, recorded_run, workspace  # noqa: F401
from lineal.workspace import current_actor, open_workspace


def test_a_missing_workspace_is_made_or_not_found(tmp_path):
    with pytest.raises(NotFound):
        open_workspace(tmp_path, create=False)
    assert not (tmp_path / ".lineal").exists()
    with open_workspace(tmp_path) as opened:
        assert opened.location.database == tmp_path / ".lineal" / "lineal.db"
    open_workspace(tmp_path, create=False).close()


def test_the_environment_names_the_workspace_where_no_url_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv("LINEAL_URL", str(tmp_path / "elsewhere"))
    with lineal.open() as opened:
        assert opened.location.database == tmp_path / "elsewhere" / ".lineal" / "lineal.db"


def test_closing_twice_is_fine(workspace):  # noqa: F811
    workspace.close()
    workspace.close()


@pytest.mark.usefixtures("recorded_run")
def test_questions_are_answered(workspace):  # noqa: F811
    model = workspace.resolve("model:delay@v1")
    assert isinstance(model, Artifact)
    assert [item.name for item in workspace.trace("model:delay").artifacts("Dataset")] == ["flights@v1"]
    assert [item.item.node.name for item in workspace.impact("dataset:flights").models] == ["delay@v1"]
    assert len(workspace.paths("dataset:flights", "model:delay").found) == 1
    assert workspace.check("model:delay").items
    assert workspace.diff("model:delay", "model:delay") is not None
    assert workspace.verify().ok


@pytest.mark.usefixtures("recorded_run")
def test_a_model_is_approved_deployed_and_loaded(workspace):  # noqa: F811
    with pytest.raises(PolicyRefused):
        workspace.deploy("model:delay", endpoint="delay-api", reason="first")
    decision = workspace.approve("model:delay", reason="evaluated", actor="ada", regulation="EU AI Act")
    assert decision.actor == "ada"
    deployed = workspace.deploy("model:delay", endpoint="delay-api", reason="first")
    assert deployed.decision.actor == current_actor()
    assert workspace.load_model("endpoint:delay-api").model == {"mean": 5.0}


def test_a_prediction_is_found_by_its_trace_id(workspace):  # noqa: F811
    trace_id = workspace.identifiers.new()
    stored = Prediction(
        trace_id=trace_id,
        endpoint="delay-api",
        revision_id=None,
        input_digest=None,
        key_id=None,
        output=1.0,
        confidence=None,
        latency_us=5,
        status=200,
        time=workspace.clock.now(),
        spool="test",
        sequence=1,
    )
    workspace.store.put_predictions([stored], by=Origin(actor="test", action="ship"))
    assert workspace.prediction(trace_id).output == 1.0
    with pytest.raises(NotFound):
        workspace.prediction("0" * 32)


def test_the_actor_is_named_by_the_environment(monkeypatch):
    monkeypatch.setenv("LINEAL_ACTOR", "ci")
    assert current_actor() == "ci"
    for name in ("LINEAL_ACTOR", "USER", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    assert current_actor()


def test_the_fake_clock_moves_only_by_hand_and_never_stands_in_one_moment_twice():
    clock = FakeClock()
    before = clock.now()
    assert clock.now() == before + 1
    clock.advance(hours=1)
    assert clock.now() == before + 3_600_000_002


def test_git_sees_nothing_of_a_workspace_in_a_working_tree(tmp_path):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    open_workspace(tmp_path).close()
    told = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert told.stdout == ""
