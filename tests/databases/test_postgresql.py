"""A store on PostgreSQL: made in an empty database, refused in another one, guarded, durable."""

from __future__ import annotations

import threading

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from lineal.errors import (
    FailedPrecondition,
    FilterSyntaxError,
    InvalidArgument,
    NotALinealStore,
    NotFound,
    SchemaVersionMismatch,
    StoreTimeout,
)
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
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


def test_a_missing_database_is_made_where_the_role_may(postgresql):
    url = postgresql.url("it%22s%20new")
    assert schema_version(locate(url)) is None
    with pytest.raises(NotFound, match="there is no Lineal store"):
        open_store(locate(url), create=False)
    with postgresql.admin() as connection:
        connection.execute("ALTER ROLE lineal CREATEDB")
        try:
            store = open_store(locate(url))
        finally:
            connection.execute("ALTER ROLE lineal NOCREATEDB")
    assert store.put([Artifact(type="Model")], by=BY)[0].id == 1
    store.close()
    with postgresql.admin() as connection:
        connection.execute('DROP DATABASE "it""s new"')


def test_a_missing_database_that_the_role_may_not_make_is_told_with_the_statement_that_makes_it(postgresql):
    with pytest.raises(NotFound, match=r"/missing: there is no such database, .*permission denied") as caught:
        open_store(locate(postgresql.url("missing")))
    made = caught.value.hint.partition(": ")[2]
    assert made == 'CREATE DATABASE "missing" ENCODING \'UTF8\' TEMPLATE template0 OWNER "lineal"'
    with postgresql.admin() as connection:
        connection.execute(made)
    open_store(locate(postgresql.url("missing"))).close()
    postgresql.drop_database(postgresql.url("missing"))


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


@pytest.mark.parametrize("text", ["name = '\\x00'", "name IN ('a\\000')", "custom_properties.`\\x00`.int_value = 1"])
def test_a_filter_with_the_character_nul_is_refused_where_it_stands(store, text):
    with pytest.raises(FilterSyntaxError, match="NUL") as caught:
        store.list(Artifact, ListOptions(filter=text))
    assert caught.value.position == max(text.find("'"), 0)
