"""Counterfactuals: was it batch 03? The same recipe with one input left out, or exchanged for another.

What comes out is compared with what was recorded, and is never taken for a version of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lineal.capture.data import fingerprint_of_path
from lineal.errors import InvalidArgument, NotFound
from lineal.files import Files
from lineal.lineage.resolve import resolve
from lineal.lineage.training import reference_to
from lineal.model.ids import ArtifactId
from lineal.model.nodes import Artifact, key_of
from lineal.model.values import Json, Value
from lineal.rebuild.compare import Pair, series_of
from lineal.rebuild.content import content_of
from lineal.rebuild.inputs import targets_of
from lineal.rebuild.layout import Layout
from lineal.rebuild.of_the_machine import is_of_the_machine
from lineal.rebuild.place import Place
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.swaps import Swap, Swaps
from lineal.rebuild.verdict import Grade, Missing, OutputResult, Verdict
from lineal.store.protocol import Store

NO_METRIC = (
    "no metric was recorded that would say how much better or worse it is: score the model with sklearn.metrics or "
    "model.score, write metrics.json, or call run.log_metrics, and record the run again; or compare what both predict, "
    "with --probe DATA"
)
"""Said where only the outputs themselves could be compared."""

_LIST = 8
_SAID = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """What is supposed to have been otherwise: inputs left out, and inputs exchanged for others."""

    without: tuple[str, ...] = ()
    instead: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.without or self.instead)


def supposed(without: Sequence[str], instead: Sequence[str]) -> Supposed:
    """Return what the command line supposes; InvalidArgument for an exchange that is not `OLD=NEW`."""
    pairs: list[tuple[str, str]] = []
    for text in instead:
        old, equals, new = text.partition("=")
        if not (old and equals and new):
            raise InvalidArgument(f"{text!r} is no exchange", hint="write OLD=NEW: --replace dataset:a@v1=dataset:a@v2")
        pairs.append((old, new))
    return Supposed(without=tuple(without), instead=tuple(pairs))


def swaps_of(store: Store, files: Files, recipe: Recipe, wanted: Supposed) -> Swaps:
    """Return the swaps that are supposed. Raises InvalidArgument for what is no input of the recipe."""
    swaps: dict[ArtifactId, Swap] = {}
    for reference in wanted.without:
        old = _input(store, recipe, reference)
        swaps[ArtifactId(old.id or 0)] = Swap(old=old)
    for reference, other in wanted.instead:
        old = _input(store, recipe, reference)
        if ArtifactId(old.id or 0) in swaps:
            raise InvalidArgument(f"{reference} is named twice", hint="leave each input out once, or exchange it once")
        new, content = _other(store, files, old, other)
        swaps[ArtifactId(old.id or 0)] = Swap(old=old, new=new, content=content)
    return swaps


def remade(swaps: Swaps, recipe: Recipe, pairs: Sequence[Pair], layout: Layout, place: Place) -> list[str]:
    """Return the inputs that were left out and are there again: the program has made or fetched them itself.

    Told by a file in its place, or by an input of the same content where no other input has it.
    """
    targets = targets_of(recipe, layout)
    lost = [swap for swap in swaps.values() if swap.new is None]
    others = {one.fingerprint for one in recipe.inputs if ArtifactId(one.id or 0) not in swaps}
    read = {one.fingerprint for pair in pairs if pair.rebuilt for one in pair.rebuilt.inputs} - others - {None}
    found = [
        swap.name
        for swap in lost
        if any(place.of(target).exists() for target in targets.get(swap.name, ())) or swap.old.fingerprint in read
    ]
    return list(dict.fromkeys(found))


def left_out(swaps: Swaps, recipe: Recipe, layout: Layout, place: Place, verdict: Verdict) -> Verdict:
    """Return the verdict, with the word that a file which the program misses is one that was left out on request."""
    targets = targets_of(recipe, layout)
    lost = {target for swap in swaps.values() if swap.new is None for target in targets.get(swap.name, ())}
    missing = tuple(
        replace(one, sentence=f"it opens {one.what}, which was left out")
        if one.kind == "input" and _target(one.what, layout, place) in lost
        else one
        for one in verdict.missing
    )
    return replace(verdict, missing=missing)


def told(swaps: Swaps, verdict: Verdict, pair: Pair | None, wanted: Supposed, *, again: Sequence[str] = ()) -> Verdict:
    """Return the verdict as the answer to `what if`: the metrics then and now, and a sentence about them.

    `again` names the inputs that were left out and that the program has made itself. `compared` in the answer is how
    what came out compares with what was recorded.
    """
    exchanged = [swap.name for swap in swaps.values() if swap.new is not None]
    document: dict[str, Json] = {
        "without": [swap.name for swap in swaps.values() if swap.new is None],
        "replaced": dict(zip(exchanged, (other for _, other in wanted.instead), strict=True)),
        "used": [str(key_of(swap.new)) for swap in swaps.values() if swap.new is not None and swap.new.id is not None],
        "metrics": list(_metrics(pair)),
        "remade": list(again),
        "predictions": list(_predictions(verdict)),
    }
    ended_badly = next((each for each in verdict.differences if each.kind == "exit status"), None)
    if verdict.grade is Grade.NOT_RUNNABLE or ended_badly is not None:
        why = ended_badly.sentence if ended_badly is not None else None
        verdict = replace(verdict, grade=Grade.NOT_RUNNABLE, missing=_reasons(swaps, verdict, why), differences=())
        verdict = replace(verdict, outputs=(), first_difference=None)
    elif not document["metrics"] and not verdict.grade.is_exact:
        document["outputs"] = [_output(each) for each in _differing(verdict)]
        verdict = replace(verdict, notes=(*verdict.notes, NO_METRIC))
    document["compared"] = None if verdict.grade is Grade.NOT_RUNNABLE else verdict.grade.value
    document["sentence"] = _sentence(verdict, document, swaps)
    return replace(verdict, counterfactual=document)


def _input(store: Store, recipe: Recipe, reference: str) -> Artifact:
    found = resolve(store, reference)
    inputs = {artifact.id: artifact for artifact in recipe.inputs}
    if isinstance(found, Artifact) and found.id in inputs:
        return inputs[found.id]
    names = ", ".join(reference_to(artifact) for artifact in recipe.inputs[:_LIST]) or "none"
    more = f" and {len(recipe.inputs) - _LIST} more" if len(recipe.inputs) > _LIST else ""
    raise InvalidArgument(f"{reference} is no input of {recipe.reference}", hint=f"its inputs: {names}{more}")


def _other(store: Store, files: Files, old: Artifact, other: str) -> tuple[Artifact, Path]:
    """Return what takes an input's place, and the file of its bytes: a reference, or a path."""
    if ":" not in other or Path(other).exists():
        path = Path(other).absolute()
        if not path.is_file():
            raise NotFound(f"there is no file {other}", hint="name a file, or a reference such as dataset:flights@v2")
        found = fingerprint_of_path(path)
        facts: dict[str, Value] = {"fingerprint_kind": found.kind, "fingerprint_rule": found.rule}
        return Artifact(type=old.type, fingerprint=found.fingerprint, uri=path.as_uri(), custom_properties=facts), path
    new = resolve(store, other)
    if not isinstance(new, Artifact):
        raise InvalidArgument(f"{other} is no artifact", hint="name data or a model, such as dataset:flights@v2")
    return new, content_of(new, files)


