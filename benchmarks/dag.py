"""The benchmark's graph: a seeded, layered DAG of runs, as it is found in a company's pipelines.

Nine lanes of long chains; each run reads about three artifacts and writes two. Hub datasets are read by every lane in
a window of its layers, and a lane also reads from the lanes before it in its group of three.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

LANES = 9
GROUP = 3
HUBS = 8
LAYERS = 180
SEED = 20130101


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the artifacts it read and wrote, by number."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dag:
    """Artifacts are numbered from 0, the hubs first; runs stand in an order in which inputs come before their use."""

    hubs: int
    artifacts: int
    runs: Sequence[Run]

    @property
    def edges(self) -> int:
        """How many events it has."""
        return sum(len(run.inputs) + len(run.outputs) for run in self.runs)


def make_dag(artifacts: int, *, seed: int = SEED) -> Dag:
    """Return the graph with about this many artifacts."""
    choose = random.Random(seed)
    width = max(1, round(artifacts / 2 / LANES / LAYERS))
    layers = max(3, round((artifacts - HUBS) / 2 / LANES / width))
    made: list[list[list[int]]] = [[] for _ in range(LANES)]
    runs: list[Run] = []
    number = HUBS
    for layer in range(layers):
        for lane in range(LANES):
            row: list[int] = []
            for _ in range(width):
                inputs = _inputs(choose, made, lane, layer, layers)
                outputs = tuple(range(number, number + choose.choice((1, 2, 2, 3))))
                number += len(outputs)
                row.extend(outputs)
                runs.append(Run(inputs, outputs))
            made[lane].append(row)
    return Dag(HUBS, number, runs)


def _inputs(choose: random.Random, made: list[list[list[int]]], lane: int, layer: int, layers: int) -> tuple[int, ...]:
    if layer == 0:
        return (lane % HUBS,)
    own = made[lane]
    chosen = {choose.choice(own[-1]), choose.choice(own[max(0, layer - choose.randint(1, 3))])}
    if choose.random() < 0.5:
        chosen.add(choose.choice(own[max(0, layer - choose.randint(2, 6))]))
    if lane % GROUP and choose.random() < 0.1:
        chosen.add(choose.choice(made[lane - 1][layer - 1]))
    if choose.random() < 0.3:
        # The first hub is read in the first tenth of the layers, the next in the second, and so on.
        chosen.add(min(HUBS - 1, layer * 10 // layers))
    return tuple(sorted(chosen))


@dataclass(frozen=True, slots=True)
class Question:
    """A closure to ask for: where it starts, which way it goes, and how many nodes and hops it has."""

    name: str
    artifact: int
    upstream: bool
    nodes: int
    hops: int


def questions(dag: Dag) -> list[Question]:
    """Return the small, the deep and the wide question of a graph."""
    walk = Walk(dag)
    last = max(run.outputs[-1] for run in dag.runs[-LANES:])
    near = range(dag.hubs, min(dag.artifacts, dag.hubs + dag.artifacts // 10), max(1, dag.artifacts // 2000))
    small = min(near, key=lambda artifact: abs(walk.reach(artifact, upstream=True)[0] - 190))
    return [
        Question("small", small, True, *walk.reach(small, upstream=True)),  # noqa: FBT003
        Question("deep", last, True, *walk.reach(last, upstream=True)),  # noqa: FBT003
        Question("wide", 0, False, *walk.reach(0, upstream=False)),  # noqa: FBT003
    ]


class Walk:
    """An independent walk over the graph in memory, to choose questions and to check answers."""

    def __init__(self, dag: Dag) -> None:
        self._runs = dag.runs
        self._makers: list[list[int]] = [[] for _ in range(dag.artifacts)]
        self._readers: list[list[int]] = [[] for _ in range(dag.artifacts)]
        for number, run in enumerate(dag.runs):
            for artifact in run.outputs:
                self._makers[artifact].append(number)
            for artifact in run.inputs:
                self._readers[artifact].append(number)

    def reach(self, artifact: int, *, upstream: bool) -> tuple[int, int]:
        """Return how many nodes (with the start) and hops a closure has."""
        artifacts, runs, hops = self.closure(artifact, upstream=upstream)
        return len(artifacts) + len(runs), hops

    def closure(self, artifact: int, *, upstream: bool) -> tuple[set[int], set[int], int]:
        """Return the artifacts and runs reached, and the distance of the farthest."""
        artifacts, runs = {artifact: 0}, dict[int, int]()
        waiting = deque([artifact])
        while waiting:
            current = waiting.popleft()
            for number in (self._makers if upstream else self._readers)[current]:
                if number in runs:
                    continue
                runs[number] = artifacts[current] + 1
                for reached in self._runs[number].inputs if upstream else self._runs[number].outputs:
                    if reached not in artifacts:
                        artifacts[reached] = runs[number] + 1
                        waiting.append(reached)
        return set(artifacts), set(runs), max(*artifacts.values(), *runs.values(), 0)
