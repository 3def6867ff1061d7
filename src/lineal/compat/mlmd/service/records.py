"""Nodes between messages and records.

A message knows less than a record: fingerprint, start and end of what Lineal's own SDK wrote stay as they are when an
ML Metadata client replaces the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from lineal.compat.mlmd.service.kinds import Kind
from lineal.compat.mlmd.service.known import Known
from lineal.compat.mlmd.service.values import says, values_of, write_values
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState, Node, kind_of
from lineal.model.types import NodeType
from lineal.model.values import Value

MILLISECOND = 1000

_ARTIFACT_STATES = {state.value: state for state in ArtifactState}
_EXECUTION_STATES = {state.value: state for state in ExecutionState}


def new_node(kind: Kind, message: Any, type_: NodeType) -> Node:
    """Return the record of a node to insert."""
    has = message.HasField
    external_id = message.external_id if has("external_id") else None
    properties, custom = values_of(message.properties), values_of(message.custom_properties)
    name = message.name if has("name") else None
    if kind.model is Artifact:
        return Artifact(
            type=type_.name,
            type_version=type_.version,
            name=name,
            # As in ML Metadata, an artifact without a URI is found under the empty one.
            uri=message.uri,
            state=_ARTIFACT_STATES[message.state],
            external_id=external_id,
            properties=properties,
            custom_properties=custom,
        )
    if kind.model is Execution:
        return Execution(
            type=type_.name,
            type_version=type_.version,
            name=name,
            state=_EXECUTION_STATES[message.last_known_state],
            external_id=external_id,
            properties=properties,
            custom_properties=custom,
        )
    return Context(
        type=type_.name,
        type_version=type_.version,
        name=name or "",
        external_id=external_id,
        properties=properties,
        custom_properties=custom,
    )


def replaced(old: Node, message: Any) -> Node:
    """Return a stored node with everything replaced that a message can say, but id, type, name and times."""
    external_id = message.external_id if message.HasField("external_id") else None
    properties = same_where_equal(old.properties, message.properties)
    custom = same_where_equal(old.custom_properties, message.custom_properties)
    if isinstance(old, Artifact):
        return replace(
            old,
            uri=message.uri or ("" if old.uri is not None else None),
            state=_ARTIFACT_STATES[message.state],
            external_id=external_id,
            properties=properties,
            custom_properties=custom,
        )
    if isinstance(old, Execution):
        return replace(
            old,
            state=_EXECUTION_STATES[message.last_known_state],
            external_id=external_id,
            properties=properties,
            custom_properties=custom,
        )
    return replace(old, external_id=external_id, properties=properties, custom_properties=custom)


def same_where_equal(old: dict[str, Value] | Any, given: Any) -> dict[str, Value]:
    """Return the given properties, keeping the stored value where the given one is what its message says.

    A Struct cannot say all that ours can, so a client that reads and writes back would wear it down.
    """
    values = values_of(given)
    for name, value in values.items():
        if isinstance(value, dict) and name in old and says(given[name], old[name]):
            values[name] = old[name]
    return values


def write_nodes(kind: Kind, nodes: Iterable[Node], types: Known, target: Any) -> None:
    """Add stored nodes to the field of an answer."""
    write = _WRITERS[kind.kind]
    type_ids: dict[tuple[str, str], int] = {}
    for node in nodes:
        identity = (node.type, node.type_version)
        type_id = type_ids.get(identity)
        if type_id is None:
            type_id = type_ids[identity] = types.id_of(kind.kind, *identity)
        write(node, type_id, target.add())


def message(kind: Kind, node: Node, types: Known) -> Any:
    """Return the message of a stored node."""
    found = kind.message()
    _WRITERS[kind.kind](node, types.id_of(kind.kind, node.type, node.type_version), found)
    return found


def _write_artifact(node: Any, type_id: int, target: Any) -> None:
    target.uri = node.uri or ""
    if node.state is not ArtifactState.UNKNOWN:
        target.state = node.state.value
    _write_node(node, type_id, target)


def _write_execution(node: Any, type_id: int, target: Any) -> None:
    if node.state is not ExecutionState.UNKNOWN:
        target.last_known_state = node.state.value
    _write_node(node, type_id, target)


def _write_node(node: Any, type_id: int, target: Any) -> None:
    target.id = node.id
    target.type_id = type_id
    target.type = node.type
    target.create_time_since_epoch = node.created_at // MILLISECOND
    target.last_update_time_since_epoch = node.updated_at // MILLISECOND
    if node.name is not None:
        target.name = node.name
    if node.external_id is not None:
        target.external_id = node.external_id
    if node.properties:
        write_values(node.properties, target.properties)
    if node.custom_properties:
        write_values(node.custom_properties, target.custom_properties)


_WRITERS: dict[NodeKind, Callable[[Any, int, Any], None]] = {
    NodeKind.ARTIFACT: _write_artifact,
    NodeKind.EXECUTION: _write_execution,
    NodeKind.CONTEXT: _write_node,
}


def shown(node: Node) -> str:
    """Return how an error names a node."""
    what = f"{kind_of(node).value} of type {node.type}"
    return what if node.name is None else f"{what} named {node.name!r}"
