"""A store in this process: how it is opened, and what is refused."""

from __future__ import annotations

import gc
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lineal.compat import mlmd
from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.store.location import locate
from lineal.store.open import open_store

STORES = Path(__file__).parents[3] / "migration" / "stores"
READONLY, READWRITE, OPENCREATE = (
    pb.SqliteMetadataSourceConfig.ConnectionMode.Value(name)
    for name in ("READONLY", "READWRITE", "READWRITE_OPENCREATE")
)


def sqlite_file(path, mode=OPENCREATE):
    return pb.ConnectionConfig(sqlite=pb.SqliteMetadataSourceConfig(filename_uri=str(path), connection_mode=mode))


def private():
    return pb.ConnectionConfig(fake_database=pb.FakeDatabaseConfig())


def put_one(store):
    type_id = store.put_artifact_type(pb.ArtifactType(name="T"))
    return store.put_artifacts([pb.Artifact(type_id=type_id, uri="u")])


@pytest.mark.parametrize("mode", [0, OPENCREATE])
def test_a_file_is_created_and_found_again(tmp_path, mode):
    put_one(mlmd.MetadataStore(sqlite_file(tmp_path / "meta.db", mode)))

    (artifact,) = mlmd.MetadataStore(sqlite_file(tmp_path / "meta.db", mode)).get_artifacts()
    assert artifact.uri == "u"


def test_it_is_a_lineal_store_whose_ledger_says_who_wrote_what(tmp_path):
    put_one(mlmd.MetadataStore(sqlite_file(tmp_path / "meta.db")))

    with closing(open_store(locate(tmp_path / "meta.db"))) as store:
        assert [entry.action for entry in store.entries()][-2:] == ["PutArtifactType", "PutArtifacts"]
        assert store.verify().ok


@pytest.mark.parametrize("mode", [READONLY, READWRITE])
def test_a_file_that_is_not_there_is_created_only_where_the_mode_says_so(tmp_path, mode):
    with pytest.raises(RuntimeError, match=r"no Lineal store at .*absent\.db \(check the ConnectionConfig\)"):
        mlmd.MetadataStore(sqlite_file(tmp_path / "absent.db", mode))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0, READONLY, READWRITE, OPENCREATE])
def test_no_mode_makes_the_directory_of_a_file(tmp_path, mode):
    with pytest.raises(RuntimeError, match="there is no"):
        mlmd.MetadataStore(sqlite_file(tmp_path / "absent" / "meta.db", mode))
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_named_wrongly_is_a_runtime_error():
    with pytest.raises(RuntimeError, match="port"):
        mlmd.MetadataStore(pb.ConnectionConfig(postgresql=pb.PostgreSQLDatabaseConfig(dbname="d", port="zz")))
    with pytest.raises(RuntimeError, match="names no database"):
        mlmd.MetadataStore(pb.ConnectionConfig())


def test_a_path_that_the_operating_system_refuses_to_look_at_is_a_runtime_error(tmp_path):
    with pytest.raises(RuntimeError, match=r"x\.db cannot be opened: File name too long"):
        mlmd.MetadataStore(sqlite_file(tmp_path / ("x" * 300 + ".db")))


def test_readonly_takes_what_is_there_and_refuses_what_would_write(tmp_path):
    put_one(mlmd.MetadataStore(sqlite_file(tmp_path / "meta.db")))
    store = mlmd.MetadataStore(sqlite_file(tmp_path / "meta.db", READONLY))

    (stored,) = store.get_artifacts()
    (type_,) = store.get_artifact_types()
    assert store.put_artifact_type(pb.ArtifactType(name=type_.name)) == type_.id
    assert store.put_artifacts([stored]) == [stored.id]
    wider = pb.ArtifactType(name=type_.name, properties={"p": pb.INT})
    with pytest.raises(errors.AlreadyExistsError):
        store.put_artifact_type(wider)
    new = pb.Artifact(type_id=type_.id)
    for put, given in (
        (store.put_artifact_type, (wider, True)),
        (store.put_execution_type, (pb.ExecutionType(name="T"),)),
        (store.put_artifacts, ([new],)),
        (store.put_artifacts, ([pb.Artifact(id=stored.id, uri="other")],)),
    ):
        with pytest.raises(errors.InternalError, match=r"attempt to write a readonly database.*READONLY"):
            put(*given)
    assert store.get_artifacts() == [stored]


def test_two_private_stores_know_nothing_of_each_other():
    first, second = mlmd.MetadataStore(private()), mlmd.MetadataStore(private())
    put_one(first)

    assert second.get_artifacts() == []


def test_a_private_stores_files_go_with_it():
    store = mlmd.MetadataStore(private())
    directory = locate_of(store)
    assert directory.exists()

    del store
    gc.collect()
    assert not directory.exists()


def locate_of(store):
    return Path(store._connection._service._store.facts()["file"]).parent


def test_a_listing_is_asked_for_once_and_ends_at_its_limit(monkeypatch):
    store = mlmd.MetadataStore(private())
    type_id = store.put_artifact_type(pb.ArtifactType(name="T"))
    store.put_artifacts([pb.Artifact(type_id=type_id)] * 250)
    asked = []
    answer = store._connection.call
    monkeypatch.setattr(store._connection, "call", lambda *call: asked.append(call) or answer(*call))

    assert len(store.get_artifacts(mlmd.ListOptions(filter_query="id > 0"))) == 250
    assert [node.id for node in store.get_artifacts(mlmd.ListOptions(limit=120, is_asc=False))] == [
        *range(250, 130, -1)
    ]
    assert len(asked) == 2


# ---------------------------------------------------------------- foreign, older, newer


