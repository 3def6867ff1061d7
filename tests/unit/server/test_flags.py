"""The command lines people have in manifests are read as MLMD's server reads them."""

from __future__ import annotations

import pytest

from lineal.errors import InvalidArgument, NotFound
from lineal.server.mlmd.configuration import channel_arguments, server_config, tls_of_config
from lineal.server.mlmd.flags import FLAGS, parse_flags

PIPELINES = [
    "--grpc_port=8080",
    "--mysql_config_database=metadb",
    "--mysql_config_host=mysql",
    "--mysql_config_port=3306",
    "--mysql_config_user=root",
    "--mysql_config_password=",
    "--enable_database_upgrade=true",
    "--grpc_channel_arguments=grpc.max_metadata_size=16384",
]


def test_the_command_line_of_kubeflow_pipelines_is_a_mysql_server():
    flags = parse_flags(PIPELINES)
    config = server_config(flags)

    mysql = config.connection_config.mysql
    assert (mysql.host, mysql.port, mysql.database, mysql.user, mysql.password) == ("mysql", 3306, "metadb", "root", "")
    assert config.migration_options.enable_upgrade_migration
    assert channel_arguments(flags) == (("grpc.max_metadata_size", 16384),)
    assert tls_of_config(config) is None


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        (["--grpc_port", "1"], {"grpc_port": 1}),
        (["-grpc_port=1"], {"grpc_port": 1}),
        (["--enable_database_upgrade"], {"enable_database_upgrade": True}),
        (["--noenable_database_upgrade"], {"enable_database_upgrade": False}),
        (["--enable_database_upgrade=F"], {"enable_database_upgrade": False}),
        (["--mysql_config_password=a=b"], {"mysql_config_password": "a=b"}),
        ([], {}),
    ],
)
def test_a_flag_is_read_in_each_of_its_forms(arguments, flags):
    assert parse_flags(arguments) == flags


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--grpc_prot=1"], "--grpc_prot is not a flag"),
        (["--nogrpc_port"], "--nogrpc_port is not a flag"),
        (["--grpc_port"], "--grpc_port has no value"),
        (["--grpc_port=many"], "whole number, got 'many'"),
        (["--enable_database_upgrade=perhaps"], "true or false, got 'perhaps'"),
        (["serve"], "'serve' is not a flag"),
        (["--"], "'--' is not a flag"),
    ],
)
def test_a_wrong_command_line_is_refused_with_the_wrong_word(arguments, said):
    with pytest.raises(InvalidArgument, match=said):
        parse_flags(arguments)


def test_postgresql_has_its_flags_too_and_they_count_only_if_its_type_is_chosen():
    flags = parse_flags(
        ["--postgres_config_host=db", "--postgres_config_port=5432", "--postgres_config_sslmode=require"]
    )

    postgresql = server_config(flags).connection_config.postgresql
    assert (postgresql.host, postgresql.port, postgresql.ssloption.sslmode) == ("db", "5432", "require")
    chosen = server_config(flags | {"metadata_source_config_type": "mysql"})
    assert chosen.connection_config.WhichOneof("config") == "mysql"


def test_every_flag_has_a_place_in_the_configuration():
    values = {"text": "x", "number": 1, "switch": True}
    flags = {name: values[kind.value] for name, kind in FLAGS.items() if kind.value in values}
    for source in ("mysql", "postgresql"):
        found = server_config(flags | {"metadata_source_config_type": source, "downgrade_db_schema_version": -1})
        assert found.connection_config.WhichOneof("config") == source
        assert getattr(found.connection_config, source).host == "x"


def test_without_a_database_it_is_one_in_memory():
    assert server_config({}).connection_config.WhichOneof("config") == "fake_database"


def test_a_configuration_file_is_read_with_its_tls(tmp_path):
    file = tmp_path / "config.pbtxt"
    file.write_text('connection_config { sqlite { filename_uri: "/data/store.db" } } ssl_config { custom_ca: "x" }')

    config = server_config(parse_flags([f"--metadata_store_server_config_file={file}"]))

    assert config.connection_config.sqlite.filename_uri == "/data/store.db"
    with pytest.raises(InvalidArgument, match="server_cert and server_key"):
        tls_of_config(config)


def test_a_configuration_file_that_cannot_be_read_is_said_without_its_passwords(tmp_path):
    file = tmp_path / "config.pbtxt"
    file.write_text('connection_config {\n  mysql { passwort: "s3cret" } }')

    with pytest.raises(InvalidArgument, match="line 2") as caught:
        server_config(parse_flags([f"--metadata_store_server_config_file={file}"]))
    assert "s3cret" not in str(caught.value)

    with pytest.raises(NotFound, match="there is no file"):
        server_config(parse_flags(["--metadata_source_config_type=config_file"]))


def test_a_downgrade_is_refused_with_the_way_that_there_is():
    with pytest.raises(InvalidArgument) as caught:
        server_config(parse_flags(["--downgrade_db_schema_version=8"]))

    assert "lineal export mlmd" in caught.value.hint


@pytest.mark.parametrize("text", ["grpc.max_metadata_size", "max_metadata_size=1", "=1"])
def test_what_is_no_channel_argument_is_refused(text):
    with pytest.raises(InvalidArgument, match="is no channel argument"):
        channel_arguments({"grpc_channel_arguments": text})
