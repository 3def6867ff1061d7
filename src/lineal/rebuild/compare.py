"""Comparison: what the recorded run made beside what its rebuilt twin made, output by output and point by point.

Bytes first, then the content they stand for; a tolerance never hides where it was needed.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from lineal.capture.fingerprints.differences import TOLERANCE, StateDifference, compare_states
from lineal.capture.fingerprints.leaf import ordered
from lineal.errors import InvalidArgument, NotFound
from lineal.files import Files
from lineal.lineage.changes import equal
from lineal.lineage.training import reference_to
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, family_of
from lineal.model.values import Json, Value
from lineal.model.vocabulary import METRIC, PARAM
from lineal.rebuild.content import kept_bytes, path_of
from lineal.rebuild.measure import MEASURED, MEASURED_COPY, MEASURED_STATE
from lineal.rebuild.of_the_machine import is_of_the_machine
from lineal.rebuild.recipe import Step
from lineal.rebuild.renamed import stand_ins, under_another_name
from lineal.rebuild.verdict import Difference, Grade, OutputResult
from lineal.rebuild.within.look import Look, look_within
from lineal.rebuild.within.part import MOST_BYTES

Both = tuple[Files, Files]
"""The files of what was recorded, and those of what was rebuilt."""

_LOGICAL = ("frame", "value", "model")
"""Kinds of fingerprint made from content rather than from the bytes of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A recorded run and the rebuilt one that stands for it; None where there is none."""

    recorded: Step
    rebuilt: Step | None


def matched(recorded: Sequence[Step], rebuilt: Sequence[Step]) -> list[Pair]:
    """Return each recorded run with its rebuilt twin: of the same type and label, in the same place among those."""
    queues: dict[tuple[str, str], list[Step]] = {}
    for step in rebuilt:
        queues.setdefault((step.run.type, step.label), []).append(step)
    pairs: list[Pair] = []
    wanted: dict[tuple[str, str], int] = {}
    for step in recorded:
        key = (step.run.type, step.label)
        wanted[key] = wanted.get(key, 0) + 1
    for step in recorded:
        key = (step.run.type, step.label)
        candidates = queues.get(key, [])
        twin = _twin(step, candidates, in_order=len(candidates) == wanted[key])
        if twin is not None:
            candidates.remove(twin)
            wanted[key] -= 1
        pairs.append(Pair(recorded=step, rebuilt=twin))
    return pairs


def _twin(step: Step, candidates: Sequence[Step], *, in_order: bool) -> Step | None:
    """The first in order; where more were made than recorded, the one with the same parameters and inputs."""
    if not candidates:
        return None
    if in_order or len(candidates) == 1:
        return candidates[0]
    alike = [each for each in candidates if parameters_of(each) == parameters_of(step)] or list(candidates)
    read = {artifact.fingerprint for artifact in step.inputs}
    same = [each for each in alike if {artifact.fingerprint for artifact in each.inputs} == read]
    return (same or alike)[0]


def compare_outputs(pair: Pair, files: Both, *, tolerance: float | None = None) -> list[OutputResult]:
    """Return the comparison of every output of a recorded run."""
    made = _by_family(pair.rebuilt.outputs if pair.rebuilt else ())
    known = {family_key(artifact) for artifact in pair.recorded.outputs}
    twins: dict[int | None, Artifact] = {}
    for artifact in pair.recorded.outputs:
        alike = made.get(family_key(artifact))
        if alike:
            twins[artifact.id] = alike.pop(0)
    others = stand_ins(
        [artifact for artifact in pair.recorded.outputs if artifact.id not in twins],
        [artifact for key, listed in made.items() if key not in known for artifact in listed],
    )
    results: list[OutputResult] = []
    for artifact in pair.recorded.outputs:
        other = others.get(artifact.id)
        result = _compared(artifact, twins.get(artifact.id, other), files, tolerance=tolerance)
        results.append(result if other is None else under_another_name(result, other))
    return results


def compare_metrics(
    pair: Pair, *, tolerance: float = TOLERANCE, as_far: bool = False
) -> list[tuple[Grade, Difference]]:
    """Return the first point of each metric that differs, with what it means; metrics of time are left out.

    With `as_far` the rebuilt run may go on where the recorded one was ended.
    """
    found: list[tuple[Grade, Difference]] = []
    recorded, rebuilt = series_of(pair.recorded), series_of(pair.rebuilt) if pair.rebuilt else {}
    for name, before in recorded.items():
        if is_of_the_machine(name):
            continue
        after = rebuilt.get(name)
        if after is None:
            sentence = f"metric {name} was not measured again"
            found.append(
                (Grade.DIVERGED, Difference(kind="metric", what=name, recorded=len(before.values), sentence=sentence))
            )
            continue
        if as_far:
            number = len(before.values)
            after = replace(after, **{part: getattr(after, part)[:number] for part in ("steps", "values", "times")})
        difference = _first_point(name, before, after)
        if difference is not None:
            found.append((_metric_grade(before, after, tolerance), difference))
    return found


def parameters_of(step: Step) -> dict[str, Json]:
    """Return the parameters of a run."""
    custom = step.run.custom_properties
    return {name.removeprefix(PARAM): _json(value) for name, value in custom.items() if name.startswith(PARAM)}


def ulps(one: float, other: float) -> int | None:
    """Return how many doubles lie between two numbers; None where one is not finite."""
    if not (math.isfinite(one) and math.isfinite(other)):
        return None
    words = [struct.unpack("<q", struct.pack("<d", value))[0] for value in (one, other)]
    return abs(ordered(words[0], 64) - ordered(words[1], 64))


def is_near(one: float, other: float, tolerance: float) -> bool:
    """Return whether two numbers are the same within a relative tolerance; NaN is the same as NaN."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other or math.isclose(one, other, rel_tol=tolerance, abs_tol=0.0)


