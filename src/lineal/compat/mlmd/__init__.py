"""ML Metadata's Python interface on a Lineal store: the same names, the same messages, the same errors.

Import from here instead of from `ml_metadata`, or leave a program as it is and call `install()` first. What needs the
messages is loaded when it is first asked for: `install()` has its say before they choose a descriptor pool.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lineal.errors import MissingExtra

try:
    import google.protobuf  # noqa: F401  asked for here, so that a missing one is named
    import grpc  # noqa: F401
except ImportError as error:
    raise MissingExtra("lineal.compat.mlmd", extra="mlmd") from error

from lineal.compat.mlmd import errors
from lineal.compat.mlmd.installation import install
from lineal.compat.mlmd.version import __version__

if TYPE_CHECKING:
    from lineal.compat.mlmd import metadata_store, proto
    from lineal.compat.mlmd.metadata_store import ListOptions, MetadataStore, OrderByField, downgrade_schema

__all__ = [
    "ListOptions",
    "MetadataStore",
    "OrderByField",
    "__version__",
    "downgrade_schema",
    "errors",
    "install",
    "metadata_store",
    "proto",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # It brings `metadata_store` and `proto` with it: a submodule becomes an attribute of its package.
    interface = import_module(f"{__name__}.metadata_store")
    globals().update({public: getattr(interface, public) for public in interface.__all__})
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
