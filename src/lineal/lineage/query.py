"""Trace: everything upstream or downstream of a thing, as a graph with nodes read.

Asked by the workspace, the CLI and the other questions of this room. No recursion and no step that
costs more than linear in the answer: a chain of 1,000 hops and a fan-out of 100,000 are ordinary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from lineal.errors import InvalidArgument
from lineal.lineage.contract import contract
from lineal.lineage.graph import GraphEdge, GraphNode, LineageGraph
from lineal.lineage.kinds import Kinds
from lineal.lineage.resolve import key_for, resolve
from lineal.model.decisions import Decision
from lineal.model.edges import OUTPUTS, Association, Attribution, Event
from lineal.model.ids import ArtifactId, ExecutionId, Micros, NodeKey, NodeKind
from lineal.model.nodes import Artifact, Execution, key_of
from lineal.model.predictions import Prediction
from lineal.model.references import Form, parse_reference
from lineal.model.traversal import Closure, Direction, Truncation
from lineal.store.protocol import Store

N = TypeVar("N", Artifact, Execution)
T = TypeVar("T")

CHUNK = 5_000
"""Nodes read from the store at once."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a walk begins: the roots, and the prediction they stand for."""

    roots: tuple[NodeKey, ...]
    predictions: tuple[Prediction, ...] = ()


@dataclass(frozen=True, slots=True)
class Walked:
    """A walk before its nodes are read: distances, edges, what was left out, and how often content was made again."""

    hops: dict[NodeKey, int]
    edges: list[GraphEdge]
    truncated: Truncation | None
    reproduced: Mapping[NodeKey, int] = field(default_factory=dict)


def trace(
    store: Store,
    ref: str | NodeKey,
    direction: Direction | None = Direction.UPSTREAM,
    *,
    hops: int | None = None,
    types: Sequence[str] = (),
    as_of: Micros | None = None,
    limit: int | None = None,
) -> LineageGraph:
    """Return what is upstream or downstream of `ref`, or both where `direction` is None.

    A prediction starts at the revision that answered, a context at everything in it. `types` keeps only
    these types (and those inheriting from them) and the roots; what lies between two kept nodes becomes one `via` edge
    that counts it, so that no path is cut. A hop is one event. `truncated` is None only if the answer is complete.
    """
    start = start_at(store, ref, as_of=as_of)
    chosen = Kinds.of(store).chosen(types) if types else None
    ways = ways_of(direction)
    walks = [walk(store, start.roots, way, hops=hops, limit=limit, as_of=as_of) for way in ways]
    if chosen is None:
        walked = merge(walks)
        return read(store, start, direction, walked, as_of=as_of)
    nodes: dict[NodeKey, Artifact | Execution] = {}
    for one in walks:
        nodes |= fetch(store, [key for key in one.hops if key not in nodes], as_of=as_of)
    kept = {key for key, node in nodes.items() if (key.kind, node.type) in chosen} | set(start.roots)
    contracted = [_contracted(one, way, kept) for one, way in zip(walks, ways, strict=True)]
    return read(store, start, direction, merge(contracted), as_of=as_of, nodes=nodes)


def ways_of(direction: Direction | None) -> tuple[Direction, ...]:
    """Return the ways a trace goes, each for itself: one, or upstream and downstream where none is named."""
    if direction is Direction.BOTH:
        raise InvalidArgument(
            "a trace goes one way", hint="leave the direction out (None) to trace upstream and downstream"
        )
    return (direction,) if direction else (Direction.UPSTREAM, Direction.DOWNSTREAM)


def downstream(store: Store, start: Start, *, as_of: Micros | None = None) -> LineageGraph:
    """Return everything that was made from these starts."""
    walked = walk(store, start.roots, Direction.DOWNSTREAM, as_of=as_of)
    return read(store, start, Direction.DOWNSTREAM, walked, as_of=as_of)


