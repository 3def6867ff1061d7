"""Several tests of one property are one range of the index, not one list of nodes each."""

from __future__ import annotations

import pytest

from lineal.model.ids import NodeKind
from lineal.store.filter import compile_filter


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("properties.a.int_value >= 1 AND properties.a.int_value < 5", 1),
        ("properties.a.int_value >= 1 AND name = 'n' AND properties.a.int_value < 5", 1),
        ("NOT (properties.a.int_value < 1 OR properties.a.int_value >= 5)", 1),
        ("properties.a.int_value >= 1 AND properties.b.int_value < 5", 2),
        ("properties.a.int_value >= 1 AND custom_properties.a.int_value < 5", 2),
        ("properties.a.int_value >= 1 AND properties.a.double_value < 5.0", 2),
        ("properties.a.int_value < 1 OR properties.a.int_value >= 5", 2),
    ],
)
def test_tests_that_hold_together_on_one_property_read_the_index_once(text, lists):
    assert compile_filter(text, NodeKind.ARTIFACT).sql.count("FROM property_") == lists
