"""Where recorded paths lie in a rebuild."""

from __future__ import annotations

import pytest

from lineal.lineage.capture_record import Item
from lineal.rebuild.layout import layout_of

TREE = "/tmp/lineal-rebuild-x/tree"


def layout(path, root, *, machine_bound, outputs=()):
    entries = [{"path": each} for each in outputs]
    cwd = {"path": path, "root": root, "machine_bound": machine_bound}
    return layout_of({"cwd": Item("captured", cwd), "outputs": Item("captured", entries)})


@pytest.mark.parametrize(
    ("path", "root", "machine_bound", "code", "cwd"),
    [
        (".", "/home/ada/flights", False, ".", "."),
        ("jobs/daily", "/home/ada/flights", False, ".", "jobs/daily"),
        ("/home/ada/work", "/home/ada/work", True, ".", "."),
        ("/home/ada/work", "/home/ada/code", True, "code", "work"),
        ("/data", "/home/ada/code", True, "home/ada/code", "data"),
        ("/home/ada/work", None, True, ".", "."),
    ],
)
def test_the_code_and_the_working_directory_keep_their_places_to_each_other(path, root, machine_bound, code, cwd):
    found = layout(path, root, machine_bound=machine_bound)

    assert (found.code, found.cwd) == (code, cwd)


@pytest.mark.parametrize(
    ("word", "moved"),
    [
        ("--data=/home/ada/flights/in.csv", f"--data={TREE}/in.csv"),
        ("/home/ada/flights", TREE),
        ("/home/ada/flights-2013", "/home/ada/flights-2013"),
        ("/usr/lib:/home/ada/flights/src", f"/usr/lib:{TREE}/src"),
        ("in.csv", "in.csv"),
        ("/models/m.pkl", "/tmp/lineal-rebuild-x/outside/models/m.pkl"),
        ("--out=/models", "--out=/tmp/lineal-rebuild-x/outside/models"),
        ("/", "/"),
        ("/home", "/home"),
    ],
)
def test_words_that_name_the_recorded_directory_or_an_output_beside_it_are_moved(word, moved):
    found = layout(".", "/home/ada/flights", machine_bound=False, outputs=["/models/m.pkl", "out/n.pkl"])

    assert found.moved(word, TREE) == moved


def test_code_and_working_directory_that_lie_apart_are_moved_and_what_lies_between_them_is_not():
    found = layout("/tmp/work", "/home/ada/code", machine_bound=True)

    assert found.moved("/tmp/work/in.csv", TREE) == f"{TREE}/tmp/work/in.csv"
    assert found.moved("/home/ada/code/train.py", TREE) == f"{TREE}/home/ada/code/train.py"
    assert found.moved("/usr/bin/python", TREE) == "/usr/bin/python"
    assert found.inside("/data/in.csv") is None


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("in.csv", "jobs/in.csv"),
        ("../in.csv", "in.csv"),
        ("../../in.csv", None),
        ("/home/ada/flights/in.csv", "in.csv"),
        ("/data/in.csv", None),
    ],
)
def test_a_path_is_inside_the_tree_or_it_is_not(path, inside):
    assert layout("jobs", "/home/ada/flights", machine_bound=False).inside(path) == inside
