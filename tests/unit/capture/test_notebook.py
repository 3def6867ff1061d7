"""A notebook's cells, run by IPython itself: in the order they ran, beside the notebook's file as it is now."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lineal.capture import record
from lineal.files import Files

KERNEL = """
import json, sys
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
from lineal.capture.record import as_struct, at_end, at_start
from lineal.files import Files

shell = InteractiveShell.instance()
for cell in json.loads(sys.argv[2]):
    shell.run_cell(cell, store_history=True)
vars(sys.modules["__main__"]).pop("__file__", None)  # a kernel starts with none
files = Files(Path(sys.argv[1]))
print(json.dumps(as_struct(at_end(files, at_start(files)))))
"""


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path / "kept")


def ran(files: Files, *cells: str, notebook: Path | None = None) -> dict:
    """Run cells in a kernel and return the record that is made after them."""
    place = files.root.parent
    (place / "kernel.py").write_text(KERNEL, encoding="utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(record.__file__).parents[2]),
        "IPYTHONDIR": str(place / "ipython"),
        "JPY_SESSION_NAME": str(notebook or ""),
    }
    words = [sys.executable, "kernel.py", str(files.root), json.dumps(cells)]
    done = subprocess.run(words, cwd=place, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def written(path: Path, *cells: str) -> Path:
    """Write a notebook with these cells of code and one of text."""
    code = [{"cell_type": "code", "source": [cell]} for cell in cells]
    content = {"cells": [{"cell_type": "markdown", "source": "# title"}, *code]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_cells_are_kept_in_the_order_they_ran_also_where_one_ran_twice(files):
    value = ran(files, "x = 1", "y = x", "x = 1")["notebook"]["value"]
    assert json.loads(files.get(value["fingerprint"])) == ["x = 1", "y = x", "x = 1"]
    assert (value["cells"], value["file"]) == (3, None)


def test_cells_edited_since_they_ran_and_cells_that_did_not_run_are_told(files, tmp_path):
    notebook = written(tmp_path / "work ü.ipynb", "x = 1", "y = 2  # edited", "z = 3")
    item = ran(files, "x = 1", "y = 2", notebook=notebook)["notebook"]
    assert item["value"]["edited_since"] == [2]
    assert item["value"]["not_run"] == 2
    assert files.get(item["value"]["file"]["fingerprint"]) == notebook.read_bytes()
    assert "edited or deleted" in item["reason"]


def test_a_notebook_that_is_as_it_ran_has_nothing_to_tell(files, tmp_path):
    item = ran(files, "x = 1", notebook=written(tmp_path / "work.ipynb", "x = 1"))["notebook"]
    assert (item["value"]["edited_since"], item["value"]["not_run"]) == ([], 0)
    assert "reason" not in item


def test_a_secret_in_a_cell_is_cut_out_and_the_notebook_not_kept(files, tmp_path):
    cell = "password = 'hunter2hunter2'"
    item = ran(files, cell, notebook=written(tmp_path / "work.ipynb", cell))["notebook"]
    assert item["status"] == "withheld"
    assert item["value"]["file"]["stored"] is False
    assert b"hunter2" not in files.get(item["value"]["fingerprint"])


def test_a_file_that_is_no_notebook_is_told(files, tmp_path):
    (tmp_path / "work.ipynb").write_text("{", encoding="utf-8")
    value = ran(files, "x = 1", notebook=tmp_path / "work.ipynb")["notebook"]["value"]
    assert "cannot be read" in value["file"]["withheld"]


def test_the_script_of_a_notebook_is_its_cells(files):
    found = ran(files, "import random", "random.seed(99)")
    assert found["script"]["status"] == "not_applicable"
    assert found["seeds"]["value"]["random"] == 99
