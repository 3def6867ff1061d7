"""Canonical bytes: what the standard library's json writes, so that a verifier needs nothing else."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lineal.ledger.canonical import digest, object_bytes, row_bytes, text_row_bytes

TEXT = st.text(st.characters(codec="utf-8"))
INTS = st.integers(-(2**63), 2**63 - 1)


def standard(value):
    """The profile as json.dumps knows it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True, allow_nan=False).encode()


@given(st.integers(1, 255), st.lists(st.none() | INTS | TEXT))
@example(1, ['\0\x1f\x7f"\\/\b\f\n\r\t\u2028\u2029\ufeff\U0010ffff', None, -(2**63), 2**63 - 1, ""])
def test_a_row_without_doubles_is_plain_json(table, cells):
    assert row_bytes(table, cells) == text_row_bytes(table, cells) == standard([table, *cells])


@given(st.lists(st.floats() | st.binary() | st.none() | INTS | TEXT))
def test_doubles_stand_as_their_shortest_text_and_bytes_as_hex(cells):
    plain = [repr(cell) if isinstance(cell, float) else cell for cell in cells]
    plain = [cell.hex() if isinstance(cell, bytes) else cell for cell in plain]
    assert row_bytes(7, cells) == standard([7, *plain])


@given(st.dictionaries(TEXT, st.none() | INTS | TEXT))
def test_a_record_has_its_names_sorted(fields):
    assert object_bytes(fields) == standard(fields)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1], [1.0]),
        ([1], ["1"]),
        ([0.0], [-0.0]),
        ([None], ["null"]),
        ([None], []),
        (["a", "b"], ["a,b"]),
        ([""], [None]),
        ([math.nan], [math.inf]),
        ([0.1 + 0.2], [0.3]),
    ],
)
def test_different_rows_have_different_bytes(one, other):
    assert row_bytes(1, one) != row_bytes(1, other)
    assert row_bytes(1, one) != row_bytes(2, one)


def test_a_lone_surrogate_has_no_bytes():
    with pytest.raises(TypeError):
        text_row_bytes(1, ["\ud800"])


def test_known_bytes_never_change():
    # Frozen: whoever changes this output must number a new rule.
    data = row_bytes(12, [1, "é\n", None, 1 / 3, float("nan"), b"\x00\xff", -(2**53)])
    assert data == '[12,1,"é\\n",null,"0.3333333333333333","nan","00ff",-9007199254740992]'.encode()
    assert digest(data).hex() == FROZEN


FROZEN = "6da9091240f12c09b05ad2678bd1851f9aa9d54989d9bcaea9716d746d07a4ee"
