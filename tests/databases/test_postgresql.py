"""A store on PostgreSQL: made in an empty database, refused in another one, guarded, durable."""

from __future__ import annotations

import re
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from lineal.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotALinealStore,
    NotFound,
    SchemaVersionMismatch,
    StoreTimeout,
)
from lineal.model.edges import EventType
from lineal.model.ids import NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.model.types import NodeType
from lineal.model.values import PropertyType
from lineal.store.dialects.postgresql import GUARDS
from lineal.store.location import locate
from lineal.store.migrations.head import HEAD
from lineal.store.open import open_store, schema_version, upgrade_store
from lineal.store.schema import metadata
from lineal.store.tables import BOUND

BY = Origin(actor="ada", action="test")


@pytest.fixture
def url(postgresql, postgresql_template):
    url = postgresql.new_database(template=postgresql_template)
    yield url
    postgresql.drop_database(url)


@pytest.fixture
def store(url):
    store = open_store(locate(url))
    yield store
    store.close()


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("LINEAL_HOME", str(tmp_path))


def behind(url):
    return psycopg.connect(url, autocommit=True)


def test_processes_that_make_one_store_together_make_it_once(postgresql_url):
    found, errors = [], []

    def make():
        try:
            store = open_store(locate(postgresql_url))
            found.append(store.put([Artifact(type="Model")], by=BY)[0].id)
            store.close()
        except Exception as error:  # noqa: BLE001  whatever it is, the test tells it
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(found) == [1, 2, 3, 4]
    assert schema_version(locate(postgresql_url)) == HEAD


