"""MLMD's `skip_db_creation`: a database that is missing stays so."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest

from lineal.compat import mlmd
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb


def configuration(url):
    """Return MLMD's configuration of a database that must be there."""
    parts = urlsplit(url)
    place = {"host": parts.hostname, "user": parts.username, "password": unquote(parts.password)}
    config, name = pb.ConnectionConfig(), parts.path[1:]
    if parts.scheme == "mysql":
        config.mysql.CopyFrom(pb.MySQLDatabaseConfig(database=name, port=parts.port, skip_db_creation=True, **place))
    else:
        config.postgresql.CopyFrom(
            pb.PostgreSQLDatabaseConfig(dbname=name, port=str(parts.port), skip_db_creation=True, **place)
        )
    return config


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_database_whose_creation_is_skipped_must_be_there(request, kind):
    server = request.getfixturevalue(kind)
    url = server.new_database()
    try:
        assert mlmd.MetadataStore(configuration(url)).get_artifacts() == []
    finally:
        server.drop_database(url)

    for _ in range(2):  # the first try has not made it
        with pytest.raises(RuntimeError, match=r"there is no such database \("):
            mlmd.MetadataStore(configuration(url))
