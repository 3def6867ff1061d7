"""From flags to a MetadataStoreServerConfig, and from it to what our server needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from google.protobuf import text_format
from google.protobuf.message import Message

from lineal.compat.mlmd.proto import metadata_store_pb2
from lineal.errors import InvalidArgument, NotFound
from lineal.server.mlmd.flags import Value
from lineal.server.tls import Tls, checked_tls

_TYPES = ("default", "config_file", "mysql", "postgresql")
_FILE = "metadata_store_server_config_file"
_RETRIES, _USUAL_RETRIES = "metadata_store_connection_retries", 5


def server_config(flags: Mapping[str, Value]) -> metadata_store_pb2.MetadataStoreServerConfig:
    """Return the configuration that the flags describe; without a database in them it is one in memory.

    `--metadata_source_config_type` says which flags count. `default` takes the file if there is one, else MySQL's
    flags, else PostgreSQL's.
    """
    source = _source(flags)
    if source == "config_file":
        config = _of_file(flags)
    else:
        config = metadata_store_pb2.MetadataStoreServerConfig()
        if source == "mysql":
            _fill(config.connection_config.mysql, "mysql_config_", flags)
        elif source == "postgresql":
            _fill_postgresql(config.connection_config.postgresql, flags)
        else:
            config.connection_config.fake_database.SetInParent()
    if "enable_database_upgrade" in flags:
        config.migration_options.enable_upgrade_migration = bool(flags["enable_database_upgrade"])
    if (
        int(flags.get("downgrade_db_schema_version", -1)) >= 0
        or config.migration_options.downgrade_to_schema_version >= 0
    ):
        raise InvalidArgument(
            "a downgrade of ML Metadata's schema is not offered: this server keeps a schema of its own",
            hint="`lineal export mlmd FILE` writes a database that ML Metadata opens",
        )
    retry = config.connection_config.retry_options
    if _RETRIES in flags or not retry.HasField("max_num_retries"):
        retry.max_num_retries = int(flags.get(_RETRIES, _USUAL_RETRIES))
    return config


def tls_of_config(config: metadata_store_pb2.MetadataStoreServerConfig) -> Tls | None:
    """Return the TLS of a configuration, whose fields hold PEM text, or None where it asks for none."""
    ssl = config.ssl_config
    if not ssl.server_cert and not ssl.server_key:
        if ssl.client_verify or ssl.custom_ca:
            raise InvalidArgument("ssl_config needs server_cert and server_key", hint="they hold PEM text")
        return None
    if ssl.client_verify and not ssl.custom_ca:
        raise InvalidArgument("ssl_config.client_verify needs custom_ca, the authority that signs clients")
    tls = Tls(
        certificate=ssl.server_cert.encode(),
        key=ssl.server_key.encode(),
        client_authority=ssl.custom_ca.encode() if ssl.client_verify else None,
    )
    return checked_tls(tls, names=("ssl_config.server_cert", "ssl_config.server_key", "ssl_config.custom_ca"))


def channel_arguments(flags: Mapping[str, Value]) -> tuple[tuple[str, int | str], ...]:
    """Return the channel arguments in `--grpc_channel_arguments=grpc.name=value,…`; whole numbers become ints."""
    text = str(flags.get("grpc_channel_arguments", ""))
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    wrong = [name for name, given, _ in pairs if not given or not name.strip().startswith("grpc.")]
    if wrong:
        raise InvalidArgument(
            f"--grpc_channel_arguments: {wrong[0]!r} is no channel argument",
            hint="such as grpc.max_metadata_size=16384",
        )
    return tuple((name.strip(), _number_or_text(value.strip())) for name, _, value in pairs)


def _source(flags: Mapping[str, Value]) -> str:
    named = str(flags.get("metadata_source_config_type", "default"))
    if named not in _TYPES:
        raise InvalidArgument(f"--metadata_source_config_type is one of {', '.join(_TYPES)}, got {named!r}")
    if named != "default":
        return named
    if flags.get(_FILE):
        return "config_file"
    if any(name.startswith("mysql_config_") for name in flags):
        return "mysql"
    return "postgresql" if any(name.startswith("postgres_config_") for name in flags) else "memory"


def _of_file(flags: Mapping[str, Value]) -> metadata_store_pb2.MetadataStoreServerConfig:
    path = Path(str(flags.get(_FILE, "")))
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotFound(f"--{_FILE}: there is no file {str(path)!r}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"--{_FILE}: {path} cannot be read: {error}") from error
    config = metadata_store_pb2.MetadataStoreServerConfig()
    try:
        text_format.Parse(text, config)
    except text_format.ParseError as error:
        # Its text quotes the line, which may hold a password: say where, not what.
        raise InvalidArgument(
            f"--{_FILE}: {path} is not a MetadataStoreServerConfig in protobuf's text format, "
            f"line {error.GetLine()}, column {error.GetColumn()}"
        ) from error
    return config


def _fill(message: Message, prefix: str, flags: Mapping[str, Value]) -> None:
    message.SetInParent()  # chosen, even if none of its flags is given
    for name, value in flags.items():
        if name.startswith(prefix):
            setattr(message, name.removeprefix(prefix), value)


def _fill_postgresql(message: metadata_store_pb2.PostgreSQLDatabaseConfig, flags: Mapping[str, Value]) -> None:
    secure = {name: value for name, value in flags.items() if name.startswith("postgres_config_ssl")}
    _fill(message, "postgres_config_", {name: value for name, value in flags.items() if name not in secure})
    _fill(message.ssloption, "postgres_config_", secure)


def _number_or_text(text: str) -> int | str:
    return int(text) if text.removeprefix("-").isdigit() else text
