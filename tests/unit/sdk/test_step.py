"""A decorated function records itself: what data went in, what came out, with which settings."""

from __future__ import annotations

import pandas as pd
import pytest

import lineal
from lineal.model.edges import EventType, How
from lineal.model.nodes import Artifact, Execution, ExecutionState


class Mean:
    """The smallest model."""

    def __init__(self, value):
        self.value = value

    def predict(self, rows):
        return [self.value] * len(rows)


def frame(*values):
    return pd.DataFrame({"delay": list(values)})


@pytest.fixture
def outer(workspace):
    with lineal.run("pipeline", type="Transform", workspace=workspace) as run:
        yield run


def steps(workspace, outer):
    return [run for run in workspace.store.list(Execution).items if run.id != outer.execution.id]


def touched(workspace, run, kind):
    events = [event for event in workspace.store.events(executions=[run.id]) if event.type is kind]
    artifacts = workspace.store.get(Artifact, [event.artifact_id for event in events])
    return [(artifact.name, event.path, event.how) for artifact, event in zip(artifacts, events, strict=True)]


def test_frames_in_and_out_become_observed_edges_and_plain_arguments_parameters(workspace, outer):
    @lineal.step(type="Transform")
    def clean(flights: pd.DataFrame, minimum: int = 5, *, how="drop") -> pd.DataFrame:
        """Clean them."""
        return flights[flights.delay > minimum]

    given = frame(1, 7, 9)
    assert clean(given, minimum=6).delay.tolist() == [7, 9]
    [run] = steps(workspace, outer)
    assert (run.type, run.properties["label"], run.state) == ("Transform", "clean", ExecutionState.COMPLETE)
    assert run.properties["parent_run_id"] == outer.id
    assert run.custom_properties["param.minimum"] == 6
    assert run.custom_properties["param.how"] == "drop"
    assert touched(workspace, run, EventType.INPUT) == [("flights@v1", ("flights",), How.OBSERVED)]
    assert touched(workspace, run, EventType.OUTPUT) == [("clean@v1", (), How.OBSERVED)]
    assert clean.__name__ == "clean"
    assert clean.__doc__ == "Clean them."


def test_steps_chain_through_the_content_that_passes_between_them(workspace, outer):
    @lineal.step(type="Ingest")
    def ingest():
        return frame(1, 2)

    @lineal.step(type="Train")
    def train(flights):
        return Mean(float(flights.delay.mean()))

    @lineal.step(type="Evaluate")
    def evaluate(model, flights):
        return model.predict(flights)

    flights = ingest()
    assert evaluate(train(flights), flights) == [1.5, 1.5]
    graph = workspace.trace("model:train@v1")
    assert [node.name for node in graph.artifacts()] == ["train@v1", "ingest@v1"]
    [_, _, evaluation] = steps(workspace, outer)
    assert {name for name, _, _ in touched(workspace, evaluation, EventType.INPUT)} == {"train@v1", "ingest@v1"}


def test_several_results_are_named_after_their_place_or_key(workspace, outer):
    @lineal.step()
    def split(flights):
        return flights[:1], flights[1:]

    @lineal.step(output="Features")
    def parts(flights):
        return {"train": flights[:1], "test": flights[1:], "rows": 2}

    split(frame(1, 2))
    parts(frame(1, 2))
    first, second = steps(workspace, outer)
    assert [name for name, _, _ in touched(workspace, first, EventType.OUTPUT)] == ["split.0@v1", "split.1@v1"]
    assert [name for name, _, _ in touched(workspace, second, EventType.OUTPUT)] == ["parts.train@v1", "parts.test@v1"]


def test_paths_references_and_artifacts_among_the_arguments_are_inputs(workspace, outer, tmp_path):
    path = tmp_path / "weather.csv"
    path.write_text("wind\n1\n")
    known = outer.log_dataset([1], name="planes")
    reference = outer.log_dataset([2], name="airports")

    @lineal.step()
    def merge(weather, planes, *others, missing=None, **options):
        return path

    merge(path, known, "dataset:airports@v1", missing=tmp_path / "nowhere.csv", airline="UA")
    [run] = steps(workspace, outer)
    assert [(name, place) for name, place, _ in touched(workspace, run, EventType.INPUT)] == [
        ("weather@v1", ("weather",)),
        (known.name, ("planes",)),
        (reference.name, ("others.0",)),
    ]
    assert run.custom_properties["param.airline"] == "UA"
    assert run.custom_properties["param.missing"] == str(tmp_path / "nowhere.csv")


def test_a_text_that_only_looks_like_a_reference_is_a_parameter(workspace, outer):
    @lineal.step()
    def note(text, url):
        return text

    assert note("time:now", "http://localhost/x") == "time:now"
    [run] = steps(workspace, outer)
    assert run.custom_properties["param.text"] == "time:now"
    assert run.custom_properties["param.url"] == "http://localhost/x"


def test_a_method_records_its_arguments_without_self_and_unknown_values_by_their_class(workspace, outer):
    class Cleaner:
        @lineal.step()
        def clean(self, flights, thing):  # noqa: ARG002
            return flights

    Cleaner().clean(frame(1), object())
    [run] = steps(workspace, outer)
    assert run.custom_properties["param.thing"] == "<object>"
    assert "param.self" not in run.custom_properties


def test_a_step_that_raises_is_failed_and_the_exception_goes_on(workspace, outer):
    @lineal.step()
    def explode():
        raise ValueError("no rows")

    with pytest.raises(ValueError, match="no rows"):
        explode()
    [run] = steps(workspace, outer)
    assert run.state is ExecutionState.FAILED
    assert run.properties["error"].startswith("ValueError: no rows")


def test_a_step_on_its_own_is_a_run_of_the_nearest_workspace(tmp_path, monkeypatch):
    @lineal.step()
    def clean(flights):
        return flights.dropna()

    monkeypatch.chdir(tmp_path)
    clean(frame(1, None))
    with lineal.open(tmp_path) as workspace:
        assert [artifact.name for artifact in workspace.store.list(Artifact).items] == ["flights@v1", "clean@v1"]


async def _later():
    """A coroutine."""


def _one_by_one():
    yield 1


async def _both():
    yield 1


@pytest.mark.parametrize("function", [_later, _one_by_one, _both])
def test_what_is_over_before_it_begins_is_refused_when_decorated(function):
    with pytest.raises(lineal.LinealError, match="async function or a generator"):
        lineal.step()(function)
