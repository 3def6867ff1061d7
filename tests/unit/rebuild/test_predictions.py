"""Predictions of two models beside each other: how many rows differ, how far, and where first."""

from __future__ import annotations

import math
import struct

import pytest

from lineal.capture.fingerprints.leaf import Leaf
from lineal.rebuild.predictions import Part, compare_parts
from lineal.rebuild.probed import Probed


def doubles(*values, shape=None, name="predict", steady=True):
    data = struct.pack(f"<{len(values)}d", *values)
    shape = shape or (len(values),)
    return Part(name=name, shape=shape, steady=steady, leaf=Leaf(name, "<f8", shape, data))


def floats(*values):
    data = struct.pack(f"<{len(values)}f", *values)
    return Part(name="predict", shape=(len(values),), steady=True, leaf=Leaf("predict", "<f4", (len(values),), data))


def labels(*values):
    return Part(name="predict", shape=(len(values),), steady=True, labels=values)


def compared(before, after, tolerance=None):
    [found] = compare_parts([before], [after], tolerance)
    return found


def test_the_same_numbers_are_the_same_and_nan_is_nan_and_minus_zero_is_zero():
    found = compared(doubles(1.0, math.nan, 0.0, math.inf), doubles(1.0, -math.nan, -0.0, math.inf))

    assert found.is_same
    assert found.first is None


def test_numbers_within_the_tolerance_are_near_with_their_distance_in_ulp():
    found = compared(doubles(1.0, 2.0, 3.0), doubles(1.0, math.nextafter(2.0, 3.0), 3.0))

    assert found.is_near
    assert not found.is_same
    assert (found.differing, found.max_ulp, found.max_abs) == (1, 1, 2.0**-51)


def test_a_narrow_type_has_a_tolerance_and_an_ulp_of_its_own():
    found = compared(floats(1.0), floats(1.0 + 2**-23))

    assert found.is_near
    assert found.max_ulp == 1
    assert not compared(floats(1.0), floats(1.0 + 2**-23), tolerance=1e-9).is_near


def test_the_first_row_and_column_that_differ_are_named_and_rows_are_counted_once():
    before = doubles(0.1, 0.9, 0.5, 0.5, 0.2, 0.8, shape=(3, 2))
    after = doubles(0.1, 0.9, 0.4, 0.6, 0.2, 0.7, shape=(3, 2))

    found = compared(before, after)

    assert found.differing == 2
    assert (found.first.row, found.first.column, found.first.recorded, found.first.rebuilt) == (2, 1, "0.5", "0.4")
    assert found.max_abs == pytest.approx(0.1)


def test_labels_are_the_same_or_not():
    found = compared(labels("late", "soon"), labels("late", "late"))

    assert (found.differing, found.is_near, found.first.row) == (1, False, 2)
    assert compared(labels("late"), labels("late")).is_same


def test_a_number_that_became_none_is_not_near():
    assert not compared(doubles(1.0), doubles(math.nan)).is_near
    assert not compared(doubles(1.0), doubles(math.inf)).is_near


def test_another_number_of_rows_or_a_call_that_is_gone_is_a_fault():
    assert compared(doubles(1.0, 2.0), doubles(1.0)).fault == "it answered 2 rows, and answers 1"
    [gone, new] = compare_parts([doubles(1.0)], [doubles(1.0, name="transform")], None)
    assert gone.fault == "the rebuilt model does not answer it"
    assert (new.call, new.fault) == ("transform", "it is new")


def test_what_is_not_deterministic_is_not_compared():
    found = compared(doubles(1.0, steady=False), doubles(2.0))
    told = Probed(name="model:m@v1", data="x.csv", rows=1, calls=(found,))

    assert not found.steady
    assert (told.is_same, told.is_near) == (False, False)
    assert "is not deterministic" in told.sentence


def test_the_values_of_a_row_are_told_and_are_not_in_what_is_kept():
    found = compared(labels("Grace"), labels("Ada"))
    told = Probed(name="model:m@v1", data="x.csv", rows=1, calls=(found,))

    assert "Grace became Ada" in told.document()["sentence"]
    assert "Grace" not in str(told.document(values=False))
    assert told.sentence == "model:m@v1 predicts otherwise for 1 of 1 row of x.csv: predict first at row 1"
