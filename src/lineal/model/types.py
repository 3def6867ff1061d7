"""Types: a named, versioned schema of properties for one kind of node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lineal.model.ids import Micros, NodeKind, TypeId
from lineal.model.values import PropertyType


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    """A type of artifact, execution or context.

    Identity is (kind, name, version); the empty version is a version of its own. `base` names the
    type it inherits from: a reference or listing of the base finds this one too. A node of an older version lacks
    the properties a newer one declares: they are absent there, never guessed. `input_type` and `output_type` say what
    an execution takes and gives, as JSON text; they are kept and never enforced.
    """

    kind: NodeKind
    name: str
    version: str = ""
    properties: Mapping[str, PropertyType] = field(default_factory=dict)
    base: str | None = None
    description: str | None = None
    external_id: str | None = None
    input_type: str | None = None
    output_type: str | None = None
    id: TypeId | None = None
    created_at: Micros | None = None
