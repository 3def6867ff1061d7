"""The rebuild: from a reference to a verdict. Plan, code, inputs, run, compare, first difference; then it is recorded.

Everything happens in one directory that is gone afterwards. The user's workspace is read, and gets the verdict.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lineal.capture.fingerprints.differences import TOLERANCE
from lineal.capture.git import GitUnavailable
from lineal.capture.secrets import redact
from lineal.errors import LinealError, NotRunnable
from lineal.files import Files
from lineal.lineage.capture_record import item, leaves
from lineal.lineage.foresight import has_cells, reached, unfinished, unseen_programs
from lineal.model.capture_items import ENTROPY, PIPE, PROGRAMS, STANDARD_INPUT, SYSTEM_ENTROPY
from lineal.model.nodes import ExecutionState
from lineal.model.values import Json
from lineal.rebuild.beside import covers_of, written_beside
from lineal.rebuild.changes import Change, changed_command, changed_variables
from lineal.rebuild.checkout import borrowed_by
from lineal.rebuild.code import assemble
from lineal.rebuild.command import command_of, environment_of
from lineal.rebuild.compare import Both, Pair, compare_metrics, compare_outputs, matched
from lineal.rebuild.confinement import covers_here
from lineal.rebuild.confining.beside import BESIDE
from lineal.rebuild.continued import place_continued
from lineal.rebuild.difference import differences_between
from lineal.rebuild.directories import place_directories
from lineal.rebuild.draws import place_draws
from lineal.rebuild.elsewhere import place_elsewhere
from lineal.rebuild.environment import EnvironmentKind, realise
from lineal.rebuild.execute import Executed, Limits, execute
from lineal.rebuild.failures import exit_difference, missing_behind
from lineal.rebuild.inputs import InputSource, place_inputs
from lineal.rebuild.layout import Layout
from lineal.rebuild.locked import put_packages
from lineal.rebuild.measure import measured
from lineal.rebuild.mount import hide_kept, mount_of, with_borrowed
from lineal.rebuild.notebook import place_cells, place_standard_input
from lineal.rebuild.place import Place, is_full, rebuild_directory
from lineal.rebuild.plan import Plan, plan
from lineal.rebuild.probe import Probe, models_of, with_probe
from lineal.rebuild.probing import Probing
from lineal.rebuild.recipe import Recipe, Step
from lineal.rebuild.scratch import rebuilt_steps, seed
from lineal.rebuild.swaps import NO_SWAPS, Swaps, leave_out, left_beside, swapped_missing, swapped_sources
from lineal.rebuild.verdict import (
    Difference,
    Grade,
    Missing,
    OutputResult,
    Verdict,
    causes_first,
    missing_of,
    refused,
    worst,
)
from lineal.store.protocol import Store

Progress = Callable[[str], None]
Harvest = Callable[[Sequence[Pair], Files, Layout, Place], None]
"""Sees the recorded runs with their rebuilt twins, the files these kept, and the directory before it is removed."""

_SAID = 4000
_MOST_GROWTH = 15
"""How many times what every rebuild may write is added at most, because the recorded run wrote much."""

_OF_THE_RUN = ("parameter", "seed", "random state")
_SEEN = ("input", "variable")
"""Kinds of what is recorded when a program comes to it: what it never asked for is on one side only."""

_PLATFORM = ("python", "platform", "os", "cpu_memory", "gpu", "cuda", "blas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to rebuild: in which environment, within which limits, what counts as the same, what is done otherwise.

    `put_back` are packages that the environment has otherwise than recorded, and that are taken from the record's lock.
    """

    environment: EnvironmentKind = EnvironmentKind.CURRENT
    allow_drift: bool = False
    builds: bool = False
    keep: bool = False
    limits: Limits = field(default_factory=Limits)
    tolerance: float | None = None
    same_draws: bool = False
    changes: tuple[Change, ...] = ()
    passed: frozenset[str] = frozenset()
    """Variables whose values were secrets, and that are given to the program as they are set here and now."""
    put_back: tuple[str, ...] = ()


def silent(_text: str) -> None:
    """Say nothing."""


