"""The tree drawn in errors.py is the tree of the classes, and every code has one row in STATUS."""

from __future__ import annotations

import ast
import re
from collections import Counter

from lineal import errors
from lineal.errors import STATUS, Code, LinealError

LEAF = re.compile(r"^(?P<indent>[ │]*)[├└]─ (?P<name>\w+)")


def drawn_tree():
    """Read child → parent from the module docstring."""
    parents = {}
    path = []
    for line in errors.__doc__.splitlines():
        if line.strip() == "LinealError":
            path = [(line.index("L"), "LinealError")]
        elif path and (match := LEAF.match(line)):
            column = len(match["indent"])
            while path[-1][0] >= column:
                path.pop()
            parents[match["name"]] = path[-1][1]
            path.append((column, match["name"]))
    return parents


def real_tree(root=LinealError):
    tree = {}
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            tree |= {child.__name__: root.__name__} | real_tree(child)
    return tree


def test_the_drawn_tree_is_the_real_tree():
    assert drawn_tree() == real_tree()
    assert len(real_tree()) > 20


def test_every_error_says_in_its_docstring_when_it_comes():
    silent = [name for name in ["LinealError", *real_tree()] if not vars(errors.__dict__[name]).get("__doc__")]

    assert silent == []


def test_no_error_is_defined_outside_the_tree(modules):
    known = {"LinealError", *real_tree()}
    strays = [
        f"{module.name}: {node.name}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and known & {ast.unparse(base).split(".")[-1] for base in node.bases}
        if module.name != "lineal/errors.py"
    ]

    assert strays == []


def test_every_code_has_a_row_and_every_row_a_code():
    assert set(STATUS) == set(Code)


def test_the_grpc_number_is_the_code():
    assert {code: status.grpc for code, status in STATUS.items()} == {code: code.value for code in Code}


def test_each_code_has_an_exit_code_of_its_own_that_is_neither_success_nor_a_crash():
    exits = Counter(status.exit for status in STATUS.values())

    assert max(exits.values()) == 1
    assert not {0, 1} & set(exits)


def test_each_code_is_an_http_error():
    assert all(400 <= status.http < 600 for status in STATUS.values())
