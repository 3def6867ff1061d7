"""The audit of a store on a server: in memory that does not grow with the store, and as thorough as on a file."""

from __future__ import annotations

import tracemalloc

import psycopg
import pytest

from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.store.location import locate
from lineal.store.open import open_store

BY = Origin(actor="ada", action="test")
NODES, CHARACTERS = 6_000, 1_000


@pytest.fixture(params=["postgresql", "mariadb"])
def store(request, tmp_path):
    server = request.getfixturevalue(request.param)
    url = server.new_database()
    store = open_store(locate(f"{url}?home={tmp_path}"))
    yield store
    store.close()
    server.drop_database(url)


def test_the_audit_never_holds_a_whole_table(store):
    for at in range(0, NODES, 500):
        texts = [f"{number:0{CHARACTERS}}" for number in range(at, at + 500)]
        store.put([Artifact(type="Model", custom_properties={"text": text}) for text in texts], by=BY)
    tracemalloc.start()
    try:
        report = store.verify()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.findings == []
    assert report.rows > NODES
    assert peak < NODES * CHARACTERS


def test_rows_that_nobody_listed_are_named_among_many(postgresql, postgresql_template, tmp_path):
    url = postgresql.new_database(template=postgresql_template)
    store = open_store(locate(f"{url}?home={tmp_path}"))
    many = range(1, 601)
    store.put([Artifact(type="Model", custom_properties={"n": number}) for number in many], by=BY)
    store.put([Artifact(type="Model", id=number, custom_properties={"n": -number}) for number in many], by=BY)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO artifact SELECT 9000, type_id, 'x', uri, fingerprint, state, external_id, "
            "properties, custom_properties, created_at, updated_at, entry FROM artifact WHERE id = 7"
        )
        owner.execute(
            "INSERT INTO revision SELECT table_number, 9001, entry, replaced_by, body FROM revision WHERE node_id = 7"
        )
        owner.execute("DELETE FROM property_int WHERE node_id = 8")
        owner.execute("UPDATE property_int SET value = 1 WHERE node_id = 9")
    found = sorted((finding.kind, finding.table, finding.row) for finding in store.verify().findings)
    store.close()
    postgresql.drop_database(url)
    assert found == [
        ("added", "artifact", "9000"),
        ("added", "property_int", "n of node 9"),
        ("added", "revision", "artifact 9001"),
        ("changed", "revision", "artifact 9001"),
        ("removed", "property_int", "n of node 8"),
        ("removed", "property_int", "n of node 9"),
        ("removed", "property_int", "n of node 9000"),
    ]