def start_at(store: Store, ref: str | NodeKey, *, as_of: Micros | None = None) -> Start:
    """Return the artifacts and executions that a reference or key stands for."""
    if isinstance(ref, NodeKey):
        return Start(_members(store, ref, as_of) if ref.kind is NodeKind.CONTEXT else (ref,))
    found = resolve(store, ref, as_of=as_of)
    key = key_for(found)
    if isinstance(found, Prediction):
        return Start((key,), (found,))
    return Start(_members(store, key, as_of) if key.kind is NodeKind.CONTEXT else (key,))


def every_version(store: Store, ref: str | NodeKey, *, as_of: Micros | None = None) -> Start:
    """Return all versions of a family where the reference names no version, otherwise what `start_at` returns."""
    start = start_at(store, ref, as_of=as_of)
    if isinstance(ref, NodeKey):
        return start
    reference = parse_reference(ref)
    if reference.form is not Form.NAME or reference.version is not None:
        return start
    named = [name for kind, name in Kinds.of(store).find(reference.kind) if kind is NodeKind.ARTIFACT]
    versions = [one for name in named for one in store.versions(name, reference.name, as_of=as_of)]
    return Start(tuple(key_of(one) for one in versions) or start.roots)


def walk(
    store: Store,
    roots: Sequence[NodeKey],
    direction: Direction,
    *,
    hops: int | None = None,
    limit: int | None = None,
    as_of: Micros | None = None,
) -> Walked:
    """Return the closure in one direction with its events as edges, before any node is read."""
    closure = store.closure(roots, direction, hops=hops, limit=limit, as_of=as_of)
    again = {NodeKey(NodeKind.ARTIFACT, id_): count for id_, count in closure.reproduced.items()}
    return Walked(_hops(closure), edges_of(closure.events), closure.truncated, again)


def merge(walks: Sequence[Walked]) -> Walked:
    """Return several walks as one: the shorter distance, each edge once."""
    if len(walks) == 1:
        return walks[0]
    hops: dict[NodeKey, int] = {}
    for one in walks:
        for key, hop in one.hops.items():
            hops[key] = min(hop, hops.get(key, hop))
    edges = list(dict.fromkeys(edge for one in walks for edge in one.edges))
    again = {key: count for one in walks for key, count in one.reproduced.items()}
    return Walked(hops, edges, _cuts([one.truncated for one in walks if one.truncated]), again)


def read(
    store: Store,
    start: Start,
    direction: Direction | None,
    walked: Walked,
    *,
    as_of: Micros | None,
    nodes: dict[NodeKey, Artifact | Execution] | None = None,
) -> LineageGraph:
    """Return the walk as a graph: nodes, aliases and decisions read, nearest first."""
    ordered = sorted(walked.hops, key=lambda key: (walked.hops[key], key.kind.value, key.id))
    found = nodes if nodes is not None else fetch(store, ordered, as_of=as_of)
    ids = [ArtifactId(key.id) for key in ordered if key.kind is NodeKind.ARTIFACT]
    aliases, decisions = aliases_of(store, ids, as_of=as_of), decisions_of(store, ids, as_of=as_of)
    return LineageGraph(
        roots=start.roots,
        direction=direction,
        nodes={
            key: GraphNode(
                key=key,
                node=found[key],
                hop=walked.hops[key],
                aliases=tuple(aliases.get(key, ())),
                decisions=tuple(decisions.get(key, ())),
                reproduced=walked.reproduced.get(key, 0),
            )
            for key in ordered
        },
        edges=tuple(walked.edges),
        truncated=walked.truncated,
        as_of=as_of,
        predictions=start.predictions,
    )


def fetch(store: Store, keys: Iterable[NodeKey], *, as_of: Micros | None = None) -> dict[NodeKey, Artifact | Execution]:
    """Return the nodes of these keys, read in chunks."""
    wanted = list(keys)
    artifacts = [key for key in wanted if key.kind is NodeKind.ARTIFACT]
    executions = [key for key in wanted if key.kind is NodeKind.EXECUTION]
    found: dict[NodeKey, Artifact | Execution] = {}
    for part in chunks(artifacts):
        found.update(zip(part, store.get(Artifact, [key.id for key in part], as_of=as_of), strict=True))
    for part in chunks(executions):
        found.update(zip(part, store.get(Execution, [key.id for key in part], as_of=as_of), strict=True))
    return found