@pytest.fixture
def foreign(tmp_path):
    """A database with ML Metadata's tables."""
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE MLMDEnv (schema_version INTEGER); CREATE TABLE Artifact (id INTEGER);")
    return path


def test_a_database_of_ml_metadatas_own_is_refused_with_the_command_that_imports_it(foreign):
    before = foreign.read_bytes()

    with pytest.raises(RuntimeError, match="lineal import mlmd"):
        mlmd.MetadataStore(sqlite_file(foreign))
    with pytest.raises(RuntimeError, match="lineal import mlmd"):
        mlmd.downgrade_schema(sqlite_file(foreign), 9)
    assert foreign.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "junk.db").write_bytes(b"junk" * 1000)

    with pytest.raises(RuntimeError, match="not a Lineal database"):
        mlmd.MetadataStore(sqlite_file(tmp_path / "junk.db"))


@pytest.fixture
def old(tmp_path):
    """A store with Lineal's first schema."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((STORES / "0001.sql").read_text(encoding="utf-8"))
    return path


def test_an_older_store_is_upgraded_only_where_that_is_asked_for(old):
    with pytest.raises(RuntimeError, match="Schema migration is disabled"):
        mlmd.MetadataStore(sqlite_file(old))

    assert mlmd.MetadataStore(sqlite_file(old), enable_upgrade_migration=True).get_artifacts()
    assert mlmd.MetadataStore(sqlite_file(old)).get_artifacts()


def test_a_newer_store_is_refused(old):
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    with pytest.raises(RuntimeError, match="newer Lineal"):
        mlmd.MetadataStore(sqlite_file(old), enable_upgrade_migration=True)


def test_a_store_is_at_schema_version_10_and_has_no_older_one():
    assert mlmd.downgrade_schema(private(), 10) is None
    with pytest.raises(errors.FailedPreconditionError, match="lineal export mlmd"):
        mlmd.downgrade_schema(private(), 9)


# ---------------------------------------------------------------- properties that declare themselves


@pytest.fixture
def store():
    return mlmd.MetadataStore(private())


def test_undeclared_properties_are_refused_unless_a_program_opts_in(store):
    type_id = store.put_artifact_type(pb.ArtifactType(name="DataSet"))
    artifact = pb.Artifact(type_id=type_id, properties={"rows": pb.Value(int_value=7)})

    with pytest.raises(errors.InvalidArgumentError):
        store.put_artifacts([artifact])
    store.declare_properties = True
    assert store.put_artifacts([artifact]) == [1]
    assert store.get_artifact_type("DataSet").properties == {"rows": pb.INT}


def test_every_kind_of_property_declares_itself_on_every_kind_of_node(store):
    store.declare_properties = True
    values = {
        "i": pb.Value(int_value=1),
        "d": pb.Value(double_value=0.5),
        "s": pb.Value(string_value="x"),
        "b": pb.Value(bool_value=True),
    }
    values["t"] = pb.Value()
    values["t"].struct_value.update({"a": 1})
    values["p"] = pb.Value()
    values["p"].proto_value.Pack(pb.Artifact(id=1))
    a = store.put_artifact_type(pb.ArtifactType(name="A", properties={"kept": pb.STRING}))
    e = store.put_execution_type(pb.ExecutionType(name="E"))
    c = store.put_context_type(pb.ContextType(name="C"))

    store.put_execution(
        pb.Execution(type_id=e, properties=values),
        [(pb.Artifact(type_id=a, properties=values), None), (None, None)],
        [pb.Context(type_id=c, name="group", properties=values)],
    )

    kinds = {"i": pb.INT, "d": pb.DOUBLE, "s": pb.STRING, "b": pb.BOOLEAN, "t": pb.STRUCT, "p": pb.PROTO}
    assert store.get_artifact_type("A").properties == {**kinds, "kept": pb.STRING}
    assert store.get_execution_type("E").properties == kinds
    assert store.get_context_type("C").properties == kinds


def test_a_put_that_fails_declares_nothing(store):
    store.declare_properties = True
    type_id = store.put_execution_type(pb.ExecutionType(name="E", properties={"rate": pb.DOUBLE}))
    run = pb.Execution(type_id=type_id, properties={"rate": pb.Value(int_value=1), "new": pb.Value(int_value=1)})

    with pytest.raises(errors.InvalidArgumentError, match="rate"):  # a declared property keeps its kind
        store.put_lineage_subgraph([run], [], [], [])
    assert store.get_execution_type("E").properties == {"rate": pb.DOUBLE}


def test_an_update_declares_what_it_writes_also_where_it_names_no_type(store):
    store.declare_properties = True
    type_id = store.put_artifact_type(pb.ArtifactType(name="A"))
    (id_,) = store.put_artifacts([pb.Artifact(type_id=type_id)])
    update = pb.Artifact(id=id_, properties={"new": pb.Value(int_value=1), "masked": pb.Value(int_value=1)})

    store.put_artifacts([update], ["properties.new"])
    assert store.get_artifact_type("A").properties == {"new": pb.INT}
    store.put_artifacts([update])
    assert store.get_artifact_type("A").properties == {"new": pb.INT, "masked": pb.INT}


def test_several_types_are_put_at_once(store):
    types = [pb.ContextType(name="A"), pb.ContextType(name="B", properties={"p": pb.INT})]

    ids = store.put_context_types(types)

    assert [type_.name for type_ in store.get_context_types_by_id(ids)] == ["A", "B"]
    types[1].properties["q"] = pb.INT
    with pytest.raises(errors.AlreadyExistsError):
        store.put_context_types(types)
    assert store.put_context_types(types, can_add_fields=True) == ids
