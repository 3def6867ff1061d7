"""MySQL and MariaDB: what is stored comes back exactly, promises are checked, errors say what to do."""

from __future__ import annotations

import itertools
import struct
import threading
from contextlib import closing
from urllib.parse import quote, unquote, urlsplit

import pymysql
import pytest

from lineal.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotALinealStore,
    NotFound,
    StoreReadOnly,
    StoreTimeout,
    Unauthenticated,
    WriteConflict,
)
from lineal.model.edges import ParentContext
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Context
from lineal.model.publication import Origin
from lineal.store.location import locate
from lineal.store.migrations.mysql_schema import statements
from lineal.store.open import open_store
from tests.servers.mariadb import PASSWORD, MariadbServer

BY = Origin(actor="ada", action="test")


@pytest.fixture
def url(mariadb_url, tmp_path):
    return f"{mariadb_url}?home={quote(str(tmp_path / 'home'))}"


@pytest.fixture
def store(url):
    store = open_store(locate(url))
    yield store
    store.close()


@pytest.fixture
def admin(mariadb, mariadb_url):
    with closing(mariadb.admin(mariadb_url.rpartition("/")[2])) as connection, connection.cursor() as cursor:
        yield cursor


@pytest.fixture
def setting(mariadb):
    """Give what changes a setting of the server's until the end of the test."""
    before = {}

    def change(name, value):
        with closing(mariadb.admin()) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT @@GLOBAL.{name}")
            before.setdefault(name, cursor.fetchone()[0])
            cursor.execute(f"SET GLOBAL {name} = {value}")

    yield change
    with closing(mariadb.admin()) as connection, connection.cursor() as cursor:
        for name, value in before.items():
            cursor.execute(f"SET GLOBAL {name} = {value}")


# ---------------------------------------------------------------- what is stored


def test_names_differ_by_case_accent_and_blanks_at_the_end(store):
    names = ["m", "M", "m ", "ḿ", "m\u0301", "m\t"]
    store.put([Artifact(type="Model", name=name) for name in names], by=BY)
    assert [node.name for node in store.list(Artifact).items] == names
    for name in names:
        assert [node.name for node in store.named(Artifact, "Model", name)] == [name]
    assert store.verify().findings == []


def test_texts_longer_than_a_small_column_and_any_character_come_back(store):
    text = "x'\\\"%s?\0\x1a\n😀" * 20_000
    (key,) = store.put([Artifact(type="Model", uri=text, custom_properties={"text": text, "'; --": "\\'"})], by=BY)
    (node,) = store.get(Artifact, [key.id])
    assert (node.uri, node.custom_properties) == (text, {"text": text, "'; --": "\\'"})
    assert store.verify().findings == []


def test_a_name_that_is_too_long_is_refused_with_how_long_it_may_be(store):
    with pytest.raises(InvalidArgument, match="'name'") as caught:
        store.put([Artifact(type="Model", name="n" * 513)], by=BY)
    assert "512 characters at most" in caught.value.hint
    store.put([Artifact(type="Model", name="n" * 512)], by=BY)


def test_doubles_come_back_bit_by_bit_also_from_the_index(store):
    doubles = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -2.5e-308, 1e22, 2.0**53 + 2, float("inf"), float("-inf")]
    store.put([Artifact(type="Model", custom_properties={"x": double}) for double in doubles], by=BY)
    found = [node.custom_properties["x"] for node in store.list(Artifact).items]
    assert [struct.pack("d", double) for double in found] == [struct.pack("d", double) for double in doubles]
    for double in doubles[:7]:
        hits = store.list(Artifact, ListOptions(filter=f"custom_properties.x.double_value = {double!r}")).items
        assert double in {node.custom_properties["x"] for node in hits}
    assert store.verify().findings == []


def test_a_name_that_fits_no_column_is_refused(store):
    with pytest.raises(InvalidArgument, match="name"):
        store.put([Artifact(type="Model", name="m" * 513)], by=BY)
    assert store.list(Artifact).items == []


def test_contexts_nest_deeper_than_the_server_would_follow_by_itself(store):
    keys = store.put([Context(type="Experiment", name=str(number)) for number in range(1_200)], by=BY)
    pairs = itertools.pairwise(keys)
    with store.batch():
        store.put_edges([ParentContext(child_id=child.id, parent_id=parent.id) for child, parent in pairs], by=BY)
    with pytest.raises(InvalidArgument, match="cycle"):
        store.put_edges([ParentContext(child_id=keys[-1].id, parent_id=keys[0].id)], by=BY)


# ---------------------------------------------------------------- guards


