"""A rebuilt program that lies: it records itself, so what can be measured is read by us, and the rest is told apart."""

from __future__ import annotations

import pytest


def test_a_forged_fingerprint_does_not_stand_against_the_bytes_that_were_left(project):
    project.write(
        "train.py",
        """
        import lineal, os

        rebuilt = bool(os.environ.get("LINEAL_REBUILD"))
        open("model.bin", "wb").write(b"honest")
        with lineal.run("train") as run:
            run.log_dataset("model.bin", name="m")
        if rebuilt:
            open("model.bin", "wb").write(b"other")
        """,
    )
    project.run("train.py")

    verdict = project.reproduce("dataset:m", status=24)

    (output,) = verdict["outputs"]
    assert (verdict["verdict"], output["verdict"]) == ("DIVERGED", "DIVERGED")
    assert output["rebuilt"] != output["recorded"]


def test_what_was_read_by_us_and_what_is_the_programs_word_are_told_apart(project):
    project.write(
        "train.py",
        """
        import lineal

        with lineal.run("train") as run:
            open("rows.txt", "w").write("4")
            run.log_dataset("rows.txt", name="file")
            run.log_model({"mean": 4}, name="model")
            run.log_dataset([{"delay": 4}], name="memory")
        """,
    )
    project.run("train.py")

    outputs = {each["name"]: each for each in project.reproduce("run:train", status=0)["outputs"]}

    assert {name: each["measured"] for name, each in outputs.items()} == {
        "dataset:file@v1": "bytes",
        "model:model@v1": "bytes",
        "dataset:memory@v1": None,
    }
    assert "as the program says" in outputs["dataset:memory@v1"]["note"]


SPOILING = {
    "a link to another workspace": "shutil.rmtree(home); os.symlink('/', home)",
    "a pipe for a database": "os.unlink(database); os.mkfifo(database)",
    "a database that is none": "open(database, 'wb').write(b'SQLite format 3\\0' + os.urandom(4096))",
    "no database": "os.unlink(database)",
    "a view in the place of a table": (
        "c = sqlite3.connect(database); c.execute('CREATE VIEW endless AS WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'); c.commit()"
    ),
}


@pytest.mark.parametrize("deed", SPOILING.values(), ids=SPOILING.keys())
def test_a_program_that_spoils_its_record_gets_a_sentence_and_nothing_of_the_user_is_touched(project, deed):
    project.write(
        "train.py",
        f"""
        import lineal, os, shutil, sqlite3

        with lineal.run("train") as run:
            run.log_model({{"mean": 4}}, name="m")
        if os.environ.get("LINEAL_REBUILD"):
            from lineal.store.location import locate

            home, database = os.path.dirname(locate().database), str(locate().database)
            {deed}
        """,
    )
    project.run("train.py")

    verdict = project.reproduce("model:m", status=25)

    assert [(each["kind"], each["what"]) for each in verdict["missing"]] == [("record", "scratch")]
    assert project.left_behind == []
    assert project.run("-m", "lineal", "audit", "verify").returncode == 0
