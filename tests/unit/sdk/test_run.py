"""A run is recorded as it happens: seen while it works, ended as it ended, whole whatever fails around it."""

from __future__ import annotations

import os
import random
import threading

import pytest

import lineal
from lineal.errors import AlreadyExists, InvalidArgument, UnknownType
from lineal.model.edges import Association, EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Artifact, Context, Execution, ExecutionState
from lineal.model.publication import Origin
from lineal.model.types import NodeType
from lineal.model.values import PropertyType
from lineal.workspace import open_workspace


def stored(workspace, run):
    return workspace.store.get(Execution, [run.execution.id])[0]


def contexts_of(workspace, run):
    keys = [NodeKey(NodeKind.EXECUTION, run.execution.id)]
    ids = [edge.context_id for edge in workspace.store.memberships(keys) if isinstance(edge, Association)]
    return {(context.type, context.name) for context in workspace.store.get(Context, ids)}


def test_a_run_is_durably_seen_as_running_before_the_block_begins(workspace):
    with (
        lineal.run("train", params={"depth": 4}, workspace=workspace) as run,
        open_workspace(workspace.location.url, create=False) as other,
    ):
        seen = stored(other, run)
        assert seen.state is ExecutionState.RUNNING
        assert seen.properties["label"] == "train"
        assert seen.external_id == seen.properties["run_id"] == run.id
        assert seen.custom_properties["param.depth"] == 4
    assert stored(workspace, run).state is ExecutionState.COMPLETE


def test_a_finished_run_has_its_times_and_the_last_value_of_each_metric(workspace):
    with lineal.run("train", workspace=workspace) as run:
        run.log_metrics({"rmse": 2.0, "r2": 0.5})
        run.log_metrics({"rmse": 1.5})
    done = stored(workspace, run)
    assert done.started_at <= done.ended_at
    assert done.properties["duration_us"] >= 0
    assert done.custom_properties["metric.rmse"] == 1.5
    assert done.custom_properties["metric.r2"] == 0.5
    assert done.custom_properties["exit_status"] == 0
    series = {item.name: (list(item.steps), list(item.values)) for item in workspace.store.metrics(done.id)}
    assert series == {"rmse": ([0, 1], [2.0, 1.5]), "r2": ([0], [0.5])}


def test_run_and_finish_do_what_the_with_block_does(workspace):
    run = lineal.run("train", workspace=workspace)
    assert lineal.current_run() is run
    run.finish()
    run.finish()
    assert lineal.current_run() is None
    assert stored(workspace, run).state is ExecutionState.COMPLETE


def test_an_exception_is_recorded_and_goes_on(workspace):
    with pytest.raises(ZeroDivisionError), lineal.run("train", workspace=workspace) as run:
        1 / 0  # noqa: B018
    failed = stored(workspace, run)
    assert failed.state is ExecutionState.FAILED
    assert failed.properties["error"].startswith("ZeroDivisionError: division by zero\nat ")
    assert failed.custom_properties["exit_status"] == 1
    assert lineal.current_run() is None


def test_the_recorded_error_is_bounded_and_without_secrets(workspace):
    text = "cannot connect to postgres://me:hunter2secret@host/db " + "x" * 10_000
    with pytest.raises(RuntimeError), lineal.run("train", workspace=workspace) as run:
        raise RuntimeError(text)
    error = stored(workspace, run).properties["error"]
    assert "hunter2secret" not in error
    assert len(error) < 3000


def test_an_exception_without_a_readable_text_is_recorded_too(workspace):
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    with pytest.raises(Mute), lineal.run("train", workspace=workspace) as run:
        raise Mute
    assert stored(workspace, run).properties["error"].startswith("Mute")


@pytest.mark.parametrize(
    ("error", "state", "status"),
    [
        (SystemExit(0), ExecutionState.COMPLETE, 0),
        (SystemExit(None), ExecutionState.COMPLETE, 0),
        (SystemExit(3), ExecutionState.FAILED, 3),
        (SystemExit("no data"), ExecutionState.FAILED, 1),
        (KeyboardInterrupt(), ExecutionState.CANCELED, 130),
    ],
)
def test_leaving_by_exit_or_interrupt_is_recorded_with_its_status(workspace, error, state, status):
    with pytest.raises(type(error)), lineal.run("train", workspace=workspace) as run:
        raise error
    done = stored(workspace, run)
    assert (done.state, done.custom_properties["exit_status"]) == (state, status)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (137, "it ended with exit status 137, which means SIGKILL"),
        (3, "it ended with exit status 3"),
        (200, "it ended with exit status 200"),
        ("no data", "no data"),
    ],
)
def test_an_exit_is_told_in_words(workspace, code, told):
    with pytest.raises(SystemExit), lineal.run("train", workspace=workspace) as run:
        raise SystemExit(code)
    assert stored(workspace, run).properties["error"].splitlines()[0] == told


def test_a_run_inside_a_run_names_it_and_shares_its_contexts(workspace):
    with lineal.run("pipeline", type="Transform", experiment="delays", workspace=workspace) as outer:
        with lineal.run("train", pipeline="nightly") as inner:
            assert lineal.current_run() is inner
            assert inner.session is outer.session
        assert lineal.current_run() is outer
    assert stored(workspace, inner).properties["parent_run_id"] == outer.id
    assert contexts_of(workspace, outer) == {("Experiment", "delays")}
    assert contexts_of(workspace, inner) == {("Experiment", "delays"), ("Pipeline", "nightly")}


