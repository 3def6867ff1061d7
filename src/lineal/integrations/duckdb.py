"""DuckDB: the files that a query names, read or written by it, with the query's text; and databases in files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from lineal.integrations.hooks import Call, Function, Patches, after, around
from lineal.integrations.listener import Listener, Read, Written
from lineal.integrations.pandas import query_text
from lineal.integrations.sources import GROUP, Remembered, place_of, places_of

_TEXTS = re.compile(r"'((?:[^']|'')*)'")
_WRITTEN = re.compile(r"\b(?:to|export\s+database)\s+'((?:[^']|'')*)'", re.IGNORECASE)
_ASKED = ("sql", "query", "execute", "executemany", "from_query", "query_df")
_READ = ("read_csv", "read_json", "read_parquet", "from_parquet", "from_csv_auto")
_SAVED = ("to_csv", "write_csv", "to_parquet", "write_parquet")
_RESULTS = (
    "df", "to_df", "fetchdf", "fetch_df", "pl", "arrow", "to_arrow_table", "fetch_arrow_table",
)  # fmt: skip

_queries: Remembered[tuple[str, list[str]]] = Remembered()
"""What each relation and connection was last asked, and which files that names."""


def install(duckdb: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook queries, readers and results, of the module and of connections."""
    asked: Callable[[str], Callable[[Function], Function]] = lambda name: around(  # noqa: E731
        lambda call: _before(call, name),
        lambda call, begun, error: _told_query(listener, call, begun, error),
        group=GROUP,
    )
    for name in _ASKED:
        patches.patch_function("duckdb", getattr(duckdb, name, None), asked(name))
        patches.patch(duckdb.DuckDBPyConnection, name, asked(name))
    for name in _READ:
        patches.patch_function("duckdb", getattr(duckdb, name, None), after(_told_read(listener, name, 0), group=GROUP))
        patches.patch(duckdb.DuckDBPyConnection, name, after(_told_read(listener, name, 1), group=GROUP))
    for name in _SAVED:
        patches.patch(duckdb.DuckDBPyRelation, name, after(_told_write(listener, name), group=GROUP))
    for owner in (duckdb.DuckDBPyRelation, duckdb.DuckDBPyConnection):
        for name in _RESULTS:
            patches.patch(owner, name, after(_told_result(listener), group=GROUP))
    patches.patch_function(
        "duckdb", getattr(duckdb, "connect", None), around(_connects, _connected(listener), group=GROUP)
    )


def files_of(query: str) -> tuple[list[str], list[str]]:
    """Return the files that a query reads and those that it writes, as far as its text names them."""
    written = [match[1].replace("''", "'") for match in _WRITTEN.finditer(query)]
    texts = [match[1].replace("''", "'") for match in _TEXTS.finditer(query)]
    named = [place for text in texts if text not in written and _may_be_file(text) for place in places_of(text)]
    return [place for place in dict.fromkeys(named) if "://" in place or os.path.exists(place)], written  # noqa: PTH110


def _may_be_file(text: str) -> bool:
    return "." in text or "/" in text or "*" in text


def _before(call: Call, name: str) -> tuple[str, list[str], list[str]] | None:
    """Look which files are there before the query runs: what it creates is no input."""
    texts = [value for value in (*call.args, *call.kwargs.values()) if isinstance(value, str)]
    return (texts[-1 if name == "query_df" else 0], *files_of(texts[0])) if texts else None


def _told_query(listener: Listener, call: Call, begun: Any, error: BaseException | None) -> None:
    if begun is None or error is not None:
        return
    query, read, written = begun
    for path in read:
        listener.read(Read(by="duckdb.sql", path=path, query=query_text(query)))
    for path in written:
        listener.wrote(Written(by="duckdb.sql", path=path))
    if call.result is not None:
        _queries.put(call.result, (query, read))


def _told_result(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        query, read = _queries.get(call.args[0]) or ("", [])
        if len(read) == 1:
            text = query_text(query) if query else None
            listener.read(Read(by="duckdb.sql", path=read[0], thing=call.result, query=text))

    return tell


def _told_read(listener: Listener, name: str, position: int) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        given = call.args[position] if position < len(call.args) else next(iter(call.kwargs.values()), None)
        places = places_of(given)
        for path in places:
            listener.read(Read(by=f"duckdb.{name}", path=path))
        if call.result is not None:
            _queries.put(call.result, ("", places))

    return tell


def _told_write(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.args[1] if len(call.args) > 1 else next(iter(call.kwargs.values()), None))
        if path is not None:
            listener.wrote(Written(by=f"duckdb.{name}", path=path))

    return tell


def _connects(call: Call) -> tuple[str, bool] | None:
    path = place_of(call.argument("database", 0))
    is_file = path is not None and path and not path.startswith(":") and "://" not in path
    return (path, os.path.exists(path)) if path is not None and is_file else None  # noqa: PTH110


def _connected(listener: Listener) -> Callable[[Call, Any, BaseException | None], None]:
    def tell(_call: Call, begun: Any, error: BaseException | None) -> None:
        if begun is None or error is not None:
            return
        path, was_there = begun
        if was_there:
            listener.read(Read(by="duckdb.connect", path=path))
        else:
            listener.wrote(Written(by="duckdb.connect", path=path, type="Dataset"))

    return tell
