"""A recipe asks for what the run loaded and what that needs; for all, where it cannot be known."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from lineal.lineage.capture_record import Item
from lineal.rebuild.recipe_packages import divided

PINS = [f"{name}=={version(name)}" for name in ("pandas", "numpy", "python-dateutil", "pytest", "duckdb")]


def loading(*packages):
    return {"modules": Item("captured", {"files": {}, "packages": list(packages)})}


def test_what_was_loaded_is_asked_for_with_what_it_needs_and_the_rest_is_not():
    lines = [*PINS[1:], f"{PINS[0]} --hash=sha256:ab"]
    needed, others = divided(lines, loading("Pandas", "a-package-of-the-code-itself"))
    assert set(needed) == {PINS[1], PINS[2], lines[-1]}
    assert set(others) == {PINS[3], PINS[4]}


def test_a_package_that_is_listed_twice_is_asked_for_twice():
    lines = [f"{PINS[1]} --hash=sha256:ab", f"{PINS[1]} --hash=sha256:cd"]
    assert divided(lines, loading("numpy")) == (lines, [])


@pytest.mark.parametrize(
    ("lines", "record"),
    [
        (PINS, {}),
        (PINS, loading()),
        (["pandas==0.0.1", *PINS[1:]], loading("pandas")),
        (["pandas @ git+https://example.org/pandas@abc", *PINS[1:]], loading("pandas")),
        (["not-installed-here==1", *PINS], loading("not-installed-here")),
    ],
)
def test_all_are_asked_for_where_it_is_not_known_what_is_needed(lines, record):
    assert divided(lines, record) == (lines, [])