def _compared(artifact: Artifact, twin: Artifact | None, files: Both, *, tolerance: float | None) -> OutputResult:
    name = reference_to(artifact)
    result = OutputResult(
        name=name,
        type=artifact.type,
        grade=Grade.DIVERGED,
        recorded=artifact.fingerprint,
        rebuilt=twin.fingerprint if twin is not None else None,
        note="the content differs",
    )
    if twin is None:
        sentence = f"{name} was not made again"
        lost = Difference(kind="output", what=name, recorded=artifact.fingerprint, sentence=sentence)
        return replace(result, note=sentence, differences=(lost,))
    facts = twin.custom_properties
    if artifact.fingerprint is not None and artifact.fingerprint == twin.fingerprint:
        if artifact.custom_properties.get("fingerprint_kind") in _LOGICAL:
            is_copy = facts.get("kept") is not None and artifact.custom_properties.get("kept") == facts.get("kept")
            note = "the same content; it has no file whose bytes could be compared"
            same = replace(result, grade=Grade.CANONICAL_EXACT, note=note)
            return _by(same, "bytes" if is_copy and facts.get(MEASURED_COPY) else None)
        return _by(
            replace(result, grade=Grade.BIT_EXACT, note="the same bytes"), "bytes" if facts.get(MEASURED) else None
        )
    rows = [each.custom_properties.get("frame") for each in (artifact, twin)]
    are_of_files = all(each.custom_properties.get("frame_source") == "file" for each in (artifact, twin))
    if are_of_files and rows[0] == rows[1]:
        return _by(
            replace(result, grade=Grade.CANONICAL_EXACT, note="the same rows; the bytes of the file differ"), None
        )
    tables = [each.custom_properties.get("tables") for each in (artifact, twin)]
    if isinstance(tables[0], Mapping) and tables[0] == tables[1]:
        note = "the same tables; the bytes of the database differ"
        return _by(replace(result, grade=Grade.CANONICAL_EXACT, note=note), None)
    before, after = artifact.properties.get("canonical"), twin.properties.get("canonical")
    if before is not None and before == after:
        note = "the same fitted state; the bytes of the file differ"
        same = replace(result, grade=Grade.CANONICAL_EXACT, note=note)
        return _by(same, "state" if facts.get(MEASURED_STATE) else None)
    apart = _states_apart(before, after, files, tolerance)
    if apart is not None:
        return _by_state(result, apart)
    found = _content_differences(artifact, twin, name)
    seen = _look(artifact, twin, files)
    if seen is not None and seen.is_same:
        note = f"the same content; the bytes differ only in {', '.join(seen.volatile) or 'how it is written'}"
        same = replace(result, grade=Grade.CANONICAL_EXACT, note=note)
        return _by(same, "bytes" if facts.get(MEASURED) else None)
    differences = found or [_where_it_differs(artifact, twin, name, seen)]
    return replace(result, note=differences[0].sentence, differences=tuple(differences))


