"""What a weekly rebuild does: all that is due, the longest overdue first, to the end whatever becomes of each."""

from __future__ import annotations

import json

import pytest

import lineal
from lineal.cli.times import parse_span
from lineal.errors import InvalidArgument
from lineal.model.ids import Micros
from lineal.rebuild.due import due_models, last_same

ONE = """
    import lineal, os

    with lineal.run("{name}") as run:
        run.log_model({{"n": {value}}}, name="{name}")
"""
DRAWN = 'int.from_bytes(os.urandom(6), "big")'


@pytest.fixture
def models(project):
    """One model that comes out the same, one that does not, one whose script is not to be had, one without a run."""
    for name, value in (("good", "1"), ("drawn", DRAWN), ("secret", "len(os.environ['API_TOKEN'])")):
        project.write(f"{name}.py", ONE.format(name=name, value=value))
        project.run(f"{name}.py", API_TOKEN="ghp_" + "a1B2" * 9)
    return project


def all_due(project, *options, status):
    done = project.start("-m", "lineal", "reproduce", "--all", "--format", "json", *options)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def test_every_model_that_is_due_is_rebuilt_and_failures_do_not_end_it(models):
    answer = all_due(models, status=24)

    assert [(each["model"], each["verdict"], each["last"]) for each in answer["models"]] == [
        ("model:good@v1", "BIT_EXACT", None),
        ("model:drawn@v1", "DIVERGED", None),
        ("model:secret@v1", "NOT_RUNNABLE", None),
    ]
    assert answer["left"] == 0


def test_what_was_the_same_lately_is_not_due_and_what_failed_still_is(models):
    all_due(models, status=24)

    answer = all_due(models, status=24)
    everything = all_due(models, "--due", "0d", status=24)

    assert [each["model"] for each in answer["models"]] == ["model:drawn@v1", "model:secret@v1"]
    assert [each["model"] for each in everything["models"]] == ["model:drawn@v1", "model:secret@v1", "model:good@v1"]
    assert everything["models"][-1]["last"] is not None


def test_a_limit_leaves_the_rest_for_another_time(models):
    answer = all_due(models, "--limit", "1", status=0)

    assert [each["model"] for each in answer["models"]] == ["model:good@v1"]
    assert answer["left"] == 2


def test_the_table_is_for_people(models):
    done = models.start("-m", "lineal", "reproduce", "--all")

    assert done.returncode == 24
    assert "last the same" in done.stdout
    assert "model:drawn@v1" in done.stdout
    assert "never" in done.stdout


def test_models_of_one_program_are_rebuilt_in_one_run(project):
    project.write(
        "two.py",
        """
        import lineal

        with lineal.run("two") as run:
            run.log_model({"n": 1}, name="one")
            run.log_model({"n": 2}, name="two")
        """,
    )
    project.run("two.py")

    answer = all_due(project, status=0)

    assert [each["model"] for each in answer["models"]] == ["model:one@v1"]
    with lineal.open(project.root) as workspace:
        assert last_same(workspace.store, workspace.resolve("model:two")) is not None
        assert due_models(workspace.store, Micros(0)) == []


def test_nothing_due_is_said(project):
    project.write("good.py", ONE.format(name="good", value="1"))
    project.run("good.py")
    all_due(project, status=0)

    done = project.start("-m", "lineal", "reproduce", "--all")

    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing is due" in done.stderr


@pytest.mark.parametrize(("text", "hours"), [("12h", 12), ("30d", 720), ("2w", 336), ("0d", 0)])
def test_ages_are_read(text, hours):
    assert parse_span(text) == hours * 3_600_000_000


@pytest.mark.parametrize("text", ["", "d", "30", "-1d", "1.5d", "30 d", "²d", "1y"])
def test_what_is_no_age_is_refused(text):
    with pytest.raises(InvalidArgument, match="is no duration"):
        parse_span(text)


def test_a_dry_run_says_what_each_run_that_is_due_could_reach_and_runs_nothing(models):
    models.write(
        "two.py",
        """
        import lineal

        with lineal.run("two") as run:
            run.log_model({"n": 1}, name="one")
            run.log_model({"n": 2}, name="other")
        """,
    )
    models.run("two.py")

    answer = all_due(models, "--dry-run", status=25)

    told = {row["model"]: (row["verdict"], row["sentence"]) for row in answer["models"]}
    assert told["model:good@v1"] == ("BIT_EXACT", "can run: 0 inputs")
    assert told["model:secret@v1"][0] == "NOT_RUNNABLE"
    assert told["model:one@v1"] == ("BIT_EXACT", "can run: 0 inputs; makes model:other@v1 too")
    assert "model:other@v1" not in told
    with lineal.open(models.root) as workspace:
        assert last_same(workspace.store, workspace.resolve("model:good@v1")) is None
