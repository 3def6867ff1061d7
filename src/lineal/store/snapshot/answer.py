"""The answer: what a question reaches in a snapshot, equal in every part to what the database says."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import cast

from lineal.model.ids import ArtifactId, ExecutionId, NodeKind
from lineal.model.traversal import Closure, Direction, Truncation
from lineal.store.snapshot.events import ReadRows, find_events
from lineal.store.snapshot.lazy import LazyEvents
from lineal.store.snapshot.view import View
from lineal.store.walk import KINDS, OTHER, Question, Walk


def answer(view: View, question: Question, read: ReadRows) -> Closure:
    """Return the closure; its events are found and made when they are looked at."""
    walk = Walk(question)
    if question.limit is None and not question.stops:
        _spread(view, walk, question)
    else:
        walk.run(lambda kind, ids: set(view.spread(kind, ids, {}, 0)))
    return Closure(
        artifacts=cast("dict[ArtifactId, int]", walk.distance[NodeKind.ARTIFACT]),
        executions=cast("dict[ExecutionId, int]", walk.distance[NodeKind.EXECUTION]),
        events=LazyEvents(partial(find_events, view, walk, read)),
        truncated=_truncation(view, walk),
        reproduced=_reproduced(view, walk),
    )


def _spread(view: View, walk: Walk, question: Question) -> None:
    """Do what `Walk.run` does where every node counts: without a set for each hop."""
    frontier: dict[NodeKind, list[int]] = {}
    for kind, id_ in dict.fromkeys(question.starts):
        walk.distance[kind][id_] = 0
        frontier.setdefault(kind, []).append(id_)
    hop = 0
    while frontier and (question.hops is None or hop < question.hops):
        hop += 1
        found = {OTHER[kind]: view.spread(kind, ids, walk.distance[OTHER[kind]], hop) for kind, ids in frontier.items()}
        frontier = {kind: ids for kind, ids in found.items() if ids}


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
