"""ML Metadata's database configurations become Lineal's URLs."""

from __future__ import annotations

import pytest

from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.urls import url_of
from lineal.errors import InvalidArgument


def config(**named):
    return pb.ConnectionConfig(**named)


def test_a_fake_database_is_a_store_of_its_own():
    assert url_of(config(fake_database=pb.FakeDatabaseConfig())) == "sqlite://"


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("", "sqlite://"),
        (":memory:", "sqlite://"),
        ("file::memory:?cache=shared&mode=memory", "sqlite://"),
        ("metadata.db", "sqlite:///metadata.db"),
        ("/var/lib/a b?.db", "sqlite:////var/lib/a%20b%3F.db"),
        ("file:/var/lib/a%20b.db?cache=shared", "sqlite:////var/lib/a%20b.db"),
    ],
)
def test_a_sqlite_file_is_named_plainly_or_as_a_uri(name, url):
    assert url_of(config(sqlite=pb.SqliteMetadataSourceConfig(filename_uri=name))) == url


def test_mysql_with_everything():
    ssl = pb.MySQLDatabaseConfig.SSLOptions(key="k.pem", cert="c.pem", ca="a.pem", verify_server_cert=True)
    mysql = pb.MySQLDatabaseConfig(
        host="db", port=3307, database="meta", user="ada", password="p@ss/word", ssl_options=ssl
    )

    assert url_of(config(mysql=mysql)) == (
        "mysql://ada:p%40ss%2Fword@db:3307/meta?ssl_key=k.pem&ssl_cert=c.pem&ssl_ca=a.pem&ssl_verify=true"
    )


def test_mysql_by_a_socket():
    mysql = pb.MySQLDatabaseConfig(database="meta", user="ada", socket="/run/mysqld.sock")

    assert url_of(config(mysql=mysql)) == "mysql://ada@/meta?socket=%2Frun%2Fmysqld.sock"


@pytest.mark.parametrize("option", ["capath", "cipher"])
def test_what_would_be_ignored_of_mysqls_certificates_is_refused(option):
    ssl = pb.MySQLDatabaseConfig.SSLOptions(**{option: "x"})

    with pytest.raises(InvalidArgument, match=rf"ssl_options\.{option} is not offered"):
        url_of(config(mysql=pb.MySQLDatabaseConfig(database="meta", ssl_options=ssl)))


def test_postgresql_with_everything():
    ssl = pb.PostgreSQLDatabaseConfig.SSLOptions(sslmode="verify-full", sslrootcert="/ca.pem")
    postgresql = pb.PostgreSQLDatabaseConfig(
        host="::1", port="5433", user="ada", passfile="/pass", dbname="meta", ssloption=ssl
    )

    assert url_of(config(postgresql=postgresql)) == (
        "postgresql://ada@[::1]:5433/meta?passfile=%2Fpass&sslmode=verify-full&sslrootcert=%2Fca.pem"
    )


def test_no_database_is_an_error_that_says_how_to_name_one():
    with pytest.raises(InvalidArgument, match=r"config\.fake_database\.SetInParent"):
        url_of(config())
