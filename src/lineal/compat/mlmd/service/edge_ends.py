"""The ends of an edge of PutLineageSubgraph: an index into the request, an id in the event, or both if they agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lineal.compat.mlmd.errors import InvalidArgumentError, OutOfRangeError
from lineal.compat.mlmd.service.events import check_event_type


@dataclass(frozen=True, slots=True)
class Ends:
    """An event, and of each of its nodes either the index in the request or the id."""

    event: Any
    artifact_index: int | None
    artifact_id: int | None
    execution_index: int | None
    execution_id: int | None


def ends_of(edge: Any, request: Any) -> Ends:
    """Return the ends of an edge. OUT_OF_RANGE for an index outside the request, else INVALID_ARGUMENT."""
    if not edge.HasField("event"):
        raise InvalidArgumentError("No event found for event_edge.")
    check_event_type(edge.event)
    execution_index, execution_id = _end("execution", edge, request.executions)
    artifact_index, artifact_id = _end("artifact", edge, request.artifacts)
    return Ends(edge.event, artifact_index, artifact_id, execution_index, execution_id)


def _end(word: str, edge: Any, nodes: Any) -> tuple[int | None, int | None]:
    field, id_field = f"{word}_index", f"{word}_id"
    given = getattr(edge.event, id_field) if edge.event.HasField(id_field) else None
    if not edge.HasField(field):
        if given is None:
            raise InvalidArgumentError(
                f"Event_edge is missing an {word}. Could not find either an {field} or an event.{id_field}"
            )
        return None, given
    index = getattr(edge, field)
    if not 0 <= index < len(nodes):
        raise OutOfRangeError(
            f"The event_edge has an {field} {index} that is outside the bounds of the request's {word}s list, "
            f"[0, {len(nodes)})."
        )
    if given is not None:
        _check_agreement(word, index, nodes[index], given)
    return index, None


def _check_agreement(word: str, index: int, node: Any, given: int) -> None:
    title = word.capitalize()
    if not node.HasField("id"):
        raise InvalidArgumentError(
            f"Missing {word} ID. The referenced {word} at {word}_index {index} does not have an ID even though the "
            f"event_edge specifies an event.{word}_id of {given}."
        )
    if node.id != given:
        raise InvalidArgumentError(
            f"{title} ID mismatch. The referenced {word} at {word}_index {index} has an ID of {node.id} that does not "
            f"match the event_edge's event.{word}_id of {given}."
        )
