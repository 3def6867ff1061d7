"""The plan: what a rebuild will do, what it lacks, and the best verdict it can reach, before anything is computed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lineal.capture.secrets import HIDDEN
from lineal.files import Files
from lineal.lineage.capture_record import item
from lineal.lineage.completeness import seeds_open
from lineal.model.capture_items import LISTINGS
from lineal.model.nodes import Artifact, Execution, ExecutionState
from lineal.model.values import Json
from lineal.rebuild.checkout import CodeSource
from lineal.rebuild.code import find_code
from lineal.rebuild.continued import lost_beginnings
from lineal.rebuild.environment import Environment, EnvironmentKind, prepare
from lineal.rebuild.execute import Limits
from lineal.rebuild.inputs import InputSource, find_inputs
from lineal.rebuild.layout import Layout, layout_of
from lineal.rebuild.notebook import has_cells
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.since import changed_since
from lineal.rebuild.variables import secret_variables
from lineal.rebuild.verdict import Difference, Grade, Missing, causes_first, worst

_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps of a rebuild. `missing` is empty where it can run; `reachable` is the best verdict it can come to."""

    recipe: Recipe
    layout: Layout
    environment: Environment | None
    code: CodeSource | None
    inputs: tuple[InputSource, ...]
    missing: tuple[Missing, ...]
    notes: tuple[str, ...]
    changed: tuple[Difference, ...] = ()
    probe: Mapping[str, Json] | None = None
    """What can be said of the data that models shall be called on, and of each model, before anything runs."""

    @property
    def drift(self) -> tuple[Difference, ...]:
        """What is no longer as recorded here: environment, code, variables, inputs; what cannot be a cause is last."""
        return causes_first((*(self.environment.drift if self.environment else ()), *self.changed))

    @property
    def first_difference(self) -> Difference | None:
        """What is not as recorded where that is why it cannot run; None where something else is missing."""
        lost = {missing.what for missing in self.missing if missing.kind == "input"}
        return next((one for one in self.changed if one.kind == "input" and one.what in lost), None)

    @property
    def reachable(self) -> Grade:
        """The best verdict this rebuild can come to."""
        if self.missing or self.environment is None:
            return Grade.NOT_RUNNABLE
        return worst([self.environment.cap, Grade.NUMERIC]) if seeds_open(self.recipe.record) else self.environment.cap

    @property
    def steps(self) -> tuple[str, ...]:
        """What will be done, in order, for people."""
        told = [f"environment: {self.environment.sentence}" if self.environment else ""]
        told.append(f"code: {self.code.sentence}" if self.code else "")
        told += [f"input: {source.name} from {_origin(source)}" for source in self.inputs if not source.is_listed]
        listed = sum(source.is_listed for source in self.inputs)
        told.append(f"listed: {listed} files that it saw and did not open, from the kept files" if listed else "")
        told.append(f"run: {' '.join(self.recipe.argv)}")
        told += [f"compare: {artifact.type} {artifact.name}" for artifact in self.recipe.outputs]
        told += [f"probe: {sentence}" for sentence in self._probed]
        return tuple(step for step in told if step)

    @property
    def _probed(self) -> list[str]:
        models = (self.probe or {}).get("models")
        listed = models if isinstance(models, list | tuple) else ()
        return [str(one["sentence"]) for one in listed if isinstance(one, Mapping)]

    def document(self) -> dict[str, Json]:
        """Return the plan as JSON: the keys of a verdict that are known before, and the steps."""
        return {
            "verdict": None if not self.missing else Grade.NOT_RUNNABLE.value,
            "reference": self.recipe.reference,
            "run": self.recipe.run_reference,
            "reachable": self.reachable.value,
            "missing": [missing.document() for missing in self.missing],
            "steps": list(self.steps),
            "drift": [difference.document() for difference in self.drift],
            "notes": list(self.notes),
            "outputs": [],
            "first_difference": None if self.first_difference is None else self.first_difference.document(),
            "probe": None if self.probe is None else dict(self.probe),
        }


def plan(
    recipe: Recipe,
    files: Files,
    *,
    kind: EnvironmentKind,
    limits: Limits,
    allow_drift: bool = False,
    passed: frozenset[str] = frozenset(),
) -> Plan:
    """Return the plan of a rebuild. Reads the record, files and inputs; writes and executes nothing."""
    layout = layout_of(recipe.record)
    code = find_code(recipe.record, layout, files, network=limits.network)
    sources, lost = find_inputs(recipe, layout, files)
    environment = prepare(recipe.record, files, kind, allow_drift=allow_drift)
    told = () if isinstance(environment, Missing) else environment.notes
    missing = [*_record(recipe), *_arguments(recipe), *_variables(recipe, passed)]
    missing += [code] if isinstance(code, Missing) else []
    missing += lost
    missing += [environment] if isinstance(environment, Missing) else []
    missing += _room(recipe, limits)
    return Plan(
        recipe=recipe,
        layout=layout,
        environment=None if isinstance(environment, Missing) else environment,
        code=None if isinstance(code, Missing) else code,
        inputs=tuple(sources),
        missing=tuple(missing),
        notes=(*_notes(recipe), *lost_beginnings(recipe, files), *told),
        changed=tuple(changed_since(recipe, layout, files)),
    )


