"""Opens the database that the flags name, as patiently and as carefully as they say."""

from __future__ import annotations

import sys
import time

from lineal.errors import NotALinealStore, SchemaVersionMismatch, Unavailable
from lineal.store.location import Location, check_place
from lineal.store.migrations.head import HEAD, KNOWN
from lineal.store.open import open_store, schema_version
from lineal.store.protocol import Store

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 16.0


def opened(location: Location, *, may_create_database: bool, may_upgrade: bool, retries: int) -> Store:
    """Return the open store; one that cannot be reached yet is tried again `retries` times, more slowly each time.

    A new store is a line on stderr. Raises NotFound where its directory is missing, or its database that may not be
    created, Unavailable when the tries are used up, SchemaVersionMismatch where the store is older and may not be
    upgraded, NotALinealStore for any other database, ML Metadata's own among them.
    """
    wait = _FIRST_WAIT
    for left in range(max(0, retries), -1, -1):
        try:
            return _opened(location, may_create_database=may_create_database, may_upgrade=may_upgrade)
        except Unavailable as error:
            if not left:
                raise
            sys.stderr.write(f"{error.message}; {left} more tries\n")
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
    raise AssertionError("the last try returns or raises")


def _opened(location: Location, *, may_create_database: bool, may_upgrade: bool) -> Store:
    check_place(location)
    try:
        version = schema_version(location)
    except NotALinealStore as error:
        raise NotALinealStore(
            error.message,
            hint="a database of ML Metadata's own moves into a new one: `lineal import mlmd OLD_URL --url NEW_URL`",
        ) from error
    if version in KNOWN and version != HEAD and not may_upgrade:
        raise SchemaVersionMismatch(
            f"{location.shown} has schema {version}, this Lineal speaks {HEAD}; schema migration is disabled",
            found=version,
            wanted=HEAD,
            hint="--enable_database_upgrade=true, or `lineal upgrade`",
        )
    store = open_store(location, create_database=may_create_database)
    if version is None and not location.temporary:
        sys.stderr.write(f"new store: {location.shown}\n")
    return store
