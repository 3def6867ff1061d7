"""Reads a command line of MLMD's server: `--name=value`, `--name value`, `-name=value`, `--flag`, `--noflag`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from lineal.errors import InvalidArgument


class Kind(Enum):
    """What a flag's value is."""

    TEXT = "text"
    NUMBER = "number"
    SWITCH = "switch"


_MYSQL = ("host", "database", "user", "password")
_POSTGRES = ("host", "hostaddr", "port", "user", "password", "passfile", "dbname")
_POSTGRES_SSL = ("sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert")

FLAGS: Mapping[str, Kind] = {
    "grpc_port": Kind.NUMBER,
    "grpc_channel_arguments": Kind.TEXT,
    "metadata_source_config_type": Kind.TEXT,
    "metadata_store_server_config_file": Kind.TEXT,
    "metadata_store_connection_retries": Kind.NUMBER,
    "enable_database_upgrade": Kind.SWITCH,
    "downgrade_db_schema_version": Kind.NUMBER,
    **{f"mysql_config_{name}": Kind.TEXT for name in _MYSQL},
    "mysql_config_port": Kind.NUMBER,
    **{f"postgres_config_{name}": Kind.TEXT for name in (*_POSTGRES, *_POSTGRES_SSL)},
    "postgres_config_skip_db_creation": Kind.SWITCH,
}
"""Every flag of MLMD's server."""

_MEANINGS = {
    "grpc_port": "the port, 8080 unless named",
    "grpc_channel_arguments": "grpc.NAME=VALUE,… in the place of the server's own limits",
    "metadata_source_config_type": "which flags name the database: default, config_file, mysql or postgresql",
    "metadata_store_server_config_file": "a MetadataStoreServerConfig as protobuf's text, for TLS and SQLite",
    "metadata_store_connection_retries": "how often a database that cannot be reached is tried again, 5 unless named",
    "enable_database_upgrade": "whether an older Lineal store may be upgraded",
    "downgrade_db_schema_version": "refused",
}
_HELP = frozenset({"--help", "-help", "-h"})

_YES, _NO = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})

Value = str | int | bool


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Return whether a command line asks what it may say."""
    return not _HELP.isdisjoint(arguments)


def usage() -> str:
    """Return what a command line may say, a line a flag."""
    flags = [f"  --{name}={kind.value.upper()}".ljust(50) + _MEANINGS.get(name, "") for name, kind in FLAGS.items()]
    lines = [
        "usage: python -m lineal.server.mlmd [--FLAG=VALUE ...]",
        "",
        "Serve a Lineal store under the flags of ML Metadata's server. Without a database it is one in memory.",
        "",
        *(line.rstrip() for line in flags),
    ]
    return "\n".join([*lines, ""])


def parse_flags(arguments: Sequence[str]) -> dict[str, Value]:
    """Return the flags that are given, by name. Raises InvalidArgument naming an unknown flag or a wrong value."""
    found: dict[str, Value] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, given, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or not name:
            raise InvalidArgument(f"{word!r} is not a flag", hint="flags are written --name=value")
        if not given and name not in FLAGS and FLAGS.get(name.removeprefix("no")) is Kind.SWITCH:
            found[name.removeprefix("no")] = False
            continue
        if name not in FLAGS:
            raise InvalidArgument(
                f"--{name} is not a flag of ML Metadata's server", hint="--help lists those there are"
            )
        if not given and FLAGS[name] is Kind.SWITCH:
            found[name] = True
            continue
        if not given:
            if not rest:
                raise InvalidArgument(f"--{name} has no value", hint=f"write --{name}=VALUE")
            value = rest.pop(0)
        found[name] = _value(name, value)
    return found


def _value(name: str, text: str) -> Value:
    kind = FLAGS[name]
    if kind is Kind.TEXT:
        return text
    if kind is Kind.NUMBER:
        try:
            return int(text)
        except ValueError as error:
            raise InvalidArgument(f"--{name} is a whole number, got {text!r}") from error
    if text.lower() not in _YES | _NO:
        raise InvalidArgument(f"--{name} is true or false, got {text!r}")
    return text.lower() in _YES