def _target(path: str, layout: Layout, place: Place) -> str:
    """Return where a path that the rebuilt program named lies below the tree; as it is if it lies outside."""
    found = Path(path)
    return str(found.relative_to(place.tree)) if found.is_relative_to(place.tree) else layout.inside(path) or path


def _metrics(pair: Pair | None) -> list[Json]:
    if pair is None:
        return []
    recorded, now = series_of(pair.recorded), series_of(pair.rebuilt) if pair.rebuilt is not None else {}
    found: list[Json] = []
    for name, series in recorded.items():
        if is_of_the_machine(name) or not series.values:
            continue
        after = now[name].values[-1] if name in now and now[name].values else None
        before = series.values[-1]
        change = None if after is None else after - before
        found.append({"name": name, "recorded": _number(before), "now": _number(after), "change": _number(change)})
    return found


def _predictions(verdict: Verdict) -> list[Json]:
    """Return how many predictions of each model are others; what they were is not kept."""
    if verdict.probe is None:
        return []
    return [
        {"name": each.name, "called": not each.fault, "rows": each.rows, "differing": each.differing}
        for each in verdict.probe.models
    ]


def _number(value: float | None) -> Json:
    return value if value is None or abs(value) < float("inf") else str(value)


def _reasons(swaps: Swaps, verdict: Verdict, why: str | None) -> tuple[Missing, ...]:
    what = " and ".join(swap.name for swap in swaps.values())
    lost = all(swap.new is None for swap in swaps.values())
    why = why or (verdict.missing[0].sentence if verdict.missing else "it did not end well")
    sentence = f"the program does not run {'without' if lost else 'with another'} {what}: {why}"
    advice = "exchange it for another: --replace OLD=NEW" if lost else "give content of the same form"
    return (Missing(kind="input", what=what, sentence=sentence, advice=advice),)


def _sentence(verdict: Verdict, document: dict[str, Json], swaps: Swaps) -> str:
    if verdict.grade is Grade.NOT_RUNNABLE:
        return verdict.missing[0].sentence
    parts = [f"without {swap.name}" if swap.new is None else f"with another {swap.name}" for swap in swaps.values()]
    head = " and ".join(parts)
    metrics = document["metrics"]
    assert isinstance(metrics, list)
    again = document["remade"]
    assert isinstance(again, list)
    itself = f"the program has made {' and '.join(map(str, again))} again by itself" if again else ""
    if verdict.grade.is_exact:
        why = f"{itself}, so whether it matters is not known" if itself else "that input did not matter"
        return f"{head}, {verdict.reference} comes out the same: {why}"
    changes = [_change(each) for each in metrics if isinstance(each, dict) and each["change"] not in (0, 0.0)]
    rest = ", ".join(changes) or ("its metrics are the same, and its content is not" if metrics else _apart(verdict))
    predicted = verdict.probe.sentence if verdict.probe is not None else ""
    parts = [f"{head}, {verdict.reference} comes out otherwise: {rest}", predicted, itself]
    return "; ".join(part for part in parts if part)


def _apart(verdict: Verdict) -> str:
    """Return how the outputs themselves differ."""
    # A difference inside a model names the model; of data it does too.
    said = [
        each.differences[0].sentence if each.differences else f"{each.name}: {each.note}"
        for each in _differing(verdict)
    ]
    return "; ".join(said[:_SAID]) or "its content differs"


def _differing(verdict: Verdict) -> list[OutputResult]:
    """Return the outputs that differ, those that were asked about first."""
    return sorted((each for each in verdict.outputs if not each.grade.is_exact), key=lambda one: one.role != "output")


def _output(output: OutputResult) -> Json:
    return {"name": output.name, "verdict": output.grade.value, "note": output.note}


def _change(metric: dict[str, Json]) -> str:
    now = "is not measured" if metric["now"] is None else str(metric["now"])
    return f"{metric['name']!s} {now} (was {metric['recorded']!s})"
