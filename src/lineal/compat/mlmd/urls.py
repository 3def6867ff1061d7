"""From ML Metadata's database configurations to Lineal's URLs."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.errors import InvalidArgument

PRIVATE = "sqlite://"
"""A store of its own that goes with the process."""


def url_of(config: pb.ConnectionConfig) -> str:
    """Return the URL of what a configuration names. Raises InvalidArgument where it names nothing."""
    backend = config.WhichOneof("config")
    if backend == "fake_database":
        return PRIVATE
    if backend == "sqlite":
        return _sqlite(config.sqlite)
    if backend == "mysql":
        return _mysql(config.mysql)
    if backend == "postgresql":
        return _postgresql(config.postgresql)
    raise InvalidArgument(
        "the ConnectionConfig names no database; set fake_database, sqlite, mysql or postgresql "
        "(fake_database: config.fake_database.SetInParent())"
    )


def may_create_database(config: pb.ConnectionConfig) -> bool:
    """Return whether the database itself, and not only what is in it, may be created."""
    backend = config.WhichOneof("config")
    return backend not in {"mysql", "postgresql"} or not getattr(config, backend).skip_db_creation


def _sqlite(config: pb.SqliteMetadataSourceConfig) -> str:
    name = config.filename_uri
    if name.startswith("file:"):
        parts = urlsplit(name)
        name = ":memory:" if "mode=memory" in parts.query.split("&") else unquote(parts.path)
    return PRIVATE if name in {"", ":memory:"} else f"sqlite:///{quote(name)}"


def _mysql(config: pb.MySQLDatabaseConfig) -> str:
    ssl = config.ssl_options
    for option in ("capath", "cipher"):
        if getattr(ssl, option):
            raise InvalidArgument(f"ssl_options.{option} is not offered; name the authority's file in ssl_options.ca")
    options = {
        "socket": config.socket,
        "ssl_key": ssl.key,
        "ssl_cert": ssl.cert,
        "ssl_ca": ssl.ca,
        "ssl_verify": "true" if ssl.verify_server_cert else "",
    }
    return _server("mysql", config, config.database, options)


def _postgresql(config: pb.PostgreSQLDatabaseConfig) -> str:
    ssl = config.ssloption
    options = {
        "hostaddr": config.hostaddr,
        "passfile": config.passfile,
        "sslmode": ssl.sslmode,
        "sslcert": ssl.sslcert,
        "sslkey": ssl.sslkey,
        "sslpassword": ssl.sslpassword,
        "sslrootcert": ssl.sslrootcert,
    }
    return _server("postgresql", config, config.dbname, options)


def _server(scheme: str, config: Any, database: str, options: dict[str, str]) -> str:
    user = quote(config.user, safe="")
    password = f":{quote(config.password, safe='')}" if config.password else ""
    at = "@" if user or password else ""
    host = f"[{config.host}]" if ":" in config.host else quote(config.host, safe="")
    port = f":{config.port}" if config.port else ""
    given = urlencode({name: value for name, value in options.items() if value})
    return f"{scheme}://{user}{password}{at}{host}{port}/{quote(database, safe='')}" + (f"?{given}" if given else "")
