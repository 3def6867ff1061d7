"""`install()`: from then on `import ml_metadata` gives Lineal's, in this process."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module

from lineal.errors import FailedPrecondition

_OURS = "lineal.compat.mlmd"
_NAME = "ml_metadata"
_POOL = ".proto.pool"
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
    ".tools",
    ".version",
)


def install(*, declare_properties: bool = False) -> None:
    """Register this package and its modules as `ml_metadata`; a second call is fine.

    With `declare_properties` every `MetadataStore` adds undeclared properties to their types, as
    `MetadataStore.declare_properties = True` does. Raises FailedPrecondition where the real package is already loaded.
    Warns where messages of this package were made before, beside an installed real package: they stay apart.
    """
    _refuse_the_real_one()
    # First the name: messages that are made from here on know that the real package cannot come any more.
    sys.modules[_NAME] = sys.modules[_OURS]
    try:
        modules = {_NAME + name: import_module(_OURS + name) for name in _MODULES}
    except BaseException:
        del sys.modules[_NAME]
        raise
    sys.modules.update(modules)
    if declare_properties:
        modules[_NAME].MetadataStore.declare_properties = True
    if import_module(_OURS + _POOL).PRIVATE:
        warnings.warn(
            "lineal.compat.mlmd was used before install(), so its messages are apart from those of google.protobuf: "
            "a program's own Struct, Any or FieldMask is another class. Call install() first",
            stacklevel=2,
        )


def _refuse_the_real_one() -> None:
    names = [(_NAME + name, _OURS + name) for name in _MODULES]
    taken = sorted(
        name for name, ours in names if name in sys.modules and sys.modules[name] is not sys.modules.get(ours)
    )
    if taken:
        raise FailedPrecondition(
            f"the real ML Metadata is already loaded here as {taken[0]}",
            hint="call lineal.compat.mlmd.install() before anything imports ml_metadata",
        )