def _look(artifact: Artifact, twin: Artifact, files: Both) -> Look | None:
    """Return what a look into the bytes of both finds; None where they were not both kept."""
    before, after = (
        kept_bytes(each.fingerprint, kept, MOST_BYTES) for each, kept in zip((artifact, twin), files, strict=True)
    )
    if before is None or after is None:
        return None
    path = path_of(artifact)
    return look_within(PurePath(path.name if path is not None else artifact.name or ""), before, after)


def _where_it_differs(artifact: Artifact, twin: Artifact, name: str, seen: Look | None) -> Difference:
    before, after = artifact.fingerprint, twin.fingerprint
    if seen is None:
        digits = f"{name} was {str(before)[:19]}, and came out as {str(after)[:19]}"
        why = (
            ""
            if before is None or after is None
            else "; both contents were not kept, so where they differ is not known"
        )
        return _difference(name, before, after, f"{digits}{why}", {})
    found = _difference(name, before, after, f"{name} differs in {seen.words}", seen.where)
    return replace(found, rows=seen.rows)


def _by(result: OutputResult, measured: str | None) -> OutputResult:
    """Return a result that is the same with what of it we read ourselves; without, it is what the program says."""
    if measured is None:
        return replace(result, note=f"{result.note} (as the program says: it left nothing to measure it by)")
    return replace(result, measured=measured)


def _states_apart(
    before: Value | None, after: Value | None, files: Both, tolerance: float | None
) -> StateDifference | None:
    """Return how two fitted states differ, where both were kept and can be read."""
    if not (isinstance(before, str) and isinstance(after, str)):
        return None
    try:
        return compare_states(files[0].get(before), files[1].get(after), tolerance=tolerance)
    except (NotFound, InvalidArgument):
        return None


def _by_state(result: OutputResult, apart: StateDifference) -> OutputResult:
    first = apart.first
    more = f", and {apart.count - 1} other part{'s' if apart.count > 2 else ''} differ" if apart.count > 1 else ""  # noqa: PLR2004
    difference = Difference(
        kind="tensor",
        what=first.part,
        recorded=first.recorded,
        rebuilt=first.rebuilt,
        sentence=f"{result.name}: {first.sentence}",
        where={"output": result.name, "tensor": first.part, "index": first.index, "ulp": first.ulp},
    )
    return replace(
        result,
        grade=Grade.NUMERIC if apart.is_near else Grade.DIVERGED,
        tolerance=apart.tolerance if apart.is_near else None,
        max_ulp=apart.max_ulp,
        measured="state",
        note=f"{first.sentence}{more}",
        differences=(difference,),
    )


