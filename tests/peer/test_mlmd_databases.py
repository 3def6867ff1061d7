"""Databases of the real ML Metadata come in and go out again, and every answer stays what it was."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import lineal.compat.mlmd as ours
from lineal.ingest.mlmd.export import export_mlmd
from lineal.ingest.mlmd.run import import_mlmd
from lineal.ingest.mlmd.source import Source
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.sdk.starting import run
from lineal.store.location import of_database
from lineal.store.open import open_store
from tests.peer.answers import answers

pytestmark = pytest.mark.peer

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def written(peer, tmp_path_factory):
    """A database that the real ML Metadata wrote."""
    file = tmp_path_factory.mktemp("peer") / "mlmd.db"
    peer.run(HERE / "rich.py", file)
    return file


@pytest.fixture(scope="module")
def expected(peer, written):
    return json.loads(peer.run(HERE / "answers.py", written))


@pytest.fixture(scope="module")
def imported(written, tmp_path_factory):
    """A Lineal store with everything of it."""
    database = tmp_path_factory.mktemp("imported") / "lineal.db"
    with closing(open_store(of_database(database))) as store, closing(Source.at(str(written))) as source:
        report = import_mlmd(source, store, actor="ada", batch=5)
        assert report.equal
        assert report.losses == []
        assert store.verify().findings == []
    return database


def differing(ours, theirs):
    return {question for question in {*ours, *theirs} if ours.get(question) != theirs.get(question)}


def test_an_imported_database_gives_every_answer_it_gave_before(imported, expected):
    assert len(expected) > 100
    assert differing(answers(ours, str(imported)), expected) == set()


def test_an_exported_database_gives_the_real_one_every_answer_it_gave_before(peer, imported, expected, tmp_path):
    file = tmp_path / "exported.db"
    with closing(open_store(of_database(imported))) as store:
        exported = export_mlmd(store, file)
    assert exported.left_out == {}
    assert differing(json.loads(peer.run(HERE / "answers.py", file)), expected) == set()


def test_an_exported_database_has_the_rows_of_the_real_one(written, imported, tmp_path):
    file = tmp_path / "exported.db"
    with closing(open_store(of_database(imported))) as store:
        export_mlmd(store, file)
    for table, columns in {
        "Type": "*",
        "TypeProperty": "*",
        "ParentType": "*",
        "Artifact": "*",
        "Execution": "*",
        "Context": "*",
        "Event": "*",
        "EventPath": "*",
        "ParentContext": "*",
        "Association": "context_id, execution_id",
        "Attribution": "context_id, artifact_id",
    }.items():
        assert rows(file, table, columns) == rows(written, table, columns), table


def rows(file, table, columns):
    with closing(sqlite3.connect(file)) as connection:
        return sorted(map(repr, connection.execute(f"SELECT {columns} FROM {table}")))


def test_the_real_one_writes_on_in_an_exported_database_with_ids_above_those_there(peer, imported, tmp_path):
    file = tmp_path / "exported.db"
    with closing(open_store(of_database(imported))) as store:
        export_mlmd(store, file)
    peer.run(HERE / "rich.py", file.with_name("other.db"))
    said = peer.run(
        """
import sys
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb
config = pb.ConnectionConfig()
config.sqlite.filename_uri = sys.argv[1]
store = MetadataStore(config)
known = max(a.id for a in store.get_artifacts())
type_id = store.get_artifact_type("DataSet").id
print(store.put_artifacts([pb.Artifact(type_id=type_id)])[0] - known)
print(store.put_artifact_type(pb.ArtifactType(name="DataSet", properties=store.get_artifact_type("DataSet").properties,
    base_type=pb.ArtifactType.DATASET)) - type_id)
