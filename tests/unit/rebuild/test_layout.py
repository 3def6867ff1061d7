"""Where recorded paths lie in a rebuild."""

from __future__ import annotations

import posixpath
from pathlib import Path

import pytest

from lineal.lineage.capture_record import Item
from lineal.rebuild.layout import layout_of
from lineal.rebuild.place import Place

TREE = "/tmp/lineal-rebuild-x/tree"


def layout(path, root, *, machine_bound, outputs=()):
    entries = [{"path": each} for each in outputs]
    cwd = {"path": path, "root": root, "machine_bound": machine_bound}
    return layout_of({"cwd": Item("captured", cwd), "outputs": Item("captured", entries)})


@pytest.mark.parametrize(
    ("path", "root", "machine_bound", "code", "cwd"),
    [
        (".", "/srv/ada/flights", False, ".", "."),
        ("jobs/daily", "/srv/ada/flights", False, ".", "jobs/daily"),
        ("/srv/ada/work", "/srv/ada/work", True, ".", "."),
        ("/srv/ada/work", "/srv/ada/code", True, "code", "work"),
        ("/data", "/srv/ada/code", True, "srv/ada/code", "data"),
        ("/srv/ada/work", None, True, ".", "."),
    ],
)
def test_the_code_and_the_working_directory_keep_their_places_to_each_other(path, root, machine_bound, code, cwd):
    found = layout(path, root, machine_bound=machine_bound)

    assert (found.code, found.cwd) == (code, cwd)


@pytest.mark.parametrize("path", ["/srv/ada/out/../../../../../../etc/x", "//../../../etc/x", "/etc/x"])
def test_no_recorded_path_leads_out_of_the_rebuild_directory(path):
    found = layout(".", "/srv/ada/flights", machine_bound=False, outputs=[path])
    root = Path("/tmp/lineal-rebuild-x")

    assert [posixpath.normpath(one).lstrip("/") for one in found.outside] == ["etc/x"]
    assert Place(root).beside(path) == root / "outside/etc/x" == Path(found.beside(path, str(root / "tree")))
    assert Place(root).beside("../../etc/x") == root / "outside/etc/x"


@pytest.mark.parametrize(
    ("name", "root", "code"),
    [
        ("../out/m.pkl", "/srv/ada", "flights"),
        ("a/../../out/m.pkl", "/srv/ada", "flights"),
        ("../../m.pkl", "/srv/ada/flights", "."),
        ("/models/m.pkl", "/srv/ada/flights", "."),
    ],
)
def test_a_tree_holds_what_names_lead_up_to_and_never_all_that_is_right_below_the_root(name, root, code):
    found = layout(".", "/srv/ada/flights", machine_bound=False, outputs=[name])

    assert (found.root, found.code, found.cwd, found.is_whole) == (root, code, code, True)


@pytest.mark.parametrize(
    ("word", "moved"),
    [
        ("--data=/srv/ada/flights/in.csv", f"--data={TREE}/in.csv"),
        ("/srv/ada/flights", TREE),
        ("/srv/ada/flights-2013", "/srv/ada/flights-2013"),
        ("/usr/lib:/srv/ada/flights/src", f"/usr/lib:{TREE}/src"),
        ("in.csv", "in.csv"),
        ("/models/m.pkl", "/tmp/lineal-rebuild-x/outside/models/m.pkl"),
        ("--out=/models", "--out=/tmp/lineal-rebuild-x/outside/models"),
        ("/", "/"),
        ("/srv", "/srv"),
    ],
)
def test_words_that_name_the_recorded_directory_or_an_output_beside_it_are_moved(word, moved):
    found = layout(".", "/srv/ada/flights", machine_bound=False, outputs=["/models/m.pkl", "out/n.pkl"])

    assert found.moved(word, TREE) == moved


def test_code_and_working_directory_that_lie_apart_are_moved_and_what_lies_between_them_is_not():
    found = layout("/tmp/work", "/srv/ada/code", machine_bound=True)

    assert found.moved("/tmp/work/in.csv", TREE) == f"{TREE}/tmp/work/in.csv"
    assert found.moved("/srv/ada/code/train.py", TREE) == f"{TREE}/srv/ada/code/train.py"
    assert found.moved("/usr/bin/python", TREE) == "/usr/bin/python"
    assert found.inside("/data/in.csv") is None


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("in.csv", "jobs/in.csv"),
        ("../in.csv", "in.csv"),
        ("../../in.csv", None),
        ("/srv/ada/flights/in.csv", "in.csv"),
        ("/data/in.csv", None),
    ],
)
def test_a_path_is_inside_the_tree_or_it_is_not(path, inside):
    assert layout("jobs", "/srv/ada/flights", machine_bound=False).inside(path) == inside


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["python", "train.py"], ["/models/m.pkl"]),
        (["python", "train.py", "/models/m.pkl"], []),
        (["python", "train.py", "--out=/models"], []),
        (["python", "train.py", "/"], ["/models/m.pkl"]),
        (["/usr/lib:/models"], []),
        (["models/m.pkl"], ["/models/m.pkl"]),
    ],
)
def test_an_output_outside_the_tree_that_no_word_names_is_named_by_the_program_itself(words, left):
    found = layout(".", "/srv/ada/flights", machine_bound=False, outputs=["/models/m.pkl", "out/n.pkl"])

    assert found.unmoved(words) == left