def test_another_programs_database_is_refused_and_unchanged(postgresql_url):
    with behind(postgresql_url) as connection:
        connection.execute("CREATE TABLE users (name TEXT)")
    with pytest.raises(NotALinealStore, match=r"not Lineal's \(it has the tables users") as caught:
        open_store(locate(postgresql_url))
    assert "nothing was changed" in caught.value.hint
    with behind(postgresql_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (1,)


def test_a_newer_schema_is_refused(url):
    with behind(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for open_ in (open_store, upgrade_store):
        with pytest.raises(SchemaVersionMismatch, match=f"has schema 9999, this Lineal speaks {HEAD}"):
            open_(locate(url))


def test_without_create_nothing_is_made(postgresql_url):
    with pytest.raises(NotFound, match="there is no Lineal store"):
        open_store(locate(postgresql_url), create=False)
    assert schema_version(locate(postgresql_url)) is None


def test_the_migrations_lead_to_the_declared_schema(url):
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    with engine.connect() as connection:
        ours = {"include_object": lambda _object, name, *_: name != "write_lock"}
        differences = compare_metadata(MigrationContext.configure(connection, opts=ours), metadata)
    engine.dispose()
    assert differences == []


@pytest.mark.parametrize("table", [*(table.name for table in BOUND), "revision", "ledger_entry"])
def test_no_row_is_changed_or_deleted_behind_the_ledgers_back(url, store, table):
    store.put([Artifact(type="Model", name="m")], by=BY)
    store.put([Artifact(type="Model", id=1, uri="u")], by=BY)
    with behind(url) as connection:
        (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET entry = entry", f"TRUNCATE {table}"):
            if table == "ledger_entry":
                statement = statement.replace("entry = entry", "time = time")  # noqa: PLW2901
            if rows or statement.startswith("TRUNCATE"):
                with pytest.raises(psycopg.errors.RaiseException, match="lineal: "):
                    connection.execute(statement)


def test_an_entry_that_does_not_follow_the_last_is_refused(url, store):
    store.put([Artifact(type="Model")], by=BY)
    with behind(url) as connection, pytest.raises(psycopg.errors.SerializationFailure, match="3 does not follow 1"):
        connection.execute(
            "INSERT INTO ledger_entry SELECT 3, time, actor, action, reason, request_id, reported_at, findings, "
            "row_count, rows_root, records, rule, leaf FROM ledger_entry"
        )


def test_a_guard_that_was_dropped_is_named(url, store):
    assert store.facts()["missing guards"] == ""
    with behind(url) as connection:
        connection.execute("DROP TRIGGER event_no_update ON event")
        connection.execute("ALTER TABLE artifact DISABLE TRIGGER artifact_no_delete")
    assert store.facts()["missing guards"] == "artifact_no_delete, event_no_update"
    assert {"ledger_entry_in_order"} < GUARDS


def test_durability_is_switched_on_whatever_the_servers_default(url, postgresql):
    with postgresql.admin(url.rpartition("/")[2]) as connection:
        connection.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = off")
    store = open_store(locate(url))
    assert store.facts()["synchronous_commit"] == "on"
    store.close()


def test_an_encoding_that_cannot_hold_every_text_is_refused(postgresql):
    with postgresql.admin() as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(FailedPrecondition, match="encoding is LATIN1"):
        open_store(locate(postgresql.url("latin")))


def test_a_lock_held_by_another_writer_ends_in_a_timeout_and_changes_nothing(url):
    store = open_store(locate(f"{url}?timeout=0.2"))
    with behind(url) as other, other.transaction():
        other.execute("SELECT 1 FROM write_lock FOR UPDATE")
        with pytest.raises(StoreTimeout, match="another writer held the store"):
            store.put([Artifact(type="Model", name="late")], by=BY)
    assert store.named(Artifact, "Model", "late") == []
    store.put([Artifact(type="Model", name="late")], by=BY)
    store.close()


def test_a_write_whose_connection_the_server_ends_is_made_again(url, store, postgresql):
    store.put([Artifact(type="Model", name="before")], by=BY)
    with postgresql.admin() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lineal'")
    store.put([Artifact(type="Model", name="after")], by=BY)
    assert [node.name for node in store.list(Artifact).items] == ["before", "after"]
    assert [entry.seq for entry in store.entries()] == [1, 2]


def test_many_rows_at_once_are_copied_and_read_equal(store):
    many = [
        Artifact(type="Model", name=f"m@{n}", custom_properties={"n": n, "x": n / 3, "s": f"a\tb\\{n}\n"})
        for n in range(300)
    ]
    keys = store.put(many, by=BY)
    found = store.get(Artifact, [key.id for key in keys])
    assert [node.custom_properties for node in found] == [node.custom_properties for node in many]
    assert store.verify().findings == []


@pytest.mark.parametrize("option", ["pool=0", "pool=x", "timeout=-1"])
def test_an_option_that_makes_no_sense_is_refused(url, option):
    with pytest.raises(InvalidArgument, match=option.partition("=")[0]):
        open_store(locate(f"{url}?{option}"))


def granted_on_the_page():
    """The statements that docs/databases.md gives for a role that can only add."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "databases.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sql\n(GRANT SELECT.*?)```", page, re.DOTALL)
    return block


def test_the_role_of_the_page_can_do_all_that_a_writer_does_and_remove_nothing(url, store, postgresql):
    database = url.rpartition("/")[2]
    with behind(url) as owner, postgresql.admin() as admin:
        admin.execute("CREATE ROLE writer LOGIN PASSWORD 'secret'")
        owner.execute(granted_on_the_page())
    try:
        with closing(open_store(locate(f"postgresql://writer:secret@127.0.0.1:{postgresql.port}/{database}"))) as other:
            by_many_verbs(other)
            assert other.verify().findings == []
        with psycopg.connect(
            host="127.0.0.1", port=postgresql.port, user="writer", password="secret", dbname=database, autocommit=True
        ) as connection:
            for table in (*(table.name for table in BOUND), "revision", "ledger_entry"):
                for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}", f"DROP TABLE {table}"):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(statement)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("UPDATE event SET type = 3")
    finally:
        with postgresql.admin(database) as admin:
            admin.execute("DROP OWNED BY writer")
            admin.execute("DROP ROLE writer")


def by_many_verbs(store):
    """Write what a store can hold: types widened, nodes updated, edges, aliases, many rows at once."""
    store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="T", properties={"a": PropertyType.INT})], by=BY)
    store.put_types(
        [NodeType(kind=NodeKind.ARTIFACT, name="T", properties={"a": PropertyType.INT, "b": PropertyType.STRING})],
        by=BY,
        can_add_fields=True,
    )
    values = {"a": 1, "b": "x"}
    ids = [
        key.id for key in store.put([Artifact(type="T", name=f"n{at}", properties=values) for at in range(120)], by=BY)
    ]
    store.put([Artifact(type="T", id=ids[0], name="n0", properties={"a": 2})], by=BY)
    model = Artifact(type="Model", name="m@1", fingerprint="sha256:1", custom_properties={"d": 0.5, "t": True})
    store.publish(
        Publication(
            execution=Execution(type="Train"),
            uses=[
                Use(artifact=ids[1], type=EventType.INPUT),
                Use(artifact=model, type=EventType.OUTPUT, aliases=("newest",)),
            ],
            contexts=[Context(type="Experiment", name="e")],
        ),
        by=BY,
    )
    with pytest.raises(AlreadyExists):
        store.put([Artifact(type="T", name="n1")], by=BY)
    assert store.list(Artifact, ListOptions(filter="properties.a.int_value = 2")).items[0].id == ids[0]
