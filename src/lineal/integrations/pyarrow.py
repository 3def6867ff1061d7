"""pyarrow: files and datasets read and written without pandas or polars. It opens files itself, unseen by Python."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Listener, Read, Written
from lineal.integrations.sources import GROUP, is_partial, place_of, places_of
from lineal.model.values import Value

_PARTS = ("columns", "filters", "row_groups", "include_columns")
_SOURCES = ("source", "input_file", "path", "where", "paths")
_TARGETS = ("where", "output_file", "dest", "base_dir", "root_path")


def parquet(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook Parquet files."""
    for name in ("read_table", "read_pandas"):
        patches.patch_function("pyarrow", getattr(module, name, None), after(_told_read(listener, name), group=GROUP))
    for name in ("write_table", "write_to_dataset"):
        patches.patch_function("pyarrow", getattr(module, name, None), after(_told_write(listener, name), group=GROUP))
    patches.patch(module.ParquetFile, "__init__", after(_told_opened(listener, "ParquetFile"), group=GROUP))
    patches.patch(module.ParquetWriter, "__init__", after(_told_created(listener, "ParquetWriter"), group=GROUP))


def csv(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook CSV files."""
    _functions(module, listener, patches, reads=("read_csv", "open_csv"), writes=("write_csv",))


def feather(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook Feather files."""
    _functions(module, listener, patches, reads=("read_table", "read_feather"), writes=("write_feather",))


def json(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook files of JSON lines."""
    _functions(module, listener, patches, reads=("read_json", "open_json"), writes=())


def orc(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook ORC files."""
    _functions(module, listener, patches, reads=("read_table",), writes=("write_table",))


def dataset(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook datasets of many files."""
    _functions(module, listener, patches, reads=("dataset",), writes=("write_dataset",))


def _functions(
    module: ModuleType, listener: Listener, patches: Patches, *, reads: tuple[str, ...], writes: tuple[str, ...]
) -> None:
    for name in reads:
        patches.patch_function("pyarrow", getattr(module, name, None), after(_told_read(listener, name), group=GROUP))
    for name in writes:
        patches.patch_function("pyarrow", getattr(module, name, None), after(_told_write(listener, name), group=GROUP))


def _told_read(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        places = places_of(_given(call, _SOURCES, 0))
        facts: dict[str, Value] = {"partial": True} if is_partial(call.kwargs, _PARTS) or len(places) > 1 else {}
        for path in places:
            thing = call.result if len(places) == 1 else None
            listener.read(Read(by=f"pyarrow.{name}", path=path, thing=thing, facts=facts))

    return tell


def _told_write(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        data, target = call.args[0] if call.args else next(iter(call.kwargs.values()), None), _given(call, _TARGETS, 1)
        path = place_of(target)
        if path is not None:
            listener.wrote(Written(by=f"pyarrow.{name}", path=path, thing=data))

    return tell


def _told_opened(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(_given(call, _SOURCES, 1))
        if path is not None:
            listener.read(Read(by=f"pyarrow.{name}", path=path))

    return tell


def _told_created(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(_given(call, _TARGETS, 1))
        if path is not None:
            listener.wrote(Written(by=f"pyarrow.{name}", path=path))

    return tell


def _given(call: Call, names: tuple[str, ...], position: int) -> object:
    if position < len(call.args):
        return call.args[position]
    return next((call.kwargs[name] for name in names if name in call.kwargs), None)
