"""What is asked of a context with many members does not grow with them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from lineal.store import edges


@pytest.mark.parametrize("table", ["attribution", "association"])
def test_members_are_looked_up_one_by_one_however_many_a_context_has(database, table):
    statement, _ = edges._SAME_PAIRS[table]
    member = "artifact_id" if table == "attribution" else "execution_id"
    with closing(sqlite3.connect(database)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", ("[1]", 2)).fetchall()
    assert f"(context_id=? AND {member}=?)" in plan[0][-1]
