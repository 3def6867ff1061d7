"""Programs other than Python in a run: their files are found by words and traces, and what is not seen is said."""

from __future__ import annotations

import json

import pytest

from lineal.model.edges import How
from lineal.workspace import open_workspace
from tests.projects import project_in

CLEAN = "#!/bin/sh\nmkdir work\ngrep -v ',UA,' data/flights.csv > work/clean.csv\n{python} fit.py\n"
FIT = """
import json, subprocess
subprocess.run("sort work/clean.csv > work/sorted.csv", shell=True, check=True)
subprocess.run(["cp", "data/names.csv", "names.csv"], check=True)
rows = open("work/sorted.csv").read()
with open("fit.json", "w") as file:
    json.dump([rows, open("names.csv").read()], file)
"""
EXECUTE = """
# What `jupyter nbconvert --execute` does, in one process: the cells in a shell, then the notebook with its times.
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
notebook = json.load(open(sys.argv[1]))
shell = InteractiveShell.instance()
for count, cell in enumerate(notebook["cells"], 1):
    shell.run_cell("".join(cell["source"]), store_history=True)
    cell["execution_count"], cell["metadata"] = count, {"execution": time.time_ns()}
with open(sys.argv[2], "w") as file:
    json.dump(notebook, file)
"""


@pytest.fixture
def project(tmp_path):
    made = project_in(tmp_path)
    made.write("data/flights.csv", "1,UA,3\n4,AA,6\n")
    made.write("data/names.csv", "AA,American\n")
    return made


def record(project, *words):
    project.run("-m", "lineal", "run", "--name", "fit", "--", *words)
    with open_workspace(project.root, create=False) as workspace:
        run = workspace.resolve("run:fit")
        how = {event.how for event in workspace.store.events(executions=[run.id])}
    capture = run.properties["capture"]
    return {name: {one["path"] for one in capture[name]["value"]} for name in ("inputs", "outputs")}, how


def test_files_of_a_shell_and_its_tools_are_inputs_and_outputs_and_the_run_is_rebuilt(project):
    project.write("run.sh", CLEAN.format(python=project.python)).chmod(0o755)
    project.write("fit.py", FIT)

    files, how = record(project, "./run.sh")

    assert files["inputs"] == {"data/flights.csv", "data/names.csv"}
    assert files["outputs"] == {"work/clean.csv", "work/sorted.csv", "names.csv", "fit.json"}
    assert how == {How.OBSERVED, How.INFERRED}
    told = project.run("-m", "lineal", "check", "run:fit", status=21).stdout
    assert ": of what other programs than Python read only the files in their words are known" in told
    assert project.reproduce("run:fit", status=0)["verdict"] == "BIT_EXACT"


def test_where_it_comes_out_otherwise_the_program_that_nobody_watched_is_named(project):
    project.write("first.awk", 'BEGIN { while ((getline line < "data/flights.csv") > 0) print line > "all.csv" }\n')

    project.git("init", "--quiet")
    project.write(".git/info/exclude", "data/\n")
    project.commit()

    files, _ = record(project, "awk", "-f", "first.awk")

    assert files == {"inputs": {"first.awk"}, "outputs": {"all.csv"}}
    first = project.reproduce("run:fit", status=24)["first_difference"]
    assert (first["kind"], first["what"], first["recorded"]) == ("program", "awk", ["awk"])


def test_a_notebook_that_a_command_executes_is_executed_again(project):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    source = ["import pickle\n", "rows = open('data/flights.csv').read()\n", "pickle.dump(rows, open('m.pkl', 'wb'))"]
    project.write("train.ipynb", json.dumps({"cells": [cell | {"source": source}], "metadata": {}, "nbformat": 4}))
    project.write("execute.py", EXECUTE)

    files, _ = record(project, project.python, "execute.py", "train.ipynb", "executed.ipynb")

    assert files == {"inputs": {"data/flights.csv", "train.ipynb"}, "outputs": {"m.pkl", "executed.ipynb"}}
    grades = {one["name"]: one["verdict"] for one in project.reproduce("run:fit", status=0)["outputs"]}
    assert grades == {"model:m@v1": "BIT_EXACT", "report:executed@v1": "CANONICAL_EXACT"}
