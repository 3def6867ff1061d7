"""A file has one noun: short files, and no long one."""

from __future__ import annotations

import ast
from statistics import median

LONGEST = 500
MIDDLE = 150


def lines(module):
    return len(module.text.splitlines())


def test_no_source_file_is_longer_than_500_lines(modules):
    long = {module.name: lines(module) for module in modules if lines(module) > LONGEST}

    assert long == {}


def test_half_of_the_source_files_have_150_lines_or_fewer(modules):
    assert median(lines(module) for module in modules) <= MIDDLE


def test_every_source_file_says_what_it_is_in_one_to_five_lines(modules):
    silent = [module.name for module in modules if not ast.get_docstring(module.tree)]

    assert silent == []
