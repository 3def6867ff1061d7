"""A store on a server that the schema before made is brought to today's, and answers as before."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from lineal.errors import SchemaVersionMismatch
from lineal.model.edges import EventType
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.store.location import locate
from lineal.store.migrations.head import HEAD
from lineal.store.open import _life, open_store, schema_version, upgrade_store
from lineal.store.schema import metadata

BY = Origin(actor="ada", action="test")
FORMER = "UPDATE alembic_version SET version_num = '0003'"
TIMES = "CREATE INDEX ix_ledger_entry_time ON ledger_entry (time)"


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("LINEAL_HOME", str(tmp_path))


def filled(url):
    store = open_store(locate(url))
    nodes = [Artifact(type="Model", name=f"m{n}", custom_properties={"n": n, "who": "ada"}) for n in range(3)]
    store.put(nodes, by=BY)
    store.close()


def answers(url):
    store = open_store(locate(url))
    found = store.list(Artifact, ListOptions(filter="custom_properties.n.int_value > 0")).items
    (made,) = {node.created_at for node in found}
    told = [node.name for node in store.get(Artifact, [1, 2], as_of=made)], [node.name for node in found]
    assert store.verify().findings == []
    store.close()
    return told


def test_a_store_on_postgresql_is_upgraded(postgresql_url):
    filled(postgresql_url)
    before = answers(postgresql_url)
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        for table in ("artifact", "execution"):
            for key, columns in (("name", "type_id, name"), ("external_id", "external_id")):
                connection.execute(f"DROP INDEX uq_{table}_{key}")
                connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT uq_{table}_{key} UNIQUE ({columns})")
        connection.execute(TIMES)
        connection.execute(FORMER)

    assert upgrade_store(locate(postgresql_url)) == ("0003", HEAD)
    assert answers(postgresql_url) == before
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(postgresql_url))
    with engine.connect() as connection:
        ours = {"include_object": lambda _object, name, *_: name != "write_lock"}
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), metadata) == []
    engine.dispose()


@pytest.mark.parametrize("dropped", [False, True], ids=["whole", "interrupted behind its DROP"])
def test_a_store_on_mariadb_is_upgraded(mariadb, mariadb_url, dropped):
    filled(mariadb_url)
    before = answers(mariadb_url)
    with mariadb.admin(mariadb_url.rpartition("/")[2]) as connection, connection.cursor() as cursor:
        if not dropped:
            cursor.execute(TIMES)
        cursor.execute(FORMER)
        connection.commit()

    assert schema_version(locate(mariadb_url)) == "0003"
    assert upgrade_store(locate(mariadb_url)) == ("0003", HEAD)
    assert answers(mariadb_url) == before
    with mariadb.admin(mariadb_url.rpartition("/")[2]) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW INDEX FROM ledger_entry")
        assert "ix_ledger_entry_time" not in {row[2] for row in cursor.fetchall()}


@pytest.mark.parametrize("database", ["postgresql_url", "mariadb_url"])
def test_a_store_that_was_upgraded_meanwhile_is_not_written_any_more(request, database):
    url = request.getfixturevalue(database)
    location = locate(url)
    publication = Publication(
        execution=Execution(type="Train"), uses=[Use(artifact=Artifact(type="Model"), type=EventType.OUTPUT)]
    )
    with closing(open_store(location)) as store:
        # The second is written on a guess, where guesses pay.
        store.publish(publication, by=BY)
        store.publish(publication, by=BY)
        engine = _life(location).dialect.engine()
        with engine.begin() as connection:
            connection.exec_driver_sql(FORMER.replace("0003", "9999"))
        with pytest.raises(SchemaVersionMismatch, match="brought to schema 9999 since this process opened it"):
            store.publish(publication, by=BY)
        with engine.begin() as connection:
            connection.exec_driver_sql(FORMER.replace("0003", HEAD))
        engine.dispose()
        assert len(store.list(Execution).items) == 2
        assert store.verify().findings == []
