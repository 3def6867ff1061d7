"""A table whose file comes out with other bytes: what counts is whether its rows are the same, and which differ."""

from __future__ import annotations

import lineal
from lineal.model.nodes import Execution
from lineal.rebuild.rows import Content, explained

SCRIPT = """
    import time
    import pyarrow as pa
    from pyarrow import parquet
    import lineal

    with lineal.run("prepare", type="Transform") as run:
        table = pa.table({{"delay": {values}, "late": [True, False, True]}})
        parquet.write_table(table.replace_schema_metadata({{"written": str(time.time_ns())}}), "clean.parquet")
        run.log_dataset("clean.parquet", name="clean")
"""


def test_a_file_with_the_same_rows_and_other_bytes_is_canonical_exact(project):
    project.write("prepare.py", SCRIPT.format(values="[1, 2, 3]"))
    project.run("prepare.py")
    verdict = project.reproduce("run:prepare", status=0)
    assert verdict["verdict"] == "CANONICAL_EXACT"
    [output] = verdict["outputs"]
    assert output["recorded"] != output["rebuilt"]


def test_a_column_that_comes_out_different_is_named(project):
    project.write("prepare.py", SCRIPT.format(values="[1, 2, time.time_ns()]"))
    project.run("prepare.py")
    verdict = project.reproduce("run:prepare", status=24)
    assert verdict["verdict"] == "DIVERGED"
    assert "column 'delay'" in str(verdict["outputs"])


def test_a_line_that_is_shown_has_no_secret_in_it():
    before = Content(data=b'depth = 4\nDB_PASSWORD="correct-horse-7"\n', facts={})
    after = Content(data=b'depth = 4\nDB_PASSWORD="battery-staple-8"\n', facts={})
    told = explained(before, after)
    assert told.where == {"row": 2}
    assert "DB_PASSWORD" in told.rows
    assert "correct-horse-7" not in told.rows
    assert "battery-staple-8" not in told.rows


def test_rows_of_an_input_are_told_to_whoever_asks_and_stand_in_no_record_and_no_statement(project):
    project.write("people.csv", "name,age\nAda,36\nGrace,85\n")
    project.write(
        "train.py",
        """
        import json
        rows = open("people.csv").read().split()
        json.dump(len(rows), open("model.json", "w"))
        """,
    )
    project.run("-m", "lineal", "run", "--", project.python, "train.py")
    project.write("people.csv", "name,age\nAda,36\nGrace,86\n")
    verdict = project.reproduce("run:latest", status=0)
    [drift] = verdict["drift"]
    assert drift["sentence"].endswith("'Grace,85' became 'Grace,86'")
    with lineal.open(project.root) as workspace:
        [rebuild] = [run for run in workspace.store.list(Execution).items if run.type == "Rebuild"]
    kept = str(rebuild.custom_properties)
    assert "'row': 3" in kept
    assert "Grace" not in kept
    everything = [path for path in (project.root / ".lineal").rglob("*") if path.is_file()]
    assert not [path for path in everything if b"became" in path.read_bytes()]
