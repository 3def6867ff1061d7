"""What both stores hold, as plain facts: each side makes its own records of them, inside the timer.

Imported in both interpreters, so it knows neither store.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.dag import Dag, Question, make_dag, questions

ARTIFACT_TYPE = "BenchmarkData"
EXECUTION_TYPE = "BenchmarkRun"
CONTEXT_TYPE = "BenchmarkLane"
LANES = 9

_SPLITS = ("train", "validation", "test")

FILTERS = {
    "filter_range": f"type = '{ARTIFACT_TYPE}' AND properties.quality.double_value >= 0.4 "
    "AND properties.quality.double_value < 0.4126",
    "filter_two": f"type = '{ARTIFACT_TYPE}' AND custom_properties.owner.string_value = 'team-13' "
    "AND properties.final.bool_value = true",
    "filter_name": "name = 'data-77@v1'",
    "filter_uri": "uri = 'data/77.parquet'",
    "filter_uri_like": "uri LIKE 'data/77%'",
    "filter_id": "id IN (7, 77, 777)",
    "filter_state_and_uri": "state = LIVE AND uri = 'data/77.parquet'",
    "filter_int": "properties.rows.int_value = 609763",
    "filter_int_in": "properties.rows.int_value IN (609763, 7919, 15838)",
    "filter_string_like": "custom_properties.owner.string_value LIKE 'team-1%' "
    "AND properties.quality.double_value < 0.01",
    "filter_three": "properties.split.string_value = 'test' AND custom_properties.owner.string_value = 'team-13' "
    "AND properties.quality.double_value > 0.9",
    "filter_context": "contexts_a.name = 'lane-3' AND properties.quality.double_value < 0.01",
    "filter_context_and_two": "contexts_a.name = 'lane-3' AND contexts_a.type = 'BenchmarkLane' "
    "AND custom_properties.owner.string_value = 'team-13' AND properties.final.bool_value = true",
    "filter_events": "events_0.execution_id = 77",
    "filter_events_and_range": "events_0.type = OUTPUT AND properties.quality.double_value < 0.002",
    "filter_created": "create_time_since_epoch < 1000",
    "filter_updated": "last_update_time_since_epoch < 1000",
    "filter_not_equal": "properties.rows.int_value != 7919 AND id < 1000",
}
"""Each filter in the words both sides understand; all but the first two are `filter_other`.

Only such as ML Metadata answers rightly, so that the answers can be compared.
"""


@dataclass(frozen=True)
class ArtifactFacts:
    """One artifact."""

    name: str
    uri: str
    rows: int
    quality: float
    split: str
    final: bool
    owner: str


@dataclass(frozen=True)
class RunFacts:
    """One execution, with the ids it read, the numbers of the artifacts it made, and its context."""

    seed: int
    rate: float
    label: str
    lane: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def artifact_facts(number: int) -> ArtifactFacts:
    """Return what artifact `number` is. ML Metadata keeps six decimals of a double, so there are no more."""
    return ArtifactFacts(
        name=f"data-{number}@v1",
        uri=f"data/{number}.parquet",
        rows=number * 7919 % 1_000_003,
        quality=round(number * 7907 % 10_007 / 10_007, 6),
        split=_SPLITS[number % 3],
        final=number % 10 == 0,
        owner=f"team-{number % 97}",
    )


def run_facts(number: int, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> RunFacts:
    """Return what run `number` is."""
    return RunFacts(
        seed=number,
        rate=round(number / 7, 6),
        label=f"run-{number}",
        lane=f"lane-{number % LANES}",
        inputs=inputs,
        outputs=outputs,
    )


def graph_runs(dag: Dag) -> list[RunFacts]:
    """Return the runs of the graph. Artifact `n` of it has the id `n + 1` on both sides."""
    return [
        run_facts(number, tuple(each + 1 for each in run.inputs), run.outputs) for number, run in enumerate(dag.runs)
    ]


def graph(size: int) -> Dag:
    """Return the graph of about this many artifacts."""
    return make_dag(size)


def wide_question(dag: Dag) -> Question:
    """Return the question both sides answer completely: fewer than a hundred hops, where ML Metadata stops."""
    return next(question for question in questions(dag) if question.name == "wide")
