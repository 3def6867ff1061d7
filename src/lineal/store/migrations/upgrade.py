"""Running the migrations. Loaded only when there is something to do: Alembic is slow to import."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from lineal.store.dialects.sqlite import SqliteDialect
from lineal.store.migrations.server import Database

HERE = Path(__file__).parent


def upgrade(database: Path | Database) -> None:
    """Bring a store to the newest schema, an empty database to a store; each migration ends whole or not at all."""
    if isinstance(database, Path):
        _upgrade_file(SqliteDialect(database))
        return
    engine = database.engine()
    try:
        with engine.connect() as connection, database.alone(connection):
            run(connection)
    except DBAPIError as error:
        raise database.translate(error.orig if isinstance(error.orig, Exception) else error) from error
    finally:
        engine.dispose()


def _upgrade_file(dialect: SqliteDialect) -> None:
    # As parts, for a path may hold what ends one in a text.
    url = URL.create("sqlite", database=str(dialect.path), query={"timeout": str(dialect.timeout)})
    try:
        with sqlite_engine(url).connect() as connection:
            run(connection)
    except DBAPIError as error:
        raise dialect.translate(error.orig if isinstance(error.orig, Exception) else error) from error


def run(connection: Connection) -> None:
    """Run all missing migrations on this connection."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def sqlite_engine(url: str | URL) -> Engine:
    """Return an engine whose transactions cover DDL, which SQLite's driver ends early by default."""
    engine = create_engine(url, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _manual(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
