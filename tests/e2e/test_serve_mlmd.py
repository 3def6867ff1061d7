"""The flags of ML Metadata's server start ours: a manifest changes only its image."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from urllib.parse import unquote, urlsplit

import grpc
import pytest

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2
from lineal.compat.mlmd.proto.metadata_store_service_pb2_grpc import MetadataStoreServiceStub
from lineal.server.mlmd.flags import FLAGS
from lineal.workspace import open_workspace
from tests.servers.certificates import Authority
from tests.servers.serving import channel_to, serving

PROGRAM = ("-m", "lineal.server.mlmd")


def put_type(channel):
    request = service_pb2.PutArtifactTypeRequest()
    request.artifact_type.name = "Model"
    return MetadataStoreServiceStub(channel).PutArtifactType(request, timeout=60).type_id


def refused(*flags):
    done = subprocess.run([sys.executable, *PROGRAM, *flags], capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def flags_of(url, prefix, database):
    parts = urlsplit(url)
    values = {
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username,
        "password": unquote(parts.password),
        database: parts.path[1:],
    }
    return [f"--{prefix}_{name}={value}" for name, value in values.items()]


def test_without_a_database_it_warns_and_serves_until_it_stops():
    with serving(None, "--grpc_port=0", program=PROGRAM) as server, channel_to(server) as channel:
        assert "what is written goes when this server stops" in server.said
        assert put_type(channel) > 0
        assert server.stop(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("fixture", "prefix", "database"),
    [("mariadb_url", "mysql_config", "database"), ("postgresql_url", "postgres_config", "dbname")],
)
def test_the_flags_of_a_manifest_serve_a_store_on_that_database(request, fixture, prefix, database):
    url = request.getfixturevalue(fixture)
    flags = [
        "--grpc_port=0",
        *flags_of(url, prefix, database),
        "--enable_database_upgrade=true",
        "--grpc_channel_arguments=grpc.max_metadata_size=16384",
    ]
    with serving(None, *flags, program=PROGRAM) as server:
        assert unquote(urlsplit(url).password) not in server.said
        with channel_to(server) as channel:
            put_type(channel)
    with open_workspace(url) as workspace:
        assert {type_.name for type_ in workspace.store.list_types()} >= {"Model"}


def test_a_configuration_file_names_the_database_and_the_certificates(tmp_path):
    authority = Authority(tmp_path)
    own, ada = authority.sign("server"), authority.sign("ada")
    file = tmp_path / "config.pbtxt"

    def quoted(path):
        return '"' + path.read_text().replace("\n", "\\n") + '"'

    file.write_text(
        f'connection_config {{ sqlite {{ filename_uri: "{tmp_path}/meta.db" }} }}\n'
        f"ssl_config {{ server_cert: {quoted(own.certificate)} server_key: {quoted(own.key)}"
        f" custom_ca: {quoted(authority.file)} client_verify: true }}"
    )
    credentials = grpc.ssl_channel_credentials(
        authority.file.read_bytes(), ada.key.read_bytes(), ada.certificate.read_bytes()
    )
    with (
        serving(None, "--grpc_port=0", f"--metadata_store_server_config_file={file}", program=PROGRAM) as server,
        grpc.secure_channel(server.grpc, credentials) as channel,
    ):
        put_type(channel)
    with open_workspace(tmp_path / "meta.db") as workspace:
        assert [entry.actor for entry in workspace.store.entries()][-1] == "tls:ada"


def test_a_database_of_ml_metadatas_own_is_refused_with_the_way_to_bring_it_over(tmp_path):
    with closing(sqlite3.connect(tmp_path / "theirs.db")) as theirs:
        theirs.execute("CREATE TABLE MLMDEnv (schema_version INTEGER PRIMARY KEY)")
        theirs.execute("INSERT INTO MLMDEnv VALUES (10)")
        theirs.commit()
    file = tmp_path / "config.pbtxt"
    file.write_text(f'connection_config {{ sqlite {{ filename_uri: "{tmp_path}/theirs.db" }} }}')

    code, said = refused(f"--metadata_store_server_config_file={file}")

    assert code == 7
    assert "lineal import mlmd" in said


def test_help_lists_the_flags_and_needs_no_extra():
    program = "import sys; sys.modules['grpc'] = None; sys.argv = ['x', {!r}]; import runpy; runpy.run_module({!r}, {})"
    names = "run_name='__main__', alter_sys=True"

    def run(flag):
        command = [sys.executable, "-c", program.format(flag, PROGRAM[1], names)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    for flag in ("--help", "-h"):
        helped = run(flag)
        assert (helped.returncode, helped.stderr) == (0, "")
        assert all(f"--{name}=" in helped.stdout for name in FLAGS)
    missing = run("--grpc_port=0")
    assert missing.returncode == 9
    assert missing.stderr.splitlines() == [
        "error: the server (grpc) needs an optional part that is not installed.",
        "hint:  pip install 'lineal[server]'",
    ]


def test_a_new_store_is_said_and_its_directory_is_not_made(tmp_path):
    file = tmp_path / "config.pbtxt"
    flags = ("--grpc_port=0", f"--metadata_store_server_config_file={file}")
    file.write_text(f'connection_config {{ sqlite {{ filename_uri: "{tmp_path}/meta.db" }} }}')
    with serving(None, *flags, program=PROGRAM) as server:
        assert f"new store: sqlite:///{tmp_path}/meta.db\n" in server.said

    file.write_text(f'connection_config {{ sqlite {{ filename_uri: "{tmp_path}/absent/meta.db" }} }}')
    code, said = refused(*flags)
    assert (code, said.splitlines()[0]) == (3, f"error: there is no directory {tmp_path}/absent")


def test_what_is_wrong_is_one_line_and_an_exit_code():
    assert refused("--grpc_prot=1")[0] == 2
    assert refused("--postgres_config_host=h", "--postgres_config_dbname=d", "--postgres_config_port=zz")[0] == 2
    code, said = refused(
        "--postgres_config_host=127.0.0.1",
        "--postgres_config_port=1",
        "--postgres_config_dbname=x",
        "--metadata_store_connection_retries=0",
    )
    assert code == 11
    assert said.startswith("error: ")
