"""The opt-in `declare_properties`: a property that a node has and its type lacks is added to the type with the put.

ML Metadata refuses such a node with "Found unmatched property type"; many a tutorial sets properties that its types do
not declare.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from lineal.compat.mlmd.metadata_store.calling import Calling
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2

_TYPE_OF_VALUE = {
    "int_value": pb.INT,
    "double_value": pb.DOUBLE,
    "string_value": pb.STRING,
    "struct_value": pb.STRUCT,
    "proto_value": pb.PROTO,
    "bool_value": pb.BOOLEAN,
}

_Declarations = dict[str, int]
"""The kinds of properties by name."""


class Declaring(Calling):
    """Puts nodes, and what their types lack with them."""

    declare_properties: bool = False
    """Whether undeclared properties declare themselves: for all stores on the class, for one on the object."""

    def _put(self, method: str, request: Any, nodes: Mapping[str, Sequence[Any]]) -> Any:
        """Return the answer to a put of these nodes, which are given by kind (`Artifact`, …).

        Properties that declare themselves need a call more for each kind, two where an update names no type. What the
        types lack is put together with the nodes: an error leaves neither, unless the store is a server's.
        """
        lacking = self._lacking(request, nodes) if self.declare_properties else None
        if lacking is None:
            return self._answer(method, request)
        calls = [("PutTypes", lacking), (method, request)]
        return self._tried(self._connection.call_all, calls)[-1]

    def _lacking(self, request: Any, nodes: Mapping[str, Sequence[Any]]) -> service_pb2.PutTypesRequest | None:
        """Return what widens the types of these nodes, None where they lack nothing."""
        masked = "update_mask" in request.DESCRIPTOR.fields_by_name
        paths = frozenset(request.update_mask.paths) if masked else frozenset()
        put = service_pb2.PutTypesRequest(can_add_fields=True, can_omit_fields=True)
        for kind, of_kind in nodes.items():
            wanted = self._wanted(kind, of_kind, paths)
            lacking = [type_ for type_ in self._types(kind, wanted) if _add_to(type_, wanted[type_.id])]
            getattr(put, f"{kind.lower()}_types").extend(lacking)
        return put if put.ByteSize() > _EMPTY else None

    def _wanted(self, kind: str, nodes: Sequence[Any], paths: Collection[str]) -> dict[int, _Declarations]:
        """Return what nodes need of their types, by the types' ids; what names no type is left to the put."""
        needing = [(node, needs) for node in nodes if (needs := _needs(node, paths))]
        types = self._types_of_nodes(kind, {node.id for node, _ in needing if not node.type_id})
        found: dict[int, _Declarations] = {}
        for node, needs in needing:
            if type_id := node.type_id or types.get(node.id):
                found[type_id] = needs | found.get(type_id, {})
        return found

    def _types(self, kind: str, type_ids: Iterable[int]) -> Sequence[Any]:
        request = getattr(service_pb2, f"Get{kind}TypesByIDRequest")(type_ids=sorted(type_ids))
        if not request.type_ids:
            return ()
        found: Sequence[Any] = getattr(self._answer(f"Get{kind}TypesByID", request), f"{kind.lower()}_types")
        return found

    def _types_of_nodes(self, kind: str, ids: Iterable[int]) -> dict[int, int]:
        word = kind.lower()
        request = getattr(service_pb2, f"Get{kind}sByIDRequest")(**{f"{word}_ids": sorted(ids)})
        if not getattr(request, f"{word}_ids"):
            return {}
        answer = self._answer(f"Get{kind}sByID", request)
        return {node.id: node.type_id for node in getattr(answer, f"{word}s")}


_EMPTY = service_pb2.PutTypesRequest(can_add_fields=True, can_omit_fields=True).ByteSize()


def _needs(node: Any, paths: Collection[str]) -> _Declarations:
    """Return the properties that a put of this node writes; a mask limits those of an update."""
    masked = paths and node.HasField("id") and "properties" not in paths
    kinds = {
        name: value.WhichOneof("value")
        for name, value in node.properties.items()
        if not masked or f"properties.{name}" in paths
    }
    # Without a value there is no kind: the put says what is wrong.
    return {name: _TYPE_OF_VALUE[kind] for name, kind in kinds.items() if kind is not None}


def _add_to(type_: Any, properties: _Declarations) -> bool:
    """Add what the type lacks, and say whether there was anything."""
    lacking = {name: kind for name, kind in properties.items() if name not in type_.properties}
    type_.properties.update(lacking)
    return bool(lacking)
