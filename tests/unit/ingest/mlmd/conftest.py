"""Databases of ML Metadata, made row by row, and what imports them."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.struct_pb2 import Struct

from lineal.ingest.mlmd import schema
from lineal.ingest.mlmd.layout import LATER
from lineal.ingest.mlmd.run import import_mlmd, preview_mlmd
from lineal.ingest.mlmd.source import Source
from lineal.store.location import of_database
from lineal.store.open import open_store

SIMPLE = ["Dataset", "Model", "Metrics", "Statistics", "Train", "Transform", "Process", "Evaluate", "Deploy"]
FIRST_EXECUTION = 4


class Database:
    """A SQLite database as ML Metadata would have written it."""

    def __init__(self, path: Path, version: int = 10) -> None:
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = OFF")
        for statement in (*schema.tables(), *schema.indexes()):
            self.execute(statement)
        for table, columns in LATER.items():
            for column, since in columns.items():
                if version < since:
                    rebuilt(self._connection, table, column)
        self.insert("MLMDEnv", schema_version=version)
        for id_, name in enumerate(SIMPLE, start=1):
            self.insert("Type", id=id_, name=f"mlmd.{name}", type_kind=int(id_ <= FIRST_EXECUTION))

    def execute(self, statement: str, *parameters: object) -> list[tuple]:
        """Run a statement and return its rows."""
        return self._connection.execute(statement, parameters).fetchall()

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def insert(self, table: str, **cells: object) -> None:
        """Insert one row."""
        marks = ", ".join("?" * len(cells))
        self.execute(f"INSERT INTO {table} ({', '.join(cells)}) VALUES ({marks})", *cells.values())

    def node(self, table: str, id_: int, type_id: int, **cells: object) -> None:
        """Insert a node, made at second 1 and updated at second 2."""
        times = {"create_time_since_epoch": 1001, "last_update_time_since_epoch": 2002}
        self.insert(table, id=id_, type_id=type_id, **(times | cells))

    def property(self, table: str, id_: int, name: str, *, custom: bool = False, **value: object) -> None:
        """Insert a property of a node."""
        owner = f"{table.lower()}_id"
        self.insert(f"{table}Property", **{owner: id_}, name=name, is_custom_property=int(custom), **value)

    def read(self) -> Source:
        """Open it for reading."""
        return Source.at(str(self.path))


def rebuilt(connection: sqlite3.Connection, table: str, column: str) -> None:
    """Take a column away from a table as an older version has it; SQLite cannot drop a unique one."""
    columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})") if name != column]
    connection.execute(f"CREATE TABLE old AS SELECT {', '.join(columns)} FROM {table}")
    connection.execute(f"DROP TABLE {table}")
    connection.execute(f"ALTER TABLE old RENAME TO {table}")


def struct(**fields: object) -> str:
    """Return a struct as ML Metadata keeps it."""
    message = Struct()
    message.update(fields)
    return "mlmd-struct::" + b64encode(message.SerializeToString(deterministic=True)).decode()


def packed(url: str, data: bytes) -> bytes:
    """Return a message as ML Metadata keeps it."""
    return b64encode(Any(type_url=url, value=data).SerializeToString())


def fill(database: Database) -> None:
    """Write one of everything: types with a base, nodes, every kind of property, edges, a path."""
    database.insert("Type", id=10, name="DataSet", type_kind=1, version="v2", description="", external_id="t")
    database.insert("Type", id=11, name="Trainer", type_kind=0, input_type='{"any":{}}', output_type='{"none":{}}')
    database.insert("Type", id=14, name="Experiment", type_kind=2)
    database.insert("ParentType", type_id=10, parent_type_id=1)
    for number, name in enumerate(("int", "double", "string", "struct", "proto", "bool"), start=1):
        database.insert("TypeProperty", type_id=10, name=name, data_type=number)
    database.node("Artifact", 3, 10, uri="", name="", state=2, external_id="")
    database.node("Artifact", 900, 10, uri="s3://bucket/ü", name="a@v1")
    database.property("Artifact", 3, "int", int_value=-(2**63))
    database.property("Artifact", 3, "double", double_value=0.333333)
    database.property("Artifact", 3, "string", string_value="")
    database.property("Artifact", 3, "struct", string_value=struct(b=[1, 2.5, None, True], a={"x": "y"}))
    database.property("Artifact", 3, "proto", proto_value=packed("type.example/A", b"\x00\xff"))
    database.property("Artifact", 3, "bool", bool_value=0)
    database.property("Artifact", 3, "int", custom=True, string_value="mlmd-struct::no base64")
    database.property("Artifact", 900, "loss", custom=True, double_value=1e300)
    database.node("Execution", 7, 11, last_known_state=5, name="run")
    database.property("Execution", 7, "note", custom=True, string_value="__MLMD_NULL__")
    database.node("Context", 4, 14, name="c")
    database.node("Context", 5, 14, name="parent", external_id="c")
    database.property("Context", 4, "owner", custom=True, bool_value=1)
    database.insert("ParentContext", context_id=4, parent_context_id=5)
    database.insert("Event", id=20, artifact_id=3, execution_id=7, type=3, milliseconds_since_epoch=1500)
    database.insert("Event", id=21, artifact_id=900, execution_id=7, type=4, milliseconds_since_epoch=1600)
    database.insert("EventPath", event_id=20, is_index_step=0, step_key="files")
    database.insert("EventPath", event_id=20, is_index_step=1, step_index=0)
    database.insert("EventPath", event_id=20, is_index_step=0, step_key="")
    database.insert("Association", context_id=4, execution_id=7)
    database.insert("Attribution", context_id=4, artifact_id=900)
    database.insert("Attribution", context_id=4, artifact_id=3)


@pytest.fixture
def mlmd(tmp_path):
    """An empty database: the simple types only."""
    with closing(Database(tmp_path / "mlmd.db")) as database:
        yield database


@pytest.fixture
def full(mlmd):
    """One of everything."""
    fill(mlmd)
    return mlmd


@pytest.fixture
def store(tmp_path):
    store = open_store(of_database(tmp_path / "lineal.db"))
    yield store
    store.close()


@pytest.fixture
def bring(store):
    """Return what imports a database and checks what holds after every import."""

    def bring(database, *, batch=2_000):
        with closing(database.read()) as source:
            report = import_mlmd(source, store, actor="ada", batch=batch)
        assert store.verify().findings == []
        return report

    return bring


@pytest.fixture
def preview(store):
    """Return what asks what an import would do."""

    def preview(database, target=store):
        with closing(database.read()) as source:
            return preview_mlmd(source, target)

    return preview
