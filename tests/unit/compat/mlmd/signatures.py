"""Prints what a program can name in `ml_metadata`: modules, functions and methods with their parameters and defaults.

Run as a script it prints those of the installed package; `make conformance` records the real one's.
"""

from __future__ import annotations

import importlib
import inspect

MODULES = ("", ".errors", ".metadata_store", ".metadata_store.metadata_store", ".metadata_store.mlmd_types", ".proto")
NAMED_BY_NOBODY = {"attr", "abc", "enum", "grpc", "logging", "random", "time", "Any", "Iterable", "List", "Optional"}
INTERNAL = {"pywrap", "simple_types_pb2", "metadata_store_serialized", "Sequence", "Tuple", "Union", "ExtraOptions"}


def lines(package):
    for name in MODULES:
        module = importlib.import_module(package + name)
        for attribute, value in sorted(vars(module).items()):
            if attribute.startswith("_") or attribute in NAMED_BY_NOBODY | INTERNAL or inspect.ismodule(value):
                continue
            yield f"{name.lstrip('.') or 'top'}: {described(attribute, value)}"
    store = importlib.import_module(package).MetadataStore
    for method, function in inspect.getmembers(store, inspect.isfunction):
        if not method.startswith("_") or method == "__init__":
            yield f"MetadataStore.{method}({parameters(function)})"


def described(name, value):
    if inspect.isfunction(value):
        return f"{name}({parameters(value)})"
    if isinstance(value, int):
        return f"{name} = {value}"
    return name


def parameters(function):
    return ", ".join(
        name if found.default is found.empty else f"{name}={found.default!r}"
        for name, found in inspect.signature(function).parameters.items()
    )


if __name__ == "__main__":
    print("\n".join(lines("ml_metadata")))  # noqa: T201  the script's answer
