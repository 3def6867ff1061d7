"""The record of a rebuild: an Execution of type `Rebuild` in the graph, with the verdict on it.

What came out the same is an output that `reproduces` the artifact; of what did not, the original is an input, and what
came out is an artifact of its own without a name: it is never taken for a version of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from lineal.errors import CausalityViolation, LinealError
from lineal.lineage.training import reference_to
from lineal.model.edges import EventType, How
from lineal.model.ids import ArtifactId, Micros
from lineal.model.nodes import Artifact, ArtifactState, Execution, ExecutionState, key_of
from lineal.model.publication import Origin, Publication, Use
from lineal.model.values import Json, Value
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.verdict import SUPPOSED, Grade, Missing, OutputResult, Verdict
from lineal.store.clock import Clock
from lineal.store.identifiers import Uuid7
from lineal.store.protocol import Store

TYPE = "Rebuild"
VERDICT = "verdict"
"""The custom property that holds the grade, so that rebuilds can be found by it."""

COUNTERFACTUAL = "counterfactual"
"""The custom property of a rebuild with other inputs than the recorded ones: it is about those, not about the model."""

DOCUMENT = "rebuild"
"""The custom property that holds the whole verdict."""

_ORDER = {grade.value: place for place, grade in enumerate(Grade)}

Attest = Callable[[Verdict, tuple[Micros, Micros]], Mapping[str, Value]]
"""Signs a verdict and returns the properties that the record gets for it."""


def recorded(
    store: Store,
    recipe: Recipe,
    verdict: Verdict,
    *,
    by: Origin,
    identifiers: Uuid7,
    began: Micros,
    clock: Clock,
    attest: Attest | None = None,
) -> Verdict:
    """Write the rebuild into the store and return the verdict with its reference.

    `attest` signs it and says what the record shall tell of that. A store that cannot be written, or a key that cannot
    be read, must not cost the verdict: then it comes back with a note that says so.
    """
    run_id = identifiers.at(began)
    interval = (began, clock.now())
    named = replace(verdict, recorded_as=f"run:{run_id}")
    kept = named.without_rows
    facts: Mapping[str, Value] = {}
    try:
        facts = attest(kept, interval) if attest is not None else {}
    except LinealError as error:
        unsigned = (*named.notes, f"the rebuild is not signed: {error.message}")
        named, kept = replace(named, notes=unsigned), replace(kept, notes=unsigned)
    try:
        _publish(store, recipe, kept, by, run_id, interval, facts)
    except LinealError as error:
        return replace(verdict, notes=(*verdict.notes, f"the rebuild was not recorded: {error.message}"))
    return named


def _publish(
    store: Store,
    recipe: Recipe,
    verdict: Verdict,
    by: Origin,
    run_id: str,
    interval: tuple[Micros, Micros],
    facts: Mapping[str, Value],
) -> None:
    started_at, ended_at = interval
    supposed = verdict.counterfactual
    properties: dict[str, Value] = {
        "label": f"{'rebuild' if supposed is None else 'suppose'} {recipe.reference}",
        "run_id": run_id,
        "duration_us": ended_at - started_at,
    }
    if verdict.grade is Grade.NOT_RUNNABLE:
        properties["error"] = verdict.sentence
    execution = Execution(
        type=TYPE,
        state=ExecutionState.FAILED if verdict.grade is Grade.NOT_RUNNABLE else ExecutionState.COMPLETE,
        external_id=run_id,
        properties=properties,
        custom_properties={
            VERDICT: verdict.grade.value if supposed is None else SUPPOSED,
            **({} if supposed is None else {COUNTERFACTUAL: dict(supposed)}),
            "rebuild_of": recipe.reference,
            "rebuilt_run": recipe.run_reference,
            DOCUMENT: verdict.document(),
            **facts,
        },
        started_at=started_at,
        ended_at=ended_at,
    )
    uses = _uses(recipe, verdict)
    try:
        store.publish(Publication(execution=execution, uses=uses), by=by)
    except CausalityViolation:
        # One output was made from another, and only one of them came out the same: the outputs alone say so too.
        outputs = [use for use in uses if use.type is EventType.OUTPUT]
        store.publish(Publication(execution=execution, uses=outputs), by=by)


def rebuilds_of(store: Store, artifact: Artifact) -> list[Execution]:
    """Return the recorded rebuilds of an artifact, the newest first."""
    events = store.events(artifacts=[ArtifactId(key_of(artifact).id)])
    found = store.get(Execution, sorted({event.execution_id for event in events}, reverse=True))
    name = reference_to(artifact)
    own = [run for run in found if run.type == TYPE and COUNTERFACTUAL not in run.custom_properties]
    return [run for run in own if name in _rebuilt_names(run)]


def verdict_on(run: Execution, artifact: Artifact) -> str:
    """Return what a recorded rebuild says of one artifact, which a log or another output that differs does not worsen.

    A metric that differs, and a program that ended otherwise, count for all that the run made.
    """
    document = run.custom_properties.get(DOCUMENT)
    told, name = str(run.custom_properties.get(VERDICT)), reference_to(artifact)
    own = next((str(one.get("verdict")) for one in _listed(document, "outputs") if one.get("name") == name), told)
    if told == Grade.DIVERGED.value and not _is_of_the_run(document):
        return own
    return max(own, told, key=lambda grade: _ORDER.get(grade, len(_ORDER)))


def _is_of_the_run(document: object) -> bool:
    return any(one.get("kind") in ("metric", "exit status") for one in _listed(document, "differences"))


def _listed(document: object, part: str) -> list[Mapping[str, Json]]:
    listed = document.get(part) if isinstance(document, Mapping) else None
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []


def says_something(run: Execution) -> bool:
    """Return whether a recorded rebuild says something of what it rebuilt.

    One that did not run because this machine had no uv, no such Python or no room says something of the machine alone.
    """
    if run.custom_properties.get(VERDICT) != Grade.NOT_RUNNABLE.value:
        return True
    document = run.custom_properties.get(DOCUMENT)
    listed = document.get("missing") if isinstance(document, Mapping) else None
    missing = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []
    of_here = [Missing(kind=str(one.get("kind")), what=str(one.get("what")), sentence="").is_of_here for one in missing]
    return not of_here or not all(of_here)


def _rebuilt_names(run: Execution) -> set[str]:
    document = run.custom_properties.get(DOCUMENT)
    outputs = document.get("outputs") if isinstance(document, dict) else None
    named = {str(each.get("name")) for each in outputs or () if isinstance(each, dict)}
    return named | {str(run.custom_properties.get("rebuild_of"))}


def _uses(recipe: Recipe, verdict: Verdict) -> list[Use]:
    artifacts = {reference_to(artifact): artifact for step in recipe.steps for artifact in step.outputs}
    results = [result for result in verdict.outputs if result.role != "intermediate"]
    if not results:  # it did not run: what it was about is all there is to say
        return [_input(artifact) for artifact in recipe.outputs]
    uses: dict[tuple[object, EventType], Use] = {}
    left_out = _left_out(verdict)
    for artifact in recipe.inputs:
        if reference_to(artifact) in left_out:
            continue
        uses[artifact.id, EventType.INPUT] = _input(artifact)
    for id_ in _used(verdict):
        uses[id_, EventType.INPUT] = Use(artifact=id_, type=EventType.INPUT, how=How.OBSERVED)
    for result in results:
        made = _of_output if verdict.counterfactual is None else _of_supposition
        for use in made(artifacts[result.name], result):
            key = use.artifact if isinstance(use.artifact, int) else (use.artifact.name or use.artifact.fingerprint)
            uses[key, use.type] = use
    return list(uses.values())


def _of_output(artifact: Artifact, result: OutputResult) -> Sequence[Use]:
    if result.grade.is_exact:
        # As content, not as an id: the store then knows that it was made again.
        plain = replace(artifact, id=None, created_at=None, updated_at=None, entry=None)
        return [Use(artifact=plain, type=EventType.OUTPUT, how=How.OBSERVED)]
    if result.rebuilt is None:
        return [_input(artifact)]
    facts: dict[str, Value] = {"rebuild_of": result.name, VERDICT: result.grade.value}
    other = Artifact(
        type=artifact.type, fingerprint=result.rebuilt, state=ArtifactState.DELETED, custom_properties=facts
    )
    return [_input(artifact), Use(artifact=other, type=EventType.OUTPUT, how=How.OBSERVED)]


def _of_supposition(artifact: Artifact, result: OutputResult) -> Sequence[Use]:
    """What comes of other inputs is never the artifact itself, nor a version of it, not even where it is the same."""
    if result.rebuilt is None or result.rebuilt == result.recorded:
        return [_input(artifact)]
    facts: dict[str, Value] = {"counterfactual_of": result.name}
    other = Artifact(
        type=artifact.type, fingerprint=result.rebuilt, state=ArtifactState.DELETED, custom_properties=facts
    )
    return [_input(artifact), Use(artifact=other, type=EventType.OUTPUT, how=How.OBSERVED)]


def _used(verdict: Verdict) -> list[ArtifactId]:
    """Return the stored artifacts that were read in the places of recorded ones."""
    used = (verdict.counterfactual or {}).get("used")
    return [ArtifactId(int(str(key).rpartition("#")[2])) for key in used] if isinstance(used, list | tuple) else []


def _left_out(verdict: Verdict) -> set[str]:
    """Return the references of the recorded inputs that were not read this time."""
    facts = verdict.counterfactual or {}
    without, replaced = facts.get("without"), facts.get("replaced")
    found = {str(name) for name in without} if isinstance(without, list | tuple) else set()
    return found | ({str(name) for name in replaced} if isinstance(replaced, Mapping) else set())


def _input(artifact: Artifact) -> Use:
    return Use(artifact=ArtifactId(key_of(artifact).id), type=EventType.INPUT, how=How.OBSERVED)
