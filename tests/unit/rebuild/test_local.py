"""Packages that were installed from a directory are in no lock: where a locked environment imports them from."""

from __future__ import annotations

import pytest

from lineal.lineage.capture_record import Item
from lineal.rebuild.layout import Layout
from lineal.rebuild.local import local_roots


def roots(tree, *packages):
    return list(local_roots({"editable": Item("captured", list(packages))}, Layout(root="/srv/ada/flights"), tree))


def package(url, name="shape"):
    return {"name": name, "url": url, "editable": True}


@pytest.fixture
def tree(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    return tree


def test_a_package_of_the_repository_is_imported_from_the_tree(tree):
    (tree / "library").mkdir()

    assert roots(tree, package("file:///srv/ada/flights/library")) == [str(tree / "library")]


def test_its_source_directory_is_taken_where_it_has_one(tree):
    (tree / "library" / "src").mkdir(parents=True)

    assert roots(tree, package("file:///srv/ada/flights/library")) == [str(tree / "library" / "src")]


def test_a_package_that_lies_elsewhere_is_imported_from_there(tree, tmp_path):
    (tmp_path / "other place" / "src").mkdir(parents=True)

    found = roots(tree, package((tmp_path / "other place").as_uri()))

    assert found == [str(tmp_path / "other place" / "src")]


def test_a_directory_that_is_gone_is_no_place_to_import_from(tree):
    assert roots(tree, package("file:///srv/ada/flights/gone"), package("file:///nowhere/at/all")) == []


@pytest.mark.parametrize(
    "entry",
    [
        package("https://example.org/shape.whl"),
        {"name": "shape", "url": "file:///srv/ada/flights"},
        package("file:///srv/ada/flights", name="lineal"),
        "shape",
    ],
    ids=["fetched", "copied", "lineal itself", "no entry"],
)
def test_what_was_not_installed_from_a_directory_is_left_out(tree, entry):
    assert roots(tree, entry) == []


def test_a_record_that_does_not_know_names_none(tree):
    assert list(local_roots({"editable": Item("unknown", None, "no time")}, Layout(root=None), tree)) == []
