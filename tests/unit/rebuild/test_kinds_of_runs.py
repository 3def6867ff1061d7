"""What can be rebuilt: notebooks, steps of one program, options of the interpreter, code outside a repository."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

import lineal
from lineal.model.nodes import Execution
from lineal.model.publication import Origin
from lineal.rebuild.recipe import recipe_of

TWO_STEPS = """
    import lineal

    with lineal.run("prepare", type="Transform") as run:
        run.use("raw.csv", name="raw", version="2013", type="RawData")
        rows = [int(row) for row in open("raw.csv").read().split()[1:]]
        run.log_dataset([row for row in rows if row > 0], name="clean", version="v1")
    for depth in (1, 2):
        with lineal.run("train", params={"depth": depth}) as run:
            run.use("dataset:clean@v1")
            run.log_metrics({"loss": sum(rows) / depth})
            run.log_model({"depth": depth, "mean": sum(rows)}, name=f"delay{depth}")
"""

CELLS = [
    "import lineal, random",
    "def draw():\n    return [random.random() for _ in range(3)]",
    "run = lineal.run('notebook', seed=11)\nrun.log_model({'drawn': draw()}, name='drawn')",
    "squares = [n ** 2 for n in range(4)]\nsquares",
    "run.log_dataset(squares, name='squares')\nrun.finish()",
]


def run_of(label: str, body: str) -> str:
    """A script with one run that does one thing."""
    return f'import lineal, sys, time\n\nwith lineal.run("{label}") as run:\n    {body}\n'


@pytest.fixture
def stepwise(project):
    project.write("raw.csv", "n\n1\n-2\n3\n")
    project.write("steps.py", TWO_STEPS)
    project.run("steps.py")
    return project


def test_a_step_of_a_program_is_rebuilt_and_the_other_steps_are_shown_beside(stepwise):
    verdict = stepwise.reproduce("model:delay2", status=0)

    roles = [(output["name"], output["role"], output["verdict"]) for output in verdict["outputs"]]
    assert verdict["verdict"] == "BIT_EXACT"
    assert roles == [
        ("dataset:clean@v1", "intermediate", "CANONICAL_EXACT"),
        ("model:delay1@v1", "intermediate", "BIT_EXACT"),
        ("model:delay2@v1", "output", "BIT_EXACT"),
    ]


def test_a_dataset_is_rebuilt_by_the_step_that_made_it(stepwise):
    verdict = stepwise.reproduce("dataset:clean@v1", status=0)

    assert verdict["verdict"] == "CANONICAL_EXACT"


def test_what_an_earlier_program_made_is_there_under_its_name_and_with_its_bytes(project):
    project.write("first.py", run_of("first", 'run.log_artifact({"n": 3}, name="conf")'))
    project.write(
        "second.py",
        """
        import json, lineal

        with lineal.run("second") as run:
            configuration = json.loads(run.use("report:conf@v1").bytes())
            run.log_model({"n": configuration["n"] * 2}, name="doubled")
        """,
    )
    project.run("first.py")
    project.run("second.py")

    verdict = project.reproduce("model:doubled", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
    assert [output["name"] for output in verdict["outputs"]] == ["model:doubled@v1"]


def test_a_warm_start_finds_the_model_it_started_from(warm_started):
    verdict = warm_started.reproduce("model:net@v2", status=0)

    assert verdict["verdict"] == "BIT_EXACT"


def test_a_notebook_is_rebuilt_from_its_cells_in_the_order_they_ran(in_cells):
    project = in_cells(CELLS)

    verdict = project.reproduce("model:drawn", status=0)

    assert verdict["verdict"] == "BIT_EXACT"


def test_the_interpreters_own_options_are_given_again(project):
    project.write("train.py", run_of("train", 'run.log_model({"level": sys.flags.optimize}, name="m")'))
    project.run("-O", "train.py")

    assert project.reproduce("model:m", status=0)["verdict"] == "BIT_EXACT"


def test_a_module_run_by_name_without_a_repository_is_rebuilt(project):
    project.write("pack/__init__.py", "")
    project.write("pack/shape.py", "FACTOR = 3\n")
    project.write(
        "pack/train.py",
        """
        import lineal
        from pack.shape import FACTOR

        with lineal.run("train") as run:
            run.log_model({"factor": FACTOR}, name="m")
        """,
    )
    project.run("-m", "pack.train")
    shutil.rmtree(project.root / "pack")

    assert project.reproduce("model:m", status=0)["verdict"] == "BIT_EXACT"


def test_a_script_in_a_directory_with_spaces_and_unicode_is_rebuilt(project):
    folder = "Mödell vier — データ"
    project.write(f"{folder}/in put.csv", "n\n4\n")
    project.write(
        f"{folder}/träin.py",
        """
        import lineal
        from pathlib import Path

        with lineal.run("träin") as run:
            here = Path(__file__).parent
            text = Path(run.use(here / "in put.csv", name="eingäbe")).read_text()
            run.log_model({"text": text}, name="größe")
        """,
    )
    project.run(f"{folder}/träin.py")

    assert project.reproduce("model:größe", status=0)["verdict"] == "BIT_EXACT"


def test_a_program_that_is_told_its_workspace_writes_to_the_rebuilds_own(project):
    project.write(
        "train.py",
        """
        import lineal, sys

        with lineal.run("train", url=sys.argv[1]) as run:
            run.log_model({"n": 1}, name="m")
        """,
    )
    project.run("train.py", str(project.root))

    verdict = project.reproduce("model:m", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
    listed = project.run("-c", _COUNT_RUNS).stdout
    assert listed.split() == ["Train", "Rebuild"]


_COUNT_RUNS = """
import lineal
from lineal.model.nodes import Execution

