"""The chain: everything upstream of a recipe that is made again from raw data, in order, and the plan of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lineal.files import Files
from lineal.lineage.capture_record import record_of
from lineal.lineage.training import reference_to
from lineal.model.edges import OUTPUTS
from lineal.model.fingerprint import OF_BYTES
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Artifact, Execution
from lineal.model.values import Json
from lineal.rebuild.plan import Plan
from lineal.rebuild.rebuild import Options, plan_of
from lineal.rebuild.recipe import NOT_REBUILT, Recipe, recipe_of, run_reference
from lineal.rebuild.verdict import Difference, Grade, Missing, worst
from lineal.store.protocol import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainPlan:
    """The plans of all steps from raw data to what was asked for, in the order in which they run."""

    plans: tuple[Plan, ...]

    @property
    def recipe(self) -> Recipe:
        """The recipe that was asked for."""
        return self.plans[-1].recipe

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What any step lacks, with the step it is about."""
        return tuple(of_step(one, each.recipe, self.recipe) for each in self.plans for one in each.missing)

    @property
    def reachable(self) -> Grade:
        """The best verdict: no better than that of any step, for what one makes the next one reads."""
        return worst([each.reachable for each in self.plans])

    @property
    def steps(self) -> tuple[str, ...]:
        """What will be done, in order, for people: the steps, and what each of them does."""
        told: list[str] = []
        for place, each in enumerate(self.plans, start=1):
            label = each.recipe.target.label
            told.append(f"step {place} of {len(self.plans)}: {label}, at best {each.reachable.value}")
            told += each.steps
            told += [f"input: {name} as an earlier step makes it" for name in self._handed(each)]
        return tuple(told)

    def _handed(self, planned: Plan) -> list[str]:
        made = {reference_to(one) for each in self.plans for step in each.recipe.steps for one in step.outputs}
        found = {source.name for source in planned.inputs} | {one.what for one in planned.missing}
        names = [reference_to(one) for one in planned.recipe.inputs]
        return [name for name in names if name in made and name not in found]

    @property
    def drift(self) -> tuple[Difference, ...]:
        """What is no longer as recorded, of all steps; each once."""
        told = {one.sentence: one for each in self.plans for one in each.drift}
        return tuple(told.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd, of all steps; each once."""
        return tuple(dict.fromkeys(note for each in self.plans for note in each.notes))

    def document(self) -> dict[str, Json]:
        """Return the plan as JSON: that of the last step for the whole chain, and each step's own in `chain`."""
        missing = self.missing
        return {
            **self.plans[-1].document(),
            "verdict": None if not missing else Grade.NOT_RUNNABLE.value,
            "reachable": self.reachable.value,
            "missing": [each.document() for each in missing],
            "steps": list(self.steps),
            "drift": [difference.document() for difference in self.drift],
            "notes": list(self.notes),
            "chain": [each.document() for each in self.plans],
        }


def plan_from_raw(store: Store, files: Files, recipe: Recipe, options: Options) -> ChainPlan:
    """Return the plan of every step upstream and of the recipe itself; nothing is computed.

    An input that an earlier step makes again, and hands on, is not missing where it is gone.
    """
    made: set[str] = set()
    plans: list[Plan] = []
    for each in chain_of(store, recipe):
        planned = plan_of(each, files, options)
        missing = tuple(one for one in planned.missing if one.kind != "input" or one.what not in made)
        inputs = tuple(source for source in planned.inputs if source.name not in made)
        plans.append(replace(planned, missing=missing, inputs=inputs))
        made |= {reference_to(one) for step in each.steps for one in step.outputs if _has_bytes(one)}
    return ChainPlan(plans=tuple(plans))


def _has_bytes(artifact: Artifact) -> bool:
    """Whether an artifact can be handed on: a file can, a frame in memory and a directory cannot."""
    kind = artifact.custom_properties.get("fingerprint_kind")
    if kind == "dir":
        return False
    is_file = kind in OF_BYTES or artifact.type == "Model" or (artifact.uri or "").startswith("file:")
    return is_file or "kept" in artifact.custom_properties


def chain_of(store: Store, recipe: Recipe) -> list[Recipe]:
    """Return the recipes of everything upstream and the recipe itself, each after those whose outputs it reads.

    A run that was recorded after the fact tells nothing of how it ran: what it made is taken as it is.
    """
    chain: dict[int, Recipe] = {}
    started: set[int] = set()
    pending = [recipe]
    while pending:
        each = pending[-1]
        key = _key(each)
        above = [one for one in _makers(store, each) if _key(one) not in started]
        started.add(key)
        if above:
            pending += above
            continue
        pending.pop()
        chain.setdefault(key, each)
    return list(chain.values())


def _key(recipe: Recipe) -> int:
    """One process is one recipe, whichever of its runs was asked for."""
    return min(step.run.id or 0 for step in recipe.steps)


def _makers(store: Store, recipe: Recipe) -> list[Recipe]:
    ids = [ArtifactId(artifact.id or 0) for artifact in recipe.inputs]
    events = store.events(artifacts=ids) if ids else []
    first: dict[ArtifactId, int] = {}
    for event in events:
        if event.type in OUTPUTS and not event.reproduces:
            first.setdefault(event.artifact_id, event.execution_id)
    runs = store.get(Execution, sorted(set(first.values()))) if first else []
    recorded = [run for run in runs if run.type not in NOT_REBUILT and record_of(run)]
    return [recipe_of(store, run_reference(run)) for run in recorded]


def of_step(missing: Missing, step: Recipe, whole: Recipe) -> Missing:
    """Return what a step lacks, with the words that it is that step where it is not the last."""
    if step.target.label == whole.target.label:
        return missing
    return replace(missing, sentence=f"the step {step.target.label!r} upstream cannot be rebuilt: {missing.sentence}")
