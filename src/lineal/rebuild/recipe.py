"""The recipe: what the record of a run says has to be done, read out of the store once.

One process may hold several runs (steps). A recipe is that of the process: its command, and all that its runs read
and wrote; `target` is the run that was asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from lineal.errors import InvalidArgument, NotFound
from lineal.lineage.capture_record import Item, item, record_of
from lineal.lineage.resolve import Resolved, quoted, resolve
from lineal.lineage.training import reference_to
from lineal.model.edges import INPUTS, OUTPUTS, Event, EventType
from lineal.model.ids import ArtifactId, ExecutionId
from lineal.model.listing import ListOptions
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution, key_of
from lineal.model.predictions import Prediction
from lineal.model.vocabulary import LAUNCHED, PROCESS, RECORDED_BY
from lineal.store.protocol import Store

NOT_REBUILT = ("Deploy", "Erase", "Export", "Rebuild")
"""Types of executions in which there is nothing to run again."""

_MOST_RUNS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One recorded run of the process, with what it read, wrote and measured, in the order of the events."""

    run: Execution
    record: Mapping[str, Item]
    inputs: tuple[Artifact, ...]
    outputs: tuple[Artifact, ...]
    metrics: tuple[MetricSeries, ...]

    @property
    def label(self) -> str:
        """What the run is called."""
        return str(self.run.properties.get("label") or self.run.name or self.run.type.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What has to be done again, and what shall come out.

    `steps` are all runs of the process, oldest first, `target` among them. `wanted` is the artifact that was asked
    for, None where a run was. `inputs` are what came from outside the process.
    """

    reference: str
    target: Step
    steps: tuple[Step, ...]
    wanted: Artifact | None = None

    @property
    def record(self) -> Mapping[str, Item]:
        """The capture record of the run that was asked for."""
        return self.target.record

    @property
    def command(self) -> Step | None:
        """The run that `lineal run` started and that is to be started so again; the target may be a run within it."""
        return next((step for step in self.steps if step.run.custom_properties.get(RECORDED_BY) == LAUNCHED), None)

    @property
    def argv(self) -> tuple[str, ...]:
        """The command line with the interpreter's own options; () where it is not known."""
        found = item(self.record if self.command is None else self.command.record, "argv")
        words = found.value if found.captured and isinstance(found.value, Sequence) else ()
        return tuple(str(word) for word in words) if not isinstance(words, str | bytes) else ()

    @property
    def inputs(self) -> tuple[Artifact, ...]:
        """What the runs of the process read and none of them made, each once."""
        made = {artifact.id for step in self.steps for artifact in step.outputs}
        read = {artifact.id: artifact for step in self.steps for artifact in step.inputs}
        return tuple(artifact for id_, artifact in read.items() if id_ not in made)

    @property
    def outputs(self) -> tuple[Artifact, ...]:
        """What decides: the artifact that was asked for, else what the run wrote, a command with its inner runs."""
        if self.wanted is not None:
            return (self.wanted,)
        steps = self.steps if self.target is self.command else (self.target,)
        return tuple({artifact.id: artifact for step in steps for artifact in step.outputs}.values())

    @property
    def run_reference(self) -> str:
        """The reference of the run that was asked for."""
        return run_reference(self.target.run)


def run_reference(run: Execution) -> str:
    """Return the reference that names a run."""
    return f"run:{run.external_id}" if run.external_id else str(key_of(run))


def recipe_of(store: Store, reference: str) -> Recipe:
    """Return the recipe of what a reference names: a run, or the run that made a model or dataset.

    Raises NotFound where no recorded run made it, InvalidArgument for what is never rebuilt.
    """
    found = resolve(store, reference)
    run, wanted = _run_of(store, found, reference)
    if run.type in NOT_REBUILT:
        raise InvalidArgument(f"{reference} is a {run.type} run: there is nothing in it to rebuild")
    runs = _of_one_process(store, run)
    steps = tuple(step_of(store, each) for each in runs)
    target = next(step for step in steps if step.run.id == run.id)
    named = reference_to(wanted) if wanted is not None else run_reference(run)
    return Recipe(reference=named, target=target, steps=steps, wanted=wanted)


def _run_of(store: Store, found: Resolved, reference: str) -> tuple[Execution, Artifact | None]:
    if isinstance(found, Execution):
        return found, None
    if isinstance(found, Prediction | Context):
        kind = "a prediction" if isinstance(found, Prediction) else f"a {found.type}"
        raise InvalidArgument(f"{reference} is {kind}", hint="name a model, a dataset or a run")
    events = store.events(artifacts=[cast("ArtifactId", found.id)])
    makers = [event for event in events if event.type in OUTPUTS and not event.reproduces]
    makers = makers or [event for event in events if event.type in OUTPUTS]
    if not makers:
        raise NotFound(
            f"no recorded run made {reference}, so there is no recipe to follow",
            hint="record the run that makes it: lineal run -- python train.py",
        )
    return store.get(Execution, [makers[0].execution_id])[0], found


def _of_one_process(store: Store, run: Execution) -> list[Execution]:
    """Return the runs that one process (or one command) held, oldest first."""
    found = {each.id: each for each in (run, *_commands_around(store, run))}
    process = run.custom_properties.get(PROCESS)
    if isinstance(process, str):
        condition = f"custom_properties.{PROCESS}.string_value = {quoted(process)}"
        found |= {each.id: each for each in _listed(store, condition)}
    front = list(found.values())
    while front:
        inner = front.pop()
        if not inner.external_id:
            continue
        for each in _listed(store, f"properties.parent_run_id.string_value = {quoted(inner.external_id)}"):
            if each.id not in found:
                found[each.id] = each
                front.append(each)
    return sorted(found.values(), key=lambda each: each.id or 0)


def _commands_around(store: Store, run: Execution) -> list[Execution]:
    """Return the runs around this one, out to the command it was part of; [] where it was part of none."""
    around = [run]
    while (outer := around[-1].properties.get("parent_run_id")) and around[-1].external_id != outer:
        parents = _listed(store, f"external_id = {quoted(str(outer))}")
        if not parents or parents[0] in around:
            return []
        around.append(parents[0])
        if parents[0].custom_properties.get(RECORDED_BY) == LAUNCHED:
            return around[1:]
    return []


def _listed(store: Store, condition: str) -> Sequence[Execution]:
    return [
        run
        for run in store.list(Execution, ListOptions(filter=condition, limit=_MOST_RUNS)).items
        if run.type not in NOT_REBUILT
    ]


def step_of(store: Store, run: Execution) -> Step:
    """Return a run with what it read, wrote and measured."""
    run_id = cast("ExecutionId", run.id)
    events = store.events(executions=[run_id])
    nodes = {node.id: node for node in store.get(Artifact, sorted({event.artifact_id for event in events}))}
    return Step(
        run=run,
        record=record_of(run),
        inputs=_each(nodes, events, INPUTS),
        outputs=_each(nodes, events, OUTPUTS),
        metrics=tuple(store.metrics(run_id)),
    )


def _each(
    nodes: Mapping[ArtifactId | None, Artifact], events: Sequence[Event], kinds: Collection[EventType]
) -> tuple[Artifact, ...]:
    ids = dict.fromkeys(event.artifact_id for event in events if event.type in kinds)
    return tuple(nodes[id_] for id_ in ids)