def plan_of(recipe: Recipe, files: Files, options: Options) -> Plan:
    """Return what `rebuild` would do with these options, and what it lacks."""
    return plan(
        recipe,
        files,
        kind=options.environment,
        limits=options.limits,
        allow_drift=options.allow_drift,
        passed=options.passed,
    )


def rebuild(
    store: Store,
    files: Files,
    recipe: Recipe,
    options: Options,
    *,
    progress: Progress = silent,
    swaps: Swaps = NO_SWAPS,
    harvest: Harvest | None = None,
    probe: Probe | None = None,
) -> Verdict:
    """Rebuild a run and return the verdict. Only faults of the workspace itself raise.

    `swaps` are inputs that shall be others than the recorded ones; `harvest` sees what was made before it is gone.
    `probe` is data that the recorded models and the rebuilt ones are called on; FailedPrecondition where those that are
    recorded cannot be called on it.
    """
    began = time.monotonic()
    if probe is not None:
        models_of(recipe)
    planned = plan_of(recipe, files, options)
    planned = replace(planned, missing=swapped_missing(planned.missing, swaps))
    if planned.missing:
        return _not_runnable(planned, options, planned.missing)
    with rebuild_directory(keep=options.keep) as place:
        try:
            verdict = _rebuilt(store, files, planned, options, place, progress, swaps, harvest, probe)
        except NotRunnable as error:
            verdict = _not_runnable(planned, options, [missing_of(error)])
        except (LinealError, GitUnavailable, OSError) as error:
            if not is_full(error):
                raise
            verdict = _not_runnable(planned, options, [_full(place)])
    kept = str(place.root) if options.keep else None
    return replace(verdict, seconds=time.monotonic() - began, kept=kept)


def _rebuilt(
    store: Store,
    files: Files,
    planned: Plan,
    options: Options,
    place: Place,
    progress: Progress,
    swaps: Swaps,
    harvest: Harvest | None,
    probe: Probe | None,
) -> Verdict:
    recipe, layout = planned.recipe, planned.layout
    assert planned.code is not None
    assert planned.environment is not None
    progress(f"environment: {planned.environment.sentence}")
    notes = realise(planned.environment, files, progress, builds=options.builds)
    progress(f"code: {planned.code.sentence}")
    notes += assemble(recipe.record, layout, files, place.tree, planned.code)
    progress(f"inputs: {sum(not source.is_listed for source in planned.inputs)}")
    sources = swapped_sources(planned, swaps)
    beside = [*_placed_beside(sources), *left_beside(planned, swaps)]
    covers = covers_of(written_beside(recipe, layout), beside, place)
    covers = covers if covers and covers_here() else []
    place_continued(recipe, layout, files, place.tree, outside=place.outside)
    notes += place_inputs(sources, files, place.tree, free=options.limits.free)
    leave_out(planned, swaps, place.tree)
    place_directories(recipe, layout, place.tree)
    url, seeded = seed(store, files, recipe, sources, place=place.workspace, tree=place.tree, swaps=swaps)
    elsewhere = place_elsewhere(recipe.record, files, place.root / "elsewhere")
    notes += [f"from the record, for it is no longer where it was: {', '.join(elsewhere)}"] if elsewhere else []
    if options.put_back:
        progress(f"environment: {', '.join(options.put_back)} as recorded")
        put_packages(recipe.record, files, options.put_back, place.root / "elsewhere")
    given = place_standard_input(recipe, files, place) or _given(place)
    cells = place_cells(recipe, files, place) if has_cells(recipe.record) and recipe.command is None else None
    mount = mount_of(layout, place, planned.environment)
    if mount is not None:
        code = place.tree / layout.code
        hide_kept(mount, code)
        mount = with_borrowed(mount, borrowed_by(recipe.record, code))
    probing = None if probe is None else Probing(probe, planned, place, url, options.limits, files)
    if probing is not None:
        probing.ask_recorded(progress)
    draws, told = place_draws(recipe, files, place) if options.same_draws else ({}, [])
    notes += told
    progress(f"running: {shlex.join(recipe.argv)}")
    executed = execute(
        changed_command(
            command_of(recipe, layout, planned.environment, place, cells),
            options.changes,
            launched=recipe.command is not None and cells is None,
        ),
        place=place,
        cwd=place.tree / layout.cwd,
        environment=draws
        | changed_variables(
            environment_of(recipe, layout, planned.environment, place, url, options.passed), options.changes
        ),
        limits=_limits(planned, options.limits),
        given=given,
        is_piped=PIPE in reached(recipe.record).get("stdin", ()),
        mount=mount,
        hidden=[files.root],
        covers=covers,
        progress=progress,
    )
    if covers and BESIDE not in executed.confinement.how:
        named = covers[0].named
        raise refused("output", named, f"{named} cannot be shown as it was recorded, so it was not started")
    progress("comparing")
    steps, kept = rebuilt_steps(url, place.workspace, seeded)
    steps = [measured(step, kept, layout, place) for step in steps]
    pairs = matched(recipe.steps, steps)
    if harvest is not None:
        harvest(pairs, kept, layout, place)
    verdict = _judged(planned, options, executed, steps, files, kept, place.tree)
    if probing is not None and verdict.grade is not Grade.NOT_RUNNABLE:
        verdict = with_probe(verdict, probing.compared(pairs, kept, progress, options.tolerance))
    return replace(verdict, notes=tuple(dict.fromkeys((*planned.notes, *notes, *verdict.notes))))


