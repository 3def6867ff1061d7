"""Impact: what breaks if this changes. Live endpoints first, then models, data and approvals."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lineal.lineage.graph import GraphNode, LineageGraph
from lineal.lineage.kinds import Kinds
from lineal.lineage.query import downstream, every_version
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.ids import Micros, NodeKey, NodeKind
from lineal.model.nodes import Artifact, family_of
from lineal.model.traversal import Truncation
from lineal.model.vocabulary import LIVE, REVISION
from lineal.store.protocol import Store

SIZES = ((0, "none"), (9, "small"), (99, "medium"), (999, "large"))
"""The largest number of affected artifacts that still has this size; above the last it is `huge`."""

_ENDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """One affected artifact: how far away it is, and by which shortest way it is reached.

    Of a long way the middle is left out: `between` counts the nodes not named in `path`, which
    lie before its last two.
    """

    item: GraphNode
    hops: int
    path: tuple[GraphNode, ...]
    between: int = 0

    @property
    def live(self) -> bool:
        """Whether this is the revision in force at an endpoint."""
        return self.item.node.type == REVISION and LIVE in self.item.aliases


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What depends on the root.

    `size` is none, small (to 9 artifacts), medium (to 99), large (to 999) or huge; a live endpoint makes
    it at least medium. `families` are the affected models by name, `models` their versions.
    `approvals` are those that were given to affected content. `total` counts artifacts.
    """

    roots: tuple[GraphNode, ...]
    size: str
    total: int
    endpoints: Sequence[Affected]
    revisions: Sequence[Affected]
    families: Sequence[str]
    models: Sequence[Affected]
    datasets: Sequence[Affected]
    others: Sequence[Affected]
    approvals: Sequence[Decision]
    graph: LineageGraph
    truncated: Truncation | None = None

    @property
    def has_live(self) -> bool:
        """Whether a live endpoint depends on the root."""
        return bool(self.endpoints)

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        if not self.total:
            return f"Nothing recorded depends on {_names(self.roots)}."
        live = f"{len(self.endpoints)} live endpoint{_s(self.endpoints)}"
        return (
            f"The impact of {_names(self.roots)} is {self.size}: {live}, "
            f"{len(self.models)} version{_s(self.models)} of {len(self.families)} model{_s(self.families)}, "
            f"{len(self.datasets)} dataset{_s(self.datasets)}, {len(self.approvals)} approval{_s(self.approvals)}."
        )


def impact(store: Store, ref: str | NodeKey, *, as_of: Micros | None = None) -> Impact:
    """Return everything that was made from `ref`, however far away, grouped by what it means.

    A name without a version stands for all its versions: a table that changes breaks what its older ones fed.
    """
    graph = downstream(store, every_version(store, ref, as_of=as_of), as_of=as_of)
    kinds = Kinds.of(store)
    models, data = kinds.below(NodeKind.ARTIFACT, "Model"), kinds.below(NodeKind.ARTIFACT, "Dataset")
    affected = _affected(graph)
    live = [one for one in affected if one.live]
    versions = [one for one in affected if one.item.node.type in models]
    known = {*models, *data, REVISION}
    return Impact(
        roots=tuple(graph.nodes[key] for key in graph.roots),
        size=size_of(len(affected), live=bool(live)),
        total=len(affected),
        endpoints=tuple(live),
        revisions=_those(affected, lambda one: one.item.node.type == REVISION and not one.live),
        families=tuple(dict.fromkeys(family_of(one.item.label)[0] for one in versions)),
        models=tuple(versions),
        datasets=_those(affected, lambda one: one.item.node.type in data),
        others=_those(affected, lambda one: one.item.node.type not in known),
        approvals=tuple(
            decision for one in affected for decision in one.item.decisions if _approves(one.item, decision)
        ),
        graph=graph,
        truncated=graph.truncated,
    )


def size_of(artifacts: int, *, live: bool) -> str:
    """Return the size of an impact in a word."""
    words = [word for _, word in SIZES] + ["huge"]
    place = next((place for place, (most, _) in enumerate(SIZES) if artifacts <= most), len(SIZES))
    return words[max(place, words.index("medium"))] if live else words[place]


def _affected(graph: LineageGraph) -> list[Affected]:
    before = _parents(graph)
    roots = set(graph.roots)
    heads: dict[NodeKey, tuple[NodeKey, ...]] = {key: (key,) for key in roots}
    found: list[Affected] = []
    for key, item in graph.nodes.items():
        if key in roots or key not in before:
            continue
        head = heads[before[key]]
        heads[key] = (*head, key) if len(head) < _ENDS + 1 else head
        if isinstance(item.node, Artifact):
            path = _path(key, heads[key], before, item.hop)
            nodes = tuple(graph.nodes[one] for one in path)
            found.append(Affected(item=item, hops=item.hop, path=nodes, between=item.hop + 1 - len(path)))
    return found


def _path(key: NodeKey, head: tuple[NodeKey, ...], before: dict[NodeKey, NodeKey], hop: int) -> tuple[NodeKey, ...]:
    """Return the way from a root: its first nodes and its last two. Constant cost, however long the way is."""
    if len(head) == hop + 1:
        return head
    tail = [key]
    while len(tail) < min(_ENDS, hop + 1 - len(head)):
        tail.append(before[tail[-1]])
    return (*head, *reversed(tail))


def _parents(graph: LineageGraph) -> dict[NodeKey, NodeKey]:
    """Return for each node the one before it on a shortest way from a root."""
    after: dict[NodeKey, list[NodeKey]] = {}
    for edge in graph.edges:
        after.setdefault(edge.source, []).append(edge.target)
    before: dict[NodeKey, NodeKey] = {}
    waiting = deque(graph.roots)
    seen = set(graph.roots)
    while waiting:
        key = waiting.popleft()
        for following in sorted(after.get(key, ()), key=lambda one: one.id):
            if following not in seen:
                seen.add(following)
                before[following] = key
                waiting.append(following)
    return before


def _those(affected: list[Affected], wanted: Callable[[Affected], bool]) -> tuple[Affected, ...]:
    return tuple(one for one in affected if wanted(one))


def _approves(item: GraphNode, decision: Decision) -> bool:
    assert isinstance(item.node, Artifact)
    return decision.action is DecisionAction.APPROVE and decision.fingerprint == item.node.fingerprint


def _names(roots: Sequence[GraphNode]) -> str:
    if len(roots) == 1:
        return roots[0].label
    families = {family_of(root.label)[0] for root in roots}
    return f"{families.pop()} ({len(roots)} versions)" if len(families) == 1 else f"{len(roots)} things"


def _s(items: Sequence[object]) -> str:
    return "" if len(items) == 1 else "s"