def test_an_inner_run_may_end_after_its_outer_one(tmp_path):
    outer = lineal.run("outer", url=tmp_path)
    inner = lineal.run("inner")
    outer.finish()
    inner.log_dataset([1], name="late")
    inner.finish()
    with open_workspace(tmp_path, create=False) as workspace:
        assert stored(workspace, inner).state is ExecutionState.COMPLETE


def test_a_new_thread_has_no_current_run_and_threads_may_log_to_one_run(workspace):
    found = []

    def work(number):
        found.append(lineal.current_run())
        run.log_metrics({"loss": number})
        run.log_dataset([number], name=f"part{number}")

    with lineal.run("train", workspace=workspace) as run:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [None] * 8
    events = workspace.store.events(executions=[run.execution.id])
    assert len([event for event in events if event.type is EventType.OUTPUT]) == 8
    [series] = workspace.store.metrics(run.execution.id)
    assert sorted(series.values) == list(range(8))
    assert list(series.steps) == list(range(8))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="platform: no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_neither_finishes_nor_writes_its_parents_run(workspace):
    with lineal.run("train", workspace=workspace) as run:
        child = os.fork()
        if child == 0:
            try:
                is_foreign = lineal.current_run() is None
                run.log_metrics({"loss": 1.0})
                run.log_params({"depth": 4})
                unsaved = run.log_dataset([1], name="of the child")
                run.finish()
                os._exit(0 if is_foreign and unsaved.id is None else 1)
            except BaseException:  # noqa: BLE001
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert stored(workspace, run).state is ExecutionState.RUNNING
    assert stored(workspace, run).state is ExecutionState.COMPLETE
    assert not list(workspace.store.list(Artifact).items)
    assert not workspace.store.metrics(run.execution.id)


def test_the_seed_is_set_and_recorded(workspace):
    with lineal.run("train", seed=7, workspace=workspace) as run:
        first = random.random()
    with lineal.run("train", workspace=workspace) as other:
        lineal.set_seed(7)
        second = random.random()
        assert stored(workspace, other).properties["seed"] == 7
    assert first == second
    assert stored(workspace, run).properties["seed"] == 7


def test_parameters_are_recorded_at_once_and_have_one_value(workspace):
    with lineal.run("train", params={"depth": 4}, workspace=workspace) as run:
        run.log_params({"rate": 0.1, "depth": 4})
        assert stored(workspace, run).custom_properties["param.rate"] == 0.1
        with pytest.raises(AlreadyExists, match=r"param\.rate is 0\.1 .* got 0\.2"):
            run.log_params({"rate": 0.2})
    assert stored(workspace, run).custom_properties["param.rate"] == 0.1


def test_mistakes_at_the_start_are_raised_and_nothing_is_left_open(workspace):
    with pytest.raises(UnknownType, match="Dream"):
        lineal.run("x", type="Dream", workspace=workspace)
    with pytest.raises(InvalidArgument, match=r"param\.model"):
        lineal.run("x", params={"model": object()}, workspace=workspace)
    with pytest.raises(InvalidArgument, match="seed"):
        lineal.run("x", seed="7", workspace=workspace)
    with pytest.raises(InvalidArgument, match="one workspace"):
        lineal.run("x", url="elsewhere", workspace=workspace)
    assert lineal.current_run() is None
    assert not list(workspace.store.list(Execution).items)


def test_a_run_and_an_artifact_may_be_of_the_users_own_types(workspace):
    own = [
        NodeType(kind=NodeKind.EXECUTION, name="Tune", properties={"seed": PropertyType.INT}),
        NodeType(kind=NodeKind.ARTIFACT, name="Sweep", base="Dataset", properties={"rows": PropertyType.INT}),
    ]
    workspace.store.put_types(own, by=Origin(actor="test", action="declare"))
    with lineal.run("tune", type="Tune", seed=3, workspace=workspace) as run:
        sweep = run.log_dataset([1], name="grid", type="Sweep", properties={"rows": 1})
    done = stored(workspace, run)
    assert done.state is ExecutionState.COMPLETE
    assert done.properties == {"seed": 3}
    assert done.custom_properties["label"] == "tune"
    assert sweep.properties == {"rows": 1}
    assert sweep.custom_properties["version"] == "v1"


def test_without_a_url_the_run_goes_to_the_nearest_workspace_above(tmp_path, monkeypatch):
    (tmp_path / "deep" / "inside").mkdir(parents=True)
    open_workspace(tmp_path).close()
    monkeypatch.chdir(tmp_path / "deep" / "inside")
    with lineal.run("train") as run:
        pass
    with open_workspace(tmp_path, create=False) as workspace:
        assert stored(workspace, run).properties["label"] == "train"


def test_the_ledger_of_a_recorded_run_verifies(workspace, recorded_run):
    assert recorded_run.execution.state is ExecutionState.COMPLETE
    report = workspace.verify()
    assert report.ok
    actions = [entry.action for entry in workspace.store.entries()]
    assert actions == ["start Train train", "log flights", "log delay", "finish Train train"]


def test_a_parameter_that_is_not_a_number_may_be_given_twice(tmp_path):
    with lineal.run("train", url=tmp_path) as run:
        run.log_params({"alpha": float("nan"), "grid": [float("nan")]})
        run.log_params({"alpha": float("nan"), "grid": [float("nan")]})