def _given(place: Place) -> Path | None:
    """Return the file with what the program is given on standard input, if that was an input."""
    path = place.of(STANDARD_INPUT)
    return path if path.exists() else None


def _placed_beside(sources: Sequence[InputSource]) -> list[str]:
    """Return the inputs that the program is shown outside of the tree."""
    return [source.target for source in sources if source.target is not None and source.target.startswith("/")]


def _full(place: Place) -> Missing:
    where = str(place.root.parent)
    return Missing(
        kind="disk", what=where, sentence=f"the disk of {where} is full", advice="free some space, or set TMPDIR"
    )


def _limits(planned: Plan, limits: Limits) -> Limits:
    """A rebuild may write twice what the recorded run wrote beside what every rebuild may; 16 times that at most."""
    sizes = [artifact.properties.get("bytes") for step in planned.recipe.steps for artifact in step.outputs]
    wrote = sum(size for size in sizes if isinstance(size, int) and size > 0)
    # Sizes are the record's own word: they do not lift the limit without one.
    return replace(limits, bytes=limits.bytes + min(2 * wrote, _MOST_GROWTH * limits.bytes))


def _judged(
    planned: Plan,
    options: Options,
    executed: Executed,
    steps: Sequence[Step],
    files: Files,
    kept: Files,
    tree: Path,
) -> Verdict:
    """Return the verdict on what a program did."""
    early = unfinished(planned.recipe.target.run)
    failed_then = planned.recipe.target.run.state is ExecutionState.FAILED and not early
    lacking = executed.stopped
    if lacking is None and not failed_then:
        lacking = missing_behind(executed.status, executed.said, network=executed.confinement.network)
    if lacking is not None:
        verdict = _not_runnable(planned, options, [lacking])
        return replace(verdict, confinement=executed.confinement, said=_said(executed))
    pairs = matched(planned.recipe.steps, steps)
    target = next(pair for pair in pairs if pair.recorded is planned.recipe.target)
    outputs = _outputs(planned.recipe, pairs, (files, kept), options.tolerance)
    allowed = TOLERANCE if options.tolerance is None else options.tolerance
    measured = compare_metrics(target, tolerance=allowed, as_far=bool(early))
    grade = worst([*(each.grade for each in outputs if each.role == "output"), *(grade for grade, _ in measured)])
    causes = differences_between(target, files, kept, planned.layout, str(tree))
    if options.same_draws:
        # Generators began as they did then; what was asked of the system itself did not.
        causes = [cause for cause in causes if cause.recorded != SYSTEM_ENTROPY or cause.what == ENTROPY]
    if early or (executed.status != 0 and not failed_then):
        grade = grade if executed.status == 0 else Grade.DIVERGED
        place = next((at for at, cause in enumerate(causes) if _follows_from_the_end(cause, options)), len(causes))
        causes.insert(place, exit_difference(executed.status, executed.said, early))
    if executed.status == 0 and target.rebuilt is None:
        causes.append(_no_twin(target.recorded))
    notes: tuple[str, ...] = ()
    is_other = planned.environment is not None and planned.environment.cap is Grade.NUMERIC
    if options.allow_drift and grade.is_exact and is_other:
        notes = (f"it came out {grade.value}, in another environment than recorded: --allow-drift promises less",)
        grade = Grade.NUMERIC
    if not grade.is_exact:
        causes += _unseen(target.recorded)
    found = causes_first([*causes, *(difference for _, difference in measured), *_of_outputs(outputs)])
    return Verdict(
        reference=planned.recipe.reference,
        run=planned.recipe.run_reference,
        grade=grade,
        outputs=tuple(outputs),
        first_difference=None if grade.is_exact or not found else found[0],
        differences=found,
        environment=options.environment.value,
        drift=planned.drift,
        confinement=executed.confinement,
        platform=_platforms(target),
        notes=notes,
        said=_said(executed) if executed.status != 0 else "",
        tolerance=_widest(outputs, allowed) if grade is Grade.NUMERIC else None,
        tried=tuple(change.sentence for change in options.changes),
        max_ulp=max((each.max_ulp for each in outputs if each.max_ulp is not None), default=None),
    )


