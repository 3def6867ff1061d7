"""The opt-in `declare_properties`: a property that a node has and its type lacks is added to the type first.

ML Metadata refuses such a node with "Found unmatched property type"; many a tutorial sets properties that its types do
not declare.
"""

from __future__ import annotations

from collections.abc import Sequence
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


class Declaring(Calling):
    """Puts nodes, and what their types lack before them."""

    declare_properties: bool = False
    """Whether undeclared properties declare themselves: for all stores on the class, for one on the object."""

    def _declare(self, kind: str, nodes: Sequence[Any]) -> None:
        """Add to the types of these nodes (`Artifact`, …) what they lack; one call more, two where something does."""
        wanted = _properties_by_type(nodes) if self.declare_properties else {}
        if not wanted:
            return
        field = f"{kind.lower()}_types"
        request = getattr(service_pb2, f"Get{kind}TypesByIDRequest")(type_ids=sorted(wanted))
        types = getattr(self._answer(f"Get{kind}TypesByID", request), field)
        lacking = [type_ for type_ in types if _add_to(type_, wanted[type_.id])]
        if lacking:
            put = service_pb2.PutTypesRequest(can_add_fields=True, can_omit_fields=True)
            getattr(put, field).extend(lacking)
            self._answer("PutTypes", put)


def _properties_by_type(nodes: Sequence[Any]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for node in nodes:
        of_type = found.setdefault(node.type_id, {}) if node.properties else {}
        for name, value in node.properties.items():
            kind = value.WhichOneof("value")
            if kind is not None:  # else the put says what is wrong
                of_type.setdefault(name, _TYPE_OF_VALUE[kind])
    return found


def _add_to(type_: Any, properties: dict[str, int]) -> bool:
    """Add what the type lacks, and say whether there was anything."""
    lacking = {name: kind for name, kind in properties.items() if name not in type_.properties}
    type_.properties.update(lacking)
    return bool(lacking)