AHEAD = """
INSERT INTO ledger_entry
SELECT 9, time, actor, action, reason, request_id, reported_at, findings, row_count, rows_root, records, rule, leaf
FROM ledger_entry
"""


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM artifact",
        "DELETE IGNORE FROM artifact",
        "UPDATE artifact SET uri = 'other'",
        "UPDATE IGNORE artifact SET name = 'other'",
        "REPLACE INTO artifact SELECT * FROM artifact",
        "INSERT INTO artifact SELECT * FROM artifact ON DUPLICATE KEY UPDATE uri = 'other'",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_entry SET actor = 'eve'",
        "REPLACE INTO ledger_entry SELECT * FROM ledger_entry",
        "UPDATE type SET name = 'Other'",
        AHEAD,
    ],
)
def test_rows_cannot_be_changed_behind_the_ledgers_back(store, admin, statement):
    store.put([Artifact(type="Model", name="m")], by=BY)
    with pytest.raises(pymysql.Error, match="lineal: "):
        admin.execute(statement)
    assert store.verify().findings == []
    assert store.facts()["missing guards"] == ""


def test_a_guard_that_was_dropped_is_named(store, admin):
    admin.execute("DROP TRIGGER artifact_no_delete")
    assert store.facts()["missing guards"] == "artifact_no_delete"


# ---------------------------------------------------------------- making a store


@pytest.mark.parametrize("made", [1, 3, 25, 40, 1000])
def test_a_store_whose_making_was_interrupted_is_made_again(url, admin, made):
    for statement in list(statements("utf8mb4_nopad_bin"))[:made]:
        admin.execute(statement)
    with pytest.raises(NotFound):
        open_store(locate(url), create=False)
    store = open_store(locate(url))
    store.put([Artifact(type="Model", name="m")], by=BY)
    assert store.verify().findings == []
    assert store.facts()["missing guards"] == ""
    store.close()


def test_rows_without_a_schema_are_not_removed(url, admin):
    for statement in list(statements("utf8mb4_nopad_bin"))[:-1]:
        admin.execute(statement)
    admin.execute("INSERT INTO attribution VALUES (1, 1, 1, 1)")
    with pytest.raises(NotALinealStore, match="rows in attribution"):
        open_store(locate(url))
    admin.execute("SELECT count(*) FROM attribution")
    assert admin.fetchone() == (1,)


def test_a_database_of_somebody_else_is_left_alone(url, admin):
    admin.execute("CREATE TABLE customer (id INTEGER)")
    with pytest.raises(NotALinealStore, match="customer"):
        open_store(locate(url))
    admin.execute("SHOW TABLES")
    assert admin.fetchall() == (("customer",),)


def test_a_missing_database_is_made_where_the_user_may_and_told_otherwise(mariadb, tmp_path):
    with closing(mariadb.admin()) as connection, connection.cursor() as cursor:
        cursor.execute("GRANT ALL ON `new db`.* TO lineal")
    url = f"{mariadb.url('new%20db')}?home={quote(str(tmp_path))}"
    with pytest.raises(NotFound, match="no Lineal store"):
        open_store(locate(url), create=False)
    store = open_store(locate(url))
    store.put([Artifact(type="Model", name="m")], by=BY)
    store.close()
    with closing(mariadb.admin()) as connection, connection.cursor() as cursor:
        cursor.execute("DROP DATABASE `new db`")


def test_a_server_whose_binary_log_forbids_triggers_says_what_to_set(tmp_path):
    server = MariadbServer(options=["--log-bin", "--server-id=1", "--sync-binlog=1"])
    try:
        url = f"{server.new_database()}?home={quote(str(tmp_path))}"
        with pytest.raises(FailedPrecondition, match="binary log") as refused:
            open_store(locate(url))
        assert "log_bin_trust_function_creators" in refused.value.hint
        with closing(server.admin()) as connection, connection.cursor() as cursor:
            cursor.execute("SET GLOBAL log_bin_trust_function_creators = 1")
        store = open_store(locate(url))
        store.put([Artifact(type="Model", name="m")], by=BY)
        assert store.verify().findings == []
        store.close()
    finally:
        server.close()


# ---------------------------------------------------------------- promises and errors


@pytest.mark.parametrize("name", ["innodb_flush_log_at_trx_commit"])
def test_a_server_that_may_lose_commits_is_refused_unless_that_was_asked_for(url, setting, name):
    open_store(locate(url)).close()
    setting(name, 2)
    store = open_store(locate(url))
    with pytest.raises(FailedPrecondition, match=f"{name} is 2") as refused:
        store.list(Artifact)
    assert f"SET GLOBAL {name} = 1" in refused.value.hint
    store.close()
    store = open_store(locate(f"{url}&synchronous=NORMAL"))
    store.put([Artifact(type="Model", name="m")], by=BY)
    assert store.facts()[name] == "2"
    store.close()


def test_a_wrong_password_is_told_without_showing_any(url):
    wrong = url.replace(quote(PASSWORD, safe=""), "not-it")
    with pytest.raises(Unauthenticated, match="refuses the login") as refused:
        open_store(locate(wrong))
    assert "not-it" not in str(refused.value)