def _follows_from_the_end(cause: Difference, options: Options) -> bool:
    """Whether it is what a program that ended earlier, then or now, did not come to: to read, to set, to draw."""
    if cause.kind in _OF_THE_RUN:
        return True
    is_one_sided = cause.rebuilt is None or cause.recorded is None
    return cause.kind in _SEEN and is_one_sided and all(change.name != cause.what for change in options.changes)


def _said(executed: Executed) -> str:
    """Return the end of what the program said, without the secrets in it."""
    return redact(executed.said[-_SAID:])


def _outputs(recipe: Recipe, pairs: Sequence[Pair], files: Both, tolerance: float | None) -> list[OutputResult]:
    """Return the outputs of all runs of the process in the order they were made; those asked for decide."""
    deciding = {artifact.id for artifact in recipe.outputs}
    beside = {artifact.id for artifact in recipe.target.outputs}
    results: list[OutputResult] = []
    for pair in pairs:
        compared = compare_outputs(pair, files, tolerance=tolerance)
        for artifact, result in zip(pair.recorded.outputs, compared, strict=True):
            role = "output" if artifact.id in deciding else "beside" if artifact.id in beside else "intermediate"
            results.append(replace(result, role=role))
    return results


def _widest(outputs: Sequence[OutputResult], allowed: float) -> float:
    """Return the widest tolerance the verdict needed: a type narrower than a double has one of its own."""
    return max([allowed, *(each.tolerance for each in outputs if each.role == "output" and each.tolerance is not None)])


def _of_outputs(outputs: Sequence[OutputResult]) -> list[Difference]:
    return [difference for output in outputs for difference in output.differences]


def _no_twin(step: Step) -> Difference:
    sentence = f"the program recorded no {step.run.type} run {step.label!r} this time"
    return Difference(kind="run", what=step.label, recorded=step.run.external_id, sentence=sentence)


def _unseen(step: Step) -> list[Difference]:
    """Return what the recorded run started and nobody saw the reading of."""
    told = unseen_programs(step.record)
    programs = list(reached(step.record).get(PROGRAMS, ()))
    return [Difference(kind="program", what=programs[0], recorded=programs, sentence=told)] if told else []


def _not_runnable(planned: Plan, options: Options, missing: Sequence[Missing]) -> Verdict:
    return Verdict(
        reference=planned.recipe.reference,
        run=planned.recipe.run_reference,
        grade=Grade.NOT_RUNNABLE,
        missing=tuple(missing),
        environment=options.environment.value,
        drift=planned.drift,
        notes=planned.notes,
        tried=tuple(change.sentence for change in options.changes),
        first_difference=planned.first_difference,
    )


def _platforms(pair: Pair) -> dict[str, Json]:
    """Return what was recorded of both platforms: a verdict holds for these."""
    sides = {"recorded": pair.recorded, "rebuilt": pair.rebuilt}
    return {side: dict(_platform(step)) if step is not None else None for side, step in sides.items()}


def _platform(step: Step) -> list[tuple[str, Json]]:
    return [
        leaf
        for name in _PLATFORM
        if item(step.record, name).captured
        for leaf in leaves(item(step.record, name).value, name)
    ]
