"""Databases of ML Metadata on servers are read like files, and servers take imports like files."""

from __future__ import annotations

from base64 import b64decode
from contextlib import closing
from functools import partial
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import pytest

from lineal.errors import FailedPrecondition, Unavailable
from lineal.ingest.mlmd.export import export_mlmd
from lineal.ingest.mlmd.layout import COLUMNS, INDEXES, KEYS
from lineal.ingest.mlmd.losses import Fate
from lineal.ingest.mlmd.readers import open_reader
from lineal.ingest.mlmd.run import import_mlmd, preview_mlmd
from lineal.ingest.mlmd.source import Source
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact
from lineal.store.location import locate
from lineal.store.open import open_store
from tests.unit.ingest.mlmd.conftest import struct

FLAGS = {"is_custom_property", "bool_value", "is_index_step"}


class Server:
    """A database on a server, filled with the rows of a SQLite one."""

    def __init__(self, url: str, authority: object = None) -> None:
        self.url = url
        parts = urlsplit(url)
        self.postgresql = parts.scheme.startswith("postgres")
        if self.postgresql:
            self.connection = psycopg.connect(url, autocommit=True)
        else:
            self.connection = pymysql.connect(
                host=parts.hostname,
                port=parts.port,
                user=unquote(parts.username),
                password=unquote(parts.password or ""),
                database=parts.path[1:],
                charset="utf8mb4",
                autocommit=True,
                ssl_ca=authority and str(authority),
            )

    def execute(self, statement, parameters=()):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)

    def copy(self, database):
        """Make ML Metadata's tables as this server declares them, and fill them."""
        for table, columns in COLUMNS.items():
            parts = [f"{name} {self.declared(name, kind)}" for name, kind in columns.items()]
            if table in KEYS:
                kind, names = KEYS[table]
                parts.append(f"{kind} ({', '.join(names)})")
            charset = "" if self.postgresql else " CHARACTER SET utf8mb4"
            self.execute(f"CREATE TABLE {table} ({', '.join(parts)}){charset}")
            if table in INDEXES and table == "EventPath":
                self.execute("CREATE INDEX idx_eventpath_event_id ON EventPath (event_id)")
            marks = ", ".join(["%s"] * len(columns))
            for row in database.execute(f"SELECT {', '.join(columns)} FROM {table}"):
                cells = [self.cell(name, cell) for name, cell in zip(columns, row, strict=True)]
                self.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", cells)

    def declared(self, name, kind):
        if "AUTOINCREMENT" in kind:
            return "SERIAL PRIMARY KEY" if self.postgresql else "INT PRIMARY KEY AUTO_INCREMENT"
        if name == "int_value" or name.endswith("_since_epoch"):
            return "BIGINT" + (" NOT NULL" if "NOT NULL" in kind else "")
        if self.postgresql:
            kind = "BOOLEAN" + (" NOT NULL" if "NOT NULL" in kind else "") if name in FLAGS else kind
            return kind.replace("TINYINT(1)", "SMALLINT").replace("DOUBLE", "DOUBLE PRECISION").replace("BLOB", "BYTEA")
        return kind.replace("TEXT", "MEDIUMTEXT").replace("BLOB", "MEDIUMBLOB")

    def cell(self, name, cell):
        if cell is not None and self.postgresql:
            if name in FLAGS:
                return bool(cell)
            if name == "proto_value":
                return b64decode(cell)
        return cell


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request):
    made = Server(request.getfixturevalue(f"{request.param}_url"))
    with closing(made.connection):
        yield made


def test_a_server_gives_what_a_file_gives(server, full, store, tmp_path):
    for number in range(20):
        full.insert("EventPath", event_id=21, is_index_step=number % 2, step_index=number, step_key=f"k{number}")
    full.property("Context", 5, "ü☃🧬", custom=True, string_value="'; DROP TABLE artifact; -- \\ \"`")
    full.insert("Event", id=30, artifact_id=77, execution_id=7, type=3, milliseconds_since_epoch=1)
    full.property("Artifact", 77, "orphan", int_value=1)
    server.copy(full)
    with closing(Source.at(server.url)) as source:
        report = import_mlmd(source, store, actor="ada", batch=2)
    with (
        closing(full.read()) as source,
        closing(open_store(locate(str(tmp_path / "other.db")))) as other,
    ):
        expected = import_mlmd(source, other, actor="ada")
        paths = [event.path for event in other.events(executions=[7])]

    assert report.equal
    assert report.tables == expected.tables
    assert sorted(map(repr, report.losses)) == sorted(map(repr, expected.losses))
    assert [event.path for event in store.events(executions=[7])] == paths


def test_the_source_is_one_moment_on_a_server_too(server, full):
    server.copy(full)
    with closing(Source.at(server.url)) as source:
        assert source.counts()["Artifact"] == 2
        server.execute(
            "INSERT INTO Artifact (id, type_id, create_time_since_epoch, last_update_time_since_epoch) "
            "VALUES (950, 10, 1, 1)"
        )
        assert [node.id for batch in source.nodes(NodeKind.ARTIFACT, 1) for node in batch.nodes] == [3, 900]


def test_an_empty_database_of_a_server_is_refused(server):
    with pytest.raises(FailedPrecondition, match="no database of ML Metadata; its tables are: none at all"):
        Source.at(server.url)


def test_a_server_that_is_not_there_is_one_clear_error():
    for url in ("mysql://me:secret@127.0.0.1:1/mlmd", "postgresql://me:secret@127.0.0.1:1/mlmd"):
        with pytest.raises(Unavailable) as caught:
            open_reader(url)
        assert "secret" not in caught.value.message


