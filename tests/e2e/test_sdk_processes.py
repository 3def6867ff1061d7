"""Real processes writing one store: none is lost, none is half there, a killed one is seen to have failed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

import lineal
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Execution, ExecutionState

RUNS = 5
WRITERS = 4


def start(code, *args):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, args)], stdout=subprocess.PIPE, text=True
    )


def everything(workspace, kind):
    return list(workspace.store.list(kind, ListOptions(limit=1000)).items)


def test_several_processes_write_one_store_and_each_version_is_taken_once(tmp_path):
    code = """
        import sys, lineal
        directory, number, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        for round in range(runs):
            with lineal.run("train", url=directory, params={"writer": number}) as run:
                run.use([{"shared": True}], name="shared")
                run.log_metrics({"loss": round})
                run.log_dataset([number, round], name="parts")
                run.log_model({"writer": number, "round": round}, name="delay")
    """
    writers = [start(code, tmp_path, number, RUNS) for number in range(WRITERS)]
    assert [writer.wait(120) for writer in writers] == [0] * WRITERS
    for writer in writers:
        writer.stdout.close()
    with lineal.open(tmp_path) as workspace:
        runs = everything(workspace, Execution)
        names = [artifact.name for artifact in everything(workspace, Artifact)]
        assert [run.state for run in runs] == [ExecutionState.COMPLETE] * (WRITERS * RUNS)
        assert sorted(names) == sorted(
            ["shared@v1"] + [f"{family}@v{n}" for family in ("parts", "delay") for n in range(1, WRITERS * RUNS + 1)]
        )
        for run in runs:
            assert len(workspace.store.events(executions=[run.id])) == 3
        assert workspace.verify().ok


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="platform: no SIGKILL")
def test_a_killed_run_is_failed_with_everything_it_was_told_is_recorded(tmp_path):
    code = """
        import sys, time, lineal
        run = lineal.run("train", url=sys.argv[1])
        number = 0
        while True:
            artifact = run.log_dataset([number], name="parts")
            model = run.log_model({"number": number}, name="delay")
            print(artifact.id, model.id, flush=True)
            number += 1
    """
    process = start(code, tmp_path)
    acknowledged = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [line for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    assert process.wait(60) == -signal.SIGKILL
    ids = [int(each) for line in acknowledged for each in line.split()]
    with lineal.open(tmp_path) as workspace:
        [run] = everything(workspace, Execution)
        assert run.state is ExecutionState.FAILED
        kept = workspace.store.get(Artifact, ids)
        assert {event.artifact_id for event in workspace.store.events(executions=[run.id])} >= set(ids)
        for artifact in kept:
            if artifact.type == "Model":
                workspace.files.get(artifact.fingerprint)
        assert workspace.verify().ok


def test_a_training_that_exits_leaves_its_status(tmp_path):
    code = "import sys, lineal\nwith lineal.run('train', url=sys.argv[1]):\n    sys.exit(3)\n"
    process = start(code, tmp_path)
    process.stdout.close()
    assert process.wait(60) == 3
    with lineal.open(tmp_path) as workspace:
        [run] = everything(workspace, Execution)
        assert (run.state, run.custom_properties["exit_status"]) == (ExecutionState.FAILED, 3)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="platform: no fork")
def test_workers_of_a_pool_forked_inside_a_run_do_not_end_it(tmp_path):
    code = """
        import multiprocessing, sys, lineal
        def work(number):
            assert lineal.current_run() is None
            return number * 2
        with lineal.run("train", url=sys.argv[1]) as run:
            with multiprocessing.get_context("fork").Pool(2) as pool:
                run.log_metrics({"sum": sum(pool.map(work, range(4)))})
    """
    process = start(code, tmp_path)
    process.stdout.close()
    assert process.wait(60) == 0
    with lineal.open(tmp_path) as workspace:
        [run] = everything(workspace, Execution)
        assert run.state is ExecutionState.COMPLETE
        assert run.custom_properties["metric.sum"] == 12.0


def test_a_root_import_loads_no_third_party_module_and_no_database(tmp_path):
    code = """
        import sys
        before = set(sys.modules)
        import lineal
        names = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(sorted(names - set(sys.stdlib_module_names) - {"lineal"}))
    """
    process = start(code)
    assert process.stdout.read() == "[]\n"
    process.stdout.close()
    assert process.wait(60) == 0
