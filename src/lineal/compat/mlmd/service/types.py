"""PutTypes, Put…Type, Get…Type, Get…Types and their reads by id and external id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from google.protobuf.message import Message

from lineal.compat.mlmd.errors import (
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
    UnimplementedError,
)
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service.call import Call, Handler
from lineal.compat.mlmd.service.failures import status_of
from lineal.compat.mlmd.service.kinds import KINDS, Kind
from lineal.compat.mlmd.service.known import SIMPLE_NAMES
from lineal.compat.mlmd.service.schemas import type_message, type_of
from lineal.errors import AlreadyExists
from lineal.model.types import NodeType


def put_type(kind: Kind, call: Call, request: Any) -> Any:
    """Register a type, or widen the stored one."""
    (type_id,) = _put(call, [type_of(kind, getattr(request, f"{kind.word}_type"))], request)
    return _response(f"Put{kind.title}Type")(type_id=type_id)


def put_types(call: Call, request: service_pb.PutTypesRequest) -> Message:
    """Register types of all kinds, or none of them."""
    given = [(kind, type_of(kind, message)) for kind in KINDS for message in getattr(request, f"{kind.word}_types")]
    ids = _put(call, [type_ for _, type_ in given], request)
    response = service_pb.PutTypesResponse()
    for (kind, _), type_id in zip(given, ids, strict=True):
        getattr(response, f"{kind.word}_type_ids").append(type_id)
    return response


def get_type(kind: Kind, call: Call, request: Any) -> Any:
    """Return the type of a name and version; NOT_FOUND if there is none."""
    found = call.types.find(kind.kind, request.type_name, request.type_version)
    if found is None:
        version = request.type_version or "nullopt"
        raise NotFoundError(f"No type found for query, name: `{request.type_name}`, version: `{version}`")
    return _answer(kind, f"Get{kind.title}Type", f"{kind.word}_type", [found])


def get_types(kind: Kind, call: Call, _request: Any) -> Any:
    """Return all types but the simple ones."""
    types = [type_ for type_ in call.types.all(kind.kind) if type_.name not in SIMPLE_NAMES]
    return _answer(kind, f"Get{kind.title}Types", f"{kind.word}_types", types)


def get_types_by_id(kind: Kind, call: Call, request: Any) -> Any:
    """Return the types there are, in the order asked for."""
    by_id = {type_.id: type_ for type_ in call.types.all(kind.kind)}
    types = [by_id[id_] for id_ in request.type_ids if id_ in by_id]
    return _answer(kind, f"Get{kind.title}TypesByID", f"{kind.word}_types", types)


def get_types_by_external_ids(kind: Kind, call: Call, request: Any) -> Any:
    """Return the types that have one of these external ids; NOT_FOUND if none has."""
    wanted = check_external_ids(request.external_ids)
    types = [type_ for type_ in call.types.all(kind.kind) if type_.external_id in wanted]
    if wanted and not types:
        raise NotFoundError("No types found for external_ids.")
    return _answer(kind, f"Get{kind.title}TypesByExternalIds", f"{kind.word}_types", types)


def check_external_ids(external_ids: Sequence[str]) -> set[str]:
    """Return external ids to look for; INVALID_ARGUMENT if one is empty."""
    if "" in external_ids:
        raise InvalidArgumentError("Invalid argument because at least one empty external_id exists.")
    return set(external_ids)


def _put(call: Call, types: list[NodeType], request: Any) -> Sequence[int]:
    if not request.all_fields_match:
        raise UnimplementedError("Must match all fields.")
    with call.store.batch(by=call.by):
        known = {(type_.kind, type_.name, type_.version): type_ for type_ in call.types.all()}
        stored = [known.get((type_.kind, type_.name, type_.version)) for type_ in types]
        prepared = [_prepared(there, type_) for there, type_ in zip(stored, types, strict=True)]
        try:
            return call.store.put_types(
                prepared,
                by=call.by,
                can_add_fields=request.can_add_fields,
                can_omit_fields=request.can_omit_fields,
            )
        except AlreadyExists as error:
            text = status_of(error).message
            if text.startswith("external id"):
                raise AlreadyExistsError(f"Conflict of external_id: {text}") from error
            why = next((why for pair in zip(stored, types, strict=True) if (why := _difference(*pair, request))), "")
            raise AlreadyExistsError(f"Type already exists with different properties: {why}{text}") from error


def _difference(stored: NodeType | None, given: NodeType, request: Any) -> str:
    """Return what ML Metadata says first of the properties of a type that cannot be put, or nothing."""
    if stored is None:
        return ""
    both = stored.properties.keys() & given.properties.keys()
    if any(stored.properties[name] is not given.properties[name] for name in both):
        return "Conflicting property value type found in stored and given types: "
    if stored.properties.keys() - both and not request.can_omit_fields:
        return "can_omit_fields is false while stored type has more properties: "
    if given.properties.keys() - both and not request.can_add_fields:
        return "can_add_fields is false while the given type has more properties: "
    return ""


def _prepared(stored: NodeType | None, given: NodeType) -> NodeType:
    """Refuse another base than the stored one; an empty external id of a stored type says nothing."""
    if stored is None:
        return given
    if None not in {given.base, stored.base} and stored.base != given.base:
        raise UnimplementedError("base_type update is not supported yet")
    return replace(given, external_id=given.external_id or None)


def _answer(kind: Kind, name: str, field: str, types: list[NodeType]) -> Any:
    response = _response(name)()
    found = [type_message(kind, type_) for type_ in types]
    target = getattr(response, field)
    if field.endswith("_type"):
        target.CopyFrom(found[0])
    else:
        target.extend(found)
    return response


def _response(name: str) -> Any:
    return getattr(service_pb, f"{name}Response")


HANDLERS: dict[str, Handler] = {"PutTypes": put_types}
for _kind in KINDS:
    HANDLERS |= {
        f"Put{_kind.title}Type": partial(put_type, _kind),
        f"Get{_kind.title}Type": partial(get_type, _kind),
        f"Get{_kind.title}Types": partial(get_types, _kind),
        f"Get{_kind.title}TypesByID": partial(get_types_by_id, _kind),
        f"Get{_kind.title}TypesByExternalIds": partial(get_types_by_external_ids, _kind),
    }
