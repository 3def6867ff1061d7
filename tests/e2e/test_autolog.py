"""`lineal.autolog()` to the end of a process: a script, one that fails or forks, a notebook, a store that breaks."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from lineal.model.nodes import Execution
from lineal.workspace import open_workspace


@pytest.fixture
def program(tmp_path):
    """Run a script in a project with data; what it printed, and its status."""
    (tmp_path / "flights.csv").write_text("delay\n4\n6\n")

    def run(text):
        (tmp_path / "train.py").write_text("import lineal\n\nlineal.autolog()\n" + textwrap.dedent(text))
        command = [sys.executable, "train.py"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)

    return run


@pytest.fixture
def runs(tmp_path):
    def listed():
        with open_workspace(tmp_path, create=False) as workspace:
            return list(workspace.store.list(Execution).items)

    return listed


def paths(run, kind):
    return [entry["path"] for entry in run.properties["capture"][kind]["value"]]


def test_the_run_ends_with_the_program_after_its_own_last_words(program, runs):
    done = program("""
        import atexit

        atexit.register(lambda: open("last.csv", "w").write(open("flights.csv").read()))
        print("trained")
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "trained\n", "")
    (run,) = runs()
    assert (run.state.name, run.properties["label"]) == ("COMPLETE", "train.py")
    assert (paths(run, "inputs"), paths(run, "outputs")) == (["flights.csv"], ["last.csv"])


def test_a_program_that_raises_ends_its_run_as_failed(program, runs):
    done = program("open('flights.csv').read()\nraise KeyError('delay')\n")
    assert done.returncode == 1
    assert "KeyError: 'delay'" in done.stderr
    (run,) = runs()
    assert run.state.name == "FAILED"
    assert run.properties["error"].startswith("KeyError: 'delay'")


def test_a_forked_child_neither_ends_nor_doubles_the_run(program, runs):
    done = program("""
        import os, sys

        open("model.bin", "w").write("1")
        child = os.fork()
        if child == 0:
            open("flights.csv").read()
            sys.exit(5)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        open("model.bin", "w").write("2")
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")
    (run,) = runs()
    assert run.state.name == "COMPLETE"
    assert paths(run, "outputs") == ["model.bin"]


def test_a_store_that_cannot_be_written_costs_one_line_and_nothing_else(program, tmp_path):
    (tmp_path / ".lineal").mkdir()
    (tmp_path / ".lineal" / "lineal.db").write_bytes(b"no database at all" * 100)
    done = program("""
        for number in range(3):
            open(f"model{number}.bin", "w").write("1")
        print(open("flights.csv").read().count("6"))
    """)
    assert (done.returncode, done.stdout) == (0, "1\n")
    assert done.stderr.count("lineal:") == 1


def test_in_a_notebook_a_cell_that_fails_does_not_fail_the_run(program, runs):
    done = program("""
        from IPython.core.interactiveshell import InteractiveShell

        shell = InteractiveShell.instance(history_length=0)
        shell.run_cell("import pandas as pd; flights = pd.read_csv('flights.csv')")
        shell.run_cell("flights['speed']")
        shell.run_cell("flights.to_parquet('clean.parquet')")
    """)
    assert done.returncode == 0, done.stderr
    (run,) = runs()
    assert run.state.name == "COMPLETE"
    assert (paths(run, "inputs"), paths(run, "outputs")) == (["flights.csv"], ["clean.parquet"])


def test_an_estimator_of_the_script_can_be_sent_to_worker_processes(program, runs):
    done = program("""
        import numpy as np
        from sklearn.base import BaseEstimator, ClassifierMixin
        from sklearn.model_selection import cross_val_score


        class Zero(ClassifierMixin, BaseEstimator):
            def fit(self, X, y):
                self.classes_ = np.unique(y)
                return self

            def predict(self, X):
                return np.zeros(len(X), dtype=int)


        y = np.arange(20) % 2
        print(cross_val_score(Zero(), y.reshape(-1, 1), y, cv=2, n_jobs=2).tolist())
    """)
    assert (done.returncode, done.stdout) == (0, "[0.5, 0.5]\n"), done.stderr
    (run,) = runs()
    assert run.custom_properties["metric.cross_val_score.test_score.mean"] == 0.5
