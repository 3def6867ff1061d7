"""The answer: what a question reaches in a snapshot, equal in every part to what the database says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import cast

from lineal.model.ids import ArtifactId, ExecutionId, NodeKind
from lineal.model.traversal import Closure, Direction, Truncation
from lineal.store.snapshot.events import ReadRows, find_events
from lineal.store.snapshot.lazy import LazyEvents
from lineal.store.snapshot.search import is_plain, search
from lineal.store.snapshot.view import View
from lineal.store.walk import KINDS, OTHER, Question, Walk

ENOUGH = 500
"""Nodes after which a walk in Python is given up for SciPy's, which takes a while to begin."""


def answer(view: View, question: Question, read: ReadRows) -> Closure:
    """Return the closure; its events are found and made when they are looked at."""
    walk = Walk(question)
    if question.limit is not None or question.stops:
        walk.run(lambda kind, ids: set(view.spread(kind, ids, {}, 0)))
    elif not (is_plain(view, question) and (_spread(view, walk, question, ENOUGH) or search(view, walk, question))):
        _spread(view, walk, question, None)
    return Closure(
        artifacts=cast("Mapping[ArtifactId, int]", walk.distance[NodeKind.ARTIFACT]),
        executions=cast("Mapping[ExecutionId, int]", walk.distance[NodeKind.EXECUTION]),
        events=LazyEvents(partial(find_events, view, walk, read)),
        truncated=_truncation(view, walk),
        reproduced=_reproduced(view, walk),
    )


def _spread(view: View, walk: Walk, question: Question, enough: int | None) -> bool:
    """Do what `Walk.run` does where every node counts, without a set for each hop.

    Returns False, and leaves the walk as it is, where it has more nodes than are `enough`.
    """
    distance: dict[NodeKind, dict[int, int]] = {kind: {} for kind in KINDS}
    frontier: dict[NodeKind, list[int]] = {}
    for kind, id_ in dict.fromkeys(question.starts):
        distance[kind][id_] = 0
        frontier.setdefault(kind, []).append(id_)
    hop = 0
    while frontier and (question.hops is None or hop < question.hops):
        hop += 1
        found = {OTHER[kind]: view.spread(kind, ids, distance[OTHER[kind]], hop) for kind, ids in frontier.items()}
        frontier = {kind: ids for kind, ids in found.items() if ids}
        if enough is not None and sum(map(len, distance.values())) > enough:
            return False
    walk.distance = distance
    return True


def _truncation(view: View, walk: Walk) -> Truncation | None:
    if walk.unbounded:
        return None
    return walk.truncation(
        sum(walk.leaves(OTHER[kind], other) for kind in KINDS for other in view.steps(kind, walk.walked(kind)))
    )


def _reproduced(view: View, walk: Walk) -> dict[ArtifactId, int]:
    if view.follows_all:
        return {}
    # Going both ways, such an event is in the answer where it was walked from its execution.
    walked = walk.walked(NodeKind.EXECUTION) if view.direction is Direction.BOTH else {}
    again = view.again(walk.walked(NodeKind.ARTIFACT))
    return Counter(ArtifactId(artifact) for artifact, execution in again if execution not in walked)
