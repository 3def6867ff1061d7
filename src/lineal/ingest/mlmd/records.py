"""Records: rows of ML Metadata as Lineal's types, nodes and edges. What cannot be said here becomes a loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import cast

from lineal.ingest.mlmd.layout import KINDS, NODES
from lineal.ingest.mlmd.losses import Fate, Key, Losses
from lineal.ingest.mlmd.marks import base_id, marked
from lineal.ingest.mlmd.pairs import PAIRS, Pair, membership_of
from lineal.ingest.mlmd.rows import EventBatch, EventRow, NodeBatch, NodeRow, PropertyRow, StepRow, TypeRow
from lineal.ingest.mlmd.source import Source
from lineal.ingest.mlmd.values import NoValue, ignored, is_text, value_of
from lineal.model.edges import Event, EventType, Membership
from lineal.model.ids import ArtifactId, ContextId, ExecutionId, Micros, NodeKind, TypeId
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState, Node
from lineal.model.restoration import LARGEST_ID
from lineal.model.types import NodeType
from lineal.model.values import INT64_MAX, INT64_MIN, PropertyType, Value

_DECLARED = {kind.value: kind for kind in PropertyType}
_EVENTS = {type_.value: type_ for type_ in EventType}
_STATES: dict[NodeKind, dict[int, ArtifactState] | dict[int, ExecutionState]] = {
    NodeKind.ARTIFACT: {state.value: state for state in ArtifactState},
    NodeKind.EXECUTION: {state.value: state for state in ExecutionState},
}
_KINDS = {kind.value: kind for kind in NodeKind}


class Lost(ValueError):
    """A row cannot be kept; the message says why."""


class Records:
    """Turns the rows of one source into records, in one pass. `losses` fills on the way.

    `doubles` counts those that are not known to be exact.
    """

    def __init__(self, source: Source) -> None:
        self.losses = Losses()
        self.doubles = 0
        self.reread = 0
        self._source = source
        self._types: dict[int, NodeType] = {}
        self._left_types: set[int] = set()
        self._without: dict[NodeKind, set[int]] = {kind: set() for kind in NodeKind}

    def leave_out(self, table: str, key: Key, message: str) -> None:
        """Note that a row is not kept; no node of such a type and nothing that touches such a node is kept either."""
        self.losses.add(table, key, Fate.LEFT_OUT, message)
        self.without(table, key[0])

    def without(self, table: str, id_: object) -> None:
        """Keep no node of this type from now on, and nothing that touches this node; for any other row do nothing."""
        table = table.lower()
        if table == "type":
            self._left_types.add(cast("int", id_))
            self._types.pop(cast("int", id_), None)
        elif table in _KINDS:
            self._without[_KINDS[table]].add(cast("int", id_))

    # types ---------------------------------------------------------------------------------------
    def types(self) -> list[NodeType]:
        """Return all types. One whose identity is taken by an older one keeps its id under a marked version."""
        seen: dict[tuple[int, str, str], int] = {}
        for row in self._source.types():
            try:
                self._types[row.id] = self._type(row, seen)
            except Lost as lost:
                self.leave_out("Type", (row.id,), str(lost))
        self._declare()
        self._inherit()
        return list(self._types.values())

    def _type(self, row: TypeRow, seen: dict[tuple[int, str, str], int]) -> NodeType:
        if row.kind not in KINDS:
            raise Lost(f"its type_kind is {row.kind!r}, and there are {', '.join(map(str, KINDS))}")
        if not row.name:
            raise Lost("it has no name")
        texts = (row.name, row.version, row.description, row.input_type, row.output_type, row.external_id)
        if bad := _not_text(texts):
            raise Lost(bad)
        version = row.version or ""
        first = seen.setdefault((row.kind, row.name, version), row.id)
        if first != row.id:
            version = marked(version, row.id)
            message = f"{row.name!r} is type {first} already; this one is kept as version {version!r}"
            self.losses.add("Type", (row.id,), Fate.CHANGED, message)
        return NodeType(
            kind=KINDS[row.kind],
            name=row.name,
            version=version,
            description=row.description,
            input_type=row.input_type,
            output_type=row.output_type,
            external_id=row.external_id,
            id=TypeId(_id(row.id)),
        )

    def _declare(self) -> None:
        declared: dict[int, dict[str, PropertyType]] = {}
        for type_id, name, number in self._source.type_properties():
            if type_id not in self._types:
                self.leave_out("TypeProperty", (type_id, name), f"there is no type {type_id}")
            elif number not in _DECLARED:
                self.leave_out("TypeProperty", (type_id, name), f"{number!r} is no kind of value")
            elif bad := _not_text((name,)):
                self.leave_out("TypeProperty", (type_id, name), bad)
            else:
                declared.setdefault(type_id, {})[name] = _DECLARED[number]
        for type_id, properties in declared.items():
            self._types[type_id] = replace(self._types[type_id], properties=properties)

    def _inherit(self) -> None:
        for type_id, parent_id in self._source.parent_types():
            child, parent = self._types.get(type_id), self._types.get(parent_id)
            if child is None or parent is None:
                lost = f"there is no type {type_id if child is None else parent_id}"
            elif child.base is not None:
                lost = f"type {type_id} has the base {child.base!r} already, and one is all a type has"
            elif base_id(self._types.values(), parent.kind, parent.name) != parent_id or parent.kind is not child.kind:
                lost = f"a base is told by its name, and {parent.name!r} is not type {parent_id} alone"
            else:
                self._types[type_id] = replace(child, base=parent.name)
                continue
            self.leave_out("ParentType", (type_id, parent_id), lost)

    # nodes ---------------------------------------------------------------------------------------
    def nodes(self, batch: NodeBatch) -> list[Node]:
        """Return the nodes of a batch that can be kept."""
        owned: dict[int, list[PropertyRow]] = {row.id: [] for row in batch.nodes}
        table = NODES[batch.kind]
        for row in batch.properties:
            if row.node_id in owned:
                owned[row.node_id].append(row)
            else:
                message = f"there is no {batch.kind.value} {row.node_id}"
                self.losses.add(table.properties, _property_key(row), Fate.LEFT_OUT, message)
        nodes = []
        for node in batch.nodes:
            try:
                nodes.append(self._node(batch.kind, node, owned[node.id]))
            except Lost as lost:
                self.leave_out(table.name, (node.id,), str(lost))
                for row in owned[node.id]:
                    self.losses.add(
                        table.properties, _property_key(row), Fate.LEFT_OUT, f"its node is left out: {lost}"
                    )
        return nodes

    def _node(self, kind: NodeKind, row: NodeRow, properties: Sequence[PropertyRow]) -> Node:
        type_ = self._types.get(row.type_id)
        if type_ is None or type_.kind is not kind:
            left = row.type_id in self._left_types
            raise Lost(
                f"its type {row.type_id} is left out" if left else f"there is no {kind.value} type {row.type_id}"
            )
        if bad := _not_text((row.name, row.uri, row.external_id)):
            raise Lost(bad)
        _id(row.id)
        created, updated = _micros(row.created), _micros(row.updated)
        state = self._state(kind, row)
        exact = self._source.exactness.holds(kind, row)
        declared, custom = self._properties(kind, type_, properties, exact=exact)
        if kind is NodeKind.ARTIFACT:
            return Artifact(
                type=type_.name,
                type_version=type_.version,
                name=row.name,
                uri=row.uri,
                state=cast("ArtifactState", state),
                external_id=row.external_id,
                properties=declared,
                custom_properties=custom,
                id=ArtifactId(row.id),
                created_at=created,
                updated_at=updated,
            )
        if kind is NodeKind.EXECUTION:
            return Execution(
                type=type_.name,
                type_version=type_.version,
                name=row.name,
                state=cast("ExecutionState", state),
                external_id=row.external_id,
                properties=declared,
                custom_properties=custom,
                id=ExecutionId(row.id),
                created_at=created,
                updated_at=updated,
            )
        if row.name is None:
            raise Lost("it has no name")
        return Context(
            type=type_.name,
            type_version=type_.version,
            name=row.name,
            external_id=row.external_id,
            properties=declared,
            custom_properties=custom,
            id=ContextId(row.id),
            created_at=created,
            updated_at=updated,
        )

    def _state(self, kind: NodeKind, row: NodeRow) -> ArtifactState | ExecutionState | None:
        states = _STATES.get(kind)
        if states is None:
            return None
        state = states.get(row.state or 0)
        if state is None:
            message = f"its state is {row.state!r}, which means nothing; it is kept as UNKNOWN"
            self.losses.add(NODES[kind].name, (row.id,), Fate.CHANGED, message)
            return states[0]
        return state

    def _properties(
        self, kind: NodeKind, type_: NodeType, rows: Sequence[PropertyRow], *, exact: bool
    ) -> tuple[dict[str, Value], dict[str, Value]]:
        maps: tuple[dict[str, Value], dict[str, Value]] = ({}, {})
        table = NODES[kind].properties
        for row in rows:
            key = _property_key(row)
            try:
                value = _value(row)
            except NoValue as lost:
                self.losses.add(table, key, Fate.LEFT_OUT, str(lost))
                continue
            maps[1 if row.custom else 0][row.name] = value
            if isinstance(value, float) and not exact:
                self.doubles += 1
            if ignored(row):
                self.losses.add(table, key, Fate.NOTED, "it has several values; the first counts, as in ML Metadata")
            if not row.custom and row.name not in type_.properties:
                self.losses.add(table, key, Fate.NOTED, f"type {type_.name!r} does not declare it; it is kept")
        return maps

    # edges ---------------------------------------------------------------------------------------
    def events(self, batches: Iterable[EventBatch]) -> Iterator[tuple[EventBatch, list[Event]]]:
        """Yield every batch of events with those that can be kept."""
        loose = self._source.loose_events()
        repeated = self._source.repeated_events()
        for batch in batches:
            steps: dict[int, list[StepRow]] = {row.id: [] for row in batch.events}
            for step in batch.steps:
                steps.setdefault(step.event_id, []).append(step)
            events = []
            for row in batch.events:
                own = steps.pop(row.id)
                first = repeated.get((row.artifact_id, row.execution_id, row.type), row.id)
                try:
                    _need_ends(loose.get(row.id), row, self._without)
                    _need_first(row, first)
                    events.append(self._event(row, own))
                except Lost as lost:
                    self.losses.add("Event", (row.id,), Fate.LEFT_OUT, str(lost))
                    self._without_path(row.id, own, f"its event is left out: {lost}")
            for event_id, own in steps.items():
                self._without_path(event_id, own, f"there is no event {event_id}")
            yield batch, events

    def _event(self, row: EventRow, steps: Sequence[StepRow]) -> Event:
        if row.type not in _EVENTS:
            raise Lost(f"its type is {row.type!r}, which means nothing")
        if row.milliseconds is None:
            self.losses.add("Event", (row.id,), Fate.CHANGED, "it has no time; it is kept as of 1970-01-01")
        return Event(
            artifact_id=ArtifactId(row.artifact_id),
            execution_id=ExecutionId(row.execution_id),
            type=_EVENTS[row.type],
            path=self._path(row.id, steps),
            time=_micros(row.milliseconds or 0),
            id=_id(row.id),
        )

    def _path(self, event_id: int, steps: Sequence[StepRow]) -> tuple[str | int, ...]:
        path: list[str | int] = []
        for place, step in enumerate(steps):
            said = step.number if step.is_index else step.key
            if said is None or (isinstance(said, str) and not is_text(said)):
                why = "it has neither index nor key" if said is None else "its key is not valid UTF-8"
                for at in range(place, len(steps)):
                    self.losses.add("EventPath", (event_id, at), Fate.LEFT_OUT, why)
                break
            path.append(said)
        return tuple(path)

    def _without_path(self, event_id: int, steps: Sequence[StepRow], message: str) -> None:
        for place in range(len(steps)):
            self.losses.add("EventPath", (event_id, place), Fate.LEFT_OUT, message)

    def memberships(self, table: str, batches: Iterable[list[Pair]]) -> Iterator[tuple[list[Pair], list[Membership]]]:
        """Yield every batch of pairs of a table with the memberships of nodes that are kept."""
        loose = self._source.loose_pairs(table)
        _, kind, _, other_kind = PAIRS[table]
        for batch in batches:
            found: list[Membership] = []
            for pair in batch:
                missing = loose.get(pair)
                if missing is None and pair[0] not in self._without[kind] and pair[1] not in self._without[other_kind]:
                    found.append(membership_of(table, pair))
                else:
                    message = f"node {missing} is missing" if missing else "a node of it is left out"
                    self.losses.add(table, pair, Fate.LEFT_OUT, message)
            yield batch, found


def _need_ends(loose: str | None, row: EventRow, without: dict[NodeKind, set[int]]) -> None:
    if loose is not None:
        raise Lost(f"node {loose} is missing")
    if row.artifact_id in without[NodeKind.ARTIFACT] or row.execution_id in without[NodeKind.EXECUTION]:
        raise Lost("a node of it is left out")


def _need_first(row: EventRow, first: int) -> None:
    if first != row.id:
        raise Lost(f"event {first} says the same")


def _property_key(row: PropertyRow) -> Key:
    return (row.node_id, int(bool(row.custom)), row.name)


def _value(row: PropertyRow) -> Value:
    if bad := _not_text((row.name,)):
        raise NoValue(bad)
    return value_of(row)


def _id(id_: int) -> int:
    if not 0 < id_ <= LARGEST_ID:
        raise Lost(f"its id is {id_}")
    return id_


def _micros(milliseconds: object) -> Micros:
    if not isinstance(milliseconds, int) or not INT64_MIN <= milliseconds * 1000 <= INT64_MAX:
        raise Lost(f"its time is {milliseconds!r} ms, which is no time here")
    return Micros(milliseconds * 1000)


def _not_text(texts: Iterable[object]) -> str | None:
    for text in texts:
        if text is None:
            continue
        if not isinstance(text, str):
            return f"{text!r:.80} stands where a text belongs"
        if not is_text(text):
            return "its text is not valid UTF-8"
    return None