with lineal.open() as workspace:
    print(*(run.type for run in workspace.store.list(Execution).items))
"""


def test_a_run_that_only_measured_is_compared_by_its_metrics(project):
    project.write("score.py", run_of("score", 'run.log_metrics({"rmse": 0.1, "seconds": time.time()})'))
    project.run("score.py")

    verdict = project.reproduce("run:score", status=0)

    assert verdict["verdict"] == "BIT_EXACT"


def test_a_program_given_as_an_argument_is_rebuilt(project):
    project.run("-c", run_of("argument", 'run.log_model({"n": 1}, name="m")'))

    assert project.reproduce("model:m", status=0)["verdict"] == "BIT_EXACT"


def test_a_program_given_as_a_file_on_standard_input_is_rebuilt(project):
    script = project.write("train.py", run_of("given", 'run.log_model({"n": 1}, name="m")'))
    with script.open("rb") as source:
        done = subprocess.run(
            [sys.executable, "-"], cwd=project.root, env=project.environment(), stdin=source, check=False
        )
    assert done.returncode == 0
    script.unlink()

    assert project.reproduce("model:m", status=0)["verdict"] == "BIT_EXACT"


def test_a_command_that_starts_several_programs_is_rebuilt_whole(project):
    project.write("first.py", 'open("middle.txt", "w").write(open("in.csv").read().upper())\n')
    project.write("second.py", 'open("final.txt", "w").write(open("middle.txt").read() * 2)\n')
    project.write("in.csv", "a,b\n")
    project.write("both.sh", f"set -e\n{sys.executable} first.py\n{sys.executable} second.py\n")
    project.run("-m", "lineal", "run", "--", "sh", "both.sh")

    verdict = project.reproduce("run:both.sh", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
    assert {output["name"].partition(":")[2] for output in verdict["outputs"]} >= {"final@v1"}


def test_ids_with_quotes_in_them_are_ids_and_no_part_of_a_question(trained):
    odd = "it's \\ run' OR '1' = '1"
    runs = [
        Execution(type="Train", external_id=odd, custom_properties={"process": odd}),
        Execution(
            type="Train",
            external_id="inner",
            properties={"label": "inner", "parent_run_id": odd},
            custom_properties={"process": odd},
        ),
    ]
    with lineal.open(trained.root) as workspace:
        workspace.store.put(runs, by=Origin(actor="grace", action="test"))

        found = recipe_of(workspace.store, "run:inner")

    assert [step.run.external_id for step in found.steps] == [odd, "inner"]
