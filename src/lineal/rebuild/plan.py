"""The plan: what a rebuild will do, what it lacks, and the best verdict it can reach, before anything is computed."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lineal.capture.guard import guarded
from lineal.capture.hardware import gpu_item
from lineal.capture.several import PROCESSES
from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.lineage.foresight import Reach, doubts, goes_on, lacking, reached, unfinished
from lineal.lineage.training import reference_to
from lineal.model.capture_items import LISTINGS
from lineal.model.nodes import Artifact, Execution, ExecutionState
from lineal.model.values import Json
from lineal.rebuild.bearing import ADDED
from lineal.rebuild.beside import can_be_shown, why_not_shown, written_beside
from lineal.rebuild.checkout import CodeSource
from lineal.rebuild.code import find_code
from lineal.rebuild.confinement import confinement_here
from lineal.rebuild.continued import lost_beginnings
from lineal.rebuild.environment import Environment, EnvironmentKind, prepare
from lineal.rebuild.execute import Limits
from lineal.rebuild.inputs import InputSource, find_inputs
from lineal.rebuild.layout import Layout, layout_of
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.since import changed_since
from lineal.rebuild.symlinks import left_out
from lineal.rebuild.verdict import Difference, Grade, Missing, causes_first, worst

_NAMED = 5
_FOUND_BY_CODE = ("script", "diff", "untracked")
"""What is missing of the code is said by whoever looks for it: copies may be kept elsewhere."""


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
    doubts: tuple[str, ...] = ()
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
        return worst([self.environment.cap, *([Grade.NUMERIC] if self.doubts else [])])

    @property
    def reach(self) -> Reach:
        """The best verdict with what stands against a better one: what the check and `show` say too."""
        if self.reachable is Grade.NOT_RUNNABLE:
            return Reach(self.reachable.value, tuple(missing.sentence for missing in self.missing))
        drift = self.environment.drift if self.environment is not None else ()
        changed = tuple(one.sentence for one in drift if one.aside != ADDED)
        return Reach(self.reachable.value, (*self.doubts, *changed))

    @property
    def steps(self) -> tuple[str, ...]:
        """What will be done, in order, for people."""
        told = [f"environment: {self.environment.sentence}" if self.environment else ""]
        told.append(f"code: {self.code.sentence}" if self.code else "")
        told += [f"input: {source.name} from {_origin(source)}" for source in self.inputs if not source.is_listed]
        listed = sum(source.is_listed for source in self.inputs)
        told.append(f"listed: {listed} files that it saw and did not open, from the kept files" if listed else "")
        told.append(f"run: {shlex.join(self.recipe.argv)}")
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
            "because": list(self.reach.because),
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
    layout = layout_of(recipe.record, *(step.record for step in recipe.steps))
    early = goes_on(recipe.target.run)
    open_ = (*([early] if early else []), *doubts(recipe.record), *_other_hardware(recipe.record), *_unchecked(recipe))
    without = left_out(recipe.record, layout)
    code = find_code(recipe.record, layout, files, network=limits.network)
    sources, gone = find_inputs(recipe, layout, files)
    lost = lost_beginnings(recipe, files)
    environment = prepare(recipe.record, files, kind, allow_drift=allow_drift)
    told = () if isinstance(environment, Missing) else environment.notes
    missing = [*_record(recipe), *_lacking(recipe, layout, limits, passed)]
    missing += [code] if isinstance(code, Missing) else []
    missing += gone
    missing += [environment] if isinstance(environment, Missing) else []
    missing += _room(recipe, limits)
    return Plan(
        recipe=recipe,
        layout=layout,
        environment=None if isinstance(environment, Missing) else environment,
        code=None if isinstance(code, Missing) else code,
        inputs=tuple(sources),
        missing=tuple(missing),
        notes=(*_notes(recipe, open_), *(one.note for one in sources if one.note), *lost, *without, *told),
        doubts=open_,
        changed=tuple(changed_since(recipe, layout, files)),
    )


def _other_hardware(record: Mapping[str, Item]) -> Iterator[str]:
    """Yield that the accelerator which was used is not here, or another one is."""
    if "accelerator" not in reached(record):
        return
    was, now = _devices(item(record, "gpu").value), _devices(guarded(gpu_item).value)
    if was != now:
        here = f"here is {', '.join(now)}" if now else "there is none here"
        yield f"it used an accelerator ({', '.join(was) or 'its name is not known'}), and {here}"


def _devices(value: Json) -> list[str]:
    listed = value.get("devices") if isinstance(value, Mapping) else None
    ones = listed if isinstance(listed, list | tuple) else ()
    return [str(one.get("name")) for one in ones if isinstance(one, Mapping)]


def _unchecked(recipe: Recipe) -> Iterator[str]:
    """Yield the inputs of which nothing is known but a name."""
    bare = [reference_to(artifact) for artifact in recipe.inputs if not _is_known(artifact)]
    if bare:
        told = ", ".join(bare[:_NAMED]) + (f" and {len(bare) - _NAMED} more" if len(bare) > _NAMED else "")
        yield f"{told} {'has' if len(bare) == 1 else 'have'} no fingerprint: nothing says whether they are as they were"


def _record(recipe: Recipe) -> list[Missing]:
    run = recipe.target.run
    if not recipe.record:
        return []
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


def _lacking(recipe: Recipe, layout: Layout, limits: Limits, passed: frozenset[str]) -> Iterator[Missing]:
    """Yield what the record says that a rebuild has not, as far as this machine and whoever asks do not give it."""
    for record in _records(recipe):
        for gap in lacking(record):
            if gap.kind == "variable" and gap.what in passed and gap.what in os.environ:
                continue
            if gap.kind == "network" and (limits.network or confinement_here().network == "on"):
                continue
            if gap.kind == "code" and gap.what in _FOUND_BY_CODE:
                continue
            is_set = gap.kind == "variable" and gap.what in os.environ
            advice = f"let the program have it: --pass {gap.what}" if is_set else gap.advice
            yield Missing(kind=gap.kind, what=gap.what, sentence=gap.sentence, advice=advice)
    written = written_beside(recipe, layout)
    words = [*recipe.argv, *_texts(recipe)]
    for path in layout.unmoved(words):
        if can_be_shown(path, written[path]):
            continue
        why = why_not_shown(written[path])
        yield Missing(
            kind="output",
            what=path,
            sentence=f"it writes {path}, which lies outside the rebuild directory: that is refused{why}",
            advice="give the path as an argument, or let the script write below its own directory",
        )


def _records(recipe: Recipe) -> list[Mapping[str, Item]]:
    """Return the record of the run that was asked for, with the words of the command that it was part of."""
    if recipe.command is None or recipe.command is recipe.target or not recipe.record:
        return [recipe.record]
    around = recipe.command.record
    return [{**recipe.record, **{name: around[name] for name in ("argv",) if name in around}}]


def _texts(recipe: Recipe) -> list[str]:
    value = item(recipe.record, "variables").value
    return [text for text in value.values() if isinstance(text, str)] if isinstance(value, Mapping) else []


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


def _notes(recipe: Recipe, doubts: Sequence[str]) -> Sequence[str]:
    notes: list[str] = []
    if item(recipe.record, "hash_seed").value == "random":
        notes.append("PYTHONHASHSEED was not set when it ran: what depends on the order of a set may differ")
    notes += [f"it may come out otherwise: {doubt}" for doubt in doubts]
    if recipe.target.run.state is ExecutionState.FAILED and not unfinished(recipe.target.run):
        notes.append("the recorded run failed")
    processes = item(recipe.record, PROCESSES)
    notes += [processes.reason] if processes.captured and processes.reason else []
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
