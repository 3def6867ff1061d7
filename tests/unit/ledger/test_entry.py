"""Entries: their records, the root over them, and a leaf in which every field counts."""

from __future__ import annotations

import struct
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.ledger.entry import RowRecord, entry_leaf, pack, rows_root, unpack
from lineal.ledger.tree import EMPTY_ROOT

RECORDS = st.builds(RowRecord, st.integers(0, 255), st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32))

FIELDS = {
    "seq": 1,
    "time": 2,
    "actor": "ada",
    "action": "put",
    "reason": None,
    "request_id": None,
    "reported_at": None,
    "findings": "",
    "rows": 3,
    "rows_root": b"\1" * 32,
}


@given(st.lists(RECORDS))
def test_records_survive_packing_at_41_bytes_each(records):
    packed = b"".join(map(pack, records))
    assert len(packed) == 41 * len(records)
    assert list(unpack(packed)) == records


@pytest.mark.parametrize("cut", [1, 40, 42, 81])
def test_records_that_are_not_whole_are_refused(cut):
    with pytest.raises(struct.error):
        list(unpack(b"\0" * cut))


def test_the_root_over_no_records_is_that_of_an_empty_tree():
    assert rows_root(b"") == EMPTY_ROOT


@given(st.lists(RECORDS, min_size=1, max_size=9), st.data())
def test_a_changed_record_changes_the_root(records, data):
    at = data.draw(st.integers(0, len(records) * 41 - 1))
    packed = bytearray(b"".join(map(pack, records)))
    before = rows_root(bytes(packed))
    packed[at] ^= 1 << data.draw(st.integers(0, 7))
    assert rows_root(bytes(packed)) != before


def test_a_leaf_is_known_json_behind_a_zero_byte():
    text = (
        '{"action":"put","actor":"ada","findings":"","reason":null,"reported_at":null,"request_id":null,"rows":3,'
        f'"rows_root":"{"01" * 32}","rule":1,"seq":1,"time":2}}'
    )
    assert entry_leaf(**FIELDS) == sha256(b"\0" + text.encode()).digest()


@pytest.mark.parametrize("field", [*FIELDS, "rule"])
def test_every_field_counts(field):
    other = {"rows_root": b"\2" * 32}.get(field, "x" if isinstance(FIELDS.get(field), str | None) else 9)
    assert entry_leaf(**{**FIELDS, field: other if field != "rule" else 2}) != entry_leaf(**FIELDS)


def test_no_text_can_pretend_to_be_another_field():
    odd = entry_leaf(**{**FIELDS, "actor": 'ada","findings":"'})
    assert odd != entry_leaf(**FIELDS)
    assert entry_leaf(**{**FIELDS, "reason": ""}) != entry_leaf(**FIELDS)
