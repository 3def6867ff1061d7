"""ML Metadata's Python interface on a Lineal store: the same names, the same messages, the same errors.

Import from here instead of from `ml_metadata`, or leave a program as it is and call `install()` first.
"""

from __future__ import annotations

from lineal.errors import MissingExtra

try:
    import google.protobuf  # noqa: F401  asked for here, so that a missing one is named
    import grpc  # noqa: F401
except ImportError as error:
    raise MissingExtra("lineal.compat.mlmd", extra="mlmd") from error

from lineal.compat.mlmd import errors, metadata_store, proto
from lineal.compat.mlmd.installation import install
from lineal.compat.mlmd.metadata_store import ListOptions, MetadataStore, OrderByField, downgrade_schema
from lineal.compat.mlmd.version import __version__

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
