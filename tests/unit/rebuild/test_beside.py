"""Paths outside the tree: the program finds them as they were recorded, and the user's own are left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lineal.lineage.capture_record import Item
from lineal.rebuild.beside import can_be_shown, covers_of, why_not_shown
from lineal.rebuild.confinement import covers_here
from lineal.rebuild.confining.beside import MOST_NAMES
from lineal.rebuild.confining.covering import uncovered
from lineal.rebuild.layout import layout_of
from lineal.rebuild.place import Place
from tests.projects import Project, project_in
from tests.unit.rebuild.confined import FORBIDDING, can_forbid

MENTIONS = """
import os, pickle

rows = open("ELSEWHERE/in.csv").read()
cache = os.path.expanduser("~/.cache/app/rows")
if not os.path.exists(cache):
    os.makedirs(os.path.dirname(cache), exist_ok=True)
    open(cache, "w").write(rows)
with open("ELSEWHERE/log.csv", "a") as log:
    log.write(rows)
open("ELSEWHERE/between.txt", "w").write(rows * 2)
seen = sorted(os.listdir("ELSEWHERE"))
os.makedirs("ELSEWHERE/made/deep")
with open("ELSEWHERE/made/deep/part", "wb") as part:
    texts = [open(path).read() for path in (cache, "ELSEWHERE/between.txt", "ELSEWHERE/log.csv")]
    pickle.dump([texts, seen], part)
os.replace("ELSEWHERE/made/deep/part", "ELSEWHERE/made/deep/model.pkl")
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Path]:
    """A program that reads and writes the user's home, where all is something else by now."""
    project = project_in(tmp_path_factory.mktemp("beside"))
    place = project.root.parent / "another place"
    place.mkdir()
    for name, text in (("in.csv", "4\n"), ("log.csv", "1\n"), ("of somebody.txt", "x")):
        (place / name).write_text(text)
    project.write("train.py", MENTIONS.replace("ELSEWHERE", str(place)))
    project.run("-m", "lineal", "run", "--", sys.executable, "train.py", HOME=str(place))
    for name in ("in.csv", "log.csv", "between.txt", "made/deep/model.pkl", ".cache/app/rows"):
        (place / name).write_text("of today")
    return project, place


def contents(place: Path) -> dict[str, str]:
    found = [path for path in sorted(place.rglob("*")) if path.is_file() and "lineal" not in path.parts]
    return {str(path.relative_to(place)): path.read_text() for path in found}


@pytest.mark.skipif(not covers_here(), reason="platform: it takes a view of its own")
def test_what_lies_outside_the_tree_is_found_as_recorded_and_left_as_it_is(elsewhere):
    project, place = elsewhere
    before = contents(place)

    verdict = project.reproduce("run:latest", status=0, HOME=str(place))

    assert verdict["verdict"] == "BIT_EXACT"
    assert {output["measured"] for output in verdict["outputs"]} == {"bytes"}
    assert verdict["differences"] == []
    assert "recorded paths beside the tree" in verdict["how"]
    assert contents(place) == before
    assert project.left_behind == []


@pytest.mark.skipif(not can_forbid(), reason="platform: a system without namespaces takes one to be made")
def test_where_a_program_sees_what_the_user_sees_it_is_said_before_and_not_started(elsewhere):
    project, place = elsewhere
    before = contents(place)

    done = subprocess.run(
        [*FORBIDDING, sys.executable, "-m", "lineal", "reproduce", "run:latest", "--format", "json"],
        cwd=project.root,
        env=project.environment() | {"HOME": str(place)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )

    told = json.loads(done.stdout)
    assert told["verdict"] == "NOT_RUNNABLE"
    assert {missing["kind"] for missing in told["missing"]} == {"input", "output"}
    assert contents(place) == before


@pytest.mark.parametrize("path", ["/proc/1/x", "/dev/x", "/sys/x", "/of-nobody", "/tmp/../x", "relative", "/a\0b/c"])
def test_places_of_the_system_and_the_root_itself_are_never_covered(path):
    assert not can_be_shown(path)


@pytest.mark.skipif(not covers_here(), reason="platform: it takes a view of its own")
def test_a_directory_with_very_many_names_is_not_covered_and_the_reason_is_told(tmp_path):
    for number in range(MOST_NAMES + 1):
        (tmp_path / str(number)).touch()

    assert not can_be_shown(f"{tmp_path}/m.pkl")
    assert why_not_shown(str(tmp_path)) == f", and {tmp_path} has more than 4096 names, or cannot be listed"


def test_what_is_written_is_not_shown_again_and_what_lies_beside_it_is(tmp_path):
    real = tmp_path / "real"
    (real / "deep").mkdir(parents=True)
    top = tmp_path / "link"
    top.symlink_to(real)
    place = Place(tmp_path / "rebuild")
    written = {f"{top}/m.pkl": str(top), f"{top}/made/m.pkl": str(top), f"{top}/deep/x/m.pkl": f"{top}/deep"}

    (cover,) = covers_of(written, [f"{top}/gone/in.csv"], place)

    assert (cover.at, cover.named, cover.place) == (str(real), str(top), place.beside(str(top)))
    wanted = {"m.pkl", "made", "deep/x", "gone/in.csv"}
    assert set(cover.fresh) == {f"{real}/{name}" for name in wanted}
    assert set(cover.also) == {f"{real}/deep", f"{real}/gone"}
    assert place.beside(f"{top}/gone").is_dir()
    assert not place.beside(f"{top}/made").exists()


def test_words_of_the_command_name_a_covered_directory_as_they_did():
    covers = [{"place": "/t/outside/models", "named": "/models"}]

    words = ["--out=/t/outside/models/m.pkl", "/t/outside/models:/x", "/t/outside/models-2/m.pkl"]

    assert [uncovered(word, covers) for word in words] == [
        "--out=/models/m.pkl",
        "/models:/x",
        "/t/outside/models-2/m.pkl",
    ]


def test_what_any_run_of_the_process_wrote_outside_the_tree_is_known():
    outputs = [{"cwd": Item("captured", {"path": ".", "root": "/code"})}, {}]
    outputs[1] = {"outputs": Item("captured", [{"path": "/models/m.pkl"}]), "reached": Item("captured", {})}

    assert layout_of(*outputs).outside == ("/models/m.pkl",)
