"""Nodes: artifacts, executions and contexts, as frozen records.

`id`, `created_at`, `updated_at` and `entry` are the store's: None on a node that was never put.
Times are UTC microseconds of the store's clock; `started_at` and `ended_at` are reported by the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from lineal.model.ids import ArtifactId, ContextId, EntrySeq, ExecutionId, Micros, NodeKey, NodeKind
from lineal.model.values import Value


class ArtifactState(Enum):
    """Life of an artifact; the value is ML Metadata's number."""

    UNKNOWN = 0
    PENDING = 1
    LIVE = 2
    MARKED_FOR_DELETION = 3
    DELETED = 4
    ABANDONED = 5
    REFERENCE = 6


class ExecutionState(Enum):
    """Life of an execution; the value is ML Metadata's number."""

    UNKNOWN = 0
    NEW = 1
    RUNNING = 2
    COMPLETE = 3
    FAILED = 4
    CACHED = 5
    CANCELED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A thing a run read or wrote; one version of it. `name` is `FAMILY@VERSION` for versioned things."""

    type: str
    type_version: str = ""
    name: str | None = None
    uri: str | None = None
    fingerprint: str | None = None
    state: ArtifactState = ArtifactState.UNKNOWN
    external_id: str | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)
    custom_properties: Mapping[str, Value] = field(default_factory=dict)
    id: ArtifactId | None = None
    created_at: Micros | None = None
    updated_at: Micros | None = None
    entry: EntrySeq | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One run of a step: ingest, training, deployment. The SDK calls it a Run."""

    type: str
    type_version: str = ""
    name: str | None = None
    state: ExecutionState = ExecutionState.UNKNOWN
    external_id: str | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)
    custom_properties: Mapping[str, Value] = field(default_factory=dict)
    started_at: Micros | None = None
    ended_at: Micros | None = None
    id: ExecutionId | None = None
    created_at: Micros | None = None
    updated_at: Micros | None = None
    entry: EntrySeq | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A group: an experiment, a pipeline run, a registered model, an endpoint. Its name is never empty."""

    type: str
    type_version: str = ""
    name: str
    external_id: str | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)
    custom_properties: Mapping[str, Value] = field(default_factory=dict)
    id: ContextId | None = None
    created_at: Micros | None = None
    updated_at: Micros | None = None
    entry: EntrySeq | None = None


Node = Artifact | Execution | Context


def kind_of(node: Node | type[Node]) -> NodeKind:
    """Return the kind of a node or of a node class."""
    cls = node if isinstance(node, type) else type(node)
    return _KINDS[cls]


_KINDS: dict[type, NodeKind] = {
    Artifact: NodeKind.ARTIFACT,
    Execution: NodeKind.EXECUTION,
    Context: NodeKind.CONTEXT,
}


def key_of(node: Node) -> NodeKey:
    """Return the key of a stored node; raise ValueError for one that was never put."""
    if node.id is None:
        message = f"this {kind_of(node).value} was never put into a store, so it has no id"
        raise ValueError(message)
    return NodeKey(kind_of(node), node.id)


def family_of(name: str) -> tuple[str, str | None]:
    """Split `delay@v1.2.3` into family and version; the version is None where there is no `@`."""
    family, at, version = name.rpartition("@")
    return (family, version) if at else (name, None)