def _record(recipe: Recipe) -> list[Missing]:
    run = recipe.target.run
    if not recipe.record:
        sentence = f"{recipe.target.label} was recorded after the fact: nothing is known of how it ran"
        advice = "record it while it runs: lineal run -- python train.py"
        return [Missing(kind="record", what="capture", sentence=sentence, advice=advice)]
    if run.state is ExecutionState.RUNNING:
        sentence = f"{recipe.target.label} is still running, or was killed: what it made is not known"
        return [Missing(kind="record", what="outputs", sentence=sentence)]
    if not recipe.outputs and not recipe.target.metrics:
        sentence = f"the record of {recipe.target.label} names nothing that it made, so there is nothing to compare"
        advice = "log what it makes: run.log_model(...), run.log_dataset(...)"
        return [Missing(kind="record", what="outputs", sentence=sentence, advice=advice)]
    bare = [artifact.name or artifact.type for artifact in recipe.outputs if not _is_known(artifact)]
    sentence = "{} has no fingerprint, so nothing can be compared with it"
    return [Missing(kind="record", what=name, sentence=sentence.format(name)) for name in bare]


def _is_known(artifact: Artifact) -> bool:
    return bool(artifact.fingerprint or artifact.properties.get("canonical"))


def _arguments(recipe: Recipe) -> list[Missing]:
    words = recipe.argv
    found = item(recipe.record, "argv")
    if has_cells(recipe):
        return []
    if not words:
        why = found.reason or found.status
        return [Missing(kind="command", what="argv", sentence=f"the command is not known: {why}")]
    if not item(recipe.record, "script").captured and words[1:] in ((), ("-",)):
        sentence = "the program was typed or piped into the interpreter: its text is not recorded"
        return [Missing(kind="code", what="stdin", sentence=sentence, advice="put it into a file")]
    hidden = [place for place, word in enumerate(words) if HIDDEN in word]
    return [
        Missing(
            kind="argument",
            what=words[place],
            sentence=f"argument {place} of the command was a secret and was not recorded",
            advice="give secrets in variables or files",
        )
        for place in hidden
    ]


def _variables(recipe: Recipe, passed: frozenset[str]) -> list[Missing]:
    return [
        Missing(
            kind="variable",
            what=name,
            sentence=f"the variable {name} was a secret and was not recorded",
            advice=f"{'' if name in os.environ else f'set {name}, and '}let the program have it: --pass {name}",
        )
        for name in secret_variables(recipe.record)
        if name not in passed or name not in os.environ
    ]


def _room(recipe: Recipe, limits: Limits) -> list[Missing]:
    sizes = [artifact.properties.get("bytes") for artifact in (*recipe.inputs, *recipe.outputs)]
    needed = sum(size for size in sizes if isinstance(size, int))
    place = tempfile.gettempdir()
    free = shutil.disk_usage(place).free
    if needed + limits.free <= free:
        return []
    sentence = (
        f"the disk of {place} has {free >> 20} MiB free, and the rebuild needs {(needed + limits.free) >> 20} MiB"
    )
    return [Missing(kind="disk", what=place, sentence=sentence, advice="free some space, or set TMPDIR")]


def _notes(recipe: Recipe) -> Sequence[str]:
    notes: list[str] = []
    if item(recipe.record, "hash_seed").value == "random":
        notes.append("PYTHONHASHSEED was not set when it ran: what depends on the order of a set may differ")
    seeds = seeds_open(recipe.record)
    if seeds:
        notes.append(f"it may draw other numbers: {seeds}")
    if recipe.target.run.state is ExecutionState.FAILED:
        notes.append("the recorded run failed")
    modules = item(recipe.record, "modules").value
    changed = modules.get("changed_during_run") if isinstance(modules, Mapping) else None
    notes += _not_kept(recipe.target.run)
    if changed and not isinstance(changed, str) and isinstance(changed, Sequence):
        notes.append(f"edited while it ran: {', '.join(map(str, changed))}")
    return notes


def _origin(source: InputSource) -> str:
    return {
        "files": "the kept files",
        "original": str(source.path),
        "place": f"{source.path} where it lies",
        "code": "the code",
        "program": "the program itself",
    }[source.origin]


def _not_kept(run: Execution) -> Iterator[str]:
    """Say which directories the program listed that will have fewer names in a rebuild."""
    listings = run.custom_properties.get(LISTINGS)
    for one in listings if isinstance(listings, list | tuple) else ():
        if isinstance(one, Mapping) and isinstance(one.get("left"), int):
            known = one.get("not_kept")
            names = ", ".join(map(str, known[:_NAMED])) if isinstance(known, list | tuple) else ""
            yield (
                f"it listed {one.get('path')} ({one.get('names')} names), and {one['left']} of the files that it did "
                f"not open are not kept, so a rebuild does not see them{': ' if names else ''}{names}"
            )
