"""A recipe as a directory: whoever has Python and nothing else makes the same thing again, or is told what differs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lineal.lineage.capture_record import Item
from lineal.rebuild.recipe_texts import dockerfile, readme, sums

PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "for a stranger"


def export(project, reference, directory, *options, status=0):
    done = project.start("-m", "lineal", "export", "recipe", reference, str(directory), *options)
    assert done.returncode == status, done.stderr
    return done


def rebuilt(directory, *options, python=PYTHON, **variables):
    """Start the recipe's one command as a stranger would: no Lineal, no variable that leads to one."""
    bare = {"PATH": os.environ["PATH"], "PYTHON": str(python)} | variables
    return subprocess.run(
        [directory / "run.sh", "--env", "current", *options],
        cwd="/",
        env=bare,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_interpreter_of_these_tests_has_no_lineal():
    done = subprocess.run([PYTHON, "-c", "import lineal"], cwd="/", env={}, capture_output=True, text=True, check=False)

    assert "ModuleNotFoundError" in done.stderr


def test_a_stranger_makes_the_same_model_without_lineal(trained, directory):
    export(trained, "model:delay", directory)
    (trained.root / "data.csv").unlink()

    done = rebuilt(directory)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "SAME     model:delay@v1" in done.stdout
    assert "SAME     metric loss" in done.stdout


def test_a_plain_script_is_handed_on_with_the_files_it_reads_and_the_directory_it_writes_to(project, directory):
    project.write("data/in put.csv", "n\n1\n2\n")
    project.write("sum.py", "n = open('data/in put.csv').read().split()[1:]\nopen('out/sum.txt', 'w').write(str(n))\n")
    (project.root / "out").mkdir()
    project.run("-m", "lineal", "run", "--name", "sum", "--", sys.executable, "sum.py")
    export(project, "run:sum", directory)

    done = rebuilt(directory)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "SAME     " in done.stdout
    assert (directory / "work/tree/out/sum.txt").read_text() == "['1', '2']"
    assert not (directory / "tree/out/sum.txt").exists()


def test_metrics_that_a_script_writes_into_a_file_are_compared_there_without_how_long_it_took(project, directory):
    project.write(
        "score.py",
        """
        import json, time
        numbers = {"mae": 1.5, "folds": [0.25, 0.5], "train_seconds": time.perf_counter()}
        with open("metrics.json", "w") as file:
            json.dump(numbers, file)
        """,
    )
    project.run("-m", "lineal", "run", "--name", "score", "--", sys.executable, "score.py")
    export(project, "run:score", directory)

    done = rebuilt(directory)

    assert done.returncode == 0, done.stdout + done.stderr
    [line] = [line for line in done.stdout.splitlines() if "metrics:metrics@v1" in line]
    assert line.startswith("SAME     metrics:metrics@v1: the values (3 parts compared, not train_seconds")
    assert "UNKNOWN" not in done.stdout
    assert "ASIDE" not in done.stdout


def test_the_seed_of_lineal_run_is_set_without_lineal(project, directory):
    project.write("draw.py", "import random\nopen('drawn.txt', 'w').write(str(random.random()))\n")
    project.run("-m", "lineal", "run", "--name", "draw", "--seed", "5", "--", sys.executable, "draw.py")
    export(project, "run:draw", directory)

    assert rebuilt(directory).returncode == 0


def test_a_program_that_came_on_standard_input_is_given_again(project, directory):
    program = "import lineal\nwith lineal.run('piped') as run:\n    run.log_model({'n': 1}, name='piped')\n"
    path = project.write("program.txt", program)
    with path.open("rb") as given:
        subprocess.run([sys.executable, "-"], cwd=project.root, env=project.environment(), stdin=given, check=True)
    export(project, "model:piped", directory)

    again = rebuilt(directory)

    assert again.returncode == 0, again.stdout + again.stderr


def test_a_notebook_is_handed_on_as_its_cells(in_cells, directory):
    project = in_cells(
        ["import lineal", "run = lineal.run('cells')\nrun.log_model({'n': 2}, name='cells')\nrun.finish()"]
    )
    export(project, "model:cells", directory)

    done = rebuilt(directory)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_model_read_by_reference_comes_along(warm_started, directory):
    export(warm_started, "model:net@v2", directory)

    done = rebuilt(directory)

    assert done.returncode == 0, done.stdout + done.stderr


def test_another_result_is_said(trained, directory):
    export(trained, "model:delay", directory)
    recipe = json.loads((directory / "recipe.json").read_text())
    recipe["outputs"][0] |= {"sha256": "0" * 64, "recorded": None}
    (directory / "recipe.json").write_text(json.dumps(recipe))

    done = rebuilt(directory)

    assert done.returncode == 1
    assert "DIFFERS  model:delay@v1: bytes differ; values were not compared" in done.stdout


def test_a_changed_input_is_noticed_before_anything_runs(trained, directory):
    export(trained, "model:delay", directory)
    (directory / "tree/data.csv").write_text("delay\n5\n")

    done = rebuilt(directory)

    assert done.returncode == 2
    assert "tree/data.csv is sha256:" in done.stdout
    assert not (directory / "work").exists()


def test_inputs_can_be_listed_instead_of_copied(trained, directory):
    export(trained, "model:delay", directory, "--without-inputs")

    before = rebuilt(directory)
    (directory / "tree/data.csv").write_bytes((trained.root / "data.csv").read_bytes())
    after = rebuilt(directory)

    assert "not kept: put it at `tree/data.csv`" in (directory / "README.md").read_text()
    assert (before.returncode, "tree/data.csv is not there" in before.stdout) == (2, True)
    assert after.returncode == 0, after.stdout


def test_an_input_that_is_gone_is_listed_with_its_place(project, directory):
    project.write("in put.csv", "1\n")
    project.write(
        "train.py",
        """
        import lineal

        with lineal.run("train") as run:
            path = run.use("in put.csv", name="data")
            run.log_model({"n": open(path).read()}, name="m")
        """,
    )
    project.run("train.py")
    (project.root / "in put.csv").unlink()
    for path in (project.root / ".lineal/files/sha256").rglob("*"):
        if path.is_file() and path.read_bytes() == b"1\n":
            path.unlink()

    export(project, "model:m", directory)
    (directory / "tree/in put.csv").write_text("1\n")

    assert "not kept: put it at `tree/in put.csv`" in (directory / "README.md").read_text()
    assert rebuilt(directory).returncode == 0


def test_every_file_stands_in_the_list_that_sha256sum_reads(trained, directory):
    export(trained, "model:delay", directory)

    done = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=directory, capture_output=True, check=False)

    listed = {line.split("  ", 1)[1] for line in (directory / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}
    assert done.returncode == 0
    assert listed == there - {"SHA256SUMS"}


def test_a_directory_with_something_in_it_is_left_alone(trained, directory):
    directory.mkdir()
    (directory / "mine.txt").write_text("mine")

    done = export(trained, "model:delay", directory, status=4)

    assert "is not empty" in done.stderr
    assert [path.name for path in directory.iterdir()] == ["mine.txt"]


def test_a_link_out_of_the_tree_is_left_out_and_said(trained, directory):
    trained.commit()
    (trained.root / "out").symlink_to("/etc")
    trained.run("train.py", PYTHONHASHSEED="0")

    done = export(trained, "run:latest", directory)

    assert "out → /etc leads out of the tree" in done.stderr
    assert not any(path.is_symlink() for path in directory.rglob("*"))


def test_a_secret_is_asked_for_and_not_written(project, directory):
    secret = "ghp_" + "a1B2" * 9
    project.write(
        "train.py",
        """
        import os, lineal

        with lineal.run("train") as run:
            run.log_model({"n": len(os.environ["SERVICE_TOKEN"])}, name="m")
        """,
    )
    project.run("train.py", SERVICE_TOKEN=secret)
    export(project, "model:m", directory)

    without, given = rebuilt(directory), rebuilt(directory, SERVICE_TOKEN=secret)

    assert all(secret.encode() not in path.read_bytes() for path in directory.rglob("*") if path.is_file())
    assert (without.returncode, "SERVICE_TOKEN was a secret: set it" in without.stdout) == (2, True)
    assert given.returncode == 0, given.stdout + given.stderr


def test_a_run_without_a_record_has_no_recipe(project, directory):
    project.write("bare.py", "import lineal\nrun = lineal.run('bare')\nimport os\nos._exit(0)\n")
    project.run("bare.py")

    done = export(project, "run:bare", directory, status=7)

    assert "cannot be exported as a recipe" in done.stderr


def test_an_image_known_by_its_digest_is_named_by_it():
    digest = "registry.example/team/train@sha256:" + "0a" * 32

    text = dockerfile(Item("captured", digest), "3.11.7", [], [])

    assert f"FROM {digest}\n" in text


def test_an_unknown_image_is_said_to_be_unknown():
    text = dockerfile(Item("unknown", None, "the kernel\nRUN rm -rf / does not tell"), "3.11.7", [], [])

    assert text.startswith("# The recorded image is unknown: the kernel RUN rm -rf / does not tell.\n")
    assert "FROM python:3.11.7-slim" in text


@pytest.mark.parametrize("python", ["3\nRUN evil", "latest", "", "None"])
def test_a_version_that_is_none_is_not_put_into_the_dockerfile(python):
    assert "FROM python:3-slim" in dockerfile(Item("unknown"), python, [], [])


def test_a_hostile_name_adds_no_line_to_the_readme_or_the_list():
    name = "model:a\n\n# Owned `x` | y"
    one = {"name": name, "sha256": "0" * 64, "fingerprint": None}

    text = readme({"of": name, "run": "run:1", "python": "3.11.7", "outputs": [one], "inputs": []}, [name])

    assert not [line for line in text.splitlines() if line.startswith("# Owned")]
    assert sums([("a\nb\\c", "0" * 64)]) == b"\\" + b"0" * 64 + b"  a\\nb\\\\c\n"


@pytest.mark.skipif(sys.platform != "linux", reason="platform: nothing can be made in /proc")
def test_a_place_that_cannot_be_written_is_named_with_the_cause(trained):
    done = export(trained, "model:delay", "/proc/foo", status=3)

    assert "error: /proc/foo: the recipe cannot be written: No such file or directory" in done.stderr


@pytest.mark.parametrize("home", [False, True])
def test_a_program_that_writes_a_path_of_this_machine_is_not_handed_on(project, directory, home):
    place = project.root.parent / "srv"
    place.mkdir()
    named = "os.path.expanduser('~/gbr.csv')" if home else repr(str(place / "gbr.csv"))
    project.write("fit.py", f"import os, pandas\npandas.DataFrame({{'n': [1]}}).to_csv({named})\n")
    project.run("-m", "lineal", "run", "--name", "fit", "--", sys.executable, "fit.py", HOME=str(place))

    done = export(project, "run:fit", directory, status=7)

    assert f"it writes {place / 'gbr.csv'}, which lies outside the project" in done.stderr
    assert not directory.exists()


def test_a_path_that_the_code_names_is_refused_where_a_word_leads_one_beside_it_elsewhere(project, directory):
    place = project.root.parent / "srv"
    place.mkdir()
    both = f"import sys\nfor at in ({str(place / 'm.txt')!r}, sys.argv[1] + '/n.txt'):\n    open(at, 'w').write('1')\n"
    only = "import sys\nopen(sys.argv[1] + '/n.txt', 'w').write('1')\n"
    for name, text in (("both", both), ("only", only)):
        project.write("fit.py", text)
        project.run("-m", "lineal", "run", "--name", name, "--", sys.executable, "fit.py", str(place))

    refused = export(project, "run:both", directory, status=7)
    export(project, "run:only", directory)

    assert f"it writes {place / 'm.txt'}, which lies outside the project" in refused.stderr


def test_a_script_of_a_shell_starts_the_python_of_the_recipe(project, directory, tmp_path):
    project.write("prep.py", "open('made.txt', 'w').write('1')\n")
    project.write("train.sh", f"{PYTHON.name} prep.py\n")
    ours = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    project.run("-m", "lineal", "run", "--name", "both", "--", "bash", "train.sh", PATH=ours)
    export(project, "run:both", directory)
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    (wrong / PYTHON.name).write_text("#!/bin/sh\nexit 9\n")
    (wrong / PYTHON.name).chmod(0o755)

    done = rebuilt(directory, PATH=f"{wrong}:{os.environ['PATH']}")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("options", [(), ("--without-inputs",)])
def test_an_input_below_the_home_directory_is_put_below_that_of_the_recipe(project, directory, options):
    home = project.root.parent / "home"
    (home / "data").mkdir(parents=True)
    (home / "data/in.csv").write_text("4\n")
    project.write(
        "train.py",
        """
        import os, lineal

        with lineal.run("train") as run:
            path = os.path.expanduser("~/data/in.csv")
            run.use(path, name="data")
            run.log_model({"n": open(path).read()}, name="m")
        """,
    )
    project.run("train.py", HOME=str(home))
    project.run("-m", "lineal", "export", "recipe", "model:m", str(directory), *options, HOME=str(home))
    (home / "data/in.csv").unlink()

    done = rebuilt(directory)

    assert (done.returncode, "MISSING  inputs/" in done.stdout) == ((2, True) if options else (0, False)), done.stdout


def test_an_input_that_a_program_names_with_the_home_directory_has_to_lie_there(project, directory):
    home = project.root.parent / "home"
    home.mkdir()
    (home / "in.csv").write_text("4\n")
    project.write("rows.py", f"open('out.txt', 'w').write(open({str(home / 'in.csv')!r}).read())\n")
    project.run("-m", "lineal", "run", "--name", "rows", "--", sys.executable, "rows.py", HOME=str(home))
    project.run("-m", "lineal", "export", "recipe", "run:rows", str(directory), HOME=str(home))
    (home / "in.csv").unlink()

    done = rebuilt(directory)

    assert done.returncode == 2
    assert f"is read from {home / 'in.csv'}, where nothing is" in done.stdout


def test_a_package_that_is_not_there_is_missing_and_no_difference(project, directory):
    project.write("train.py", "import numpy_that_is_here\nopen('made.txt', 'w').write('1')\n")
    library = project.root.parent / "library"
    library.mkdir()
    (library / "numpy_that_is_here.py").write_text("")
    project.run("-m", "lineal", "run", "--name", "fit", "--", sys.executable, "train.py", PYTHONPATH=str(library))
    export(project, "run:fit", directory)
    for copy in (library / "numpy_that_is_here.py", *directory.rglob("numpy_that_is_here.py")):
        copy.unlink()
    recipe = json.loads((directory / "recipe.json").read_text())
    recipe["files"] = {name: one for name, one in recipe["files"].items() if "numpy_that" not in name}
    (directory / "recipe.json").write_text(json.dumps(recipe))

    done = rebuilt(directory)

    assert done.returncode == 2, done.stdout
    assert "MISSING  a package: the command ended with status 1, ModuleNotFoundError" in done.stdout
    assert "ModuleNotFoundError" in done.stderr


def test_what_was_not_made_is_said_so(project, directory):
    project.write("train.py", "open('made.txt', 'w').write('1')\n")
    project.run("-m", "lineal", "run", "--name", "fit", "--", sys.executable, "train.py")
    export(project, "run:fit", directory)
    recipe = json.loads((directory / "recipe.json").read_text())
    recipe["command"] = [recipe["token"]["python"], "-c", ""]
    (directory / "recipe.json").write_text(json.dumps(recipe))

    done = rebuilt(directory)

    assert done.returncode == 1
    assert "was not made, recorded was sha256:" in done.stdout