""",
        file,
    )
    assert said.split() == ["1", "0"]


def test_a_workspace_that_never_saw_ml_metadata_is_opened_by_the_real_one(peer, tmp_path):
    url = f"sqlite:///{tmp_path}/own/lineal.db"
    with run("train", url=url, params={"depth": 4}, seed=1) as training:
        training.log_metrics({"loss": 1 / 3, "best": float("nan")})
        training.log_model({"weights": [1]}, name="delay", version="v1")
    file = tmp_path / "exported.db"
    with closing(open_store(of_database(tmp_path / "own" / "lineal.db"))) as store:
        exported = export_mlmd(store, file)
    assert exported.left_out["fingerprint"] >= 1
    assert exported.left_out["metric"] == 2
    said = json.loads(peer.run(HERE / "answers.py", file))
    assert len(said["artifacts"]) >= 1
    assert len(said["executions"]) == 1


ON_A_SERVER = """
import sys
sys.path.insert(0, sys.argv[1])
import rich
from ml_metadata.proto import metadata_store_pb2 as pb
kind, host, port, user, secret, database = sys.argv[2:]
config = pb.ConnectionConfig()
if kind == "mariadb":
    server = config.mysql
    server.port, server.password, server.database = int(port), secret, database
else:
    server = config.postgresql
    server.port, server.passfile, server.dbname, server.skip_db_creation = port, secret, database, True
server.host, server.user = host, user
# On PostgreSQL the real one writes no text with a backslash: its quotes end there.
texts = [text for text in rich.TEXTS if kind == "mariadb" or "\\\\" not in text]
rich.write(config, texts, -(2**31))
"""


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_database_that_the_real_one_wrote_on_a_server_comes_in_whole(kind, request, peer, tmp_path):
    url = request.getfixturevalue(f"{kind}_url")
    parts = urlsplit(url)
    secret = unquote(parts.password or "")
    if kind == "postgresql":
        # The real one puts a password into its connection string as it is, which ends at the first blank.
        file = tmp_path / "password"
        escaped = secret.replace("\\", "\\\\").replace(":", "\\:")
        file.write_text(f"*:*:*:*:{escaped}\n", encoding="utf-8")
        file.chmod(0o600)
        secret = str(file)
    peer.run(ON_A_SERVER, HERE, kind, parts.hostname, parts.port, unquote(parts.username), secret, parts.path[1:])
    with closing(open_store(of_database(tmp_path / "lineal.db"))) as store, closing(Source.at(url)) as source:
        report = import_mlmd(source, store, actor="ada", batch=5)
        (both,) = (event for event in store.events(artifacts=[2]) if event.path)

    assert report.equal
    assert report.losses == []
    assert {table.table: table.there for table in report.tables}["ArtifactProperty"] == (
        20 if kind == "mariadb" else 19
    )
    assert both.path == ("key", 0, "", -5, "☃")


LATER = """
import sys
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb
config = pb.ConnectionConfig()
config.sqlite.filename_uri = sys.argv[1]
store = MetadataStore(config)
(artifact,) = store.get_artifacts_by_external_ids(["full"])
artifact.state = pb.Artifact.DELETED
artifact.custom_properties["tiny"].double_value = 2.5
store.put_artifacts([artifact])
type = store.get_execution_type("Trainer")
type.properties["more"] = pb.STRING
store.put_execution_type(type, can_add_fields=True)
store.put_executions([pb.Execution(type_id=type.id, name="later")])
print(artifact.id, type.id)
"""


def test_a_copy_in_which_the_real_one_went_on_is_the_same_source(peer, written, imported, tmp_path):
    copy, database = tmp_path / "copy.db", tmp_path / "lineal.db"
    shutil.copy(written, copy)
    shutil.copy(imported, database)
    artifact, type_ = peer.run(LATER, copy).split()
    with closing(open_store(of_database(database))) as store, closing(Source.at(str(copy))) as source:
        report = import_mlmd(source, store, actor="ada")
        assert report.equal
        assert store.verify().findings == []
    assert {update.record for update in report.outcome.updates} == {f"artifact#{artifact}", f"type#{type_}"}
    assert report.outcome.written == 1
    assert differing(answers(ours, str(database)), json.loads(peer.run(HERE / "answers.py", copy))) == set()


def test_an_exported_name_with_a_nul_is_not_cut_off_by_the_real_one(peer, tmp_path):
    with closing(open_store(of_database(tmp_path / "lineal.db"))) as store:
        store.put([Artifact(type="Model", name="a\0b", uri="u\0v")], by=Origin(actor="grace", action="test"))
        exported = export_mlmd(store, tmp_path / "out.db")
    assert exported.changed == {"Artifact": 1}
    (artifact,) = json.loads(peer.run(HERE / "answers.py", tmp_path / "out.db"))["artifacts"]
    assert "a␀b".encode() in bytes.fromhex(artifact)
    assert "u␀v".encode() in bytes.fromhex(artifact)
