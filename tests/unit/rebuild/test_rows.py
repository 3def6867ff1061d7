"""A table whose file comes out with other bytes: what counts is whether its rows are the same, and which differ."""

from __future__ import annotations

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
    told, where = explained(before, after)
    assert where == {"row": 2}
    assert "DB_PASSWORD" in told
    assert "correct-horse-7" not in told
    assert "battery-staple-8" not in told