def test_a_store_on_a_server_takes_an_import_and_tells_what_it_refuses(full, target):
    full.property("Artifact", 900, "nul", custom=True, string_value="a\0b")
    full.property("Artifact", 900, "nul within", custom=True, string_value=struct(x=["a\0b"]))
    full.node("Artifact", 901, 10, name="n" * 2_000)
    full.node("Artifact", 902, 10, uri="fine")
    full.insert("Event", id=30, artifact_id=901, execution_id=7, type=4, milliseconds_since_epoch=1)
    with closing(full.read()) as source:
        report = import_mlmd(source, target, actor="ada")

    assert report.equal
    assert target.verify().findings == []
    refused = {(loss.table, loss.key) for loss in report.losses if loss.fate is Fate.LEFT_OUT}
    assert {("Artifact", (901,)), ("Event", (30,)), ("ArtifactProperty", (900, 1, "nul"))} >= refused
    assert [artifact.uri for artifact in target.get(Artifact, [900, 902])] == ["s3://bucket/ü", "fine"]
    assert target.get(Artifact, [900])[0].custom_properties["nul within"] == {"x": ["a\0b"]}
    with closing(full.read()) as source:
        again = import_mlmd(source, target, actor="ada")
    assert (again.outcome.written, again.equal) == (0, True)


def test_a_row_that_postgresql_refuses_stops_neither_a_dry_run_nor_the_next_import(full, postgresql_url):
    full.property("Artifact", 900, "nul", custom=True, string_value="a\0b")
    full.node("Artifact", 901, 10, name="n\0m")
    full.insert("Type", id=15, name="t\0", type_kind=1)
    full.node("Artifact", 902, 15)
    refused = {("Artifact", (901,)), ("Artifact", (902,)), ("ArtifactProperty", (900, 1, "nul")), ("Type", (15,))}
    with closing(open_store(locate(postgresql_url))) as target, closing(full.read()) as source:
        for attempt in (
            preview_mlmd,
            partial(import_mlmd, actor="ada"),
            preview_mlmd,
            partial(import_mlmd, actor="ada"),
        ):
            report = attempt(source, target)
            told = {(loss.table, loss.key) for loss in report.losses if loss.fate is Fate.LEFT_OUT}
            assert (told, report.equal) == (refused, True)
        assert target.get(Artifact, [900])[0].custom_properties == {"loss": 1e300}


def test_a_store_on_a_server_goes_out_as_it_came(full, target, tmp_path):
    with closing(full.read()) as source:
        import_mlmd(source, target, actor="ada")
    full.execute("DELETE FROM ArtifactProperty WHERE string_value LIKE 'mlmd-struct::no%'")
    full.execute("DELETE FROM ExecutionProperty WHERE string_value = '__MLMD_NULL__'")
    exported = export_mlmd(target, tmp_path / "out.db")

    assert exported.left_out == {"ArtifactProperty": 1, "ExecutionProperty": 1}
    with closing(Source.at(str(tmp_path / "out.db"))) as out, closing(full.read()) as source:
        assert out.counts() == source.counts()


def test_a_store_on_a_server_takes_a_later_state_and_tells_what_the_source_lost(full, target):
    with closing(full.read()) as source:
        assert import_mlmd(source, target, actor="ada").equal
    full.execute("UPDATE Artifact SET uri = 'moved', last_update_time_since_epoch = 9000 WHERE id = 3")
    full.execute("UPDATE ArtifactProperty SET double_value = 2.5 WHERE double_value = 0.333333")
    full.execute("DELETE FROM Attribution WHERE artifact_id = 900")
    full.execute("DELETE FROM Event WHERE id = 21")
    with closing(full.read()) as source:
        report = import_mlmd(source, target, actor="ada", batch=1)

    assert [update.record for update in report.outcome.updates] == ["artifact#3"]
    assert {(item.table, item.key) for item in report.differences} == {("Attribution", (900, 4)), ("Event", (21,))}
    assert target.get(Artifact, [3])[0].properties["double"] == 2.5
    assert target.verify().findings == []


@pytest.mark.parametrize("option", ["ssl_ca=/no/such/file", "ssl_verify=true"])
def test_tls_that_was_asked_for_is_never_left_out(mariadb_url, option):
    with pytest.raises(Unavailable):
        open_reader(f"{mariadb_url}?{option}")


def test_text_of_mysql_is_read_as_ml_metadata_reads_it_unless_the_url_says_otherwise(full, store, mariadb_url):
    full.execute("UPDATE Artifact SET uri = ? WHERE id = 900", "ü".encode().decode("cp1252"))
    full.execute("UPDATE Artifact SET uri = ? WHERE id = 3", "properly ü")
    made = Server(mariadb_url)
    with closing(made.connection):
        made.copy(full)
    with closing(Source.at(mariadb_url)) as source:
        report = import_mlmd(source, store, actor="ada")
    assert [artifact.uri for artifact in store.get(Artifact, [3, 900])] == ["properly ü", "ü"]
    assert (report.reread, report.first_reread) == (1, {"Ã¼": "ü"})

    with closing(Source.at(f"{mariadb_url}?charset=utf8mb4")) as source:
        (batch,) = source.nodes(NodeKind.ARTIFACT, 10)
    assert [row.uri for row in batch.nodes] == ["properly ü", "Ã¼"]


@pytest.fixture(params=["postgresql", "mariadb"])
def target(request):
    with closing(open_store(locate(request.getfixturevalue(f"{request.param}_url")))) as store:
        yield store
