"""Hugging Face datasets: loaded from the hub (by name and revision), from files or a directory, and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Listener, Read, Written
from lineal.integrations.sources import GROUP, place_of, places_of
from lineal.model.values import Value

_FILE_KINDS = frozenset({"csv", "json", "parquet", "arrow", "text", "xml", "imagefolder", "audiofolder", "webdataset"})
_WRITTEN = ("save_to_disk", "to_csv", "to_json", "to_parquet")


def install(datasets: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook loading, and the writers of datasets."""
    patches.patch_function("datasets", datasets.load_dataset, after(_told_load(listener), group=GROUP))
    patches.patch_function("datasets", datasets.load_from_disk, after(_told_disk(listener), group=GROUP))
    for owner in (datasets.Dataset, datasets.DatasetDict):
        for name in _WRITTEN:
            if name in vars(owner):
                patches.patch(owner, name, after(_told_write(listener, name), group=GROUP))


def _told_load(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path, name = str(call.argument("path", 0)), call.argument("name", 1)
        directory = call.argument("data_dir", 2)
        files = _files(call.argument("data_files", 3)) or ([str(directory)] if directory else [])
        facts = _facts(call.result, call.kwargs)
        if files and path in _FILE_KINDS:
            for place in files:
                thing = call.result if len(files) == 1 else None
                listener.read(Read(by="datasets.load_dataset", path=place, thing=thing, facts=facts))
            return
        family = f"{path}/{name}" if isinstance(name, str) else path
        version = call.kwargs.get("revision") or facts.get("dataset_version")
        listener.read(
            Read(
                by="datasets.load_dataset",
                path=f"hf://datasets/{family}",
                thing=call.result,
                name=family,
                version=None if version is None else str(version),
                facts=facts,
            )
        )

    return tell


def _told_disk(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("dataset_path", 0))
        if path is not None:
            facts = _facts(call.result, {})
            listener.read(Read(by="datasets.load_from_disk", path=path, thing=call.result, facts=facts))

    return tell


def _told_write(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.args[1] if len(call.args) > 1 else next(iter(call.kwargs.values()), None))
        if path is not None:
            written = Written(by=f"datasets.{name}", path=path, thing=call.args[0], type="Dataset")
            listener.wrote(written)

    return tell


def _files(given: object) -> list[str]:
    if isinstance(given, Mapping):
        return [place for value in given.values() for place in places_of(value)]
    return places_of(given)


def _facts(loaded: object, options: Mapping[str, object]) -> dict[str, Value]:
    """Return rows by split and the library's own fingerprints: they change with every transformation."""
    parts: dict[str, Any] = (
        dict(loaded) if isinstance(loaded, Mapping) else {str(options.get("split") or "all"): loaded}
    )
    rows = {str(name): part.num_rows for name, part in parts.items() if hasattr(part, "num_rows")}
    digits = {str(name): getattr(part, "_fingerprint", None) for name, part in parts.items()}
    known = {name: value for name, value in digits.items() if isinstance(value, str)}
    versions = {str(part.version) for part in parts.values() if getattr(part, "version", None) is not None}
    facts: dict[str, Value] = {"splits": rows} if rows else {}
    if known:
        facts["datasets_fingerprint"] = known
    if len(versions) == 1:
        facts["dataset_version"] = versions.pop()
    return facts
