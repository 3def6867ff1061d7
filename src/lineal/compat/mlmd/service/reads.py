"""Reads of nodes: all, by id, external id, type, type and name, URI, and by context."""

from __future__ import annotations

from functools import partial
from typing import Any

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from lineal.compat.mlmd.errors import InvalidArgumentError, NotFoundError
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service.call import Call, Handler
from lineal.compat.mlmd.service.kinds import ARTIFACT, CONTEXT, KINDS, Kind, unique
from lineal.compat.mlmd.service.listing import answer_page, every_page
from lineal.compat.mlmd.service.records import message, write_nodes
from lineal.compat.mlmd.service.schemas import type_message
from lineal.compat.mlmd.service.types import check_external_ids
from lineal.model.ids import ContextId
from lineal.model.listing import ListOptions
from lineal.model.nodes import Node


def get_nodes(kind: Kind, call: Call, request: Any) -> Any:
    """Return a page of nodes, or all."""
    return answer_page(call, kind, request, _response(f"Get{kind.title}s"))


def get_by_id(kind: Kind, call: Call, request: Any) -> Any:
    """Return the nodes that exist, each once, by id."""
    response = _response(f"Get{kind.title}sByID")
    nodes = call.store.get(kind.model, unique(getattr(request, f"{kind.word}_ids")), existing=True)
    write_nodes(kind, nodes, call.types, getattr(response, kind.many))
    if kind is ARTIFACT and request.populate_artifact_types:
        # A type that was widened meanwhile has what the nodes have, and more.
        used = {(node.type, node.type_version) for node in nodes}
        types = [type_ for type_ in call.types.all(kind.kind) if (type_.name, type_.version) in used]
        response.artifact_types.extend(type_message(kind, type_) for type_ in types)
    return response


def get_by_external_ids(kind: Kind, call: Call, request: Any) -> Any:
    """Return the nodes that have one of these external ids; NOT_FOUND if none has."""
    wanted = sorted(check_external_ids(request.external_ids))
    nodes = _all(call, kind, ListOptions(external_ids=wanted)) if wanted else []
    if wanted and not nodes:
        raise NotFoundError(f"No {kind.many} found for external_ids.")
    response = _response(f"Get{kind.title}sByExternalIds")
    write_nodes(kind, nodes, call.types, getattr(response, kind.many))
    return response


def get_by_type(kind: Kind, call: Call, request: Any) -> Any:
    """Return a page of the nodes of a type, or all; none where there is no such type."""
    response = _response(f"Get{kind.title}sByType")
    found = call.types.find(kind.kind, request.type_name, request.type_version)
    if found is not None:
        answer_page(call, kind, request, response, ListOptions(type_id=found.id))
    return response


def get_by_type_and_name(kind: Kind, call: Call, request: Any) -> Any:
    """Return the node of a type and name, or an answer without one."""
    response = _response(f"Get{kind.title}ByTypeAndName")
    found = call.types.find(kind.kind, request.type_name, request.type_version)
    if found is not None:
        name = getattr(request, f"{kind.word}_name")
        nodes = _all(call, kind, ListOptions(type_id=found.id, names=[name]))
        for node in nodes:
            getattr(response, kind.word).CopyFrom(message(kind, node, call.types))
    return response


def get_by_context(kind: Kind, call: Call, request: Any) -> Any:
    """Return a page of the members of a context, or all; none where there is no such context."""
    only = ListOptions(context=ContextId(request.context_id))
    return answer_page(call, kind, request, _response(f"Get{kind.title}sByContext"), only)


def get_by_uri(call: Call, request: service_pb.GetArtifactsByURIRequest) -> Message:
    """Return the artifacts at these URIs, by id."""
    if _sends_field_1(request):
        raise InvalidArgumentError(
            "The request contains deprecated field `uri`: upgrade the client, which sends `uris`."
        )
    nodes = _all(call, ARTIFACT, ListOptions(uris=sorted(set(request.uris)))) if request.uris else []
    response = service_pb.GetArtifactsByURIResponse()
    write_nodes(ARTIFACT, nodes, call.types, response.artifacts)
    return response


def _all(call: Call, kind: Kind, options: ListOptions) -> list[Node]:
    return [node for page in every_page(call, kind, options) for node in page]


def _sends_field_1(request: Message) -> bool:
    """Return whether an old client sent the one URI that field 1 held."""
    unknown: Any = UnknownFieldSet(request)
    return any(field.field_number == 1 for field in unknown)


def _response(name: str) -> Any:
    return getattr(service_pb, f"{name}Response")()


HANDLERS: dict[str, Handler] = {"GetArtifactsByURI": get_by_uri}
for _kind in KINDS:
    HANDLERS |= {
        f"Get{_kind.title}s": partial(get_nodes, _kind),
        f"Get{_kind.title}sByID": partial(get_by_id, _kind),
        f"Get{_kind.title}sByExternalIds": partial(get_by_external_ids, _kind),
        f"Get{_kind.title}sByType": partial(get_by_type, _kind),
        f"Get{_kind.title}ByTypeAndName": partial(get_by_type_and_name, _kind),
    }
    if _kind is not CONTEXT:
        HANDLERS[f"Get{_kind.title}sByContext"] = partial(get_by_context, _kind)
