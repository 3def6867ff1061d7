"""`lineal run` of plain scripts: what they read and write is recorded, and they notice nothing."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import lineal as lineal_package
from lineal.model.nodes import Artifact
from lineal.workspace import open_workspace

TRAIN = """
    import csv, json, pickle, sys

    with open("data/flights.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    mean = sum(float(row["delay"]) for row in rows) / len(rows)
    with open("model.pkl", "wb") as file:
        pickle.dump({"mean": mean}, file)
    with open("metrics.json", "w") as file:
        json.dump({"rmse": 1.5}, file)
    with open("notes.md", "w") as file:
        file.write("done")
    print("trained on", len(rows), sys.argv[1:])
    print("warned", file=sys.stderr)
    sys.exit(3)
"""


@pytest.fixture
def project(tmp_path):
    """A project with data, and nothing of Lineal in it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flights.csv").write_text("delay\n4\n6\n")
    return tmp_path


@pytest.fixture
def script(project):
    def write(text, name="train.py"):
        (project / name).write_text(textwrap.dedent(text))
        return [sys.executable, name]

    return write


def recorded(project, run="run:latest"):
    """Return the run and its inputs and outputs by the path they have in its record."""
    with open_workspace(project, create=False) as workspace:
        execution = workspace.resolve(run)
        capture = execution.properties["capture"]
        touched = [
            {entry["path"]: entry for entry in capture[name]["value"]} if "value" in capture[name] else {}
            for name in ("inputs", "outputs")
        ]
        return execution, *touched


def sha(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_files_of_a_plain_script_are_its_observed_inputs_and_outputs(project, script, lineal):
    command = [*script(TRAIN), "--depth", "4"]
    plain = subprocess.run(command, capture_output=True, text=True, check=False)
    done = lineal("run", "--name", "delays", "--", *command, url=project)
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr)

    execution, inputs, outputs = recorded(project, "run:delays")
    assert execution.state.name == "FAILED"
    assert execution.custom_properties["exit_status"] == 3
    assert inputs.keys() == {"data/flights.csv"}
    assert inputs["data/flights.csv"]["fingerprint"] == sha(b"delay\n4\n6\n")
    assert inputs["data/flights.csv"]["artifact"] == "flights@v1"
    assert {path: entry["type"] for path, entry in outputs.items()} == {
        "model.pkl": "Model",
        "metrics.json": "Metrics",
        "notes.md": "Report",
    }
    with open_workspace(project, create=False) as workspace:
        graph = workspace.trace("model:model")
        assert {event.how.value for event in graph.edges} == {"observed"}
        assert workspace.files.get(outputs["model.pkl"]["fingerprint"]) == (project / "model.pkl").read_bytes()


def test_what_only_the_process_itself_knows_is_captured_in_it(project, script, lineal):
    (project / "features.py").write_text("FACTOR = 2\n")
    command = script("import features, random; print(random.random())")
    first, second = (lineal("run", "--seed", "7", "--", *command, url=project) for _ in range(2))
    assert first.stdout == second.stdout

    capture = recorded(project)[0].properties["capture"]
    assert capture["modules"]["value"]["files"].keys() == {"train.py", "features.py"}
    assert capture["seeds"]["value"]["random"] == 7
    assert capture["hash_seed"]["value"] == "7"
    assert "end" in capture["rng_states"]["value"]
    assert capture["argv"]["value"] == command


def test_numpy_is_seeded_when_the_program_imports_it(project, script, lineal):
    command = script("import numpy as np; print(np.random.rand())")
    done = lineal("run", "--seed", "7", "--", *command, url=project)
    assert float(done.stdout) == pytest.approx(0.07630829)
    assert done.stderr == ""


def test_an_input_is_known_as_it_was_when_it_was_read_first(project, script, lineal):
    command = script("""
        from pathlib import Path

        text = Path("data/flights.csv").read_text()
        Path("data/flights.csv").write_text(text + "8\\n")
        Path("data/flights.csv").read_text()
    """)
    assert lineal("run", "--", *command, url=project).returncode == 0
    _, inputs, outputs = recorded(project)
    assert inputs["data/flights.csv"]["fingerprint"] == sha(b"delay\n4\n6\n")
    assert outputs["data/flights.csv"]["fingerprint"] == sha(b"delay\n4\n6\n8\n")


def test_a_file_written_under_another_name_first_is_one_output_and_a_removed_one_is_named(project, script, lineal):
    command = script("""
        import os, shutil, tempfile
        from pathlib import Path

        Path("model.txt.part").write_text("tree\\nversion=v4\\n")
        os.replace("model.txt.part", "model.txt")
        Path("scratch.bin").write_bytes(b"0")
        os.remove("scratch.bin")
        with tempfile.TemporaryDirectory(dir="/tmp") as place:
            Path(place, "part.csv").write_text("a\\n1\\n")
            shutil.copyfile(Path(place, "part.csv"), "copy.csv")
    """)
    assert lineal("run", "--", *command, url=project).returncode == 0
    _, inputs, outputs = recorded(project)
    assert inputs == {}
    assert {path: entry["type"] for path, entry in outputs.items() if entry["artifact"]} == {
        "model.txt": "Model",
        "copy.csv": "Dataset",
    }
    assert outputs["scratch.bin"]["reason"] == "removed before the run ended"


def test_only_the_users_own_files_count(project, script, lineal):
    (project / ".env").write_text("TOKEN=1")
    (project / ".venv").mkdir()
    (project / ".venv" / "pyvenv.cfg").write_text("home")
    command = script("""
        import json, lineal, os, sklearn.datasets

        for name in (".env", ".venv/pyvenv.cfg", "train.py", json.__file__, "/proc/self/status", "/etc/hostname"):
            open(name, "rb").read()
        sklearn.datasets.load_iris()
        open(os.devnull, "w").write("x")
        open("data/flights.csv").read()
    """)
    assert lineal("run", "--", *command, url=project).returncode == 0
    _, inputs, outputs = recorded(project)
    assert (inputs.keys(), outputs) == ({"data/flights.csv"}, {})


def test_many_files_of_one_directory_are_one_artifact(project, script, lineal):
    (project / "images").mkdir()
    for number in range(150):
        (project / "images" / f"{number}.bin").write_bytes(bytes([number]))
    command = script("""
        from pathlib import Path

        for place in sorted(Path("images").iterdir()):
            place.read_bytes()
        Path("tiles").mkdir()
        for number in range(120):
            Path(f"tiles/{number}.txt").write_text(str(number))
    """)
    assert lineal("run", "--", *command, url=project).returncode == 0
    _, inputs, outputs = recorded(project)
    assert (inputs.keys(), outputs.keys()) == ({"images"}, {"tiles"})
    with open_workspace(project, create=False) as workspace:
        assert workspace.resolve("dataset:images").custom_properties["fingerprint_kind"] == "dir"


def test_a_killed_program_leaves_what_was_written_down_meanwhile(project, script, lineal):
    command = script("""
        import os, signal

        open("data/flights.csv").read()
        with open("model.pkl", "wb") as file:
            file.write(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    assert lineal("run", "--", *command, url=project).returncode == 128 + 9
    execution, inputs, outputs = recorded(project)
    assert execution.state.name == "FAILED"
    assert (inputs.keys(), outputs.keys()) == ({"data/flights.csv"}, {"model.pkl"})


def test_an_exception_is_told_as_the_program_told_it(project, script, lineal):
    command = script("open('data/flights.csv').read()\nraise RuntimeError('no such column')\n")
    plain = subprocess.run(command, capture_output=True, text=True, check=False)
    done = lineal("run", "--", *command, url=project)
    assert (done.returncode, done.stderr) == (1, plain.stderr)
    execution, inputs, _ = recorded(project)
    assert execution.properties["error"].startswith("RuntimeError: no such column")
    assert inputs.keys() == {"data/flights.csv"}


def test_a_program_that_cannot_be_recorded_runs_all_the_same(project, script, lineal):
    command = script("""
        import pathlib, shutil

        open("data/flights.csv").read()
        shutil.rmtree(".lineal")
        pathlib.Path(".lineal").write_text("in the way")
        print("trained")
    """)
    done = lineal("run", "--", *command, url=project, LINEAL_KEEP="0")
    assert (done.returncode, done.stdout) == (0, "trained\n")
    assert "not recorded" in done.stderr


def test_the_program_sees_its_own_path_and_its_own_sitecustomize(project, script, lineal):
    (project / "site").mkdir()
    (project / "site" / "sitecustomize.py").write_text("import sys\nsys.mark = 'theirs'\n")
    command = script("import sys; print(sys.mark, [p for p in sys.path if 'bootstrap' in p], 'pandas' in sys.modules)")
    done = lineal("run", "--", *command, url=project, PYTHONPATH=f"{project / 'site'}{os.pathsep}{_here()}")
    assert done.stdout == "theirs [] False\n"


def test_a_run_inside_the_program_gets_what_was_read_for_it(project, script, lineal):
    command = script("""
        import lineal, pandas as pd

        flights = pd.read_csv("data/flights.csv")
        with lineal.run("train") as run:
            run.use(flights, name="delays")
            run.log_model({"mean": 5.0}, name="delay")
    """)
    assert lineal("run", "--", *command, url=project).returncode == 0
    with open_workspace(project, create=False) as workspace:
        graph = workspace.trace("model:delay")
        names = {artifact.name for artifact in workspace.store.list(Artifact).items}
        inputs = [edge for edge in graph.edges if edge.role == "input"]
        (entry,) = workspace.resolve("run:train").properties["capture"]["inputs"]["value"]
    assert names == {"delays@v1", "delay@v1"}
    assert len(inputs) == 1
    assert (entry["path"], entry["artifact"], entry["file"]) == ("data/flights.csv", "delays@v1", sha(b"delay\n4\n6\n"))


def _here():
    return os.environ.get("PYTHONPATH", "")


def test_names_that_are_hard_to_write_are_recorded(project, script, lineal):
    (project / "mit Leer zeichen").mkdir()
    names = ["mit Leer zeichen/Flüge 2013.csv", "new\nline.csv", "at@v1.csv", os.fsdecode(b"\xff.csv")]
    for name in names:
        (project / name).write_text(repr(name))
    command = script(f"for name in {names!r}: open(name, 'rb').read()")
    done = lineal("run", "--", *command, url=project)
    assert (done.returncode, done.stderr) == (0, "")
    _, inputs, _ = recorded(project)
    artifacts = {entry["artifact"] for entry in inputs.values()}
    assert artifacts == {"Flüge 2013@v1", "new_line@v1", "at_v1@v1", "\\udcff@v1"}
    assert "mit Leer zeichen/Flüge 2013.csv" in inputs


def test_a_launcher_leaves_the_run_to_the_program_it_starts(project, script, lineal):
    script("import lineal, pandas; assert lineal; pandas.read_csv('data/flights.csv')", "inner.py")
    command = script("import subprocess, sys; subprocess.run([sys.executable, 'inner.py'], check=True)")
    assert lineal("run", "--", *command, url=project).returncode == 0
    execution, inputs, _ = recorded(project)
    assert inputs.keys() == {"data/flights.csv"}
    assert "inner.py" in execution.properties["capture"]["modules"]["value"]["files"]


@pytest.mark.parametrize("how", ["module", "text", "stdin"])
def test_a_program_need_not_be_a_file(project, lineal, how):
    code = "open('data/flights.csv').read()\n"
    (project / "program.py").write_text(code)
    (project / "all.sh").write_text(f"{sys.executable} - < program.py\n")
    command = {
        "module": [sys.executable, "-m", "program"],
        "text": [sys.executable, "-c", code],
        "stdin": ["sh", "all.sh"],
    }[how]
    done = lineal("run", "--", *command, url=project)
    assert (done.returncode, done.stderr) == (0, "")
    execution, inputs, _ = recorded(project)
    assert inputs.keys() == {"data/flights.csv"}
    assert execution.state.name == "COMPLETE"


def test_a_declared_frame_is_rebuilt_from_the_kept_file_that_it_was_read_from(project, script, lineal):
    command = script("""
        import lineal, pandas as pd

        flights = pd.read_csv("data/flights.csv")
        with lineal.run("train") as run:
            run.use(flights, name="delays")
            run.log_model({"mean": float(flights["delay"].mean())}, name="delay")
    """)
    assert lineal("run", "--", *command, url=project).returncode == 0
    (project / "data" / "flights.csv").unlink()
    done = lineal("reproduce", "model:delay", "--format", "json", url=project)
    assert json.loads(done.stdout)["verdict"] in {"BIT_EXACT", "CANONICAL_EXACT"}
    assert done.returncode == 0


def test_a_program_that_goes_elsewhere_is_recorded_from_where_it_began(project, script, lineal):
    command = script("import os\nos.chdir('data')\nopen('flights.csv').read()\nopen('out.csv', 'w').write('a')\n")
    assert lineal("run", "--", *command, url=project).returncode == 0
    _, inputs, outputs = recorded(project)
    assert (inputs.keys(), outputs.keys()) == ({"data/flights.csv"}, {"data/out.csv"})


@pytest.mark.parametrize("how", ["lineal run", "autolog"])
def test_a_program_ended_by_ctrl_c_ends_as_it_would_without_us(project, script, how):
    text = (
        "import os, signal, time\nopen('a.txt', 'w').write('a')\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)\n"
    )
    command = script(("import lineal; lineal.autolog()\n" if how == "autolog" else "") + text)
    before = [sys.executable, "-m", "lineal", "run", "--"] if how == "lineal run" else []
    plain = 130 if before else -2  # what a shell says of a program that SIGINT ended; what its parent is told
    done = subprocess.run([*before, *command], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == plain, done.stderr
    execution, _, outputs = recorded(project)
    assert (execution.state.name, outputs.keys()) == ("CANCELED", {"a.txt"})


def test_a_lineal_that_is_lent_by_a_link_adopts_the_run_as_well(project, script, lineal):
    """As in the environment that `lineal reproduce --env locked` makes."""
    (project / "lent").mkdir()
    (project / "lent" / "lineal").symlink_to(Path(lineal_package.__file__).parent)
    command = script("print(open('data/flights.csv').read())")
    start = ["sh", "-c", 'PYTHONPATH="$PYTHONPATH:lent" exec "$@"', "sh", *command]
    assert lineal("run", "--", *start, url=project).returncode == 0
    execution, inputs, _ = recorded(project)
    assert inputs.keys() == {"data/flights.csv"}
    assert execution.properties["capture"]["seeds"]["status"] == "captured"  # what only the process itself can tell
