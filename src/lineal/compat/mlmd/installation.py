"""`install()`: from then on `import ml_metadata` gives Lineal's, in this process."""

from __future__ import annotations

import sys
from importlib import import_module

from lineal.compat.mlmd.metadata_store import MetadataStore
from lineal.errors import FailedPrecondition

_OURS = "lineal.compat.mlmd"
_NAME = "ml_metadata"
_MODULES = (
    "",
    ".errors",
    ".metadata_store",
    ".metadata_store.metadata_store",
    ".metadata_store.mlmd_types",
    ".proto",
    ".proto.metadata_store_pb2",
    ".proto.metadata_store_service_pb2",
    ".proto.metadata_store_service_pb2_grpc",
    ".simple_types",
    ".simple_types.proto",
    ".simple_types.proto.simple_types_pb2",
    ".version",
)


def install(*, declare_properties: bool = False) -> None:
    """Register this package and its modules as `ml_metadata`; a second call is fine.

    With `declare_properties` every `MetadataStore` adds undeclared properties to their types, as
    `MetadataStore.declare_properties = True` does. Raises FailedPrecondition where the real package is already loaded.
    """
    modules = {_NAME + name: import_module(_OURS + name) for name in _MODULES}
    taken = sorted(name for name, module in modules.items() if sys.modules.get(name, module) is not module)
    if taken:
        raise FailedPrecondition(
            f"the real ML Metadata is already loaded here as {taken[0]}",
            hint="call lineal.compat.mlmd.install() before anything imports ml_metadata",
        )
    sys.modules.update(modules)
    if declare_properties:
        MetadataStore.declare_properties = True
