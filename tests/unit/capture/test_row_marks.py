"""Marks of rows: they say which row of a small table or text changed, and never stand in a fingerprint's way."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from lineal.capture.data import fingerprint_of
from lineal.capture.fingerprints.marks import MOST_ROWS, marks_in


def changed_rows(one, other):
    before, after = (marks_in(fingerprint_of(each).row_marks) for each in (one, other))
    assert len(before) == len(after)
    return [place for place, (was, now) in enumerate(zip(before, after, strict=True)) if was != now]


def test_the_row_of_a_changed_cell_is_known():
    table = {"name": ["a", "b", "c"], "delay": [1.0, None, 3.0]}

    assert changed_rows(pa.table(table), pa.table(table | {"delay": [1.0, 2.0, 3.0]})) == [1]


def test_the_line_of_a_changed_text_is_known():
    assert changed_rows(b"a\nb\nc\n", b"a\nb\nd\n") == [2]


def test_chunks_do_not_count():
    whole, parts = pa.chunked_array([[1, 2, 3]]), pa.chunked_array([[1], [2, 3]])

    assert fingerprint_of(pa.table({"n": whole})).row_marks == fingerprint_of(pa.table({"n": parts})).row_marks


def test_nanoseconds_have_marks():
    days = pa.array([dt.datetime(2013, 1, 1), dt.datetime(2013, 1, 2)], pa.timestamp("ns"))  # noqa: DTZ001

    assert len(marks_in(fingerprint_of(pa.table({"day": days})).row_marks)) == 2


@pytest.mark.parametrize("type_", [pa.timestamp("s"), pa.date32(), pa.list_(pa.timestamp("s"))], ids=str)
def test_a_date_that_python_cannot_hold_has_a_fingerprint_all_the_same(type_):
    far = pa.array(
        [10**6 * (1 if type_ != pa.timestamp("s") else 10**6)], pa.int64() if type_ != pa.date32() else pa.int32()
    )
    values = pa.array([[10**12]], pa.list_(pa.int64())).cast(type_) if pa.types.is_list(type_) else far.cast(type_)

    assert fingerprint_of(pa.table({"far": values})).fingerprint.startswith("sha256:")


def test_large_tables_have_none():
    assert fingerprint_of(pa.table({"n": list(range(MOST_ROWS + 1))})).row_marks == ""
    assert fingerprint_of(b"\n" * (MOST_ROWS + 1)).row_marks == ""


def test_what_is_no_text_has_none():
    assert fingerprint_of(b"\x00\x01\n\x02").row_marks == ""
