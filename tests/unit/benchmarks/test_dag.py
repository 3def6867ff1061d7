"""The benchmark's graph is what docs/reference/speed.md says it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def dag(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import dag as module

    yield module
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)


def test_one_seed_gives_one_graph_and_another_seed_another(dag):
    assert dag.make_dag(500) == dag.make_dag(500)
    assert dag.make_dag(500) != dag.make_dag(500, seed=1)


def test_every_input_was_made_before_its_use_and_every_artifact_once(dag):
    graph = dag.make_dag(2000)
    made = set(range(graph.hubs))

    for run in graph.runs:
        assert made.issuperset(run.inputs)
        assert made.isdisjoint(run.outputs)
        made.update(run.outputs)
    assert made == set(range(graph.artifacts))


def test_a_run_reads_about_three_artifacts_and_writes_about_two(dag):
    graph = dag.make_dag(10_000)

    assert 2.5 <= sum(len(run.inputs) for run in graph.runs) / len(graph.runs) <= 3.5
    assert 1.9 <= sum(len(run.outputs) for run in graph.runs) / len(graph.runs) <= 2.1


def test_the_questions_are_small_deep_and_wide(dag):
    small, deep, wide = dag.questions(dag.make_dag(10_000))

    assert small.hops < 20
    assert 150 <= small.nodes <= 230
    assert deep.hops > 100
    assert wide.hops > 50
    assert small.nodes < deep.nodes < wide.nodes