def test_a_value_larger_than_the_server_takes_is_refused_and_the_store_goes_on(store, mariadb, setting):
    setting("max_allowed_packet", 2**20)
    mariadb_connections_end(mariadb)
    with pytest.raises(InvalidArgument, match="max_allowed_packet is 1048576") as refused:
        store.put([Artifact(type="Model", uri="x" * 2**20)], by=BY)
    assert "raise max_allowed_packet" in refused.value.hint
    store.put([Artifact(type="Model", name="m")], by=BY)
    assert len(store.entries()) == 1


def test_a_server_that_takes_no_writes_says_so(store, setting):
    store.put([Artifact(type="Model", name="m")], by=BY)
    setting("read_only", 1)
    with pytest.raises(StoreReadOnly, match="takes no writes"):
        store.put([Artifact(type="Model", name="n")], by=BY)
    assert len(store.list(Artifact).items) == 1


def test_a_writer_that_waits_in_vain_for_another_session_says_for_how_long(url, store, admin):
    impatient = open_store(locate(f"{url}&timeout=1"))
    admin.execute("BEGIN")
    admin.execute("SELECT * FROM write_lock FOR UPDATE")
    with pytest.raises(StoreTimeout, match="more than 1 s"):
        impatient.put([Artifact(type="Model", name="m")], by=BY)
    admin.execute("ROLLBACK")
    impatient.put([Artifact(type="Model", name="m")], by=BY)
    impatient.close()


def test_a_deadlock_with_a_foreign_session_is_a_conflict_that_undoes_the_batch(store, mariadb, admin):
    (key,) = store.put([Artifact(type="Model", name="m", uri="before")], by=BY)
    admin.execute("CREATE TABLE foreign_work (id INTEGER PRIMARY KEY, x INTEGER) ENGINE = InnoDB")
    admin.execute("INSERT INTO foreign_work VALUES " + ", ".join(f"({number}, 0)" for number in range(100)))
    admin.execute("BEGIN")
    # The more a session changed, the less likely it is the one that gives way.
    admin.execute("UPDATE foreign_work SET x = 1")
    admin.execute("SELECT * FROM artifact WHERE id = %s FOR UPDATE", (key.id,))
    waiting = threading.Thread(target=admin.execute, args=("SELECT * FROM write_lock FOR UPDATE",))
    with pytest.raises(WriteConflict, match="nothing was written"), store.batch():  # noqa: PT012  the block is the batch
        store.put([Artifact(type="Model", name="n")], by=BY)
        waiting.start()
        until_somebody_waits(mariadb)
        store.put([Artifact(type="Model", name="m", uri="after", id=key.id)], by=BY)
    waiting.join()
    admin.execute("ROLLBACK")
    assert [(node.name, node.uri) for node in store.list(Artifact).items] == [("m", "before")]
    store.put([Artifact(type="Model", name="n")], by=BY)
    assert store.verify().findings == []


def test_a_connection_that_an_administrator_ended_is_replaced_without_a_word(store, mariadb):
    store.put([Artifact(type="Model", name="m")], by=BY)
    mariadb_connections_end(mariadb)
    assert len(store.list(Artifact).items) == 1
    mariadb_connections_end(mariadb)
    store.put([Artifact(type="Model", name="n")], by=BY)
    assert len(store.entries()) == 2


def mariadb_connections_end(server):
    """End every session of our user."""
    with closing(server.admin()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE user = 'lineal'")
        for (session,) in cursor.fetchall():
            cursor.execute(f"KILL {session}")


def until_somebody_waits(server):
    """Return once a session waits for a lock of another one."""
    with closing(server.admin()) as connection, connection.cursor() as cursor:
        count = 0
        while not count:
            cursor.execute("SELECT count(*) FROM information_schema.innodb_lock_waits")
            (count,) = cursor.fetchone()


def test_without_the_right_to_drop_a_user_writes_on_and_empties_no_table(url, mariadb_url, admin):
    database = mariadb_url.rpartition("/")[2]
    open_store(locate(url)).close()
    admin.execute(f"REVOKE DROP ON {database}.* FROM lineal")
    with closing(open_store(locate(url))) as store:
        store.put([Artifact(type="Model", name="m")], by=BY)
        store.put([Artifact(type="Model", name="m", id=1, uri="u")], by=BY)
        with pytest.raises(pymysql.err.OperationalError, match="DROP command denied"):
            emptied("event", mariadb_url)
        assert store.verify().findings == []


def test_a_table_that_was_emptied_past_its_triggers_is_named_by_the_audit(url, store, mariadb_url):
    store.put([Context(type="Experiment", name=name) for name in ("a", "b")], by=BY)
    store.put_edges([ParentContext(child_id=1, parent_id=2)], by=BY)
    emptied("parent_context", mariadb_url)

    findings = store.verify().findings
    assert findings
    assert all("parent_context" in str(finding) for finding in findings)


def emptied(table, url):
    """Empty a table as the store's own user."""
    parts = urlsplit(url)
    with closing(
        pymysql.connect(
            host=parts.hostname,
            port=parts.port,
            user=parts.username,
            password=unquote(parts.password),
            database=parts.path[1:],
        )
    ) as connection:
        connection.cursor().execute(f"TRUNCATE {table}")
