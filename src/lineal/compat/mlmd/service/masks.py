"""Field masks of an update: only the listed paths change. What they list that is no path is ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lineal.compat.mlmd.service.records import replaced
from lineal.model.nodes import Artifact, Execution, Node
from lineal.model.values import Value

_MAPS = ("properties", "custom_properties")


def masked(old: Node, message: Any, paths: Iterable[str]) -> Node:
    """Return a stored node with the listed fields as the message has them; a field it lacks is cleared.

    `properties` stands for the whole map, `properties.a` for one property.
    """
    given = set(paths)
    whole = replaced(old, _listed(message, given))
    changes: dict[str, object] = {}
    if "external_id" in given:
        changes["external_id"] = whole.external_id
    if isinstance(whole, Artifact) and "uri" in given:
        changes["uri"] = whole.uri
    if (isinstance(whole, Artifact) and "state" in given) or (
        isinstance(whole, Execution) and "last_known_state" in given
    ):
        changes["state"] = whole.state
    for name in _MAPS:
        changes[name] = _masked_map(name, getattr(old, name), getattr(whole, name), given)
    return replace(old, **changes)  # type: ignore[arg-type]


def _listed(message: Any, paths: set[str]) -> Any:
    """Return a message with the listed properties only: what a mask leaves out is not looked at, valid or not."""
    listed = type(message)()
    listed.CopyFrom(message)
    for name in _MAPS:
        if name not in paths:
            values = getattr(listed, name)
            for key in [key for key in values if f"{name}.{key}" not in paths]:
                del values[key]
    return listed


def _masked_map(name: str, old: Mapping[str, Value], new: Mapping[str, Value], paths: set[str]) -> Mapping[str, Value]:
    if name in paths:
        return new
    chosen = {path.removeprefix(f"{name}.") for path in paths if path.startswith(f"{name}.")}
    if not chosen:
        return old
    kept = {key: value for key, value in old.items() if key not in chosen}
    return kept | {key: value for key, value in new.items() if key in chosen}