def _content_differences(artifact: Artifact, twin: Artifact, name: str) -> list[Difference]:
    found: list[Difference] = []
    for fact in ("rows", "columns"):
        before, after = artifact.properties.get(fact), twin.properties.get(fact)
        if before != after:
            sentence = f"{name} had {before} {fact}, and has {after}"
            found.append(_difference(name, before, after, sentence, {fact: True}))
    frames, row_sets = (
        [each.custom_properties.get(fact) for each in (artifact, twin)] for fact in ("frame", "row_set")
    )
    if frames[0] is not None and frames[0] == frames[1]:
        return []  # the same table was written: it is the bytes that differ
    if row_sets[0] is not None and row_sets[0] == row_sets[1]:
        sentence = f"{name} has the same rows in another order"
        return [_difference(name, artifact.fingerprint, twin.fingerprint, sentence, {"order": True})]
    for fact, kind in (("column_fingerprints", "column"), ("tables", "table")):
        before, after = artifact.custom_properties.get(fact), twin.custom_properties.get(fact)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            for part in dict.fromkeys([*before, *after]):
                if before.get(part) != after.get(part):
                    sentence = f"{kind} {part!r} of {name} differs"
                    found.append(_difference(name, before.get(part), after.get(part), sentence, {kind: part}))
    return found


def _difference(name: str, before: object, after: object, sentence: str, where: Mapping[str, Json]) -> Difference:
    return Difference(
        kind="output", what=name, recorded=_json(before), rebuilt=_json(after), sentence=sentence, where=where
    )


def series_of(step: Step) -> dict[str, MetricSeries]:
    """Return the metrics of a run by name; one of which only the last value is known has one point."""
    found = {series.name: series for series in step.metrics}
    for name, value in step.run.custom_properties.items():
        if name.startswith(METRIC) and isinstance(value, int | float) and name.removeprefix(METRIC) not in found:
            plain = name.removeprefix(METRIC)
            assert step.run.id is not None
            found[plain] = MetricSeries(
                execution_id=step.run.id,
                name=plain,
                steps=[0],
                values=[float(value)],
                times=[step.run.created_at or 0],  # type: ignore[list-item]
            )
    return found


def _first_point(name: str, before: MetricSeries, after: MetricSeries) -> Difference | None:
    for place, (step, value) in enumerate(zip(before.steps, before.values, strict=True)):
        if place >= len(after.values):
            sentence = f"metric {name} ends after {len(after.values)} points of {len(before.values)}"
            return _point(name, step, value, None, sentence)
        other = after.values[place]
        if not equal(value, other):
            distance = ulps(value, other)
            apart = f", {distance:,} ulp apart" if distance is not None else ""
            return _point(
                name, step, value, other, f"metric {name} at step {step} was {value!r}, and is {other!r}{apart}"
            )
    if len(after.values) > len(before.values):
        sentence = f"metric {name} has {len(after.values)} points, and had {len(before.values)}"
        return _point(name, after.steps[len(before.values)], None, after.values[len(before.values)], sentence)
    return None


def _point(name: str, step: int, before: float | None, after: float | None, sentence: str) -> Difference:
    return Difference(
        kind="metric", what=name, recorded=_json(before), rebuilt=_json(after), sentence=sentence, where={"step": step}
    )


def _metric_grade(before: MetricSeries, after: MetricSeries, tolerance: float) -> Grade:
    if len(before.values) != len(after.values):
        return Grade.DIVERGED
    near = all(is_near(one, other, tolerance) for one, other in zip(before.values, after.values, strict=True))
    return Grade.NUMERIC if near else Grade.DIVERGED


def _by_family(artifacts: Iterable[Artifact]) -> dict[tuple[str, str], list[Artifact]]:
    found: dict[tuple[str, str], list[Artifact]] = {}
    for artifact in artifacts:
        found.setdefault(family_key(artifact), []).append(artifact)
    return found


def family_key(artifact: Artifact) -> tuple[str, str]:
    """Return what an output and the one made again in its place have in common: type and family."""
    return artifact.type, family_of(artifact.name)[0] if artifact.name else ""


def _json(value: object) -> Json:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return (
        value if isinstance(value, bool | int | float | str | Mapping | list | tuple) or value is None else str(value)
    )
