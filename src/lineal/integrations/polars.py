"""polars: `read_…` and `scan_…` are observed inputs, `write_…` and `sink_…` observed outputs."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Listener, Read, Written
from lineal.integrations.pandas import database_of, query_text
from lineal.integrations.sources import GROUP, Remembered, is_partial, place_of, places_of
from lineal.model.values import Value

_READ = "avro csv delta excel ipc ipc_stream json lines ndjson ods parquet"
_SCANNED = "csv delta iceberg ipc lance lines ndjson parquet"
_WRITTEN = "avro csv delta excel ipc ipc_stream json ndjson parquet"
_SUNK = "csv delta ipc ndjson parquet"
_PARTS = ("columns", "n_rows", "skip_rows", "sheet_id", "sheet_name", "row_index_offset")
_TARGETS = ("file", "target", "workbook", "path")

_scans: Remembered[tuple[str, str]] = Remembered()
"""Lazy frames that are one scanned file and nothing more: what they are collected to is what that file holds."""


def install(polars: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook the readers, and the writers of frames."""
    for name in (*(f"read_{kind}" for kind in _READ.split()), *(f"scan_{kind}" for kind in _SCANNED.split())):
        patches.patch_function("polars", getattr(polars, name, None), after(_told_read(listener, name), group=GROUP))
    for name in ("read_database", "read_database_uri"):
        patches.patch_function("polars", getattr(polars, name, None), after(_told_query(listener, name), group=GROUP))
    for name in (f"write_{kind}" for kind in _WRITTEN.split()):
        patches.patch(polars.DataFrame, name, after(_told_write(listener, name), group=GROUP))
    for name in (f"sink_{kind}" for kind in _SUNK.split()):
        patches.patch(polars.LazyFrame, name, after(_told_write(listener, name), group=GROUP))
    patches.patch(polars.LazyFrame, "collect", after(_told_collect(listener), group=GROUP))


def _told_read(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        places = places_of(call.argument("source", 0))
        facts: dict[str, Value] = {"partial": True} if is_partial(call.kwargs, _PARTS) or len(places) > 1 else {}
        version = call.kwargs.get("version", call.kwargs.get("snapshot_id"))
        for path in places:
            thing = call.result if len(places) == 1 else None
            stated = None if version is None else str(version)
            listener.read(Read(by=f"polars.{name}", path=path, thing=thing, version=stated, facts=facts))
        if name.startswith("scan_") and len(places) == 1 and not facts:
            _scans.put(call.result, (f"polars.{name}", places[0]))

    return tell


def _told_collect(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        known = _scans.get(call.args[0])
        if known is not None:
            listener.read(Read(by=known[0], path=known[1], thing=call.result))

    return tell


def _told_query(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = database_of(call.kwargs.get("connection", call.argument("uri", 1)))
        text = query_text(call.argument("query", 0))
        listener.read(
            Read(by=f"polars.{name}", path=path, name=None if path else "query", thing=call.result, query=text)
        )

    return tell


def _told_write(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        named = next((call.kwargs[key] for key in _TARGETS if key in call.kwargs), None)
        path = place_of(call.args[1] if len(call.args) > 1 else named)
        if path is not None:
            listener.wrote(Written(by=f"polars.{name}", path=path, thing=call.args[0]))

    return tell