def aliases_of(store: Store, ids: Sequence[ArtifactId], *, as_of: Micros | None = None) -> dict[NodeKey, list[str]]:
    """Return the aliases in force of these artifacts, in the order they were given."""
    found: dict[NodeKey, list[str]] = {}
    for part in chunks(ids):
        for move in store.aliases(artifacts=part, as_of=as_of):
            found.setdefault(NodeKey(NodeKind.ARTIFACT, move.artifact_id), []).append(move.alias)
    return found


def decisions_of(
    store: Store, ids: Sequence[ArtifactId], *, as_of: Micros | None = None
) -> dict[NodeKey, list[Decision]]:
    """Return the decisions about these artifacts, oldest first."""
    found: dict[NodeKey, list[Decision]] = {}
    for part in chunks(ids):
        for decision in store.decisions(artifacts=part, as_of=as_of):
            found.setdefault(NodeKey(NodeKind.ARTIFACT, decision.artifact_id), []).append(decision)
    return found


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterable[Sequence[T]]:
    """Yield the items in parts of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def edges_of(events: Iterable[Event]) -> list[GraphEdge]:
    """Return events as edges in the direction in which data flows; an event of unknown type counts as a read."""
    return [_edge(event) for event in events]


def _edge(event: Event) -> GraphEdge:
    artifact = NodeKey(NodeKind.ARTIFACT, event.artifact_id)
    execution = NodeKey(NodeKind.EXECUTION, event.execution_id)
    out = event.type in OUTPUTS
    return GraphEdge(
        source=execution if out else artifact,
        target=artifact if out else execution,
        role=event.type.name.lower(),
        how=event.how,
        path=event.path,
        reproduces=event.reproduces,
    )


def _hops(closure: Closure) -> dict[NodeKey, int]:
    hops = {NodeKey(NodeKind.ARTIFACT, id_): hop for id_, hop in closure.artifacts.items()}
    hops.update({NodeKey(NodeKind.EXECUTION, id_): hop for id_, hop in closure.executions.items()})
    return hops


def _contracted(walked: Walked, direction: Direction, kept: set[NodeKey]) -> Walked:
    edges, dropped = contract(walked.hops, walked.edges, direction, kept)
    hops = {key: hop for key, hop in walked.hops.items() if key in kept}
    cuts = [walked.truncated] if walked.truncated else []
    if dropped:
        reason = f"{dropped} connections through hidden nodes are not drawn; every node still hangs on its nearest"
        cuts.append(Truncation(reason, 0))
    return Walked(hops, edges, _cuts(cuts), walked.reproduced)


def _cuts(cuts: Sequence[Truncation]) -> Truncation | None:
    if not cuts:
        return None
    missing = [cut.missing for cut in cuts if cut.missing is not None]
    reasons = " and ".join(dict.fromkeys(cut.reason for cut in cuts))
    return Truncation(reasons, sum(missing) if len(missing) == len(cuts) else None)


def _members(store: Store, key: NodeKey, as_of: Micros | None) -> tuple[NodeKey, ...]:
    found: set[NodeKey] = set()
    for membership in store.memberships([key], as_of=as_of):
        if isinstance(membership, Attribution):
            found.add(NodeKey(NodeKind.ARTIFACT, ArtifactId(membership.artifact_id)))
        elif isinstance(membership, Association):
            found.add(NodeKey(NodeKind.EXECUTION, ExecutionId(membership.execution_id)))
    if not found:
        raise InvalidArgument(f"{key} is an empty context: there is nothing to trace from")
    return tuple(sorted(found, key=lambda one: (one.kind.value, one.id)))
