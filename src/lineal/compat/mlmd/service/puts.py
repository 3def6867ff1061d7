"""Nodes of one request on their way into the store: checked, merged where one is given twice, written by one `put`.

Used by every call that puts nodes. A row changes once an entry, so the states that one request gives a node one after
the other become the last of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from lineal.compat.mlmd.errors import AlreadyExistsError, FailedPreconditionError, InvalidArgumentError
from lineal.compat.mlmd.service.call import Call
from lineal.compat.mlmd.service.failures import status_of
from lineal.compat.mlmd.service.kinds import Kind
from lineal.compat.mlmd.service.masks import masked
from lineal.compat.mlmd.service.records import MILLISECOND, new_node, replaced, shown
from lineal.errors import AlreadyExists, PropertyTypeMismatch
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Node, kind_of
from lineal.model.values import PropertyType, type_of
from lineal.model.vocabulary import STANDARD_TYPES


class Puts:
    """The nodes of one request. `add` gives a place; after `write`, `id_at` tells the id of each place."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._stored: dict[NodeKey, Node] = {}
        self._nodes: list[Node] = []
        self._place: dict[NodeKey, int] = {}
        self._changed: set[NodeKey] = set()
        self._keys: Sequence[NodeKey] = ()
        self._declared: dict[tuple[NodeKind, str, str], Mapping[str, PropertyType]] = {}

    def know(self, kind: Kind, ids: Iterable[int]) -> None:
        """Read the stored nodes that the request names, in one read."""
        wanted = list(dict.fromkeys(ids))
        if wanted:
            found = self._call.store.get(kind.model, wanted, existing=True)
            self._stored.update({NodeKey(kind.kind, node.id or 0): node for node in found})

    def know_nodes(self, kind: Kind, messages: Sequence[Any]) -> None:
        """Read the stored nodes that these messages would update."""
        self.know(kind, [message.id for message in messages if message.HasField("id")])

    def fresh(self, kind: Kind, message: Any) -> Any:
        """Return the record of a node to insert, which is not taken yet."""
        if not message.HasField("type_id"):
            raise InvalidArgumentError("Type id is missing.")
        type_ = self._call.types.by_id(kind.kind, message.type_id)
        if kind.kind is NodeKind.CONTEXT and not message.name:
            raise InvalidArgumentError(
                f"Cannot create node for type_id: {message.type_id}. Context name should not be empty"
            )
        node = new_node(kind, message, type_)
        self._check_standard(node)
        return node

    def add(self, kind: Kind, message: Any, *, paths: Sequence[str] = (), unchanged_since: bool = False) -> int:
        """Take a node to insert, or with an id to update; return its place.

        `paths` are those of a field mask. `unchanged_since`: the stored one must still have the message's time.
        """
        if not message.HasField("id"):
            return self._append(self.fresh(kind, message))
        return self.update(kind, message.id, message, paths=paths, unchanged_since=unchanged_since)

    def update(
        self, kind: Kind, id_: int, message: Any, *, paths: Sequence[str] = (), unchanged_since: bool = False
    ) -> int:
        """Take a node to update under this id; return its place."""
        key = NodeKey(kind.kind, id_)
        old = self._stored.get(key)
        if old is None:
            raise InvalidArgumentError(f"Cannot find the given id {id_}")
        type_id = self._call.types.id_of(kind.kind, old.type, old.type_version)
        if message.HasField("type_id") and message.type_id != type_id:
            raise InvalidArgumentError(
                f"Given type_id {message.type_id} is different from the one known before: {type_id}"
            )
        if unchanged_since:
            self._check_time(kind, old, message, again=key in self._changed)
        if kind.kind is NodeKind.CONTEXT and (not paths or "name" in paths):
            _check_name(old, message)
        new = masked(old, message, paths) if paths else replaced(old, message)
        self._check_standard(new)
        if new != old:
            self._changed.add(key)
        self._stored[key] = new
        if key in self._place:
            # The state before it is never written, so nobody else checks it.
            self._check([self._nodes[self._place[key]]])
            self._nodes[self._place[key]] = new
        else:
            self._place[key] = self._append(new)
        return self._place[key]

    def change(self, kind: Kind, place: int, message: Any) -> int:
        """Replace a node that this request inserts by another state of it; return its place."""
        new = self.fresh(kind, message)
        self._check([self._nodes[place]])
        self._nodes[place] = new
        return place

    def write(self, *, touch: Collection[NodeKey] = ()) -> None:
        """Put everything that was added; the time of a node in `touch` moves though nothing of it changed."""
        if not self._nodes:
            return
        try:
            self._keys = self._call.store.put(self._nodes, by=self._call.by, touch=touch)
        except AlreadyExists as error:
            raise AlreadyExistsError(f"Given node already exists: {status_of(error).message}") from error
        except PropertyTypeMismatch:
            self._check(self._nodes)
            raise

    def id_at(self, place: int) -> int:
        """Return the id of the node at a place, after `write`."""
        return self._keys[place].id

    def known(self, kind: Kind, id_: int) -> bool:
        """Return whether there is a stored node of this id, if it was asked for with `know`."""
        return NodeKey(kind.kind, id_) in self._stored

    def _append(self, node: Node) -> int:
        self._nodes.append(node)
        return len(self._nodes) - 1

    def _check_time(self, kind: Kind, old: Node, message: Any, *, again: bool) -> None:
        stored = (old.updated_at or 0) // MILLISECOND
        if again or message.last_update_time_since_epoch != stored:
            raise FailedPreconditionError(
                f"`abort_if_latest_updated_time_changed` is set, and the stored {kind.word} with id = {old.id} has a "
                f"different last_update_time_since_epoch: {stored} from the one in the given {kind.word}: "
                f"{message.last_update_time_since_epoch}"
            )

    def _check_standard(self, node: Node) -> None:
        # The store widens a standard type where our SDK needs that; ML Metadata's clients declare what they use.
        if node.properties and (kind_of(node), node.type) in STANDARD_TYPES:
            self._check([node])

    def _check(self, nodes: Sequence[Node]) -> None:
        """Refuse properties that the type does not declare so, in ML Metadata's words."""
        for node in nodes:
            fault = self._fault(node)
            if fault is None:
                continue
            if node.id is not None:
                raise InvalidArgumentError(f"{fault} ({shown(node)})")
            type_id = self._call.types.id_of(kind_of(node), node.type, node.type_version)
            raise InvalidArgumentError(f"Cannot validate properties of type_id: {type_id} ({shown(node)}). {fault}")

    def _fault(self, node: Node) -> str | None:
        identity = (kind_of(node), node.type, node.type_version)
        declared = self._declared.get(identity)
        if declared is None:
            declared = self._declared[identity] = self._call.types.properties(*identity)
        for name, value in node.properties.items():
            if name not in declared:
                return f"Found unknown property: {name}"
            if declared[name] is not type_of(value):
                return f"Found unmatched property type: {name}"
        return None


def _check_name(old: Node, message: Any) -> None:
    """Refuse to rename a context. ML Metadata does rename one, so a name that is ignored would be found out late."""
    if not message.name:
        raise InvalidArgumentError("Context name should not be empty")
    if message.name != old.name:
        raise InvalidArgumentError(
            f"Context {old.id} is named {old.name!r} and cannot become {message.name!r}: a name never changes here. "
            "Put another context, or keep what may change in a property"
        )
